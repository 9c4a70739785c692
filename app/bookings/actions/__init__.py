"""What happens to bookings: asked for, answered, done, called off, rated."""

from app.bookings.actions.requests import (
    request_booking,
    undo_time,
)
from app.bookings.actions.steps import (
    cancel_booking,
    complete_booking,
    confirm_booking,
    decline_booking,
    expire_unanswered,
    look_at_contact,
    note_absence,
    rate_booking,
    send_now,
    undo_booking,
)

__all__ = [
    "cancel_booking",
    "complete_booking",
    "confirm_booking",
    "decline_booking",
    "expire_unanswered",
    "look_at_contact",
    "note_absence",
    "rate_booking",
    "request_booking",
    "send_now",
    "undo_booking",
    "undo_time",
]
