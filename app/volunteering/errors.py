"""What volunteering refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class PostNotFound(NotFound):
    """There is no such post."""


class ShiftNotFound(NotFound):
    """There is no such shift."""


class ClaimNotFound(NotFound):
    """There is no such claim, or not for this reader."""


class RecordNotFound(NotFound):
    """There is no such service record, or not for this reader."""


class PostInvalid(Invalid):
    """A post may not look like this."""


class ShiftInvalid(Invalid):
    """A shift may not look like this."""


class ShiftClosed(Conflict):
    """The shift is over, called off, or under way."""


class ShiftFull(Conflict):
    """Somebody else took the last place."""


class Overlaps(Conflict):
    """The person gives that time elsewhere already (R-TIME-07)."""


class ClaimedAlready(Conflict):
    """The person has claimed this shift before."""


class NotQualified(NotAllowed):
    """Age, training or licence do not fit the post (R-VOL-06, R-VOL-07)."""


class StepOutOfTurn(Conflict):
    """The claim or record is not where this step starts."""


class UndoOver(Conflict):
    """The time to undo is over; the other way is to withdraw."""


class WrongDoorCode(Invalid):
    """The code is not the one on the station's screen, or too old."""


class NotTheTime(Conflict):
    """Too early or too late to check in or out."""


class TooLate(Invalid):
    """Hours are entered later than the programme allows (R-TIME-06)."""


class EvidenceMissing(Invalid):
    """A supplement needs its reason and what proves it (R-TIME-06)."""


class NotYourVerdict(NotAllowed):
    """Nobody decides about themselves, their own entry or someone close (R-LED-06)."""
