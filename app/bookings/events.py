"""What bookings say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class BookingRated(Event):
    """A resident said how it was; the offering's mean has changed."""

    booking_id: UUID
    offering_id: UUID
