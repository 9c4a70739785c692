"""Reading offerings: one for a reader, those that are live, somebody's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from app import partners
from app.fair import rules
from app.fair.errors import OfferingNotFound
from app.fair.models import (
    Category,
    Offering,
    OfferingState,
)
from app.fair.queries.who import is_provider, may_review
from app.kernel.clock import day_of
from app.kernel.i18n import msg

QUEUE_MAX = 200


def offering_for(
    session: Session,
    offering_id: UUID,
    *,
    reader: UUID | None = None,
    on: date | None = None,
    lock: bool = False,
) -> Offering:
    """Return an offering; with *reader*, only what that person may see.

    Without a reader no question is asked: for code that holds a booking of it.
    Everybody sees what is or was live; drafts are for who offers and who reviews.

    Raises:
        OfferingNotFound: there is none, or not for this reader.
    """
    found = session.get(Offering, offering_id, with_for_update=True if lock else None)
    if found is None:
        raise _unknown()
    if reader is None or found.state in rules.PUBLIC_STATES:
        return found
    day = on or day_of(found.changed_at)
    if (
        reader == found.author_id
        or is_provider(session, found, reader, on=day)
        or may_review(session, found, reader, on=day)
    ):
        return found
    raise _unknown()


def published_offering(session: Session, offering_id: UUID) -> Offering:
    """Return an offering that is live now.

    Raises:
        OfferingNotFound: there is none that strangers may see.
    """
    found = session.get(Offering, offering_id)
    if found is None or found.state != OfferingState.PUBLISHED:
        raise _unknown()
    return found


def public_offering(session: Session, offering_id: UUID) -> Offering:
    """Return an offering a stranger may look at: live, paused or asleep.

    Raises:
        OfferingNotFound: there is none like that.
    """
    found = session.get(Offering, offering_id)
    if found is None or found.state not in rules.PUBLIC_STATES:
        raise _unknown()
    return found


def find_offering(session: Session, external_id: str) -> Offering | None:
    """Return the offering with this external id, or None."""
    return session.exec(
        select(Offering).where(Offering.external_id == external_id)
    ).first()


def offerings_by_ids(
    session: Session, ids: Iterable[UUID | None]
) -> Mapping[UUID, Offering]:
    """Return the offerings with these ids, by id, whatever their state."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Offering).where(col(Offering.id).in_(wanted)))
    return {one.id: one for one in rows}


def published_offerings(
    session: Session, *, after: UUID | None = None, limit: int = 500
) -> list[Offering]:
    """Return live offerings in the order of their ids, a page after *after*."""
    wanted = select(Offering).where(Offering.state == OfferingState.PUBLISHED)
    if after is not None:
        wanted = wanted.where(col(Offering.id) > after)
    return list(session.exec(wanted.order_by(col(Offering.id)).limit(limit)))


def published_of(
    session: Session,
    *,
    organisation_id: UUID | None = None,
    provider_id: UUID | None = None,
    limit: int = 60,
) -> list[Offering]:
    """Return what an organisation or a person offers now, the newest first."""
    wanted = select(Offering).where(Offering.state == OfferingState.PUBLISHED)
    if organisation_id is not None:
        wanted = wanted.where(Offering.organisation_id == organisation_id)
    if provider_id is not None:
        wanted = wanted.where(Offering.provider_id == provider_id)
    newest = col(Offering.published_at).desc()
    return list(session.exec(wanted.order_by(newest).limit(limit)))


def published_inclusive(session: Session) -> list[Offering]:
    """Return the live items for everybody (普惠事项), stall by stall (F01)."""
    return list(
        session.exec(
            select(Offering)
            .where(Offering.state == OfferingState.PUBLISHED)
            .where(col(Offering.is_inclusive))
            .order_by(col(Offering.category), col(Offering.title))
        )
    )


def count_published(session: Session, *, is_inclusive: bool | None = None) -> int:
    """Return how many offerings are live (or how many inclusive items, F01)."""
    wanted = select(func.count()).select_from(Offering)
    wanted = wanted.where(Offering.state == OfferingState.PUBLISHED)
    if is_inclusive is not None:
        wanted = wanted.where(col(Offering.is_inclusive).is_(is_inclusive))
    return session.exec(wanted).one()


def offerings_of(session: Session, person_id: UUID, *, on: date) -> list[Offering]:
    """Return everything a person may work on: theirs, their organisations', drafts."""
    teams = partners.organisation_ids_of(session, person_id, on=on)
    theirs = [
        col(Offering.author_id) == person_id,
        col(Offering.provider_id) == person_id,
    ]
    if teams:
        theirs.append(col(Offering.organisation_id).in_(teams))
    return list(
        session.exec(
            select(Offering)
            .where(or_(*theirs))
            .order_by(col(Offering.changed_at).desc())
            .limit(QUEUE_MAX)
        )
    )


def count_by_category(session: Session) -> Mapping[Category, int]:
    """Return how many live offerings each stall has."""
    rows = session.exec(
        select(Offering.category, func.count())
        .where(Offering.state == OfferingState.PUBLISHED)
        .group_by(col(Offering.category))
    )
    return {Category(category): count for category, count in rows}


def live_ids(offerings: Sequence[Offering]) -> list[UUID]:
    """Return the ids of those that are published."""
    return [one.id for one in offerings if one.state == OfferingState.PUBLISHED]


def _unknown() -> OfferingNotFound:
    return OfferingNotFound(msg("We do not know this offering."))
