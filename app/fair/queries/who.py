"""Reading who answers for an offering, and who may decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app import partners, people
from app.fair.errors import NotYourStep
from app.fair.models import (
    Offering,
)
from app.kernel.i18n import msg
from app.kernel.permissions import Permission


def is_provider(
    session: Session, offering: Offering, person_id: UUID, *, on: date
) -> bool:
    """Say whether a person answers for an offering on a day.

    The person who offers it, or an active member of the organisation that does.
    """
    if offering.provider_id == person_id:
        return True
    return offering.organisation_id is not None and partners.is_member(
        session, offering.organisation_id, person_id, on=on
    )


def ensure_own(
    session: Session, offering: Offering, person_id: UUID, *, on: date
) -> None:
    """Refuse who neither wrote nor offers an offering.

    Raises:
        NotYourStep: they do not.
    """
    if person_id != offering.author_id and not is_provider(
        session, offering, person_id, on=on
    ):
        raise NotYourStep(msg("Only who offers this may do this."))


def provider_ids(session: Session, offering: Offering, *, on: date) -> list[UUID]:
    """Return everybody who answers for an offering on a day."""
    found = [] if offering.provider_id is None else [offering.provider_id]
    if offering.organisation_id is not None:
        found += partners.member_ids(session, offering.organisation_id, on=on)
    return list(dict.fromkeys(found))


def may_review(
    session: Session, offering: Offering, person_id: UUID, *, on: date
) -> bool:
    """Say whether a person reviews listings here and is a stranger to this one."""
    return (
        people.has_permission(
            session,
            person_id,
            Permission.REVIEW_LISTING,
            place_id=offering.place_id,
            on=on,
        )
        and person_id not in (offering.author_id, offering.provider_id)
        and not people.are_close(session, person_id, offering.author_id)
        and not is_provider(session, offering, person_id, on=on)
    )


def may_take_down(
    session: Session, offering: Offering, person_id: UUID, *, on: date
) -> bool:
    """Say whether a person reviews listings or manages the place it is at."""
    return any(
        people.has_permission(
            session, person_id, permission, place_id=offering.place_id, on=on
        )
        for permission in (Permission.REVIEW_LISTING, Permission.MANAGE_PLACE)
    )


def licence_holder(offering: Offering) -> Mapping[str, UUID | None]:
    """Return who has to hold the licence: the organisation, else the person."""
    if offering.organisation_id is not None:
        return {"organisation_id": offering.organisation_id}
    return {"person_id": offering.provider_id}
