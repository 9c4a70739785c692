"""Accounts under lock, and what a set of legs would do to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.amounts import PLACES_MAX, amount_of
from ledger.driver import Driver, marks
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    InexactAmount,
    InsufficientFunds,
    InvalidEntry,
    LedgerError,
    UnitMismatch,
)
from ledger.tables import AccountState

CODES_AT_ONCE = 500
SELECT_ACCOUNTS = (
    "SELECT a.id, a.code, a.public_code, a.unit, u.exponent, a.state, a.floor,"
    " a.credits_posted - a.debits_posted, a.debits_pending, a.kind, a.keeps_lots"
    " FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit"
    " WHERE a.code"
)


@dataclass(slots=True)
class Kept:
    """An account as it stands under lock; amounts in ten-thousandths."""

    id: int
    code: str
    public_code: str
    unit: str
    exponent: int
    state: str
    floor: int | None
    posted: int
    held: int
    kind: str
    keeps_lots: int


Steps = tuple[str, str, int]
"""One leg: debit code, credit code, ten-thousandths."""

Move = tuple[Kept, Kept, int, int, int]
"""One posting to be: debit, credit, amount, both balances after it."""


def lock_accounts(driver: Driver, codes: Iterable[str]) -> dict[str, Kept]:
    """Return the accounts by code, their rows locked in ascending id.

    Raises:
        AccountNotFound: one of the codes names no account.
    """
    wanted = list(dict.fromkeys(codes))
    found = lock_known(driver, wanted)
    if len(found) < len(wanted):
        raise AccountNotFound(next(code for code in wanted if code not in found))
    return found


def lock_known(driver: Driver, wanted: Sequence[str]) -> dict[str, Kept]:
    """Return those of the accounts that exist, their rows locked in ascending id."""
    found: dict[str, Kept] = {}
    if driver.is_sqlite:
        for at in range(0, len(wanted), CODES_AT_ONCE):
            chunk = wanted[at : at + CODES_AT_ONCE]
            for row in driver.all(f"{SELECT_ACCOUNTS} IN ({marks(len(chunk))})", chunk):
                found[row[1]] = Kept(*row)
    else:  # one statement: one order of locks
        sql = f"{SELECT_ACCOUNTS} = ANY(?) ORDER BY a.id FOR NO KEY UPDATE OF a"
        for row in driver.all(sql, (wanted,)):
            found[row[1]] = Kept(*row)
    return found


def ensure_open(account: Kept) -> None:
    """Refuse an account that is frozen or closed."""
    if account.state == AccountState.FROZEN:
        raise AccountFrozen(account.code)
    if account.state == AccountState.CLOSED:
        raise AccountClosed(account.code)


def ensure_pair(debit: Kept, credit: Kept, steps: int) -> None:
    """Refuse a pair of accounts between which *steps* cannot move."""
    if debit.unit != credit.unit:
        raise UnitMismatch(f"{debit.code!r} and {credit.code!r} keep other units.")
    if debit.id == credit.id:
        raise InvalidEntry("An account cannot pay itself.")
    if steps % 10 ** (PLACES_MAX - debit.exponent):
        raise InexactAmount(
            f"{amount_of(steps)} has more than {debit.exponent} decimal places."
        )
    ensure_open(debit)
    ensure_open(credit)


def ensure_funds(account: Kept, steps: int) -> None:
    """Refuse to take *steps* from an account that has less above its floor."""
    if account.floor is None:
        return
    free = account.posted - account.held - account.floor
    if steps > free:
        raise InsufficientFunds(
            account.code,
            available=amount_of(free, exponent=account.exponent),
            needed=amount_of(steps, exponent=account.exponent),
        )


def evaluate(accounts: dict[str, Kept], legs: Iterable[Steps]) -> list[Move]:
    """Return the postings *legs* make, moving the balances in *accounts*.

    Legs apply in order: each must leave its account at or above the floor. After a
    refusal *accounts* are as they were.
    """
    moves: list[Move] = []
    try:
        for debit_code, credit_code, steps in legs:
            debit, credit = accounts[debit_code], accounts[credit_code]
            ensure_pair(debit, credit, steps)
            ensure_funds(debit, steps)
            debit.posted -= steps
            credit.posted += steps
            moves.append((debit, credit, steps, debit.posted, credit.posted))
    except LedgerError:
        for debit, credit, steps, _, _ in moves:
            debit.posted += steps
            credit.posted -= steps
        raise
    return moves
