"""What the fair refuses about offerings and their times."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class OfferingNotFound(NotFound):
    """There is no such offering, or not for this reader."""


class SlotNotFound(NotFound):
    """There is no such time."""


class OfferingInvalid(Invalid):
    """An offering cannot look like this; `field` says where."""


class LicenceMissing(Conflict):
    """The provider has no licence that counts today."""


class StepOutOfTurn(Conflict):
    """The offering has moved on, or is not there yet."""


class NotYourStep(NotAllowed):
    """This step belongs to somebody else: nobody reviews their own."""


class NotLive(Conflict):
    """The offering cannot be booked now."""


class SlotFull(Conflict):
    """The last seat has just been taken."""


class SlotPast(Conflict):
    """The time has begun already."""


class SlotBooked(Conflict):
    """Somebody has booked this time."""
