"""Wishing for a reward: a piece set aside, the points held."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app import people, programmes, wallet
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.programmes import ProgrammeRule
from app.rewards import rules
from app.rewards.errors import (
    OutOfStock,
    RewardInvalid,
)
from app.rewards.models import (
    Redemption,
    RewardItem,
    RewardKind,
    StockLot,
)
from app.rewards.queries import (
    count_had,
    reward_for,
)


def place_redemption(
    session: Session,
    *,
    reward_id: UUID,
    person_id: UUID,
    by: UUID,
    at: datetime,
    place_id: UUID | None = None,
    gift: Decimal | None = None,
) -> Redemption:
    """Wish for a reward: a piece is set aside, the points are held.

    Args:
        session: The open transaction.
        reward_id: The reward.
        person_id: Whose points.
        by: Who enters it: the person, or a clerk for them at the place.
        at: Now.
        place_id: Where it will be collected; a donation needs none.
        gift: How many points a donation gives.

    Raises:
        RewardNotFound, NotForYou, LimitReached, OutOfStock, RewardInvalid: see rules.
        InsufficientPoints: fewer points are free; nothing was set aside.
        MayNot: *by* may not act for this person there.
    """
    reward = reward_for(session, reward_id)
    programme = programmes.programme_for(session, reward.programme_id)
    rule = programmes.rule_on(session, programme.id, day_of(at))
    points = rules.points_of(reward, gift)
    _ensure_may_place(session, person_id, by, place_id, at)
    _ensure_may_have(session, reward, rule, person_id, at)
    redemption = Redemption(
        id=uuid4(),
        reward_id=reward.id,
        person_id=person_id,
        entered_by=by,
        points=points,
        placed_at=at,
        effective_at=at + timedelta(minutes=rule.undo_minutes),
    )
    if reward.kind != RewardKind.DONATION:
        _set_aside(session, redemption, place_id)
    if points > 0:
        redemption.hold_id = wallet.hold_points(
            session,
            person_id=person_id,
            programme=programme,
            amount=points,
            cause=f"redemption:{redemption.id}",
            key=f"redemption:{redemption.id}:hold",
            at=at,
            entered_by=by,
        )
    session.add(redemption)
    session.flush()
    return redemption


def _ensure_may_place(
    session: Session, person_id: UUID, by: UUID, place_id: UUID | None, at: datetime
) -> None:
    if by == person_id:
        return
    people.ensure_may(
        session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=day_of(at)
    )
    doings.note(
        session,
        who=by,
        verb="redemption.place",
        about=f"person:{person_id}",
        for_whom=person_id,
        at=at,
    )


def _ensure_may_have(
    session: Session,
    reward: RewardItem,
    rule: ProgrammeRule,
    person_id: UUID,
    at: datetime,
) -> None:
    person = people.person_for(session, person_id)
    had = 0
    if reward.limit_per_person is not None:
        # Two wishes of one person at once are counted one after the other.
        session.get(people.Person, person_id, with_for_update=True)
        had = count_had(session, reward.id, person_id, at=at)
    hours = Decimal(0)
    if reward.hours_needed is not None:
        hours = wallet.balances_of(session, person_id)["HOUR"].posted
    rules.ensure_may_have(
        reward,
        age=people.age_on(person.birth_on, day_of(at)),
        age_min=rule.redeem_min_age,
        hours=hours,
        had=had,
    )


def _set_aside(session: Session, redemption: Redemption, place_id: UUID | None) -> None:
    """Reserve one piece of the oldest lot with one left; the row is locked."""
    if place_id is None:
        raise RewardInvalid(msg("Please choose where to collect it."), field="place_id")
    lot = session.exec(
        select(StockLot)
        .where(
            StockLot.reward_id == redemption.reward_id,
            StockLot.place_id == place_id,
            col(StockLot.reserved) + col(StockLot.given) < col(StockLot.quantity),
        )
        .order_by(col(StockLot.added_at), col(StockLot.id))
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if lot is None:
        raise OutOfStock(
            msg("The last one here has just gone. Perhaps another place has one."),
            field="place_id",
        )
    lot.reserved += 1
    session.add(lot)
    redemption.lot_id = lot.id
    redemption.place_id = place_id
