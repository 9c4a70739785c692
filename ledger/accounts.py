"""Opening, finding, freezing and closing accounts; each change is sealed."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import uuid4

from sqlalchemy.orm import Session
from sqlmodel import col, select

from ledger.amounts import ZERO, amount_of, steps_of
from ledger.driver import Driver, Row
from ledger.entries import Act, write
from ledger.errors import (
    AccountClosed,
    AccountExists,
    AccountNotEmpty,
    AccountNotFound,
    InvalidEntry,
    UnknownUnit,
)
from ledger.headings import Heading, find_replay, request_hash
from ledger.locking import Kept, lock_accounts
from ledger.tables import Account, AccountState, Transaction

CODE_LENGTH_MAX = 200


class Unit(StrEnum):
    """The units every fair keeps; a programme may add one with `ensure_units`."""

    HOUR = "HOUR"
    POINT = "POINT"
    TIME = "TIME"
    CNY = "CNY"


HOUR, POINT, TIME, CNY = Unit.HOUR, Unit.POINT, Unit.TIME, Unit.CNY

UNITS: Sequence[tuple[str, str, int]] = (
    (HOUR, "hours of verified service, never spent", 2),
    (POINT, "love-bank points", 2),
    (TIME, "time-bank hours, for service only", 2),
    (CNY, "yuan seen at the counter", 2),
)


def ensure_units(
    session: Session, units: Sequence[tuple[str, str, int]] = UNITS
) -> None:
    """Write the units that are missing; calling it again changes nothing.

    Args:
        session: An open session. The caller commits.
        units: (code, name, exponent) each; the exponent is the number of decimal
            places, 0 to 4, and never changes afterwards.

    Raises:
        InvalidEntry: a unit exists with another exponent.
    """
    driver = Driver(session)
    known = {
        row[0]: row[1] for row in driver.all("SELECT code, exponent FROM ledger_unit")
    }
    for code, name, exponent in units:
        if known.setdefault(str(code), exponent) != exponent:
            raise InvalidEntry(f"{code} is kept with {known[code]} decimal places.")
        driver.run(
            "INSERT INTO ledger_unit (code, name, exponent) SELECT ?, ?, ?"
            " WHERE NOT EXISTS (SELECT 1 FROM ledger_unit WHERE code = ?)",
            (str(code), name, exponent, str(code)),
        )


def open_account(
    session: Session,
    *,
    code: str,
    unit: str,
    kind: str,
    owner_ref: str | None = None,
    floor: Decimal | None = ZERO,
    keeps_lots: bool = False,
    at: datetime,
) -> Account:
    """Open the account *code*, or return it when it is open with these attributes.

    Args:
        session: An open session. The caller commits.
        code: The name postings use, such as ``person:7f3a:POINT``; at most 200
            characters.
        unit: A unit of the book (`Unit` or one added with `ensure_units`).
        kind: What it is for in reports: ``member``, ``pool``, ``issuance``...
        owner_ref: An opaque reference to whose it is; never exported, erasable.
        floor: The lowest available balance allowed, in the unit; 0 by default, a
            negative number is a credit line, None is no limit at all.
        keeps_lots: What comes in is kept as lots with a day they expire (R-LED-04);
            an account that is open already begins with `ledger.start_lots`.
        at: Aware UTC moment of opening.

    Returns:
        The account, new or as it stands.

    Raises:
        AccountExists: *code* names an account of another unit or kind, or (when
            given) another owner.
        UnknownUnit: the book does not keep *unit*.
        InexactAmount: *floor* has too many decimal places.
    """
    ensure_account(
        session,
        code=code,
        unit=unit,
        kind=kind,
        owner_ref=owner_ref,
        floor=floor,
        keeps_lots=keeps_lots,
        at=at,
    )
    return account_for(session, code)


def ensure_account(
    session: Session,
    *,
    code: str,
    unit: str,
    kind: str,
    owner_ref: str | None = None,
    floor: Decimal | None = ZERO,
    keeps_lots: bool = False,
    at: datetime,
) -> None:
    """Open the account like `open_account`, without reading it back.

    For openings by the thousand, where nobody looks at the row.
    """
    unit, kind = str(unit), str(kind)
    limit = None if floor is None else steps_of(floor)
    driver = Driver(session)
    known = driver.one(
        "SELECT unit, kind, owner_ref FROM ledger_account WHERE code = ?", (code,)
    )
    if known is None and _insert(driver, code, unit, kind, owner_ref, limit, at):
        kept = lock_accounts(driver, [code])[code]
        become = (AccountState.OPEN, limit, int(keeps_lots))
        _change(driver, kept, become, kind="OPEN", at=at)
        return
    if known is None:  # another writer was quicker
        known = driver.one(
            "SELECT unit, kind, owner_ref FROM ledger_account WHERE code = ?", (code,)
        )
    _ensure_same(code, known, (unit, kind, owner_ref))


def _insert(
    driver: Driver,
    code: str,
    unit: str,
    kind: str,
    owner_ref: str | None,
    limit: int | None,
    at: datetime,
) -> bool:
    if not 0 < len(code) <= CODE_LENGTH_MAX or not kind:
        raise InvalidEntry("An account needs a code of 1 to 200 characters and a kind.")
    asked = "SELECT exponent FROM ledger_unit WHERE code = ?"
    exponent = driver.value(asked, (unit,))
    if exponent is None:
        raise UnknownUnit(f"This book keeps no {unit!r}.")
    if limit is not None:
        steps_of(amount_of(limit), exponent=exponent)  # no finer than the unit
    sql = (
        "INSERT INTO ledger_account (code, public_code, unit, kind, owner_ref, floor,"
        " state, debits_posted, credits_posted, debits_pending, credits_pending,"
        " opened_at) VALUES (?, ?, ?, ?, ?, ?, 'open', 0, 0, 0, 0, ?)"
    )
    if not driver.is_sqlite:
        sql += " ON CONFLICT (code) DO NOTHING"
    public_code = "a" + secrets.token_hex(8)
    values = (code, public_code, unit, kind, owner_ref, limit, driver.moment(at))
    return bool(driver.run(sql, values).rowcount)


def _ensure_same(
    code: str, known: Row | None, wanted: tuple[str, str, str | None]
) -> None:
    assert known is not None
    unit, kind, owner_ref = wanted
    if known[:2] != (unit, kind) or (owner_ref and known[2] not in (None, owner_ref)):
        raise AccountExists(f"{code!r} is an account of another sort.")


def find_account(session: Session, code: str) -> Account | None:
    """Return the account with this code as it stands now, or None."""
    asked = select(Account).where(col(Account.code) == code)
    return session.scalars(asked.execution_options(populate_existing=True)).first()


def account_for(session: Session, code: str) -> Account:
    """Return the account with this code.

    Raises:
        AccountNotFound: there is none.
    """
    account = find_account(session, code)
    if account is None:
        raise AccountNotFound(code)
    return account


def freeze_account(
    session: Session,
    code: str,
    *,
    at: datetime,
    entered_by: str | None = None,
    cause: str = "",
    key: str | None = None,
) -> Transaction | None:
    """Let nothing into or out of *code*; its holds may still be released.

    Freezing a frozen account does nothing and returns None. To correct a frozen
    account, unfreeze it, post, and freeze it again in one database transaction.

    Raises:
        AccountNotFound: no such account.
        AccountClosed: closed accounts stay closed.
    """
    said = (entered_by, cause, key)
    return _to_state(session, code, AccountState.FROZEN, "FREEZE", at, said)


def unfreeze_account(
    session: Session,
    code: str,
    *,
    at: datetime,
    entered_by: str | None = None,
    cause: str = "",
    key: str | None = None,
) -> Transaction | None:
    """Let amounts move through *code* again; None when it was not frozen.

    Raises:
        AccountNotFound: no such account.
        AccountClosed: closed accounts stay closed.
    """
    said = (entered_by, cause, key)
    return _to_state(session, code, AccountState.OPEN, "UNFREEZE", at, said)


def close_account(
    session: Session,
    code: str,
    *,
    at: datetime,
    entered_by: str | None = None,
    cause: str = "",
    key: str | None = None,
) -> Transaction | None:
    """Close *code* for good; None when it was closed already.

    Raises:
        AccountNotFound: no such account.
        AccountNotEmpty: its balance is not zero, or something is held.
    """
    said = (entered_by, cause, key)
    return _to_state(session, code, AccountState.CLOSED, "CLOSE", at, said)


def set_floor(
    session: Session,
    code: str,
    floor: Decimal | None,
    *,
    at: datetime,
    entered_by: str | None = None,
    cause: str = "",
    key: str | None = None,
) -> Transaction:
    """Set how low *code* may go, in its unit; None takes every limit away.

    A limit is an attribute of the account, never an amount issued to it.

    Raises:
        AccountNotFound: no such account.
        GuardRefused: the account stands below *floor* already.
    """
    driver = Driver(session)
    kept = lock_accounts(driver, [code])[code]
    limit = None if floor is None else steps_of(floor, exponent=kept.exponent)
    said = (entered_by, cause, key)
    become = (kept.state, limit, kept.keeps_lots)
    return _change(driver, kept, become, kind="FLOOR", at=at, said=said)


def erase_owner(session: Session, code: str) -> None:
    """Forget whose account this is; entries, balances and hashes stay as they are."""
    driver = Driver(session)
    driver.run("UPDATE ledger_account SET owner_ref = NULL WHERE code = ?", (code,))


Said = tuple[str | None, str, str | None]
NOTHING_SAID: Said = (None, "", None)


def _to_state(
    session: Session,
    code: str,
    state: AccountState,
    kind: str,
    at: datetime,
    said: Said,
) -> Transaction | None:
    driver = Driver(session)
    kept = lock_accounts(driver, [code])[code]
    if kept.state == state:
        return None
    if kept.state == AccountState.CLOSED:
        raise AccountClosed(code)
    if state == AccountState.CLOSED:
        _ensure_empty(driver, kept)
    become = (state, kept.floor, kept.keeps_lots)
    return _change(driver, kept, become, kind=kind, at=at, said=said)


def _ensure_empty(driver: Driver, kept: Kept) -> None:
    awaited = driver.value(
        "SELECT credits_pending FROM ledger_account WHERE id = ?", (kept.id,)
    )
    if kept.posted or kept.held or awaited:
        raise AccountNotEmpty(kept.code)


def _change(
    driver: Driver,
    kept: Kept,
    become: tuple[str, int | None, int],
    *,
    kind: str,
    at: datetime,
    said: Said = NOTHING_SAID,
) -> Transaction:
    entered_by, cause, key = said
    heading = Heading(
        op="account",
        key=key or f"account:{uuid4()}",
        kind=kind,
        cause=cause,
        at=at,
        entered_by=entered_by,
    )
    state, limit, keeps_lots = become
    wanted = request_hash(heading, [kept.code, str(state), str(limit)])
    done = find_replay(driver, heading, wanted) if key else None
    act = Act(change=(kept, str(state), limit, keeps_lots))
    return done or write(driver, heading, wanted, act)
