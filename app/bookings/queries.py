"""Reading bookings: one for its two sides, a person's, a provider's, the ratings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from app import fair, partners, people
from app.bookings import rules
from app.bookings.errors import BookingNotFound
from app.bookings.models import Booking, BookingState
from app.bookings.rules import Side
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission

PAGE = 20
QUEUE_MAX = 200


@dataclass(frozen=True)
class Rating:
    """How an offering was: the mean (None when few have said), and of how many."""

    mean: Decimal | None
    count: int


def booking_for(
    session: Session,
    booking_id: UUID,
    *,
    reader: UUID,
    at: datetime,
    lock: bool = False,
) -> Booking:
    """Return a booking to one of its two sides, or to staff who act for residents.

    The provider and the staff see it once the undo time is over.

    Raises:
        BookingNotFound: there is none, or not for this reader.
    """
    found = session.get(Booking, booking_id, with_for_update=lock or None)
    if found is None or side_of(session, found, reader, at=at) is None:
        raise BookingNotFound(msg("There is nothing at this address."))
    return found


def side_of(
    session: Session, booking: Booking, person_id: UUID, *, at: datetime
) -> Side | None:
    """Return on which side of a booking a person stands, None for strangers.

    Who entered it for the resident stands on the resident's side.
    """
    if person_id in (booking.resident_id, booking.entered_by):
        return Side.RESIDENT
    if not rules.is_sent(booking, at):
        return None
    if _answers_for(session, booking, person_id, on=day_of(at)):
        return Side.PROVIDER
    if people.has_permission(
        session,
        person_id,
        Permission.ACT_FOR_RESIDENT,
        place_id=booking.place_id,
        on=day_of(at),
    ):
        return Side.STAFF
    return None


def _answers_for(
    session: Session, booking: Booking, person_id: UUID, *, on: date
) -> bool:
    if booking.provider_id == person_id:
        return True
    return booking.organisation_id is not None and partners.is_member(
        session, booking.organisation_id, person_id, on=on
    )


def upcoming_of(session: Session, person_id: UUID, *, at: datetime) -> list[Booking]:
    """Return a person's live bookings that have not ended, the soonest first."""
    return list(
        session.exec(
            select(Booking)
            .where(Booking.resident_id == person_id, col(Booking.ends_at) > at)
            .where(col(Booking.state).in_(rules.LIVE))
            .order_by(col(Booking.starts_at))
            .limit(QUEUE_MAX)
        )
    )


def past_of(
    session: Session, person_id: UUID, *, at: datetime, before: datetime | None = None
) -> list[Booking]:
    """Return a person's ended or closed bookings, newest first, a page and one."""
    wanted = (
        select(Booking)
        .where(Booking.resident_id == person_id)
        .where(
            or_(col(Booking.state).not_in(rules.LIVE), col(Booking.ends_at) <= at),
        )
        .order_by(col(Booking.starts_at).desc(), col(Booking.id))
        .limit(PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(col(Booking.starts_at) < before)
    return list(session.exec(wanted))


def provider_queue(
    session: Session, person_id: UUID, *, at: datetime
) -> tuple[list[Booking], list[Booking], list[Booking]]:
    """Return what a provider has to answer, what is agreed, and what to close.

    Each the soonest first; only what was sent (the undo time is over).
    """
    found = session.exec(
        _theirs(session, person_id, on=day_of(at))
        .where(col(Booking.state).in_(rules.LIVE), col(Booking.effective_at) <= at)
        .order_by(col(Booking.starts_at))
        .limit(QUEUE_MAX)
    ).all()
    asked = [
        one
        for one in found
        if one.state == BookingState.REQUESTED and one.starts_at > at
    ]
    agreed = [one for one in found if one.state == BookingState.CONFIRMED]
    return (
        asked,
        [one for one in agreed if one.starts_at > at],
        [one for one in agreed if one.starts_at <= at],
    )


def provider_closed(
    session: Session, person_id: UUID, *, at: datetime, limit: int = PAGE
) -> list[Booking]:
    """Return a provider's closed bookings, newest first; without undone ones."""
    closed = [
        state
        for state in BookingState
        if state not in rules.LIVE and state != BookingState.UNDONE
    ]
    return list(
        session.exec(
            _theirs(session, person_id, on=day_of(at))
            .where(col(Booking.state).in_(closed))
            .order_by(col(Booking.starts_at).desc())
            .limit(limit)
        )
    )


def has_offers(session: Session, person_id: UUID, *, on: date) -> bool:
    """Say whether a person answers for bookings at all."""
    return session.exec(_theirs(session, person_id, on=on).limit(1)).first() is not None


def _theirs(session: Session, person_id: UUID, *, on: date):  # type: ignore[no-untyped-def]  # noqa: ANN202
    teams = partners.organisation_ids_of(session, person_id, on=on)
    whose = [col(Booking.provider_id) == person_id]
    if teams:
        whose.append(col(Booking.organisation_id).in_(teams))
    return select(Booking).where(or_(*whose))


def find_overlap(
    session: Session, person_id: UUID, starts_at: datetime, ends_at: datetime
) -> Booking | None:
    """Return a person's live booking that overlaps these times, or None."""
    return session.exec(
        select(Booking)
        .where(Booking.resident_id == person_id)
        .where(col(Booking.starts_at) < ends_at, col(Booking.ends_at) > starts_at)
        .where(col(Booking.state).in_(rules.LIVE))
        .limit(1)
    ).first()


def unanswered_at(
    session: Session, place_ids: frozenset[UUID] | None, *, at: datetime
) -> list[Booking]:
    """Return requests at these places nobody has answered, the oldest first.

    `None` asks for everywhere.
    """
    wanted = (
        select(Booking)
        .where(Booking.state == BookingState.REQUESTED)
        .where(col(Booking.effective_at) <= at, col(Booking.starts_at) > at)
        .order_by(col(Booking.effective_at))
        .limit(QUEUE_MAX)
    )
    if place_ids is not None:
        wanted = wanted.where(col(Booking.place_id).in_(place_ids))
    return list(session.exec(wanted))


def latest_at(
    session: Session, place_ids: frozenset[UUID] | None, *, at: datetime, limit: int
) -> list[Booking]:
    """Return bookings of any state at these places, the latest first.

    `None` asks for everywhere. What can still be undone is not among them.
    """
    wanted = (
        select(Booking)
        .where(col(Booking.effective_at) <= at)
        .where(Booking.state != BookingState.UNDONE)
        .order_by(col(Booking.requested_at).desc(), col(Booking.id))
        .limit(limit)
    )
    if place_ids is not None:
        wanted = wanted.where(col(Booking.place_id).in_(place_ids))
    return list(session.exec(wanted))


def ratings_of(session: Session, offering_ids: Iterable[UUID]) -> Mapping[UUID, Rating]:
    """Return the ratings of those offerings that have any."""
    wanted = set(offering_ids)
    if not wanted:
        return {}
    rows = session.exec(
        select(Booking.offering_id, func.sum(Booking.stars), func.count())
        .where(col(Booking.offering_id).in_(wanted))
        .where(col(Booking.stars).is_not(None))
        .group_by(col(Booking.offering_id))
    )
    return {
        offering_id: Rating(rules.mean_of(int(total or 0), count), count)
        for offering_id, total, count in rows
    }


def offerings_of_bookings(
    session: Session, ids: Iterable[UUID]
) -> Mapping[UUID, fair.Offering]:
    """Return what was booked, by the booking's id."""
    rows = session.exec(
        select(Booking.id, fair.Offering)
        .where(col(Booking.id).in_(set(ids)))
        .where(Booking.offering_id == fair.Offering.id)
    )
    return dict(rows.all())
