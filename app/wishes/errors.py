"""What wishes refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class WishUnreadable(Invalid):
    """No words, or words that say who somebody is."""


class TooManySearches(Conflict):
    """Somebody keeps as many searches as one can look through."""


class SearchNotFound(NotFound):
    """There is no such search, or it is somebody else's."""
