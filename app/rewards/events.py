"""What rewards say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class RewardChanged(Event):
    """A reward came into the shop, changed or left it."""

    reward_id: UUID
