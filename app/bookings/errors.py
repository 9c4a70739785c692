"""What bookings refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class BookingNotFound(NotFound):
    """There is no such booking, or not for this reader."""


class OwnOffering(NotAllowed):
    """Nobody books what they offer themselves."""


class TimesOverlap(Conflict):
    """The person has another booking at that time."""


class BookedAlready(Conflict):
    """The person has a seat at this time already."""


class NotYourStep(NotAllowed):
    """This step belongs to the other side of the booking."""


class StepOutOfTurn(Conflict):
    """The booking has moved on, or is not there yet."""


class UndoOver(StepOutOfTurn):
    """The time to undo is over; cancelling still works."""


class RatedAlready(Conflict):
    """A booking is rated once."""


class BookingInvalid(Invalid):
    """A booking cannot look like this; `field` says where."""
