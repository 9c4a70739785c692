"""Bookings: a resident's seat at an offering's time, from the request to the stars.

Nouns: `Booking`, `Rating`. Said: `BookingRated`. Points are held with the request and
go to the programme's pool when it took place, or come back.
"""

from app.bookings.actions import (
    cancel_booking,
    complete_booking,
    confirm_booking,
    decline_booking,
    expire_unanswered,
    note_absence,
    rate_booking,
    request_booking,
    send_now,
    undo_booking,
)
from app.bookings.errors import (
    BookedAlready,
    BookingNotFound,
    NotYourStep,
    OwnOffering,
    RatedAlready,
    StepOutOfTurn,
    TimesOverlap,
    UndoOver,
)
from app.bookings.events import BookingRated
from app.bookings.models import Booking, BookingState
from app.bookings.queries import (
    Rating,
    booking_for,
    past_of,
    provider_queue,
    ratings_of,
    upcoming_of,
)
from app.bookings.rules import Side, Step, steps_open_to

__all__ = [
    "BookedAlready",
    "Booking",
    "BookingNotFound",
    "BookingRated",
    "BookingState",
    "NotYourStep",
    "OwnOffering",
    "RatedAlready",
    "Rating",
    "Side",
    "Step",
    "StepOutOfTurn",
    "TimesOverlap",
    "UndoOver",
    "booking_for",
    "cancel_booking",
    "complete_booking",
    "confirm_booking",
    "decline_booking",
    "expire_unanswered",
    "note_absence",
    "past_of",
    "provider_queue",
    "rate_booking",
    "ratings_of",
    "request_booking",
    "send_now",
    "steps_open_to",
    "undo_booking",
    "upcoming_of",
]
