"""What people type about bookings."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.web.forms import Form

Words = Annotated[str, StringConstraints(max_length=300)]


class BookingForm(Form):
    """A seat at a time, with a word to the provider; a clerk names the resident."""

    slot_id: UUID
    note: Words | None = None
    resident_id: UUID | None = None


class DeclineForm(Form):
    """Why not; the resident reads it."""

    reason: Annotated[str, StringConstraints(min_length=2, max_length=300)]


class CancelForm(Form):
    """Why it was called off, if one likes to say."""

    reason: Words | None = None


class RatingForm(Form):
    """How it was."""

    stars: int = Field(ge=1, le=5)
    comment: Annotated[str, StringConstraints(max_length=500)] | None = None
