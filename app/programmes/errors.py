"""What programmes refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound


class ProgrammeNotFound(NotFound):
    """There is no such programme."""


class NoRule(Conflict):
    """The programme had no rule on that day."""
