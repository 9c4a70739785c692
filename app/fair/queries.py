"""Reading the fair: offerings for a reader, free times, what waits for review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from app import partners, people
from app.fair import rules
from app.fair.errors import NotYourStep, OfferingNotFound, SlotNotFound
from app.fair.models import (
    Category,
    Offering,
    OfferingState,
    Review,
    Revision,
    RevisionState,
    Slot,
)
from app.kernel.i18n import msg
from app.kernel.permissions import Permission

SLOTS_SHOWN = 12
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
    day = on or found.changed_at.date()
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


def slot_for(session: Session, slot_id: UUID, *, lock: bool = False) -> Slot:
    """Return the time.

    Raises:
        SlotNotFound: there is none with this id.
    """
    found = session.get(Slot, slot_id, with_for_update=True if lock else None)
    if found is None:
        raise SlotNotFound(msg("We do not know this time."))
    return found


def slots_by_ids(session: Session, ids: Iterable[UUID | None]) -> Mapping[UUID, Slot]:
    """Return the times with these ids, by id."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Slot).where(col(Slot.id).in_(wanted)))
    return {one.id: one for one in rows}


def free_slots(
    session: Session, offering_id: UUID, *, at: datetime, limit: int = SLOTS_SHOWN
) -> list[Slot]:
    """Return the next times with a free seat, the soonest first."""
    return list(
        session.exec(
            _free_after(at)
            .where(Slot.offering_id == offering_id)
            .order_by(col(Slot.starts_at))
            .limit(limit)
        )
    )


def coming_slots(
    session: Session, *, at: datetime, until: datetime, limit: int = 12
) -> list[tuple[Slot, Offering]]:
    """Return live offerings with a free seat before *until*, each with its next time.

    The soonest first; an offering with several times comes once.
    """
    rows = session.exec(
        select(Slot, Offering)
        .join(Offering, col(Offering.id) == Slot.offering_id)
        .where(Offering.state == OfferingState.PUBLISHED)
        .where(col(Slot.starts_at) > at, col(Slot.starts_at) < until)
        .where(col(Slot.taken) < col(Slot.capacity))
        .where(col(Slot.withdrawn_at).is_(None))
        .order_by(col(Slot.starts_at), col(Slot.id))
        .limit(limit * 4)
    )
    found: dict[UUID, tuple[Slot, Offering]] = {}
    for slot, offering in rows:
        found.setdefault(offering.id, (slot, offering))
    return list(found.values())[:limit]


def count_by_category(session: Session) -> Mapping[Category, int]:
    """Return how many live offerings each stall has."""
    rows = session.exec(
        select(Offering.category, func.count())
        .where(Offering.state == OfferingState.PUBLISHED)
        .group_by(col(Offering.category))
    )
    return {Category(category): count for category, count in rows}


def next_free_starts(
    session: Session, offering_ids: Iterable[UUID], *, at: datetime
) -> Mapping[UUID, datetime]:
    """Return the soonest free time of each offering that has one."""
    wanted = set(offering_ids)
    if not wanted:
        return {}
    rows = session.exec(
        _free_after(at)
        .where(col(Slot.offering_id).in_(wanted))
        .order_by(col(Slot.starts_at).desc())
    )
    return {slot.offering_id: slot.starts_at for slot in rows}


def slots_of(
    session: Session, offering_id: UUID, *, since: datetime, limit: int = 200
) -> list[Slot]:
    """Return an offering's times that end after *since*, for its provider."""
    return list(
        session.exec(
            select(Slot)
            .where(Slot.offering_id == offering_id)
            .where(col(Slot.ends_at) > since)
            .where(col(Slot.withdrawn_at).is_(None))
            .order_by(col(Slot.starts_at))
            .limit(limit)
        )
    )


def reviews_of(session: Session, offering_id: UUID) -> list[Review]:
    """Return what was decided about an offering, the newest first."""
    return list(
        session.exec(
            select(Review)
            .where(Review.offering_id == offering_id)
            .order_by(col(Review.at).desc())
        )
    )


def waiting_revision(session: Session, offering_id: UUID) -> Revision | None:
    """Return the change of an offering that waits for review, or None."""
    return session.exec(
        select(Revision).where(
            Revision.offering_id == offering_id,
            Revision.state == RevisionState.SUBMITTED,
        )
    ).first()


def waiting_revisions_of(
    session: Session, offering_ids: Iterable[UUID]
) -> Mapping[UUID, Revision]:
    """Return the waiting change of each of these offerings that has one."""
    wanted = set(offering_ids)
    if not wanted:
        return {}
    rows = session.exec(
        select(Revision)
        .where(col(Revision.offering_id).in_(wanted))
        .where(Revision.state == RevisionState.SUBMITTED)
    )
    return {one.offering_id: one for one in rows}


def review_queue(
    session: Session, reader: UUID, *, on: date
) -> tuple[list[Offering], list[tuple[Revision, Offering]]]:
    """Return what waits for review where *reader* reviews, the oldest first.

    Their own and their organisations' are left out: they may not decide those.
    """
    reach = people.permitted_place_ids(
        session, reader, Permission.REVIEW_LISTING, on=on
    )
    if reach is not None and not reach:
        return [], []
    own = partners.organisation_ids_of(session, reader, on=on)
    waiting = session.exec(
        select(Offering)
        .where(
            col(Offering.state).in_([OfferingState.SUBMITTED, OfferingState.IN_REVIEW])
        )
        .order_by(col(Offering.submitted_at))
        .limit(QUEUE_MAX)
    )
    changes = session.exec(
        select(Revision, Offering)
        .where(Revision.offering_id == Offering.id)
        .where(Revision.state == RevisionState.SUBMITTED)
        .order_by(col(Revision.made_at))
        .limit(QUEUE_MAX)
    )

    def is_for_reader(offering: Offering, author_id: UUID) -> bool:
        return (
            (reach is None or offering.place_id in reach)
            and reader not in (author_id, offering.author_id, offering.provider_id)
            and offering.organisation_id not in own
        )

    return (
        [one for one in waiting if is_for_reader(one, one.author_id)],
        [(rev, one) for rev, one in changes if is_for_reader(one, rev.author_id)],
    )


def licence_holder(offering: Offering) -> Mapping[str, UUID | None]:
    """Return who has to hold the licence: the organisation, else the person."""
    if offering.organisation_id is not None:
        return {"organisation_id": offering.organisation_id}
    return {"person_id": offering.provider_id}


def live_ids(offerings: Sequence[Offering]) -> list[UUID]:
    """Return the ids of those that are published."""
    return [one.id for one in offerings if one.state == OfferingState.PUBLISHED]


def _free_after(at: datetime):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (
        select(Slot)
        .where(col(Slot.starts_at) > at)
        .where(col(Slot.taken) < col(Slot.capacity))
        .where(col(Slot.withdrawn_at).is_(None))
    )


def _unknown() -> OfferingNotFound:
    return OfferingNotFound(msg("We do not know this offering."))
