"""The chain of hashes: each record sealed once, in an order without gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ledger.canonical import GENESIS, chained
from ledger.driver import Driver, as_moment

LAST_SEAL = "SELECT sequence, hash FROM ledger_seal ORDER BY sequence DESC LIMIT 1"
SEAL_COLUMNS = "sequence, transaction_id, leaf, hash"
SEALER_LOCK = 0x1ED6E2
BATCH_MAX = 5000


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal: publish it, and the past can no longer be rewritten.

    Attributes:
        sequence: Number of sealed records; 0 for an empty book.
        hash: 64 hex digits; all zeros for an empty book.
        at: Moment of the record sealed last, or None.
    """

    sequence: int
    hash: str
    at: datetime | None


def append_seals(driver: Driver, leaves: Sequence[tuple[int, str]]) -> None:
    """Seal transactions, (number, leaf) each, after all that are sealed already."""
    last = driver.one(LAST_SEAL)
    sequence, link = (0, GENESIS) if last is None else last
    seals = []
    for number, leaf in leaves:
        sequence += 1
        link = chained(link, leaf)
        seals.append((sequence, number, leaf, link))
    driver.insert("ledger_seal", SEAL_COLUMNS, seals)


def seal_pending(session: Session, *, limit: int = BATCH_MAX) -> int:
    """Seal up to *limit* transactions that wait; return how many were sealed.

    On SQLite each transaction is sealed as it is written and nothing waits. On
    PostgreSQL writers work side by side, so sealing follows: call this once a
    second or so from a job, in a transaction of its own. Only one sealer works at
    a time; others wait for it. What is visible is complete for each account
    (accounts are locked before a transaction takes its number), so sealing in
    the order of numbers keeps every account's history in order.
    """
    driver = Driver(session)
    if driver.is_sqlite:
        return 0
    driver.run("SELECT pg_advisory_xact_lock(?)", (SEALER_LOCK,))
    from ledger.records import records_of  # records reads what sealing writes

    rows = driver.all(
        "SELECT transaction_id FROM ledger_unsealed ORDER BY transaction_id LIMIT ?",
        (limit,),
    )
    numbers = [row[0] for row in rows]
    if not numbers:
        return 0
    leaves = [(record.number, record.leaf()) for record in records_of(driver, numbers)]
    append_seals(driver, leaves)
    driver.run("DELETE FROM ledger_unsealed WHERE transaction_id = ANY(?)", (numbers,))
    return len(leaves)


def head(session: Session) -> Head:
    """Return the newest seal of the book; see `Head`."""
    row = Driver(session).one(
        "SELECT s.sequence, s.hash, t.at FROM ledger_seal s"
        " JOIN ledger_transaction t ON t.id = s.transaction_id"
        " ORDER BY s.sequence DESC LIMIT 1"
    )
    if row is None:
        return Head(0, GENESIS, None)
    return Head(row[0], row[1], as_moment(row[2]))
