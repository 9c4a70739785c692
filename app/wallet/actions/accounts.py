"""Opening accounts: of a person, a programme, a workshop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

import ledger
from app.programmes import Programme
from app.wallet import rules
from app.wallet.actions.refusals import in_our_words

T = TypeVar("T")


def open_wallet(
    session: Session,
    person_id: UUID,
    *,
    at: datetime,
    units: Iterable[str] = rules.MEMBER_UNITS,
) -> None:
    """Open a person's accounts, each at its first use; once is enough.

    What can be spent is kept as lots (R-LED-04); hours stay for good.
    """
    for unit in units:
        ledger.ensure_account(
            session,
            code=rules.member_code(person_id, unit),
            unit=unit,
            kind=rules.MEMBER,
            owner_ref=f"person:{person_id}",
            keeps_lots=unit in rules.SPENDABLE_UNITS,
            at=at,
        )


def open_programme_accounts(
    session: Session, programme: Programme, *, at: datetime
) -> None:
    """Open a programme's issuance, pool and hours accounts."""
    for code, unit, kind in (
        (rules.issuance_code(programme.id), programme.unit, "issuance"),
        (rules.redeemed_code(programme.id), programme.unit, "redeemed"),
        (rules.hours_contra_code(programme.id), ledger.HOUR, "hours_contra"),
    ):
        _open_programme_account(session, programme, code, unit, kind, at=at)


def open_overflow(session: Session, programme: Programme, *, at: datetime) -> str:
    """Open the account for what exceeds the most one may keep; return its code."""
    code = rules.overflow_code(programme.id)
    _open_programme_account(session, programme, code, programme.unit, "overflow", at=at)
    return code


def open_clawback(session: Session, programme: Programme, *, at: datetime) -> str:
    """Open the account for what is taken back; return its code."""
    code = rules.clawback_code(programme.id)
    _open_programme_account(session, programme, code, programme.unit, "clawback", at=at)
    return code


def open_offset(session: Session, person_id: UUID, unit: str, *, at: datetime) -> str:
    """Open the account that goes below zero by what later earning pays (L11)."""
    code = rules.offset_code(person_id, unit)
    ledger.ensure_account(
        session,
        code=code,
        unit=unit,
        kind="offset",
        owner_ref=f"person:{person_id}",
        floor=None,
        at=at,
    )
    return code


def open_expired(
    session: Session, unit: str, programme: Programme | None, *, at: datetime
) -> str:
    """Open the account where what a programme credited goes when it expires.

    What no programme credited goes to one for the unit. Returns the code.
    """
    code = rules.expired_code(unit, programme.id if programme else None)
    if programme is None:
        ledger.ensure_account(session, code=code, unit=unit, kind="expired", at=at)
    else:
        _open_programme_account(session, programme, code, unit, "expired", at=at)
    return code


def open_workshop_accounts(
    session: Session, workshop_id: UUID, *, at: datetime
) -> None:
    """Open the account of what is owed to a workshop, and the commission's."""
    ledger.ensure_account(
        session,
        code=rules.payable_code(workshop_id),
        unit=ledger.CNY,
        kind="payable",
        owner_ref=f"workshop:{workshop_id}",
        at=at,
    )
    ledger.ensure_account(
        session, code=rules.COMMISSION_INCOME, unit=ledger.CNY, kind="income", at=at
    )


def with_wallet(
    session: Session,
    person_id: UUID,
    units: Iterable[str],
    at: datetime,
    do: Callable[[], T],
) -> T:
    """Do it; open the person's accounts first when they are not there yet."""
    with in_our_words():
        try:
            return do()
        except ledger.AccountNotFound:
            open_wallet(session, person_id, at=at, units=units)
            return do()


def _open_programme_account(
    session: Session,
    programme: Programme,
    code: str,
    unit: str,
    kind: str,
    *,
    at: datetime,
) -> None:
    ledger.ensure_account(
        session,
        code=code,
        unit=unit,
        kind=kind,
        owner_ref=rules.owner_of(programme.id),
        floor=None if kind in rules.NO_FLOOR_KINDS else Decimal(0),
        at=at,
    )
