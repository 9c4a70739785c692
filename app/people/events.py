"""What people say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """Somebody is called otherwise, or is no longer here; search must hear."""

    person_id: UUID
