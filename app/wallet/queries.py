"""Reading the book: balances, passbook, what is owed, totals, the head, the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

import ledger
from app.kernel.i18n import msg
from app.programmes import Programme
from app.wallet import rules
from app.wallet.errors import PageNotFound

PASSBOOK_PAGE = 30


@dataclass(frozen=True)
class ExpiringDay:
    """What a person loses of a unit on a day if they spend nothing until then.

    `tone` is how clearly it is said: more so the nearer the day.
    """

    unit: str
    on: date
    days: int
    amount: Decimal
    tone: str


@dataclass(frozen=True)
class Passbook:
    """One page of a person's account: balance first, newest line first."""

    unit: str
    balance: ledger.Balance
    statement: ledger.Statement


def balances_of(session: Session, person_id: UUID) -> Mapping[str, ledger.Balance]:
    """Return a person's balances by unit; no account yet reads as zero."""
    found: dict[str, ledger.Balance] = {}
    for unit in (ledger.HOUR, ledger.POINT, ledger.TIME):
        try:
            found[unit] = ledger.balance(session, rules.member_code(person_id, unit))
        except ledger.AccountNotFound:
            found[unit] = _zero(unit)
    return found


def passbook(
    session: Session,
    person_id: UUID,
    unit: str,
    *,
    after: Any = None,
    limit: int = PASSBOOK_PAGE,
) -> Passbook | None:
    """Return a page of a person's account, None when there is no account yet.

    Raises:
        PageNotFound: *after* is no cursor of the book.
    """
    code = rules.member_code(person_id, unit)
    try:
        return Passbook(
            unit=unit,
            balance=ledger.balance(session, code),
            statement=_statement(session, code, after=after, limit=limit),
        )
    except ledger.AccountNotFound:
        return None


def lots_of(session: Session, person_id: UUID, unit: str) -> list[ledger.Lot]:
    """Return what a person has of a unit by when it was earned, first to go first."""
    try:
        return ledger.lots(session, rules.member_code(person_id, unit))
    except ledger.AccountNotFound:
        return []


def expiring_of(session: Session, person_id: UUID, *, today: date) -> list[ExpiringDay]:
    """Return what a person loses soon, day by day, the first day first (R-LED-04).

    What is set aside does not expire and is left out.
    """
    found: dict[tuple[date, str], Decimal] = {}
    for unit in rules.SPENDABLE_UNITS:
        code = rules.member_code(person_id, unit)
        try:
            lots = ledger.expiring(session, code, rules.told_by(today))
        except ledger.AccountNotFound:
            continue
        for lot in lots:
            assert lot.expires_on is not None
            key = (lot.expires_on, unit)
            found[key] = found.get(key, Decimal(0)) + lot.left
    return [
        ExpiringDay(unit, on, days, amount, rules.urgency(days))
        for (on, unit), amount in sorted(found.items())
        for days in [max(0, (on - today).days)]
    ]


def owed_to_workshop(session: Session, workshop_id: UUID) -> ledger.Balance:
    """Return what is owed to a workshop, in CNY."""
    try:
        return ledger.balance(session, rules.payable_code(workshop_id))
    except ledger.AccountNotFound:
        return _zero(ledger.CNY)


def workshop_statement(
    session: Session, workshop_id: UUID, *, after: Any = None, limit: int = 50
) -> ledger.Statement | None:
    """Return the lines of what is owed to a workshop, newest first.

    Raises:
        PageNotFound: *after* is no cursor of the book.
    """
    try:
        return _statement(
            session, rules.payable_code(workshop_id), after=after, limit=limit
        )
    except ledger.AccountNotFound:
        return None


def outstanding(session: Session, programme: Programme) -> Decimal:
    """Return what a programme credited and neighbours still have, in its unit.

    What was spent, expired, taken back or went beyond the most one may keep is in
    accounts of the programme again. What somebody owes of a clawback counts against
    it until later earning has paid it.
    """
    accounts = session.exec(
        select(
            col(ledger.Account.debits_posted), col(ledger.Account.credits_posted)
        ).where(
            col(ledger.Account.owner_ref) == rules.owner_of(programme.id),
            col(ledger.Account.unit) == programme.unit,
        )
    )
    return sum((gone - back for gone, back in accounts), Decimal(0))


def conservation(session: Session) -> list[ledger.Conservation]:
    """Return for each unit where all of it is, by kind of account; sums to zero."""
    return ledger.conservation(session)


def account_kinds(session: Session, public_codes: Iterable[str]) -> dict[str, str]:
    """Return the kind of each account, by its public code."""
    rows = session.exec(
        select(ledger.Account.public_code, ledger.Account.kind).where(
            col(ledger.Account.public_code).in_(list(public_codes))
        )
    )
    return {code: str(kind) for code, kind in rows}


def export_lines(
    session: Session, *, since: int = 0, until: int | None = None
) -> Iterator[str]:
    """Yield the public book as lines of JSON, after one place up to another."""
    return ledger.export_lines(session, since=since, until=until)


def book_head(session: Session) -> ledger.Head:
    """Return the head of the chain: sequence, hash, moment."""
    return ledger.head(session)


def verify_book(session: Session) -> ledger.Report:
    """Recompute everything; the report names the first bad entry."""
    return ledger.verify_book(session)


def _statement(
    session: Session, code: str, *, after: Any, limit: int
) -> ledger.Statement:
    try:
        return ledger.statement(session, code, after=after, limit=limit)
    except ledger.InvalidEntry:
        raise PageNotFound(msg("There is nothing at this address.")) from None


def _zero(unit: str) -> ledger.Balance:
    nothing = Decimal("0.00")
    return ledger.Balance(posted=nothing, held=nothing, available=nothing, unit=unit)
