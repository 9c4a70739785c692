"""What the fair says."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class OfferingChanged(Event):
    """An offering appeared, changed, slept or went; search reads it anew."""

    offering_id: UUID


@dataclass(frozen=True, kw_only=True)
class SlotsChanged(Event):
    """An offering has other free times: added, withdrawn, filled up, free again."""

    offering_id: UUID
