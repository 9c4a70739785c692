"""What the sunshine ledger refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound


class EntryNotFound(NotFound):
    """The chain has no such entry (yet)."""


class NotYetCovered(Conflict):
    """The entry is newer than the last checkpoint; a later one will prove it."""
