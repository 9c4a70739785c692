"""opposite: A pays B while B pays A, from many hands; no deadlock reaches anyone.

Two processes with sixteen threads each pay one way and the other. Every payment must
succeed at the first try, and each account must end where it began.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from decimal import Decimal

from sqlalchemy import text

import ledger
from app.kernel.db import Database
from tests.drills import book, crowd
from tests.drills.drill import Drill, Options, Result

THREADS = 16
PROCESSES = 2
ONE = Decimal(1)


def pay_either_way(db: Database, number: int, process: int) -> None:
    """Pay a point there or back; those in between go through a third account."""
    first, second, third = book.PEOPLE[:3]
    there = [(first, second), (second, third), (third, first)]
    pairs = there if number % 2 else [(credit, debit) for debit, credit in there]
    with db.transaction() as session:
        ledger.post(
            session,
            [ledger.Leg(*pair, ONE) for pair in pairs],
            key=f"opposite:{process}:{number}",
            kind="DRILL",
            cause="drill:opposite",
            at=book.NOON,
        )


def lock_as_asked(db: Database, number: int) -> None:
    """Lock the payer, then the payee, whoever that is: the planted defect."""
    pair = book.PEOPLE[:2] if number % 2 else book.PEOPLE[1::-1]
    lock = text("SELECT id FROM ledger_account WHERE code = :code FOR UPDATE")
    with db.transaction() as session:
        session.connection().execute(text("SET LOCAL deadlock_timeout = '20ms'"))
        for code in pair:
            session.connection().execute(lock, {"code": code})


def _part(url: str, process: int, count: int, careless: bool) -> Counter[str]:
    """What one process does."""
    db = book.open_database(url)

    def act(server: Database, number: int) -> None:
        if careless:
            lock_as_asked(server, number)
        else:
            pay_either_way(server, number, process)

    try:
        return crowd.at_once([db], act, count, threads=THREADS)
    finally:
        db.close()


def run(options: Options) -> Result:
    """Pay `options.count` times on each database."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.drills.opposite"])
    each = options.count // PROCESSES // 2 * 2
    problems: list[str] = []
    said = []
    chosen = ("postgresql",) if options.canary else crowd.kinds(options)
    for kind in chosen:
        with (
            crowd.town(kind, options.folder) as servers,
            context.Pool(PROCESSES) as pool,
        ):
            url = servers[0].url.render_as_string(hide_password=False)
            parts = [(url, n, each, options.canary) for n in range(PROCESSES)]
            outcomes: Counter[str] = sum(pool.starmap(_part, parts), Counter())
            problems += [f"{kind}: {one}" for one in _compare(servers[0], outcomes)]
            said.append(f"{kind} {crowd.say(outcomes)}")
    return Result(f"payments in opposite directions: {'; '.join(said)}", problems)


def _compare(db: Database, outcomes: Counter[str]) -> list[str]:
    problems = []
    if set(outcomes) != {"done"}:
        problems.append(crowd.say(outcomes))
    with db.reading() as session:
        for code, has in ledger.balances(session, book.PEOPLE[:3]).items():
            if has.posted != book.START:
                problems.append(f"{code} has {has.posted}, not {book.START}")
    return problems + crowd.broken(db)


DRILL = Drill(
    run=run,
    unit="payments",
    full=20_000,
    quick=200,
    canary=60,
    defect="locks in the order of the arguments (PostgreSQL)",
)
