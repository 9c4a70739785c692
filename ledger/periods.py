"""Months that are closed: what they came to is kept, sealed, and never changes.

A month is closed once it has ended. From then on nothing is written that counts for
one of its days; what was wrong in it is reversed in the open month (R-LED-08). The
close keeps, for every account that moved, what went out, what came in and where it
stood at the end, and seals the digest of it all in the chain, so that the report of a
closed month is read and never computed again.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, text_of
from ledger.balances import KindTotal
from ledger.canonical import digest_of
from ledger.driver import Driver, Row, as_day, as_moment
from ledger.entries import Act, write
from ledger.errors import (
    InvalidEntry,
    PeriodClosed,
    PeriodNotDue,
    PeriodNotFound,
)
from ledger.headings import Heading, find_replay, request_hash
from ledger.tables import Period

MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")
PERIOD_COLUMNS = "code, transaction_id, first_on, last_on, digest"


@dataclass(frozen=True, slots=True)
class Moved:
    """What one account, or all of a kind, did in a month.

    ``opening + credits - debits = closing``; days count, not moments of writing.
    """

    unit: str
    kind: str
    opening: Decimal
    debits: Decimal
    credits: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class PeriodLine(Moved):
    """What one account did in a month, whether it moved or not."""

    code: str
    public_code: str


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """A closed month, as it was when it was closed.

    Attributes:
        code: The month, as ``2026-10``.
        first_on: Its first day; that of the oldest entry for the first period.
        last_on: Its last day.
        closed_at: Moment of the close.
        closed_by: Who closed it, an opaque reference.
        approved_by: Who approved that.
        sequence: Place of the close in the chain; None while the sealer is behind.
        hash: The chain's hash there: the head to be published with the month.
        digest: The hash of all balances and totals, as it stands in the chain.
        lines: Every account with a balance or a movement, by code.
        kinds: The same summed by unit and kind of account.
        totals: What moved, by unit and kind of act.
    """

    code: str
    first_on: date
    last_on: date
    closed_at: datetime
    closed_by: str | None
    approved_by: str | None
    sequence: int | None
    hash: str | None
    digest: str
    lines: Sequence[PeriodLine]
    kinds: Sequence[Moved]
    totals: Sequence[KindTotal]


def close_period(
    session: Session,
    code: str,
    *,
    at: datetime,
    entered_by: str | None,
    approved_by: str | None = None,
    key: str | None = None,
) -> Period:
    """Close a month that has ended, and keep what it came to (R-LED-08).

    Months are closed in order, without a gap. The first one to be closed may be any:
    it takes in everything before it, so that no day is left open behind it.

    On PostgreSQL it waits until every transaction in flight has ended and keeps new
    ones from writing until the caller commits, so that none slips into the month
    unseen; call it at the default isolation (READ COMMITTED), in a transaction of
    its own.

    Args:
        session: An open session. The caller commits.
        code: The month, as ``2026-10``.
        at: Aware moment of the close, after the month's last day (UTC).
        entered_by: An opaque reference to who closes it.
        approved_by: An opaque reference to who approved that.
        key: See `post`; ``period:2026-10`` when not given.

    Raises:
        InvalidEntry: *code* is no month.
        PeriodClosed: it was closed before, under another key.
        PeriodNotDue: it has not ended, or the month before it is still open.
        IdempotencyConflict, PostingStopped: see `post`.
    """
    first_on, last_on = days_of(code)
    driver = Driver(session)
    heading = Heading(
        op="close_period",
        key=f"period:{code}" if key is None else key,
        kind="CLOSE_PERIOD",
        cause=f"period:{code}",
        at=at,
        entered_by=entered_by,
        approved_by=approved_by,
    )
    wanted = request_hash(heading, [code])
    if not driver.is_sqlite:  # SQLite has one writer, and it is this one
        driver.run("LOCK TABLE ledger_transaction IN SHARE ROW EXCLUSIVE MODE")
    if find_replay(driver, heading, wanted) is not None:
        return _period_of(driver, code)
    through = _closed_through(driver)
    _ensure_due(first_on, last_on, through, heading.on)
    if through is None:
        first_on = min(first_on, _oldest(driver) or first_on)
    balances = _balances_in(driver, first_on, last_on)
    totals = _totals_in(driver, first_on, last_on)
    digest = digest_of_period(
        (code, first_on.isoformat(), last_on.isoformat()),
        [row[1:] for row in balances],
        totals,
    )
    write(driver, heading, wanted, Act(closing=(code, first_on, last_on, digest)))
    end = driver.day(last_on)
    driver.insert(
        "ledger_period_balance",
        "account_id, last_on, debits, credits, closing",
        [(row[0], end, *row[3:]) for row in balances],
    )
    driver.insert(
        "ledger_period_total",
        "last_on, unit, kind, count, amount",
        [(end, *row) for row in totals],
    )
    return _period_of(driver, code)


def days_of(code: str) -> tuple[date, date]:
    """Return the first and the last day of a month written ``2026-10``.

    Raises:
        InvalidEntry: *code* is no month.
    """
    if not MONTH.fullmatch(code) or code[:4] in {"0000", "9999"}:
        raise InvalidEntry("A month is written as 2026-10.")
    first_on = date.fromisoformat(f"{code}-01")
    return first_on, _next_month(first_on) - timedelta(days=1)


def _next_month(first_on: date) -> date:
    return (first_on + timedelta(days=31)).replace(day=1)


def _ensure_due(
    first_on: date, last_on: date, through: date | None, today: date
) -> None:
    if through is not None and last_on <= through:
        raise PeriodClosed(f"The month of {first_on:%Y-%m} was closed before.")
    if today <= last_on:
        raise PeriodNotDue(f"The month of {first_on:%Y-%m} has not ended.")
    if through is not None and first_on != through + timedelta(days=1):
        due = through + timedelta(days=1)
        raise PeriodNotDue(f"The month of {due:%Y-%m} comes first.")


def _oldest(driver: Driver) -> date | None:
    """Return the first day of the month in which the book begins."""
    found = driver.value("SELECT MIN(effective_on) FROM ledger_transaction")
    return None if found is None else as_day(found).replace(day=1)


IN_MONTH = (
    " FROM ledger_transaction t JOIN ledger_posting p ON p.transaction_id = t.id"
    " JOIN ledger_account d ON d.id = p.debit_account_id"
    " WHERE t.effective_on BETWEEN ? AND ?"
)
MOVED_IN_MONTH = (
    "SELECT a.id, a.public_code, a.unit, SUM(m.debits), SUM(m.credits), COALESCE(("  # noqa: S608
    "SELECT b.closing FROM ledger_period_balance b WHERE b.account_id = a.id"
    " AND b.last_on < ? ORDER BY b.last_on DESC LIMIT 1), 0) FROM ("
    f"SELECT p.debit_account_id AS number, p.amount AS debits, 0 AS credits{IN_MONTH}"
    f" UNION ALL SELECT p.credit_account_id, 0, p.amount{IN_MONTH}) AS m"
    " JOIN ledger_account a ON a.id = m.number GROUP BY a.id, a.public_code, a.unit"
)
TOTALS_IN_MONTH = (
    "SELECT d.unit, t.kind, COUNT(DISTINCT t.id), SUM(p.amount)"
    f"{IN_MONTH} GROUP BY d.unit, t.kind"
)


def _balances_in(driver: Driver, first_on: date, last_on: date) -> list[Row]:
    """Return (id, public code, unit, debits, credits, closing) from the journal."""
    days = (driver.day(first_on), driver.day(last_on))
    rows = driver.all(MOVED_IN_MONTH, (days[0], *days, *days))
    return sorted(
        (
            (*row[:3], int(row[3]), int(row[4]), int(row[5] - row[3] + row[4]))
            for row in rows
        ),
        key=lambda row: row[1],
    )


def _totals_in(driver: Driver, first_on: date, last_on: date) -> list[Row]:
    """Return (unit, kind, count, amount) from the journal."""
    rows = driver.all(TOTALS_IN_MONTH, (driver.day(first_on), driver.day(last_on)))
    return sorted((*row[:3], int(row[3])) for row in rows)


def digest_of_period(
    head: Iterable[str], balances: Sequence[Row], totals: Sequence[Row]
) -> str:
    """Return the hash of a month: its fields with their lengths, one after another.

    Args:
        head: Code, first day, last day.
        balances: (public code, unit, debits, credits, closing) by public code.
        totals: (unit, kind of act, count, amount) by unit and kind.
    """
    fields = [*head, str(len(balances))]
    for code, unit, *steps in balances:
        fields += (code, unit, *map(text_of, steps))
    fields.append(str(len(totals)))
    for unit, kind, count, amount in totals:
        fields += (unit, kind, str(count), text_of(amount))
    return digest_of(*fields)


def journal_digest(driver: Driver, period: Period) -> str:
    """Return the digest of a closed month computed anew from the journal."""
    days = (period.first_on, period.last_on)
    return digest_of_period(
        _head_of(period),
        [row[1:] for row in _balances_in(driver, *days)],
        _totals_in(driver, *days),
    )


def kept_digest(driver: Driver, period: Period) -> str:
    """Return the digest of a closed month computed from what was kept of it."""
    end = (driver.day(period.last_on),)
    balances = driver.all(
        "SELECT a.public_code, a.unit, b.debits, b.credits, b.closing"
        " FROM ledger_period_balance b JOIN ledger_account a ON a.id = b.account_id"
        " WHERE b.last_on = ?",
        end,
    )
    return digest_of_period(
        _head_of(period), sorted(balances), sorted(driver.all(KEPT_TOTALS, end))
    )


KEPT_TOTALS = (
    "SELECT unit, kind, count, amount FROM ledger_period_total WHERE last_on = ?"
)


def _head_of(period: Period) -> tuple[str, str, str]:
    return period.code, period.first_on.isoformat(), period.last_on.isoformat()


def closed_through(session: Session) -> date | None:
    """Return the last day nothing can be written for any more; None is none yet."""
    return _closed_through(Driver(session))


def _closed_through(driver: Driver) -> date | None:
    found = driver.value("SELECT MAX(last_on) FROM ledger_period")
    return None if found is None else as_day(found)


def period_to_close(session: Session, at: datetime) -> str | None:
    """Return the month that may be closed at the moment *at*, or None.

    It is the one after the last closed one, as soon as it has ended; in a book where
    none was closed yet, the last month that has ended, if anything counts for it or
    for a day before it.
    """
    driver = Driver(session)
    this_month = at.astimezone(UTC).date().replace(day=1)
    through = _closed_through(driver)
    if through is not None:
        due = through + timedelta(days=1)
    else:
        due = (this_month - timedelta(days=1)).replace(day=1)
        oldest = _oldest(driver)
        if oldest is None or oldest > due:
            return None
    return f"{due:%Y-%m}" if due < this_month else None


def periods(session: Session) -> list[Period]:
    """Return the closed months, the oldest first."""
    return periods_of(Driver(session))


def periods_of(driver: Driver) -> list[Period]:
    """Return the closed months, the oldest first."""
    rows = driver.all(
        f"SELECT {PERIOD_COLUMNS} FROM ledger_period ORDER BY last_on"  # noqa: S608
    )
    return [_period(row) for row in rows]


def _period_of(driver: Driver, code: str) -> Period:
    row = driver.one(
        f"SELECT {PERIOD_COLUMNS} FROM ledger_period WHERE code = ?",  # noqa: S608
        (code,),
    )
    if row is None:
        raise PeriodNotFound(f"The month {code!r} is not closed.")
    return _period(row)


def _period(row: Row) -> Period:
    code, number, first_on, last_on, digest = row
    return Period(
        code=code,
        transaction_id=number,
        first_on=as_day(first_on),
        last_on=as_day(last_on),
        digest=digest,
    )


def period_report(session: Session, code: str) -> PeriodReport:
    """Return what was kept when the month *code* was closed.

    Nothing of it is computed from entries, so no entry written later changes it, and
    it costs one look at each account. Accounts that did not move carry what they had.

    Raises:
        PeriodNotFound: this month is not closed.
    """
    driver = Driver(session)
    period = _period_of(driver, code)
    row = driver.one(
        "SELECT t.at, t.entered_by, t.approved_by, s.sequence, s.hash"
        " FROM ledger_transaction t"
        " LEFT JOIN ledger_seal s ON s.transaction_id = t.id WHERE t.id = ?",
        (period.transaction_id,),
    )
    assert row is not None
    closed_at, closed_by, approved_by, sequence, hash_ = row
    lines = _lines(driver, period.last_on)
    return PeriodReport(
        code=code,
        first_on=period.first_on,
        last_on=period.last_on,
        closed_at=as_moment(closed_at),
        closed_by=closed_by,
        approved_by=approved_by,
        sequence=sequence,
        hash=hash_,
        digest=period.digest,
        lines=lines,
        kinds=_kinds(lines),
        totals=_totals(driver, period.last_on),
    )


def _lines(driver: Driver, last_on: date) -> list[PeriodLine]:
    """Return each account's newest row that is not younger than the month."""
    end = driver.day(last_on)
    rows = driver.all(
        "SELECT a.code, a.public_code, a.kind, a.unit, u.exponent, b.closing,"
        " CASE b.last_on WHEN ? THEN b.debits ELSE 0 END,"
        " CASE b.last_on WHEN ? THEN b.credits ELSE 0 END"
        " FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit"
        " JOIN ledger_period_balance b ON b.account_id = a.id AND b.last_on = ("
        "SELECT MAX(x.last_on) FROM ledger_period_balance x"
        " WHERE x.account_id = a.id AND x.last_on <= ?) ORDER BY a.code",
        (end, end, end),
    )
    return [_line(row) for row in rows if any(row[5:])]


def _line(row: Row) -> PeriodLine:
    code, public_code, kind, unit, places, closing, debits, credits_ = row
    return PeriodLine(
        code=code,
        public_code=public_code,
        kind=kind,
        unit=unit,
        opening=amount_of(closing + debits - credits_, exponent=places),
        debits=amount_of(debits, exponent=places),
        credits=amount_of(credits_, exponent=places),
        closing=amount_of(closing, exponent=places),
    )


def _kinds(lines: Iterable[PeriodLine]) -> list[Moved]:
    groups: dict[tuple[str, str], list[PeriodLine]] = {}
    for line in lines:
        groups.setdefault((line.unit, line.kind), []).append(line)
    nothing = Decimal(0)
    return [
        Moved(
            unit=unit,
            kind=kind,
            opening=sum((line.opening for line in own), nothing),
            debits=sum((line.debits for line in own), nothing),
            credits=sum((line.credits for line in own), nothing),
            closing=sum((line.closing for line in own), nothing),
        )
        for (unit, kind), own in sorted(groups.items())
    ]


def _totals(driver: Driver, last_on: date) -> list[KindTotal]:
    rows = driver.all(
        "SELECT p.kind, p.unit, p.count, p.amount, u.exponent"
        " FROM ledger_period_total p JOIN ledger_unit u ON u.code = p.unit"
        " WHERE p.last_on = ? ORDER BY p.unit, p.kind",
        (driver.day(last_on),),
    )
    return [
        KindTotal(kind, unit, count, amount_of(amount, exponent=places))
        for kind, unit, count, amount, places in rows
    ]
