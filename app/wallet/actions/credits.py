"""Hours credited, and what is taken back when they were not given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

import ledger
from app.kernel.clock import day_of
from app.programmes import Programme
from app.wallet import rules
from app.wallet.actions.accounts import (
    open_clawback,
    open_offset,
    open_overflow,
    with_wallet,
)
from app.wallet.actions.refusals import in_our_words, number_of


@dataclass(frozen=True)
class TakenBack:
    """What became of a revoked credit; both together are what it had credited.

    `owed` is paid by what the person earns later; no balance falls below zero.
    """

    taken: Decimal
    owed: Decimal


def credit_hours(
    session: Session,
    *,
    person_id: UUID,
    programme: Programme,
    record_id: UUID,
    hours: Decimal,
    amount: Decimal,
    rule_version: int,
    at: datetime,
    effective_on: date,
    entered_by: UUID,
    approved_by: UUID,
    lot_months: int | None = None,
    store_cap: Decimal | None = None,
) -> int:
    """Credit a verified record: hours (memo) and one spendable unit (R-LED-11).

    The unit comes as a lot, earned on the day of service (R-LED-04). It first pays
    what the person owes of an earlier clawback (L11); what exceeds *store_cap* goes
    to the programme's overflow (L10).

    Args:
        session: The open transaction.
        person_id: Who gave the hours.
        programme: Whose they are.
        record_id: The record; it is the key: verified twice, it is credited once
            (R-LED-02).
        hours: Credited hours.
        amount: Points or time credits for them.
        rule_version: The version of the rule both come from (R-LED-12).
        at: Now.
        effective_on: The day of service; in a closed month it counts for today.
        entered_by: Who wrote it down.
        approved_by: Who verified it.
        lot_months: How long the unit keeps, by that rule; None: for good.
        store_cap: The most one may store of the unit, by that rule.

    Returns:
        The number of the ledger transaction.

    Raises:
        WalletRefused: an account is frozen or closed.
    """
    unit = programme.unit
    given = ledger.Leg(
        rules.hours_contra_code(programme.id),
        rules.member_code(person_id, ledger.HOUR),
        hours,
    )
    counts_on = rules.counted_on(
        effective_on,
        closed_through=ledger.closed_through(session),
        today=day_of(at),
    )
    heading = {
        "key": f"record:{record_id}",
        "kind": rules.EARNED,
        "cause": f"record:{record_id}",
        "entered_by": f"person:{entered_by}",
        "approved_by": f"person:{approved_by}",
        "rule_version": f"{programme.code}:{rule_version}",
    }
    overflow = None
    if store_cap is not None:
        overflow = open_overflow(session, programme, at=at)
    offset = rules.offset_code(person_id, unit)
    owes = ledger.find_account(session, offset) is not None

    def credit() -> int:
        if amount <= 0:
            posted = ledger.post(
                session, [given], at=at, effective_on=counts_on, **heading
            )
            return number_of(posted)
        credited = ledger.credit(
            session,
            source=rules.issuance_code(programme.id),
            account=rules.member_code(person_id, unit),
            amount=amount,
            at=at,
            cap=store_cap,
            overflow=overflow,
            offset=offset if owes else None,
            earned_on=effective_on,
            expires_on=rules.expires_on(effective_on, lot_months),
            extra_legs=[given],
            effective_on=counts_on,
            **heading,
        )
        return number_of(credited.transaction)

    return with_wallet(session, person_id, (ledger.HOUR, unit), at, credit)


def reverse_credit(
    session: Session,
    transaction_id: int,
    *,
    key: str,
    cause: str,
    at: datetime,
    entered_by: UUID,
    approved_by: UUID | None = None,
) -> int:
    """Reverse a credited record; the entry stays, an opposite one names its cause.

    Raises:
        InsufficientPoints: the points were spent already; see `take_back`.
        WalletRefused: it was reversed before.
    """
    with in_our_words():
        return number_of(
            ledger.reverse(
                session,
                transaction_id,
                key=key,
                cause=cause,
                at=at,
                entered_by=f"person:{entered_by}",
                approved_by=f"person:{approved_by}" if approved_by else None,
            )
        )


def take_back(
    session: Session,
    transaction_id: int,
    *,
    person_id: UUID,
    programme: Programme,
    record_id: UUID,
    at: datetime,
    entered_by: UUID,
) -> TakenBack:
    """Take a credit back that should never have been given (story L11).

    While the points are there, the credit is reversed. Otherwise what is left is
    taken now, and later earning pays the rest; the hours go in either case.

    Raises:
        WalletRefused: it was reversed before, or an account is frozen or closed.
    """
    member = rules.member_code(person_id, programme.unit)
    cause = f"record:{record_id}"
    legs = ledger.legs_of(session, transaction_id)
    earned = _moved(legs, rules.issuance_code(programme.id), member)
    with in_our_words():
        try:
            ledger.reverse(
                session,
                transaction_id,
                key=f"{cause}:revoke",
                cause=cause,
                at=at,
                entered_by=f"person:{entered_by}",
            )
        except ledger.InsufficientFunds:
            return _claw_back(
                session, legs, earned, person_id, programme, cause, entered_by, at=at
            )
    return TakenBack(taken=earned, owed=Decimal(0))


def _claw_back(
    session: Session,
    legs: list[ledger.Leg],
    earned: Decimal,
    person_id: UUID,
    programme: Programme,
    cause: str,
    entered_by: UUID,
    *,
    at: datetime,
) -> TakenBack:
    """Take what is left of the unit, note the rest as owed, take the hours."""
    member = rules.member_code(person_id, programme.unit)
    beyond = _moved(legs, member, rules.overflow_code(programme.id))
    by = f"person:{entered_by}"
    into = open_clawback(session, programme, at=at)
    done = ledger.claw_back(
        session,
        member,
        earned - beyond,
        into=into,
        offset=open_offset(session, person_id, programme.unit, at=at),
        key=f"{cause}:claw_back",
        cause=cause,
        at=at,
        entered_by=by,
    )
    others = [
        ledger.Leg(leg.credit, leg.debit, leg.amount)
        for leg in legs
        if leg.debit == rules.hours_contra_code(programme.id)
    ]
    if beyond:
        others.append(ledger.Leg(rules.overflow_code(programme.id), into, beyond))
    ledger.post(
        session,
        others,
        key=f"{cause}:take_hours",
        kind="CLAWBACK",
        cause=cause,
        at=at,
        entered_by=by,
    )
    return TakenBack(taken=done.taken + beyond, owed=done.owed)


def _moved(legs: list[ledger.Leg], debit: str, credit: str) -> Decimal:
    """Return how much went from one account to the other."""
    there = [leg.amount for leg in legs if (leg.debit, leg.credit) == (debit, credit)]
    return sum(there, Decimal(0))
