"""samekey: one key sent a thousand times in parallel acts once and answers the same."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import text

import ledger
from app.kernel.db import Database
from tests.drills import book, crowd
from tests.drills.drill import Drill, Options, Result

THREADS = 64
PAYER, PAYEE = book.PEOPLE[:2]
OTHERS = 10
"""Every tenth sends the key with another amount."""


def send(db: Database, key: str, number: int) -> str:
    """Send the payment; return which transaction answered."""
    amount = Decimal(2 if number % OTHERS == 0 else 1)
    with db.transaction() as session:
        return str(crowd.pay(session, PAYER, PAYEE, amount, key=key).id)


def send_carelessly(db: Database, key: str, number: int) -> str:
    """Look for the key in one transaction and act in another: the planted defect."""
    with db.reading() as session:
        found = session.connection().scalar(
            text("SELECT id FROM ledger_transaction WHERE cause = :cause"),
            {"cause": f"drill:{key}"},
        )
    if found is not None:
        return str(found)
    with db.transaction() as session:
        return str(
            ledger.post(
                session,
                [ledger.Leg(PAYER, PAYEE, Decimal(1))],
                key=f"{key}:{number}",
                kind="DRILL",
                cause=f"drill:{key}",
                at=book.NOON,
            ).id
        )


def run(options: Options) -> Result:
    """Send one key `options.count` times on each database."""
    problems: list[str] = []
    answers: list[str] = []
    for kind in crowd.kinds(options):
        with crowd.town(kind, options.folder) as servers:
            found, said = _send_all(servers, options)
            problems += [f"{kind}: {one}" for one in found]
            answers.append(f"{kind} {said}")
    return Result(
        f"one key {options.count} times, every {OTHERS}th with another body:"
        f" {'; '.join(answers)}",
        problems,
    )


def _send_all(servers: list[Database], options: Options) -> tuple[list[str], str]:
    act = send_carelessly if options.canary else send
    key = f"same:{options.seed}"
    outcomes = crowd.at_once(
        servers, lambda db, n: act(db, key, n), options.count, threads=THREADS
    )
    problems = []
    conflicts = outcomes.pop("IdempotencyConflict", 0)
    if len(outcomes) != 1 or not next(iter(outcomes)).isdigit():
        problems.append(f"one answer was due, not {crowd.say(outcomes)}")
    others = -(-options.count // OTHERS)
    if not options.canary and conflicts not in {others, options.count - others}:
        problems.append(f"{conflicts} conflicts, {others} sent another body")
    with servers[0].reading() as session:
        made = session.connection().scalar(
            text("SELECT count(*) FROM ledger_transaction WHERE cause = :cause"),
            {"cause": f"drill:{key}"},
        )
    if made != 1:
        problems.append(f"{made} transactions were made")
    later = book.open_database(servers[0].url.render_as_string(hide_password=False))
    winner = 0 if conflicts == options.count - others else 1
    if not options.canary and send(later, key, winner) not in outcomes:
        problems.append("after opening the book again the answer is another")
    later.close()
    problems += crowd.broken(servers[0])
    return problems, f"{made} posted, {len(outcomes)} answer, {conflicts} conflicts"


DRILL = Drill(
    run=run,
    unit="calls",
    full=10_000,
    quick=1000,
    canary=200,
    defect="the key is checked outside the transaction",
)
