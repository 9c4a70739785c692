"""What places refuse."""

from __future__ import annotations

from app.kernel.errors import Invalid, NotAllowed, NotFound


class PlaceNotFound(NotFound):
    """There is no such place."""


class PlaceInvalid(Invalid):
    """A place cannot look like this."""


class MayNotManage(NotAllowed):
    """No role of this person reaches the place."""
