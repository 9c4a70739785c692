"""Corrections and reversals that two people agreed on (R-LED-06)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

import ledger
from app.programmes import Programme
from app.wallet import rules
from app.wallet.actions import open_wallet
from app.wallet.actions.refusals import in_our_words, number_of
from app.wallet.bookkeeping.accounts import PERSON


def adjustment_code(programme: Programme, unit: str) -> str:
    """Return the account on the other side of a programme's corrections."""
    if unit == programme.unit:
        return f"adjustment:{programme.id}"
    return f"adjustment:{programme.id}:{unit}"


def correct(
    session: Session,
    *,
    person_id: UUID,
    programme: Programme,
    unit: str,
    amount: Decimal,
    key: str,
    cause: str,
    at: datetime,
    effective_on: date,
    entered_by: UUID,
    approved_by: UUID,
    memo: str,
    lot_months: int | None = None,
) -> int:
    """Add to a person's account, or take away when *amount* is below zero (R-LED-06).

    Args:
        session: The open transaction.
        person_id: Whose account it is.
        programme: Whose correction account stands on the other side.
        unit: HOUR, or the programme's unit.
        amount: What is added, in the unit; below zero it is taken away.
        key: Once per key.
        cause: The correction behind it.
        at: Now.
        effective_on: The day it counts for, in an open month.
        entered_by: Who proposed it.
        approved_by: Who agreed.
        memo: The reason, kept apart and erasable.
        lot_months: How long what is added keeps; None: for good.

    Raises:
        InsufficientPoints: less is there to be taken.
        MonthClosed: the books of that day's month are closed.
    """
    contra = adjustment_code(programme, unit)
    months = lot_months if unit in rules.SPENDABLE_UNITS else None
    member = rules.member_code(person_id, unit)
    with in_our_words():
        open_wallet(session, person_id, at=at, units=[unit])
        ledger.ensure_account(
            session,
            code=contra,
            unit=unit,
            kind="adjustment",
            owner_ref=rules.owner_of(programme.id),
            floor=None,
            at=at,
        )
        leg = (
            ledger.Leg(
                contra,
                member,
                amount,
                earned_on=effective_on,
                expires_on=rules.expires_on(effective_on, months),
            )
            if amount > 0
            else ledger.Leg(member, contra, -amount)
        )
        return number_of(
            ledger.post(
                session,
                [leg],
                key=key,
                kind="ADJUST",
                cause=cause,
                at=at,
                effective_on=effective_on,
                entered_by=f"{PERSON}{entered_by}",
                approved_by=f"{PERSON}{approved_by}",
                memo=memo,
            )
        )


def undo_entry(
    session: Session,
    number: int,
    *,
    key: str,
    cause: str,
    at: datetime,
    effective_on: date,
    entered_by: UUID,
    approved_by: UUID,
    memo: str,
) -> int:
    """Reverse any entry by an opposite one in the open month (story L17).

    Raises:
        NotToReverse: it moved nothing, or is a correction itself.
        InsufficientPoints: what it gave was spent already.
        WalletRefused: it was reversed before.
    """
    with in_our_words():
        return number_of(
            ledger.reverse(
                session,
                number,
                key=key,
                cause=cause,
                at=at,
                effective_on=effective_on,
                entered_by=f"{PERSON}{entered_by}",
                approved_by=f"{PERSON}{approved_by}",
                memo=memo,
            )
        )
