"""Paying workshops what they are owed: one proposes, another says yes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from app import people, places, wallet
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.workshops.errors import (
    MoreThanOwed,
    NotForThem,
    SamePerson,
    StepOutOfTurn,
)
from app.workshops.models import (
    Payout,
    PayoutState,
    Workshop,
)
from app.workshops.queries import (
    is_manager,
    payout_for,
    payouts_of,
    workshop_for,
)


def propose_payout(
    session: Session,
    workshop_id: UUID,
    *,
    place_id: UUID,
    amount: Decimal,
    by: UUID,
    at: datetime,
) -> Payout:
    """Propose to pay a workshop out of a counter's cash; nothing is posted yet.

    Raises:
        MayNot: *by* does not settle with workshops.
        MoreThanOwed: less is owed, or proposed already.
    """
    workshop = workshop_for(session, workshop_id)
    _ensure_may_settle(session, workshop, by, at)
    places.place_for(session, place_id)
    waiting = sum(
        (
            one.amount
            for one in payouts_of(session, workshop_id, state=PayoutState.PROPOSED)
        ),
        Decimal(0),
    )
    owed = wallet.owed_to_workshop(session, workshop_id).available - waiting
    if amount > owed:
        raise MoreThanOwed(
            msg("Only ¥%(owed)s is owed and not yet proposed."),
            field="amount",
            owed=f"{max(owed, Decimal(0)):.2f}",
        )
    payout = Payout(
        workshop_id=workshop_id,
        place_id=place_id,
        amount=amount,
        state=PayoutState.PROPOSED,
        proposed_by=by,
        proposed_at=at,
    )
    session.add(payout)
    session.flush()
    return payout


def approve_payout(
    session: Session, payout_id: UUID, *, by: UUID, at: datetime
) -> Payout:
    """Let a second person say yes: the payout is in the books.

    Raises:
        SamePerson: *by* proposed it.
        StepOutOfTurn: it was decided already.
        MoreThanOwed: less is owed by now.
    """
    payout = _payout_to_decide(session, payout_id, by=by, at=at)
    if by == payout.proposed_by:
        raise SamePerson(msg("Whoever proposes a payout does not approve it."))
    owed = wallet.owed_to_workshop(session, payout.workshop_id).available
    if payout.amount > owed:
        raise MoreThanOwed(msg("Less is owed by now."), field="amount")
    payout.ledger_transaction_id = wallet.pay_workshop(
        session,
        workshop_id=payout.workshop_id,
        place_id=payout.place_id,
        amount=payout.amount,
        key=f"payout:{payout.id}",
        cause=f"payout:{payout.id}",
        at=at,
        entered_by=payout.proposed_by,
        approved_by=by,
    )
    return _decide(session, payout, PayoutState.PAID, by=by, at=at)


def drop_payout(session: Session, payout_id: UUID, *, by: UUID, at: datetime) -> Payout:
    """Drop a proposed payout; a second person says so as well."""
    payout = _payout_to_decide(session, payout_id, by=by, at=at)
    if by == payout.proposed_by:
        raise SamePerson(msg("Whoever proposes a payout does not decide on it."))
    return _decide(session, payout, PayoutState.DROPPED, by=by, at=at)


def _ensure_may_settle(
    session: Session, workshop: Workshop, by: UUID, at: datetime
) -> None:
    people.ensure_may(
        session,
        by,
        Permission.SETTLE_WORKSHOP,
        place_id=workshop.place_id,
        on=day_of(at),
    )
    if is_manager(session, workshop.id, by, on=day_of(at)):
        raise NotForThem(msg("Whoever manages the workshop does not settle with it."))


def _payout_to_decide(
    session: Session, payout_id: UUID, *, by: UUID, at: datetime
) -> Payout:
    payout = payout_for(session, payout_id, lock=True)
    _ensure_may_settle(session, workshop_for(session, payout.workshop_id), by, at)
    if payout.state != PayoutState.PROPOSED:
        raise StepOutOfTurn(msg("This payout was decided already."))
    return payout


def _decide(
    session: Session, payout: Payout, state: PayoutState, *, by: UUID, at: datetime
) -> Payout:
    payout.state = state
    payout.decided_by = by
    payout.decided_at = at
    session.add(payout)
    doings.note(
        session,
        who=by,
        verb=f"payout.{state}",
        about=f"payout:{payout.id}",
        at=at,
    )
    session.flush()
    return payout
