"""What volunteering says."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PostChanged(Event):
    """A post was published, changed or ended; search must hear."""

    post_id: UUID


@dataclass(frozen=True, kw_only=True)
class ShiftCancelled(Event):
    """A shift was called off; those who had claimed it must hear."""

    shift_id: UUID


@dataclass(frozen=True, kw_only=True)
class RecordRejected(Event):
    """A service record was not accepted; its volunteer must hear."""

    record_id: UUID
