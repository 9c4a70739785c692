"""The table of bookings: who comes when to what, for how much, what became of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.fair import PriceMode
from app.kernel.columns import Amount, Moment, Words


class BookingState(StrEnum):
    """Where a booking stands; `rules.STEPS` says how it gets there."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    NO_SHOW_RESIDENT = "no_show_resident"
    NO_SHOW_PROVIDER = "no_show_provider"
    EXPIRED = "expired"


LIVE_SQL = "state IN ('requested', 'confirmed')"


class Booking(SQLModel, table=True):
    """One resident's seat at one time of one offering.

    Times, place and price are kept as they were agreed: a later change of the
    offering does not reach a booking.
    """

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("stars IS NULL OR state = 'completed'", name="rated"),
        CheckConstraint(
            "(price_mode = 'points') = (hold_id IS NOT NULL)", name="points_held"
        ),
        CheckConstraint("price_mode <> 'points' OR points > 0", name="points"),
        CheckConstraint(
            "provider_id IS NULL OR provider_id <> resident_id", name="not_own"
        ),
        CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> resident_id", name="two_sides"
        ),
        Index(
            "uq_booking_slot_resident_live",
            "slot_id",
            "resident_id",
            unique=True,
            sqlite_where=text(LIVE_SQL),
            postgresql_where=text(LIVE_SQL),
        ),
        Index("ix_booking_resident_starts", "resident_id", "starts_at"),
        Index("ix_booking_provider_starts", "provider_id", "starts_at"),
        Index("ix_booking_organisation_starts", "organisation_id", "starts_at"),
        Index("ix_booking_state_starts", "state", "starts_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    offering_id: UUID = Field(foreign_key="offering.id", index=True)
    slot_id: UUID = Field(foreign_key="slot.id")
    place_id: UUID = Field(foreign_key="place.id", index=True)
    resident_id: UUID = Field(foreign_key="person.id")
    entered_by: UUID = Field(foreign_key="person.id")
    provider_id: UUID | None = Field(default=None, foreign_key="person.id")
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    price_mode: PriceMode = Field(sa_type=Words(PriceMode))
    points: Decimal | None = Field(default=None, sa_type=Amount)
    programme_id: UUID | None = Field(default=None, foreign_key="programme.id")
    price_cny: Decimal | None = Field(default=None, sa_type=Amount)
    price_unit: str | None = Field(default=None, max_length=40)
    hold_id: UUID | None = Field(default=None, unique=True)
    note: str | None = Field(default=None, max_length=300)
    """What the resident asks for; read by the two sides only."""
    state: BookingState = Field(
        default=BookingState.REQUESTED, sa_type=Words(BookingState)
    )
    requested_at: datetime = Field(sa_type=Moment)
    effective_at: datetime = Field(sa_type=Moment)
    """Until then it can be undone, and the provider does not see it (R-A11Y-05)."""
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_by: UUID | None = Field(default=None, foreign_key="person.id")
    reason: str | None = Field(default=None, max_length=300)
    """Why it was declined or cancelled; both sides read it."""
    stars: int | None = None
    comment: str | None = Field(default=None, max_length=500)
    rated_at: datetime | None = Field(default=None, sa_type=Moment)
