"""What wishes say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class SomethingNewFits(Event):
    """A kept search found something new today, for the first time that day."""

    search_id: UUID
