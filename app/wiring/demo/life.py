"""The demo town's everyday life: bookings, redemptions and orders in every state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlmodel import col, select

from app import bookings, fair, people, rewards, workshops
from app.kernel.errors import Refusal
from app.kernel.permissions import Role
from app.wiring.demo.town import Town

STARS = (5, 5, 5, 4, 5, 5, 5, 3, 5, 5, 4, 5)
"""Of the invented ratings 97 % are four or five stars."""


def happen(
    town: Town,
    listed: Sequence[fair.Offering],
    goods: Sequence[workshops.Good],
    shop: Sequence[rewards.RewardItem],
    *,
    resources: Sequence[fair.Offering] = (),
    bookings_wanted: int,
    at: datetime,
) -> None:
    """Let neighbours book, redeem and order, some of it finished, some waiting."""
    _book_the_past(town, [*listed, *resources], bookings_wanted)
    _book_ahead(town, listed, at)
    _redeem(town, shop, at)
    _order(town, goods, at)


def _book_the_past(town: Town, offerings: Sequence[fair.Offering], wanted: int) -> None:
    """Book, confirm, complete and rate times that have passed."""
    slots = town.session.exec(
        select(fair.Slot)
        .where(col(fair.Slot.offering_id).in_([one.id for one in offerings]))
        .where(col(fair.Slot.starts_at) < town.moment(town.today, time(0)))
        .order_by(col(fair.Slot.starts_at), col(fair.Slot.id))
    ).all()
    by_id = {one.id: one for one in offerings}
    # Who has points can pay in points; everybody has served, so most do.
    guests = town.volunteers[1:]
    made = 0
    for number, slot in enumerate(slots):
        offering = by_id[slot.offering_id]
        for seat in range(slot.capacity):
            if made >= wanted:
                return
            guest = guests[(number * 7 + seat) % len(guests)]
            made += _book_through(town, offering, slot, guest, made)


def _book_through(
    town: Town, offering: fair.Offering, slot: fair.Slot, guest: UUID, number: int
) -> int:
    asked_at = slot.starts_at - timedelta(days=2)
    provider = _provider(town, offering)
    try:
        with town.session.begin_nested():
            booking = bookings.request_booking(
                town.session,
                slot_id=slot.id,
                resident_id=guest,
                by=guest,
                at=asked_at,
            )
    except Refusal:
        return 0  # not enough points, or busy at that hour
    if number % 25 == 24:
        bookings.cancel_booking(
            town.session, booking.id, by=guest, at=asked_at + timedelta(hours=1)
        )
        return 1
    bookings.confirm_booking(
        town.session, booking.id, by=provider, at=asked_at + timedelta(hours=3)
    )
    bookings.complete_booking(
        town.session, booking.id, by=provider, at=slot.ends_at + timedelta(minutes=5)
    )
    if number % 10 < 8:
        bookings.rate_booking(
            town.session,
            booking.id,
            by=guest,
            at=slot.ends_at + timedelta(hours=2),
            stars=STARS[number % len(STARS)],
        )
    return 1


def _book_ahead(town: Town, listed: Sequence[fair.Offering], at: datetime) -> None:
    """Leave requests with providers, and bookings for the cast to look at."""
    asked_at = at - timedelta(hours=5)
    for number, offering in enumerate(listed[:24]):
        free = fair.free_slots(town.session, offering.id, at=at, limit=1)
        if not free:
            continue
        guest = town.volunteers[40 + number * 3] if len(town.volunteers) > 150 else None
        guest = guest or town.volunteers[1 + number % (len(town.volunteers) - 1)]
        if number == 2:
            guest = town.cast["1-volunteer"]
        try:
            with town.session.begin_nested():
                booking = bookings.request_booking(
                    town.session,
                    slot_id=free[0].id,
                    resident_id=guest,
                    by=guest,
                    at=asked_at,
                )
        except Refusal:
            continue
        if number % 3 == 0:
            bookings.confirm_booking(
                town.session,
                booking.id,
                by=_provider(town, offering),
                at=asked_at + timedelta(hours=2),
            )


def _redeem(town: Town, shop: Sequence[rewards.RewardItem], at: datetime) -> None:
    """Let some rewards be collected and leave some waiting at the first centre."""
    centre = town.places["C01"].id
    clerk = town.clerks["C01"]
    wanted = [item for item in shop if item.kind == rewards.RewardKind.GOODS]
    for number, guest in enumerate(town.volunteers[1:60:3]):
        item = wanted[number % len(wanted)]
        placed_at = at - timedelta(days=1 + number % 5)
        try:
            with town.session.begin_nested():
                redemption = rewards.place_redemption(
                    town.session,
                    reward_id=item.id,
                    person_id=guest,
                    by=guest,
                    place_id=centre,
                    at=placed_at,
                )
        except Refusal:
            continue
        rewards.settle_due(town.session, placed_at + timedelta(minutes=11))
        town.session.refresh(redemption)
        if number % 3 != 2 and redemption.pickup_code:
            rewards.hand_over(
                town.session,
                redemption.pickup_code,
                by=clerk,
                at=placed_at + timedelta(hours=6),
            )


def _order(town: Town, goods: Sequence[workshops.Good], at: datetime) -> None:
    """Let orders stand at every step, from placed to collected."""
    centre = town.places["C01"].id
    clerk = town.clerks["C01"]
    for number, good in enumerate(goods[:20]):
        guest = town.volunteers[1 + (number * 2) % (len(town.volunteers) - 1)]
        placed_at = at - timedelta(hours=20)
        try:
            with town.session.begin_nested():
                order = workshops.place_order(
                    town.session,
                    person_id=guest,
                    workshop_id=good.workshop_id,
                    lines={good.id: 1 + number % 2},
                    place_id=centre,
                    pay_with=workshops.PayWith.CASH,
                    by=guest,
                    at=placed_at,
                )
        except Refusal:
            continue
        _bring_along(town, order, number % 5, clerk, placed_at)


def _bring_along(
    town: Town, order: workshops.Order, steps: int, clerk: UUID, placed_at: datetime
) -> None:
    """Take an order *steps* steps along its way."""
    manager = _manager_of(town, order.workshop_id)
    if steps >= 1:
        workshops.confirm_order(
            town.session, order.id, by=manager, at=placed_at + timedelta(hours=1)
        )
    if steps >= 2:
        workshops.pack_order(
            town.session, order.id, by=manager, at=placed_at + timedelta(hours=2)
        )
    if steps >= 3:
        workshops.receive_order(
            town.session, order.id, by=clerk, at=placed_at + timedelta(hours=5)
        )
    if steps >= 4 and order.pickup_code:
        workshops.hand_over(
            town.session,
            order.id,
            code=order.pickup_code,
            by=clerk,
            at=placed_at + timedelta(hours=8),
        )


def _manager_of(town: Town, workshop_id: UUID) -> UUID:
    """Return who manages a workshop; make somebody its manager if nobody does."""
    workshop = workshops.workshop_for(town.session, workshop_id)
    if workshop.external_id in {"W01", "W03"}:
        return town.cast["5-workshop"]
    name = f"manager of {workshop.external_id}"
    if name not in town.organisations:
        person = town.skilled[len(town.organisations) % len(town.skilled)]
        people.assign_role(
            town.session,
            person_id=person,
            role=Role.WORKSHOP_MANAGER,
            place_id=workshop.place_id,
            organisation_id=workshop.id,
            starts_on=town.beginning.date(),
            at=town.beginning,
            by=None,
        )
        town.session.flush()
        town.organisations[name] = person
    return town.organisations[name]


def _provider(town: Town, offering: fair.Offering) -> UUID:
    if offering.provider_id is not None:
        return offering.provider_id
    return town.organisations[f"member of {offering.organisation_id}"]
