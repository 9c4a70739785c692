"""What workshops say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class GoodChanged(Event):
    """A good was added, changed, listed or taken off the shelf."""

    good_id: UUID
