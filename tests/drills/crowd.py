"""A crowd: many threads at two servers' worth of connections, all at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from sqlmodel import Session

import ledger
from app.kernel.db import Database
from app.kernel.errors import Busy
from ledger import Leg
from tests import postgres
from tests.drills import book
from tests.drills.drill import Options

TRIES = 5
PATIENCE_S = 60.0

Act = Callable[[Database, int], object]


def kinds(options: Options) -> Sequence[str]:
    """Return the databases that were asked for."""
    both = ("sqlite", "postgresql")
    return both if options.database == "both" else (options.database,)


@contextmanager
def town(kind: str, folder: Path) -> Iterator[list[Database]]:
    """Make a book on the database *kind*; give two servers' ways into it."""
    if kind == "postgresql":
        url = postgres.create_database()
    else:
        url = book.sqlite_url(folder / "crowd.sqlite3")
    book.make_book(book.open_database(url))
    servers = [book.open_database(url) for _ in range(2)]
    try:
        yield servers
    finally:
        for one in servers:
            one.close()
        if kind == "postgresql":
            postgres.drop_database(url)
        else:
            (folder / "crowd.sqlite3").unlink()


def open_person(db: Database, code: str, points: Decimal) -> None:
    """Open an account that has *points* and not a step more."""
    with db.transaction() as session:
        ledger.open_account(
            session, code=code, unit=ledger.POINT, kind="member", at=book.NOON
        )
        if points:
            pay(session, book.ISSUANCE, code, points, key=f"begin:{code}")


def pay(
    session: Session, debit: str, credit: str, points: Decimal, *, key: str
) -> ledger.Transaction:
    return ledger.post(
        session,
        [Leg(debit, credit, points)],
        key=key,
        kind="DRILL",
        cause=f"drill:{key}",
        at=book.NOON,
    )


def at_once(
    servers: Sequence[Database], act: Act, crowd: int, *, threads: int | None = None
) -> Counter[str]:
    """Let everybody act at the same moment; count what they were told.

    Whoever hears that the fair is busy asks again, as a browser would; every other
    exception is counted under its name.
    """
    hands = threads or crowd
    start = threading.Barrier(hands)

    def one(number: int) -> str:
        if number < hands:
            start.wait(timeout=PATIENCE_S)
        for _ in range(TRIES):
            try:
                return str(act(servers[number % len(servers)], number) or "done")
            except Busy:
                time.sleep(0)
            except Exception as refusal:  # noqa: BLE001 - all are counted
                return type(getattr(refusal, "orig", None) or refusal).__name__
        return "Busy"

    with ThreadPoolExecutor(hands) as pool:
        return Counter(pool.map(one, range(crowd)))


def say(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in outcomes.most_common())


def broken(db: Database) -> list[str]:
    """Seal and verify the book; one sentence if it is not right."""
    with db.transaction() as session:
        ledger.seal_pending(session)
    with db.reading() as session:
        report = ledger.verify_book(session)
    return [] if report.ok else [f"the book does not verify: {report.first_bad}"]
