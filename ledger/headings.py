"""What is said about an act apart from its amounts, and what keeps one out.

A key that has acted, a stop, a closed month, words the book cannot keep.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ledger.canonical import digest_of
from ledger.driver import Driver, Row, as_day, as_moment, marks
from ledger.errors import (
    IdempotencyConflict,
    InvalidEntry,
    PeriodClosed,
    PostingStopped,
)
from ledger.tables import Transaction, bare

KEY_LENGTH_MAX = 200
KIND_LENGTH_MAX = 40
KEYS_AT_ONCE = 500


WRITTEN_COLUMNS = (
    "scope, key, request_hash, kind, cause, at, effective_on, entered_by,"
    " approved_by, rule_version, reverses_id, posting_count, salt, memo_digest,"
    " format, link, refunds_id"
)
TRANSACTION_COLUMNS = f"id, {WRITTEN_COLUMNS}"
TRANSACTION_NAMES = TRANSACTION_COLUMNS.split(", ")


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said about an act, apart from the amounts it moves."""

    op: str
    key: str
    kind: str
    cause: str
    at: datetime
    scope: str = ""
    effective_on: date | None = None
    entered_by: str | None = None
    approved_by: str | None = None
    rule_version: str | None = None
    memo: str = ""
    reverses: int | None = None
    refunds: int | None = None
    link: str | None = None

    @property
    def on(self) -> date:
        """The day it counts for; the UTC day of the act when none is said."""
        return self.effective_on or self.at.astimezone(UTC).date()


def request_hash(heading: Heading, body: Iterable[str | None]) -> str:
    """Return the hash of what is asked; a key refuses another one.

    When it was asked (`at`) does not count: a retry comes later. The words about
    it are compared apart, because they may have been erased since.
    """
    on = heading.effective_on
    return digest_of(
        heading.op,
        heading.kind,
        heading.cause,
        None if on is None else on.isoformat(),
        heading.entered_by,
        heading.approved_by,
        heading.rule_version,
        *body,
    )


def find_replay(driver: Driver, heading: Heading, wanted: str) -> Transaction | None:
    """Return what the key has done before, or None.

    Raises:
        IdempotencyConflict: the key stands for another body.
    """
    row = driver.one(
        f"SELECT {TRANSACTION_COLUMNS} FROM ledger_transaction"  # noqa: S608
        " WHERE scope = ? AND key = ?",
        (heading.scope, heading.key),
    )
    return None if row is None else _replayed(driver, row, heading, wanted)


def find_replays(
    driver: Driver, asked: Sequence[tuple[Heading, str]]
) -> dict[tuple[str, str], Transaction | IdempotencyConflict]:
    """Return what each of many keys has done before, by (scope, key)."""
    wanted = {(one[0].scope, one[0].key): one for one in asked}
    keys = list(dict.fromkeys(key for _, key in wanted))
    found: dict[tuple[str, str], Transaction | IdempotencyConflict] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        chunk = keys[start : start + KEYS_AT_ONCE]
        for scope in {scope for scope, _ in wanted}:
            rows = driver.all(
                f"SELECT {TRANSACTION_COLUMNS} FROM ledger_transaction"  # noqa: S608
                f" WHERE scope = ? AND key IN ({marks(len(chunk))})",
                (scope, *chunk),
            )
            for row in rows:
                if (scope, row[2]) in wanted:
                    found[scope, row[2]] = _said_before(
                        driver, row, *wanted[scope, row[2]]
                    )
    return found


def _said_before(
    driver: Driver, row: Row, heading: Heading, wanted: str
) -> Transaction | IdempotencyConflict:
    try:
        return _replayed(driver, row, heading, wanted)
    except IdempotencyConflict as conflict:
        return conflict


def _replayed(driver: Driver, row: Row, heading: Heading, wanted: str) -> Transaction:
    if row[3] != wanted or not _same_words(driver, row[0], row[14], heading.memo):
        raise IdempotencyConflict(heading.key)
    return transaction_from(row, replayed=True)


def _same_words(driver: Driver, number: int, digest: str | None, memo: str) -> bool:
    """Compare the words as far as they still exist; erased ones match any."""
    if digest is None:
        return not memo
    asked = "SELECT text FROM ledger_private_text WHERE transaction_id = ?"
    row = driver.one(asked, (number,))
    return row is None or row[0] == memo


def transaction_from(row: Row, *, replayed: bool = False) -> Transaction:
    """Return the transaction of one row in `TRANSACTION_COLUMNS` order."""
    transaction = bare(Transaction)
    values = transaction.__dict__
    values.update(zip(TRANSACTION_NAMES, row, strict=True))
    values["at"] = as_moment(row[6])
    values["effective_on"] = as_day(row[7])
    if replayed:
        values["_replayed"] = True
    return transaction


def ensure_words(heading: Heading) -> None:
    """Refuse a heading the book cannot keep."""
    if not 0 < len(heading.key) <= KEY_LENGTH_MAX:
        raise InvalidEntry("A key has 1 to 200 characters.")
    if not 0 < len(heading.kind) <= KIND_LENGTH_MAX:
        raise InvalidEntry("A kind has 1 to 40 characters.")
    if len(heading.cause) > KEY_LENGTH_MAX or len(heading.scope) > KEY_LENGTH_MAX:
        raise InvalidEntry("Causes and scopes have at most 200 characters.")


class Barrier:
    """What keeps an entry out whatever it moves: a stop, or a closed month."""

    __slots__ = ("_closed", "_is_stopped")

    def __init__(self, driver: Driver) -> None:
        row = driver.one(
            "SELECT (SELECT MAX(last_on) FROM ledger_period),"
            " EXISTS (SELECT 1 FROM ledger_stop WHERE lifted_at IS NULL)"
        )
        assert row is not None
        self._closed = None if row[0] is None else as_day(row[0])
        self._is_stopped = bool(row[1])

    def ensure(self, on: date) -> None:
        """Refuse while posting is stopped, and days in a closed month."""
        if self._is_stopped:
            raise PostingStopped(
                "Posting is stopped until the book has been looked at."
            )
        if self._closed is not None and on <= self._closed:
            raise PeriodClosed(f"The books are closed through {self._closed}.")


def ask_barrier(driver: Driver, headings: Iterable[Heading]) -> None:
    """Refuse entries the barrier keeps out, where the database cannot say it late.

    SQLite's triggers say the same at no cost, and a statement they refuse leaves the
    transaction whole; on PostgreSQL it would be lost.
    """
    if driver.is_sqlite:
        return
    barrier = Barrier(driver)
    for heading in headings:
        barrier.ensure(heading.on)
