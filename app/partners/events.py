"""What partners say."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged(Event):
    """An organisation was admitted, changed, suspended or left."""

    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class LicenceChanged(Event):
    """A licence was seen, renewed or withdrawn."""

    organisation_id: UUID | None = None
    person_id: UUID | None = None
