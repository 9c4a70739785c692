"""What happens to rewards: stock comes in, wishes are placed, handed over, let go."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app import people, programmes, wallet
from app.kernel import doings
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission
from app.programmes import Programme, ProgrammeRule
from app.rewards import rules
from app.rewards.errors import (
    NotYourStep,
    OutOfStock,
    OwnHandOver,
    RewardInvalid,
    WrongPickupCode,
)
from app.rewards.events import RewardChanged
from app.rewards.models import (
    FundingSource,
    Redemption,
    RedemptionState,
    RewardItem,
    RewardKind,
    StockLot,
)
from app.rewards.queries import (
    count_had,
    find_waiting,
    redemption_for,
    reward_for,
)
from app.rewards.rules import Step

BATCH_MAX = 500


def add_reward(
    session: Session,
    *,
    kind: RewardKind,
    programme: Programme,
    title: str,
    points: Decimal,
    at: datetime,
    external_id: str | None = None,
    **details: Any,
) -> RewardItem:
    """Put a reward into the shop; the same `external_id` again returns that one.

    Raises:
        RewardInvalid: points below zero, or a time-circle reward that is no service
            (TIME buys service only, table 2.5).
    """
    if external_id is not None:
        known = session.exec(
            select(RewardItem).where(RewardItem.external_id == external_id)
        ).first()
        if known is not None:
            return known
    if points < 0:
        raise RewardInvalid(msg("Points cannot be below zero."), field="points")
    if programme.unit == "TIME" and kind != RewardKind.SERVICE:
        raise RewardInvalid(
            msg("Time credits are for services, not for things."), field="kind"
        )
    item = RewardItem(
        external_id=external_id,
        kind=kind,
        programme_id=programme.id,
        title=title,
        points=points,
        created_at=at,
        **details,
    )
    session.add(item)
    session.flush()
    publish(session, RewardChanged(at=at, reward_id=item.id))
    return item


def add_stock(
    session: Session,
    reward: RewardItem,
    *,
    place_id: UUID,
    quantity: int,
    funding_source: FundingSource,
    at: datetime,
    by: UUID | None,
    funded_by: str | None = None,
) -> StockLot:
    """Take pieces into stock at a place; *by* None is the installation itself.

    Raises:
        MayNot: *by* does not manage rewards there.
        RewardInvalid: nothing was added.
    """
    if by is not None:
        people.ensure_may(
            session, by, Permission.MANAGE_REWARDS, place_id=place_id, on=at.date()
        )
        doings.note(
            session,
            who=by,
            verb="reward.stock",
            about=f"reward:{reward.id}",
            at=at,
            detail=f"+{quantity}",
        )
    if quantity <= 0:
        raise RewardInvalid(msg("How many are there?"), field="quantity")
    lot = StockLot(
        reward_id=reward.id,
        place_id=place_id,
        quantity=quantity,
        funding_source=funding_source,
        funded_by=funded_by,
        added_by=by,
        added_at=at,
    )
    session.add(lot)
    session.flush()
    return lot


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
    rule = programmes.rule_on(session, programme.id, at.date())
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


def undo_redemption(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    """Take a wish back within the undo time: points and piece are free again.

    Raises:
        UndoOver: it is too late to undo; cancelling still works.
        StepOutOfTurn, RedemptionNotFound, NotYourStep: see rules.
    """
    return _let_go(session, redemption_id, Step.UNDO, by=by, at=at)


def cancel_redemption(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    """Give a wish up before it is collected: points and piece are free again."""
    return _let_go(session, redemption_id, Step.CANCEL, by=by, at=at)


def send_now(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    """Waive the rest of the undo time: the counter sees it at once."""
    redemption = _own(session, redemption_id, by=by, at=at)
    rules.state_after(redemption, Step.SEND_NOW, at=at)
    redemption.effective_at = at
    _make_ready(session, redemption, at=at)
    return redemption


def hand_over(
    session: Session, typed_code: str, *, by: UUID, at: datetime
) -> Redemption:
    """Give the piece to who brings the code; the held points retire (story L2).

    Raises:
        WrongPickupCode: nothing waits under this code, or not at this clerk's places.
        OwnHandOver: it is the clerk's own, or of somebody close (R-LED-06).
        StepOutOfTurn: the last day to collect is over.
    """
    redemption = find_waiting(session, rules.clean_code(typed_code), at=at)
    reaches = redemption is not None and people.has_permission(
        session,
        by,
        Permission.HAND_OVER,
        place_id=redemption.place_id,
        on=at.date(),
    )
    if redemption is None or not reaches:
        raise WrongPickupCode(
            msg("Nothing waits here under this code. Please check it again."),
            field="code",
        )
    if people.are_close(session, by, redemption.person_id):
        raise OwnHandOver(
            msg("Not to yourself or somebody close: please ask a colleague."),
            field="code",
        )
    if by == redemption.entered_by:
        raise OwnHandOver(
            msg("You entered this one yourself: a colleague hands it over."),
            field="code",
        )
    redemption.state = rules.state_after(redemption, Step.HAND_OVER, at=at)
    _capture(session, redemption, by=by, at=at)
    _count(session, redemption, given=True)
    doings.note(
        session,
        who=by,
        verb="redemption.hand_over",
        about=f"redemption:{redemption.id}",
        for_whom=redemption.person_id,
        at=at,
    )
    return redemption


def settle_due(session: Session, at: datetime, *, limit: int = BATCH_MAX) -> int:
    """Make ready what can no longer be undone; a job, and the first look."""
    due = session.exec(
        select(Redemption)
        .where(
            Redemption.state == RedemptionState.PLACED,
            col(Redemption.effective_at) <= at,
        )
        .order_by(col(Redemption.effective_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for redemption in due:
        _make_ready(session, redemption, at=redemption.effective_at)
    return len(due)


def lapse_uncollected(session: Session, at: datetime, *, limit: int = BATCH_MAX) -> int:
    """Let go what was not collected by its last day (story L4); a job."""
    overdue = session.exec(
        select(Redemption)
        .where(
            Redemption.state == RedemptionState.READY,
            col(Redemption.collect_by) < at.date(),
        )
        .order_by(col(Redemption.collect_by))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for redemption in overdue:
        redemption.state = rules.state_after(redemption, Step.LAPSE, at=at)
        _release(session, redemption, by=None, at=at)
    return len(overdue)


def _ensure_may_place(
    session: Session, person_id: UUID, by: UUID, place_id: UUID | None, at: datetime
) -> None:
    if by == person_id:
        return
    people.ensure_may(
        session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=at.date()
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
        had = count_had(session, reward.id, person_id, at=at)
    hours = Decimal(0)
    if reward.hours_needed is not None:
        hours = wallet.balances_of(session, person_id)["HOUR"].posted
    rules.ensure_may_have(
        reward,
        age=people.age_on(person.birth_on, at.date()),
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


def _own(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    redemption = redemption_for(session, redemption_id, reader=by, at=at, lock=True)
    if by not in (redemption.person_id, redemption.entered_by):
        raise NotYourStep(msg("Only the person it is for can do this."))
    return redemption


def _let_go(
    session: Session, redemption_id: UUID, step: Step, *, by: UUID, at: datetime
) -> Redemption:
    redemption = _own(session, redemption_id, by=by, at=at)
    redemption.state = rules.state_after(redemption, step, at=at)
    _release(session, redemption, by=by, at=at)
    return redemption


def _release(
    session: Session, redemption: Redemption, *, by: UUID | None, at: datetime
) -> None:
    """Give points and piece back."""
    if redemption.hold_id is not None:
        wallet.release(
            session,
            redemption.hold_id,
            key=f"redemption:{redemption.id}:release",
            at=at,
            entered_by=by,
        )
    _count(session, redemption, given=False)
    redemption.closed_at = at
    redemption.pickup_code = None
    session.add(redemption)


def _capture(
    session: Session, redemption: Redemption, *, by: UUID, at: datetime
) -> None:
    """Let the points retire into the programme's pool (R-LED-05)."""
    if redemption.hold_id is not None:
        wallet.capture(
            session,
            redemption.hold_id,
            key=f"redemption:{redemption.id}:capture",
            at=at,
            entered_by=by,
        )
    redemption.handed_over_at = at
    redemption.handed_over_by = by
    redemption.closed_at = at
    redemption.pickup_code = None
    session.add(redemption)


def _count(session: Session, redemption: Redemption, *, given: bool) -> None:
    """Move the piece out of the reserved ones: given, or back on the shelf."""
    if redemption.lot_id is None:
        return
    lot = session.exec(
        select(StockLot)
        .where(StockLot.id == redemption.lot_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    lot.reserved -= 1
    lot.given += int(given)
    session.add(lot)


def _make_ready(session: Session, redemption: Redemption, *, at: datetime) -> None:
    """Show it to the counter; a donation needs no counter and is done."""
    if redemption.lot_id is None:
        redemption.state = RedemptionState.HANDED_OVER
        _capture_gift(session, redemption, at=at)
        return
    redemption.state = RedemptionState.READY
    redemption.collect_by = (at + rules.PICKUP_LIFE).date()
    redemption.pickup_code = _new_code(session)
    session.add(redemption)
    session.flush()


def _capture_gift(session: Session, redemption: Redemption, *, at: datetime) -> None:
    """A gift to the love fund: nobody hands anything over."""
    if redemption.hold_id is not None:
        wallet.capture(
            session,
            redemption.hold_id,
            key=f"redemption:{redemption.id}:capture",
            at=at,
            entered_by=redemption.entered_by,
        )
    redemption.handed_over_at = at
    redemption.closed_at = at
    session.add(redemption)


def _new_code(session: Session) -> str:
    """Return a code nothing waits under; codes of closed ones are free again."""
    while True:
        code = "".join(
            secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.CODE_LENGTH)
        )
        taken = session.exec(
            select(Redemption.id).where(Redemption.pickup_code == code)
        ).first()
        if taken is None:
            return code
