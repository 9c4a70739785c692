"""What the sunshine ledger refuses."""

from __future__ import annotations

from app.kernel.errors import NotFound


class EntryNotFound(NotFound):
    """The chain has no such entry (yet)."""
