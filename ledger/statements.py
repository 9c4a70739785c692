"""A page of an account: lines newest first, each with the balance after it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from sqlalchemy.orm import Session

from ledger.amounts import amount_of
from ledger.balances import lines_between, newest_first, place_before, steps_at
from ledger.driver import Driver, Row, as_day, as_moment
from ledger.errors import AccountNotFound, InvalidEntry

LIMIT_MAX = 500
NEWEST = 2**63 - 1
CURSOR = re.compile("[0-9]{1,18}[.][0-9]{1,9}")
BY_PLACE = 0
"""A cursor is a posting's number and this. Before, it was an entry and one of its
lines, which count from 1; those that people have kept still work."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One amount that came (above zero) or went (below zero).

    Attributes:
        transaction_id: The transaction it is part of.
        at: Moment of the act.
        effective_on: The day it counts for.
        kind: The sort of act.
        cause: The opaque reference to what it was for.
        counter_account: Code of the account on the other side.
        amount: Signed, in the account's unit.
        balance_after: The account's posted balance once this line was written.
        memo: Words about it; empty when there were none or they were erased.
        reverses_id: The transaction this one undoes, if any.
    """

    transaction_id: int
    at: datetime
    effective_on: date
    kind: str
    cause: str
    counter_account: str
    amount: Decimal
    balance_after: Decimal
    memo: str
    reverses_id: int | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A page: ``opening`` plus the lines' amounts is ``closing``, always.

    ``next_cursor`` continues with older lines; the opening of this page is the
    closing of the next. None when there is nothing older.
    """

    opening: Decimal
    lines: Sequence[StatementLine]
    closing: Decimal
    next_cursor: str | None
    unit: str


def statement(
    session: Session,
    code: str,
    *,
    after: str | None = None,
    limit: int = 50,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Statement:
    """Return a page of the account *code*, in the order the book was written.

    Nothing is summed: the journal keeps the balance after each line, so a page costs
    a few seeks and its own lines, however old the book and however long the range.

    Args:
        session: An open session.
        code: The account.
        after: The ``next_cursor`` of the page before; None is the newest page.
        limit: Lines on the page, 1 to 500.
        start: Only what was written since this aware moment.
        end: Only what was written before this aware moment.

    Raises:
        AccountNotFound: no such account.
        InvalidEntry: a cursor that no page gave, or a limit out of range.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidEntry(f"A page has 1 to {LIMIT_MAX} lines.")
    driver = Driver(session)
    account = driver.one(
        "SELECT a.id, u.exponent, a.unit FROM ledger_account a"
        " JOIN ledger_unit u ON u.code = a.unit WHERE a.code = ?",
        (code,),
    )
    if account is None:
        raise AccountNotFound(code)
    number, places, unit = account
    first = 0 if start is None else place_before(driver, start)
    last = NEWEST if end is None else place_before(driver, end)
    if after is not None:
        last = min(last, _place_of(driver, number, after) - 1)
    rows = driver.all(
        _page(limit + 1, is_sqlite=driver.is_sqlite),
        (number, first, number, max(first, last)) * 2,
    )
    more, rows = len(rows) > limit, rows[:limit]
    if rows:
        closing, opening = rows[0][3], rows[-1][3] - rows[-1][2]
    else:
        closing = opening = steps_at(driver, number, max(first, last))
    return Statement(
        opening=amount_of(opening, exponent=places),
        lines=[_line(row, places) for row in rows],
        closing=amount_of(closing, exponent=places),
        next_cursor=f"{rows[-1][0]}.{BY_PLACE}" if more else None,
        unit=unit,
    )


def _place_of(driver: Driver, number: int, cursor: str) -> int:
    """Return the posting a cursor names; only one of the account's own will do."""
    if CURSOR.fullmatch(cursor):
        named, line = map(int, cursor.split("."))
        if line == BY_PLACE:
            place: int | None = driver.value(ITSELF, (named, number))
        else:
            place = driver.value(ITS_LINE, (named, line, number))
        if place is not None:
            return place
    raise InvalidEntry("This is not a cursor of a statement.")


ITSELF = (
    "SELECT id FROM ledger_posting"
    " WHERE id = ? AND ? IN (debit_account_id, credit_account_id)"
)
ITS_LINE = (
    "SELECT id FROM ledger_posting WHERE transaction_id = ? AND line = ?"
    " AND ? IN (debit_account_id, credit_account_id)"
)
OTHER = "SELECT a.code FROM ledger_account a WHERE a.id = l.other"
OTHER_BY_INDEX = (
    "SELECT a.code FROM ledger_account a WHERE a.id >= l.other"
    " AND (a.id, 0) <= (l.other, 0) ORDER BY a.id LIMIT 1"
)
"""The same account, asked so that PostgreSQL expects many and goes by the index. Asked
plainly it reads all accounts, for each line or once, until there are thousands."""
MEMO = (
    "CASE WHEN t.memo_digest IS NOT NULL THEN (SELECT m.text"
    " FROM ledger_private_text m WHERE m.transaction_id = l.number) END"
)


@cache
def _page(limit: int, *, is_sqlite: bool) -> str:
    """Return the query of a page; its lines come from the two indexes alone.

    SQLite merges both sides, newest first, and stops at the limit; PostgreSQL is told
    the limit on each side. It stands in the text: a plan made once for any limit
    expects a tenth of the book, so that PostgreSQL would rather plan each page anew.
    """
    debits, credits_ = (
        f"SELECT p.id AS id, p.transaction_id AS number, {sign}p.amount AS moved,"  # noqa: S608
        f" p.{side}_balance_after AS after, p.{other}_account_id AS other"
        f" FROM ledger_posting p {lines_between(side, is_sqlite=is_sqlite)}"
        for side, other, sign in (("debit", "credit", "-"), ("credit", "debit", ""))
    )
    if not is_sqlite:
        debits = f"({debits} {newest_first('debit')} LIMIT {limit})"
        credits_ = f"({credits_} {newest_first('credit')} LIMIT {limit})"
    return (
        "SELECT l.id, l.number, l.moved, l.after, t.at, t.effective_on, t.kind,"  # noqa: S608
        f" t.cause, ({OTHER if is_sqlite else OTHER_BY_INDEX}), {MEMO}, t.reverses_id"
        f" FROM ({debits} UNION ALL {credits_} ORDER BY id DESC LIMIT {limit}) AS l"
        " JOIN ledger_transaction t ON t.id = l.number ORDER BY l.id DESC"
    )


def _line(row: Row, places: int) -> StatementLine:
    _, number, moved, after, at, on, kind, cause, other, memo, reverses = row
    return StatementLine(
        transaction_id=number,
        at=as_moment(at),
        effective_on=as_day(on),
        kind=kind,
        cause=cause,
        counter_account=other,
        amount=amount_of(moved, exponent=places),
        balance_after=amount_of(after, exponent=places),
        memo=memo or "",
        reverses_id=reverses,
    )
