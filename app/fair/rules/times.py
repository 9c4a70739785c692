"""Times and seats: what a bookable time looks like, when a seat may be taken."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.fair.errors import (
    NotLive,
    OfferingInvalid,
    SlotFull,
    SlotPast,
)
from app.fair.models import (
    Offering,
    OfferingState,
    Slot,
)
from app.kernel.i18n import msg

S = OfferingState


WEEKS_MAX = 26


SLOTS_MAX = 400


SLOT_LONGEST = timedelta(hours=24)


def ensure_slot(starts_at: datetime, ends_at: datetime, capacity: int) -> None:
    """Refuse a time that runs backwards, lasts for days or has no seat.

    Raises:
        OfferingInvalid: says which.
    """
    if ends_at <= starts_at:
        raise OfferingInvalid(msg("The end must come after the start."), field="ends")
    if ends_at - starts_at > SLOT_LONGEST:
        raise OfferingInvalid(msg("A time lasts at most a day."), field="ends")
    if capacity < 1:
        raise OfferingInvalid(msg("A time needs at least one seat."), field="capacity")


def ensure_seat(offering: Offering, slot: Slot, *, at: datetime) -> None:
    """Refuse a seat that cannot be taken at *at*.

    Raises:
        NotLive: the offering is not published, or the time was withdrawn.
        SlotPast: the time has begun.
        SlotFull: every seat is taken.
    """
    if offering.state != S.PUBLISHED or slot.withdrawn_at is not None:
        raise NotLive(msg("This cannot be booked at the moment."))
    if slot.starts_at <= at:
        raise SlotPast(msg("This time has begun already. Please choose another."))
    if slot.taken >= slot.capacity:
        raise SlotFull(msg("The last seat has just been taken. Please choose another."))
