"""Asking for a seat: taken at once, the points held."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, select

from app import fair, people, programmes, wallet
from app.bookings import rules
from app.bookings.errors import BookedAlready, OwnOffering, TimesOverlap
from app.bookings.models import Booking
from app.bookings.queries import find_overlap
from app.fair import PriceMode
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission


def request_booking(
    session: Session,
    *,
    slot_id: UUID,
    resident_id: UUID,
    by: UUID,
    at: datetime,
    note: str | None = None,
) -> Booking:
    """Ask for a seat: it is taken at once, and the points are held.

    Args:
        session: The open transaction.
        slot_id: The time.
        resident_id: Who will come, and whose points it costs.
        by: Who enters it: the resident, or a clerk for them at the place.
        at: Now.
        note: What the resident asks for.

    Raises:
        SlotNotFound, SlotFull, SlotPast, NotLive: the fair's; nothing was taken.
        OwnOffering: the resident offers this themselves.
        BookedAlready, TimesOverlap: the resident is busy then.
        InsufficientPoints: fewer points are free; the seat is free again.
        MayNot: *by* may not act for the resident there.
    """
    people.person_for(session, resident_id)
    wanted = fair.slot_for(session, slot_id)
    offering = fair.offering_for(session, wanted.offering_id)
    if fair.is_provider(session, offering, resident_id, on=day_of(at)):
        raise OwnOffering(msg("You offer this yourself, so you cannot book it."))
    _ensure_may_enter(session, resident_id, by, offering.place_id, at)
    _ensure_free(session, resident_id, wanted)
    slot = fair.take_seat(session, slot_id, at=at)
    booking = Booking(
        id=uuid4(),
        offering_id=offering.id,
        slot_id=slot.id,
        place_id=offering.place_id,
        resident_id=resident_id,
        entered_by=by,
        provider_id=offering.provider_id,
        organisation_id=offering.organisation_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        price_mode=offering.price_mode,
        points=offering.points,
        programme_id=offering.programme_id,
        price_cny=offering.price_cny,
        price_unit=offering.price_unit,
        note=note,
        requested_at=at,
        effective_at=at + undo_time(session, offering.programme_id, at=at),
    )
    if booking.price_mode == PriceMode.POINTS:
        booking.hold_id = _hold(session, booking, by=by, at=at)
    session.add(booking)
    session.flush()
    return booking


def undo_time(
    session: Session, programme_id: UUID | None, *, at: datetime
) -> timedelta:
    """Return how long a booking can be undone: the programme's number (R-A11Y-05)."""
    if programme_id is None:
        return timedelta(minutes=rules.UNDO_MINUTES)
    rule = programmes.rule_on(session, programme_id, day_of(at))
    return timedelta(minutes=rule.undo_minutes)


def _ensure_may_enter(
    session: Session, resident_id: UUID, by: UUID, place_id: UUID, at: datetime
) -> None:
    if by == resident_id:
        return
    people.ensure_may(
        session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=day_of(at)
    )
    doings.note(
        session,
        who=by,
        verb="booking.request",
        about=f"person:{resident_id}",
        for_whom=resident_id,
        at=at,
    )


def _ensure_free(session: Session, resident_id: UUID, slot: fair.Slot) -> None:
    """Refuse two bookings of one person at one time.

    The person's row is locked, so that two requests at once see each other.
    """
    session.exec(
        select(people.Person.id)
        .where(people.Person.id == resident_id)
        .with_for_update()
    ).one()
    other = find_overlap(session, resident_id, slot.starts_at, slot.ends_at)
    if other is None:
        return
    if other.slot_id == slot.id:
        raise BookedAlready(msg("You have booked this time already."))
    raise TimesOverlap(msg("You have another booking at that time."))


def _hold(session: Session, booking: Booking, *, by: UUID, at: datetime) -> UUID:
    assert booking.programme_id is not None
    assert booking.points is not None
    return wallet.hold_points(
        session,
        person_id=booking.resident_id,
        programme=programmes.programme_for(session, booking.programme_id),
        amount=booking.points,
        cause=f"booking:{booking.id}",
        key=f"booking:{booking.id}:hold",
        at=at,
        entered_by=by,
    )
