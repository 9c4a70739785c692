"""spenders: two hundred want to spend the same point at once; one does."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from sqlalchemy import text

import ledger
from app.kernel.db import Database
from tests.drills import book, crowd
from tests.drills.drill import Drill, Options, Result

CROWD = 200
ONE = Decimal(1)


def spend(db: Database, code: str, number: int) -> None:
    """Spend the point: two in three pay at once, the others set it aside."""
    key = f"{code}:{number}"
    with db.transaction() as session:
        if number % 3:
            crowd.pay(session, code, book.POOL, ONE, key=key)
        else:
            ledger.place_hold(
                session,
                payer=code,
                payee=book.POOL,
                amount=ONE,
                key=key,
                kind="HOLD",
                cause=f"drill:{key}",
                at=book.NOON,
            )


def spend_carelessly(db: Database, code: str) -> None:
    """Look first, then write what was seen less one: the planted defect."""
    with db.reading() as session:
        has = session.connection().scalar(
            text("SELECT points FROM purse WHERE code = :code"), {"code": code}
        )
    if not has:
        raise ledger.InsufficientFunds(code, available=Decimal(0), needed=ONE)
    with db.transaction() as session:
        session.connection().execute(
            text("UPDATE purse SET points = :rest WHERE code = :code"),
            {"code": code, "rest": has - 1},
        )


def run(options: Options) -> Result:
    """Let the crowd spend one point, `options.count` times on each database."""
    problems: list[str] = []
    rounds = 0
    for kind in crowd.kinds(options):
        with crowd.town(kind, options.folder) as servers:
            for number in range(options.count):
                if not options.has_time:
                    problems.append(f"{kind}: time was up after {number} rounds")
                    break
                code = f"person:purse{number}:POINT"
                problems += [
                    f"{kind}, round {number}: {problem}"
                    for problem in _round(servers, code, options.canary)
                ]
                rounds += 1
            problems += [f"{kind}: {one}" for one in crowd.broken(servers[0])]
    return Result(
        f"{rounds} rounds of {CROWD} spenders of one point on"
        f" {' and '.join(crowd.kinds(options))}, {rounds - len(problems)} with one winner",
        problems,
    )


def _round(servers: list[Database], code: str, canary: bool) -> list[str]:
    if canary:
        return _careless_round(servers, code)
    crowd.open_person(servers[0], code, ONE)
    outcomes = crowd.at_once(servers, lambda db, n: spend(db, code, n), CROWD)
    problems = _compare(outcomes)
    with servers[0].reading() as session:
        left = ledger.balance(session, code).available
    if left:
        problems.append(f"{left} is left")
    return problems


def _careless_round(servers: list[Database], code: str) -> list[str]:
    with servers[0].transaction() as session:
        purse = "CREATE TABLE IF NOT EXISTS purse (code TEXT, points INTEGER)"
        session.connection().execute(text(purse))
        session.connection().execute(
            text("INSERT INTO purse VALUES (:code, 1)"), {"code": code}
        )
    return _compare(
        crowd.at_once(servers, lambda db, _: spend_carelessly(db, code), CROWD)
    )


def _compare(outcomes: Counter[str]) -> list[str]:
    if outcomes == {"done": 1, "InsufficientFunds": CROWD - 1}:
        return []
    return [crowd.say(outcomes)]


DRILL = Drill(
    run=run,
    unit="rounds",
    full=50,
    quick=1,
    canary=1,
    defect="reads the balance, then writes without a lock",
)
