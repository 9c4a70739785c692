"""What the wallet says."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PointsExpireSoon(Event):
    """Somebody loses points soon and was not told yet this month."""

    person_id: UUID
