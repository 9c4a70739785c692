"""A page of an account: lines newest first, each with the balance after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of
from ledger.driver import Driver, Row, as_day, as_moment
from ledger.errors import AccountNotFound, InvalidEntry

LIMIT_MAX = 500


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

    Args:
        session: An open session.
        code: The account.
        after: The ``next_cursor`` of the page before; None is the newest page.
        limit: Lines on the page, 1 to 500.
        start: Only acts at or after this aware moment.
        end: Only acts before this aware moment.

    Raises:
        AccountNotFound: no such account.
        InvalidEntry: a cursor that no page gave, or a limit out of range.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidEntry(f"A page has 1 to {LIMIT_MAX} lines.")
    driver = Driver(session)
    account = driver.one(
        "SELECT a.id, a.credits_posted - a.debits_posted, u.exponent, a.unit"
        " FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit"
        " WHERE a.code = ?",
        (code,),
    )
    if account is None:
        raise AccountNotFound(code)
    number, posted, places, unit = account
    if after is not None:
        before, closing = _cursor(after)
    else:
        before = None
        closing = posted - _moved_since(driver, number, end)
    rows = _rows(driver, number, before, (start, end), limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    opening = closing - sum(row[2] for row in rows)
    return Statement(
        opening=amount_of(opening, exponent=places),
        lines=[_line(row, places) for row in rows],
        closing=amount_of(closing, exponent=places),
        next_cursor=f"{rows[-1][0]}.{opening}" if more else None,
        unit=unit,
    )


def _cursor(text: str) -> tuple[int, int]:
    try:
        before, closing = map(int, text.split("."))
    except ValueError:
        raise InvalidEntry("This is not a cursor of a statement.") from None
    return before, closing


Window = tuple[datetime | None, datetime | None]


def _branch(
    driver: Driver, side: str, before: int | None, window: Window
) -> tuple[str, list[object]]:
    """Return one side of the account's lines, and the values it binds."""
    other, sign = ("credit", "-") if side == "debit" else ("debit", "")
    start, end = window
    terms, values = [], []
    for term, value in (
        ("p.id < ?", before),
        ("t.at >= ?", driver.moment(start)),
        ("t.at < ?", driver.moment(end)),
    ):
        if value is not None:
            terms.append(f" AND {term}")
            values.append(value)
    source = "ledger_posting p"
    if start is not None or end is not None:
        source += " JOIN ledger_transaction t ON t.id = p.transaction_id"
    sql = (
        f"SELECT p.id AS id, p.transaction_id AS number, {sign}p.amount AS moved,"  # noqa: S608
        f" p.{side}_balance_after AS after, p.{other}_account_id AS other"
        f" FROM {source} WHERE p.{side}_account_id = ?{''.join(terms)}"
    )
    return sql, values


def _rows(
    driver: Driver, number: int, before: int | None, window: Window, limit: int
) -> list[Row]:
    """Return the lines; each side is limited, so old history costs nothing."""
    parts: list[str] = []
    values: list[object] = []
    for side in ("debit", "credit"):
        sql, bound = _branch(driver, side, before, window)
        parts.append(f"SELECT * FROM ({sql} ORDER BY p.id DESC LIMIT ?) AS {side}s")  # noqa: S608
        values += [number, *bound, limit]
    both = " UNION ALL ".join(parts)
    return driver.all(
        "SELECT l.id, l.number, l.moved, l.after, t.at, t.effective_on, t.kind,"  # noqa: S608
        " t.cause, a.code, m.text, t.reverses_id"
        f" FROM (SELECT * FROM ({both}) AS sides ORDER BY id DESC LIMIT ?) AS l"
        " JOIN ledger_transaction t ON t.id = l.number"
        " JOIN ledger_account a ON a.id = l.other"
        " LEFT JOIN ledger_private_text m ON m.transaction_id = l.number"
        " ORDER BY l.id DESC",
        [*values, limit],
    )


def _moved_since(driver: Driver, number: int, end: datetime | None) -> int:
    """Return what moved at or after *end*, in ten-thousandths."""
    if end is None:
        return 0
    moved = 0
    for side in ("debit", "credit"):
        sql, bound = _branch(driver, side, None, (end, None))
        total = driver.value(
            f"SELECT COALESCE(SUM(moved), 0) FROM ({sql}) AS later",  # noqa: S608
            [number, *bound],
        )
        moved += int(total)
    return moved


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
