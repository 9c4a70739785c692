"""Planning lots from what the book holds: for a payment, and for its way back."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain

from ledger.driver import Driver, Row, as_day
from ledger.locking import Kept, Move
from ledger.lots_plan import (
    NO_TERMS,
    LotLeft,
    LotPlan,
    Terms,
    plan_of,
    shelves_after,
)

LOTS_AT_ONCE = 20
"""Lots are read by the page: most payments need the first one or two."""

LOT_COLUMNS = "l.id, l.amount - l.used, l.earned_on, l.expires_on"


def plan_lots(
    driver: Driver, moves: Sequence[Move], terms: Sequence[Terms], on: date
) -> LotPlan | None:
    """Return what *moves* do to lots; None when no account of theirs keeps any.

    The accounts are locked, and whatever was posted on them before is written:
    lots are read from the database.

    Args:
        driver: The open transaction.
        moves: What `ledger.locking.evaluate` made of the legs.
        terms: For each move the days of the lot it makes: earned on, expires on.
        on: The effective day; lots are earned on it when a leg does not say.

    Raises:
        GuardRefused: the lots of an account hold less than its balance.
    """
    if not _keep_lots(moves):
        return None

    def lots_of(account: Kept) -> Iterator[LotLeft]:
        return lots_left(driver, account.id)

    return plan_of(shelves_after(moves, terms, on, lots_of))


def plan_return(
    driver: Driver, transaction_id: int, moves: Sequence[Move], on: date
) -> LotPlan | None:
    """Return what giving back (part of) a transaction does to lots, or None.

    Who paid gets it back into the same lots, the last used first; what belongs to
    a lot that has expired on the day *on* becomes a grace lot (R-LED-04). Who was
    paid gives it from the very lots the transaction made, then oldest first.

    Args:
        driver: The open transaction; the accounts are locked.
        transaction_id: What is reversed or refunded.
        moves: Its postings, or part of them, the other way round.
        on: The effective day of the return.

    Raises:
        GuardRefused: the lots of an account hold less than its balance.
    """
    if not _keep_lots(moves):
        return None
    came = _came_in(driver, transaction_id)
    gone = _went_out(driver, transaction_id)

    def lots_of(account: Kept) -> Iterable[LotLeft]:
        return chain(came.get(account.id, ()), lots_left(driver, account.id))

    shelves = shelves_after(moves, [NO_TERMS] * len(moves), on, lots_of)
    for shelf in shelves:
        shelf.give_back(gone.get(shelf.account.id, ()), on)
    return plan_of(shelves)


def lots_left(driver: Driver, account_id: int) -> Iterator[LotLeft]:
    """Yield the lots of an account with something in them, in the order of use."""
    asked = (
        f"SELECT {LOT_COLUMNS} FROM ledger_lot l"  # noqa: S608
        " WHERE l.account_id = ? AND l.used < l.amount"
    )
    dated = " AND (l.expires_on, l.earned_on, l.id) > (?, ?, ?)"
    after = (driver.day(date.min), driver.day(date.min), 0)
    order = f" ORDER BY l.expires_on, l.earned_on, l.id LIMIT {LOTS_AT_ONCE}"
    while rows := driver.all(asked + dated + order, (account_id, *after)):
        yield from map(_lot_left, rows)
        if len(rows) < LOTS_AT_ONCE:
            break
        after = (rows[-1][3], rows[-1][2], rows[-1][0])
    # Apart: the two databases sort what never expires to opposite ends.
    dated = " AND l.expires_on IS NULL AND (l.earned_on, l.id) > (?, ?)"
    order = f" ORDER BY l.earned_on, l.id LIMIT {LOTS_AT_ONCE}"
    last = (driver.day(date.min), 0)
    while rows := driver.all(asked + dated + order, (account_id, *last)):
        yield from map(_lot_left, rows)
        if len(rows) < LOTS_AT_ONCE:
            break
        last = (rows[-1][2], rows[-1][0])


def _keep_lots(moves: Sequence[Move]) -> bool:
    return any(move[0].keeps_lots or move[1].keeps_lots for move in moves)


def _lot_left(row: Row) -> LotLeft:
    until = None if row[3] is None else as_day(row[3])
    return row[0], row[1], as_day(row[2]), until


def _came_in(driver: Driver, transaction_id: int) -> dict[int, list[LotLeft]]:
    """Return by account what is left of the lots a transaction made, last first."""
    rows = driver.all(
        f"SELECT {LOT_COLUMNS}, l.account_id FROM ledger_lot l"  # noqa: S608
        " WHERE l.transaction_id = ? AND l.used < l.amount ORDER BY l.id DESC",
        (transaction_id,),
    )
    return _by_account(rows)


def _went_out(driver: Driver, transaction_id: int) -> dict[int, list[LotLeft]]:
    """Return by account what a transaction used and nobody gave back, last first."""
    rows = driver.all(
        "SELECT l.id, u.amount, l.earned_on, l.expires_on, l.account_id"
        " FROM ledger_lot_use u JOIN ledger_lot l ON l.id = u.lot_id"
        " WHERE u.transaction_id = ? AND u.amount > 0 ORDER BY u.id DESC",
        (transaction_id,),
    )
    back = _given_back(driver, transaction_id)
    return _by_account((row[0], row[1] - back.get(row[0], 0), *row[2:]) for row in rows)


def _given_back(driver: Driver, transaction_id: int) -> dict[int, int]:
    """Return by lot what earlier refunds gave back to it, or to its grace lots."""
    rows = driver.all(
        "SELECT u.lot_id, -u.amount FROM ledger_transaction t"
        " JOIN ledger_lot_use u ON u.transaction_id = t.id"
        " WHERE t.refunds_id = ? AND u.amount < 0",
        (transaction_id,),
    )
    rows += driver.all(
        "SELECT g.from_lot_id, g.amount FROM ledger_transaction t"
        " JOIN ledger_lot g ON g.transaction_id = t.id"
        " WHERE t.refunds_id = ? AND g.from_lot_id IS NOT NULL",
        (transaction_id,),
    )
    back: dict[int, int] = {}
    for lot, steps in rows:
        back[lot] = back.get(lot, 0) + steps
    return back


def _by_account(rows: Iterable[Row]) -> dict[int, list[LotLeft]]:
    found: dict[int, list[LotLeft]] = {}
    for row in rows:
        found.setdefault(row[4], []).append(_lot_left(row))
    return found
