"""What places say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PlaceChanged(Event):
    """A place was added or changed."""

    place_id: UUID
