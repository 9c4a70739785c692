"""What the fair does when partners speak: offerings sleep and wake."""

from __future__ import annotations

from sqlmodel import Session

from app.fair.actions import upkeep
from app.partners import LicenceChanged, OrganisationChanged


def follow_organisation(session: Session, event: OrganisationChanged) -> None:
    """Let an organisation's offerings sleep when it is suspended, wake after."""
    upkeep.look_after(session, event.at, organisation_id=event.organisation_id)


def follow_licence(session: Session, event: LicenceChanged) -> None:
    """Let a holder's offerings wake when a licence was renewed."""
    upkeep.look_after(
        session,
        event.at,
        organisation_id=event.organisation_id,
        person_id=event.person_id,
    )
