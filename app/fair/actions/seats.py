"""Times and their seats: added by the provider, taken and given back by bookings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID

from sqlmodel import Session, col, select

from app.fair import rules
from app.fair.errors import OfferingInvalid, SlotBooked
from app.fair.events import SlotsChanged
from app.fair.models import Offering, Slot
from app.fair.queries import ensure_own, offering_for, slot_for
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish


def take_seat(session: Session, slot_id: UUID, *, at: datetime) -> Slot:
    """Take one seat of a time, in the transaction of the booking that wants it.

    The row is locked first, so that two at once are served one after the other; the
    table's check is the second key.

    Raises:
        SlotNotFound: there is no such time.
        NotLive: the offering is not published, or the time was withdrawn.
        SlotPast: the time has begun.
        SlotFull: every seat is taken.
    """
    slot = slot_for(session, slot_id, lock=True)
    rules.ensure_seat(offering_for(session, slot.offering_id), slot, at=at)
    slot.taken += 1
    session.add(slot)
    if slot.taken == slot.capacity:
        publish(session, SlotsChanged(at=at, offering_id=slot.offering_id))
    return slot


def give_seat_back(session: Session, slot_id: UUID, *, at: datetime) -> Slot:
    """Give one seat back; the caller makes sure that it had one."""
    slot = slot_for(session, slot_id, lock=True)
    assert slot.taken > 0, "a seat was given back that nobody had"
    was_full = slot.taken == slot.capacity
    slot.taken -= 1
    session.add(slot)
    if was_full:
        publish(session, SlotsChanged(at=at, offering_id=slot.offering_id))
    return slot


def add_slots(
    session: Session,
    offering_id: UUID,
    spans: Iterable[tuple[datetime, datetime]],
    *,
    by: UUID | None,
    at: datetime,
    capacity: int | None = None,
) -> list[Slot]:
    """Add bookable times; one that is there already stays as it is.

    Args:
        session: The open transaction.
        offering_id: Whose times.
        spans: Start and end, aware, in the future of *at*.
        by: Who adds them; None is the installation (load, demo world).
        at: Now.
        capacity: Seats of each; the offering's own number otherwise.

    Raises:
        NotYourStep: *by* does not offer this.
        OfferingInvalid: a time lies in the past, runs backwards or has no seat.
    """
    offering = offering_for(session, offering_id, lock=True)
    _ensure_own(session, offering, by, on=day_of(at))
    seats = capacity or offering.capacity
    wanted = sorted(
        {(start.astimezone(UTC), end.astimezone(UTC)) for start, end in spans}
    )
    if len(wanted) > rules.SLOTS_MAX:
        raise OfferingInvalid(
            msg("At most %(count)s times at once."), count=rules.SLOTS_MAX
        )
    known = _known_starts(session, offering_id, [start for start, _ in wanted])
    added = []
    for starts_at, ends_at in wanted:
        rules.ensure_slot(starts_at, ends_at, seats)
        if starts_at <= at:
            raise OfferingInvalid(msg("This time has passed already."), field="day")
        slot = known.get(starts_at)
        if slot is not None and slot.withdrawn_at is None:
            continue
        slot = slot or Slot(
            offering_id=offering_id, starts_at=starts_at, ends_at=ends_at
        )
        slot.ends_at, slot.capacity, slot.withdrawn_at = ends_at, seats, None
        session.add(slot)
        added.append(slot)
    if added:
        session.flush()
        publish(session, SlotsChanged(at=at, offering_id=offering_id))
    return added


def add_weekly_slots(
    session: Session,
    offering_id: UUID,
    *,
    first: date,
    starts: time,
    ends: time,
    weeks: int,
    zone: tzinfo,
    by: UUID | None,
    at: datetime,
    capacity: int | None = None,
) -> list[Slot]:
    """Add the same time on the same weekday, *weeks* times from *first* on.

    Times are on the wall clock of *zone*.

    Raises:
        OfferingInvalid: too many weeks, or as in `add_slots`.
    """
    if not 1 <= weeks <= rules.WEEKS_MAX:
        raise OfferingInvalid(
            msg("Between 1 and %(count)s weeks, please."),
            field="weeks",
            count=rules.WEEKS_MAX,
        )
    days = [first + timedelta(weeks=week) for week in range(weeks)]
    spans = [
        (datetime.combine(day, starts, zone), datetime.combine(day, ends, zone))
        for day in days
    ]
    return add_slots(session, offering_id, spans, by=by, at=at, capacity=capacity)


def withdraw_slot(session: Session, slot_id: UUID, *, by: UUID, at: datetime) -> Slot:
    """Take a time nobody has booked out of the fair.

    Raises:
        NotYourStep: *by* does not offer this.
        SlotBooked: somebody has a seat; the booking is answered first.
    """
    slot = slot_for(session, slot_id, lock=True)
    offering = offering_for(session, slot.offering_id)
    _ensure_own(session, offering, by, on=day_of(at))
    if slot.taken:
        raise SlotBooked(
            msg("Somebody has booked this time. Please answer them first.")
        )
    if slot.withdrawn_at is None:
        slot.withdrawn_at = at
        session.add(slot)
        publish(session, SlotsChanged(at=at, offering_id=offering.id))
    return slot


def set_capacity(
    session: Session, slot_id: UUID, capacity: int, *, by: UUID, at: datetime
) -> Slot:
    """Change how many seats a time has, never below those taken.

    Raises:
        NotYourStep: *by* does not offer this.
        OfferingInvalid: fewer seats than are taken, or none.
    """
    slot = slot_for(session, slot_id, lock=True)
    offering = offering_for(session, slot.offering_id)
    _ensure_own(session, offering, by, on=day_of(at))
    if capacity < max(1, slot.taken):
        raise OfferingInvalid(
            msg("%(count)s seats are taken already."),
            field="capacity",
            count=slot.taken,
        )
    slot.capacity = capacity
    session.add(slot)
    publish(session, SlotsChanged(at=at, offering_id=offering.id))
    return slot


def _ensure_own(
    session: Session, offering: Offering, by: UUID | None, *, on: date
) -> None:
    if by is not None:
        ensure_own(session, offering, by, on=on)


def _known_starts(
    session: Session, offering_id: UUID, starts: list[datetime]
) -> dict[datetime, Slot]:
    if not starts:
        return {}
    rows = session.exec(
        select(Slot)
        .where(Slot.offering_id == offering_id)
        .where(col(Slot.starts_at) >= starts[0])
        .where(col(Slot.starts_at) <= starts[-1])
    )
    return {slot.starts_at: slot for slot in rows}
