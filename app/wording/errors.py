"""What the wording of the search refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class LineInvalid(Invalid):
    """A line that means nothing, or would mean too much."""


class LineThere(Conflict):
    """The same line is in force already."""


class LineNotFound(NotFound):
    """There is no such line, or it was taken away."""
