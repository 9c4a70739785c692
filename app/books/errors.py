"""What keeping the books refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class ProposalNotFound(NotFound):
    """There is no such proposal, or not for this reader."""


class SamePerson(NotAllowed):
    """Whoever proposes does not decide (R-LED-06)."""


class TooClose(NotAllowed):
    """The account is one's own, or of somebody close (R-LED-06)."""


class StepOutOfTurn(Conflict):
    """The proposal was decided or withdrawn already."""


class AlreadyProposed(Conflict):
    """The same thing waits for a second person already."""


class WhoIsMeant(Invalid):
    """The words name nobody, or more than one."""


class DayRefused(Invalid):
    """The day is to come, or its month is closed."""


class EntryRefused(Invalid):
    """There is no such entry, or it cannot be reversed."""
