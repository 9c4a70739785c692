"""What happens to bookings: asked for, answered, done, called off, rated."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app import fair, people, programmes, wallet
from app.bookings import rules
from app.bookings.errors import BookedAlready, OwnOffering, TimesOverlap
from app.bookings.events import BookingRated
from app.bookings.models import Booking, BookingState
from app.bookings.queries import booking_for, find_overlap, side_of
from app.bookings.rules import Side, Step
from app.fair import PriceMode
from app.kernel import doings
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission

BATCH_MAX = 500


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
    if fair.is_provider(session, offering, resident_id, on=at.date()):
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


def undo_booking(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime
) -> Booking:
    """Take it back within the undo time: seat and points are free again.

    Raises:
        UndoOver: too late; cancelling still works.
        NotYourStep, StepOutOfTurn, BookingNotFound: see rules.
    """
    return _step(session, booking_id, Step.UNDO, by=by, at=at)


def send_now(session: Session, booking_id: UUID, *, by: UUID, at: datetime) -> Booking:
    """Waive the rest of the undo time: the provider sees it at once."""
    booking, side = _locked(session, booking_id, by=by, at=at)
    rules.state_after(booking, Step.SEND_NOW, side=side, at=at)
    booking.effective_at = at
    session.add(booking)
    return booking


def confirm_booking(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime
) -> Booking:
    """Let the provider say yes."""
    booking, side = _locked(session, booking_id, by=by, at=at)
    booking.state = rules.state_after(booking, Step.CONFIRM, side=side, at=at)
    booking.confirmed_at, booking.confirmed_by = at, by
    _note_staff(session, booking, Step.CONFIRM, side=side, by=by, at=at)
    session.add(booking)
    return booking


def decline_booking(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime, reason: str
) -> Booking:
    """Let the provider say no, with a reason: seat and points are free again."""
    return _step(session, booking_id, Step.DECLINE, by=by, at=at, reason=reason)


def cancel_booking(
    session: Session,
    booking_id: UUID,
    *,
    by: UUID,
    at: datetime,
    reason: str | None = None,
) -> Booking:
    """Call it off before it begins, from either side: seat and points are free."""
    return _step(session, booking_id, Step.CANCEL, by=by, at=at, reason=reason)


def complete_booking(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime
) -> Booking:
    """Say that it took place; the held points go to the programme's pool (R-VOL-02).

    The provider says so from the start on, the resident after the end.
    """
    return _step(session, booking_id, Step.COMPLETE, by=by, at=at)


def note_absence(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime
) -> Booking:
    """Say that the other side did not come; the points are free again (R-VOL-04)."""
    booking, side = _locked(session, booking_id, by=by, at=at)
    step = Step.PROVIDER_ABSENT if side == Side.RESIDENT else Step.RESIDENT_ABSENT
    _take(session, booking, step, side=side, by=by, at=at, reason=None)
    doings.note(
        session, who=by, verb=f"booking.{step}", about=f"booking:{booking.id}", at=at
    )
    return booking


def rate_booking(
    session: Session,
    booking_id: UUID,
    *,
    by: UUID,
    at: datetime,
    stars: int,
    comment: str | None = None,
) -> Booking:
    """Say how it was, once, with one to five stars.

    Raises:
        BookingInvalid: no such number of stars.
        RatedAlready, NotYourStep, StepOutOfTurn: see rules.
    """
    rules.ensure_stars(stars)
    booking, side = _locked(session, booking_id, by=by, at=at)
    rules.state_after(booking, Step.RATE, side=side, at=at)
    booking.stars, booking.comment, booking.rated_at = stars, comment, at
    session.add(booking)
    publish(
        session,
        BookingRated(at=at, booking_id=booking.id, offering_id=booking.offering_id),
    )
    return booking


def expire_unanswered(session: Session, at: datetime, *, limit: int = BATCH_MAX) -> int:
    """Close requests nobody answered before their time began; a job."""
    overdue = session.exec(
        select(Booking)
        .where(Booking.state == BookingState.REQUESTED, col(Booking.starts_at) <= at)
        .order_by(col(Booking.starts_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for booking in overdue:
        _take(session, booking, Step.EXPIRE, side=None, by=None, at=at, reason=None)
    return len(overdue)


def undo_time(
    session: Session, programme_id: UUID | None, *, at: datetime
) -> timedelta:
    """Return how long a booking can be undone: the programme's number (R-A11Y-05)."""
    if programme_id is None:
        return timedelta(minutes=rules.UNDO_MINUTES)
    rule = programmes.rule_on(session, programme_id, at.date())
    return timedelta(minutes=rule.undo_minutes)


def _ensure_may_enter(
    session: Session, resident_id: UUID, by: UUID, place_id: UUID, at: datetime
) -> None:
    if by == resident_id:
        return
    people.ensure_may(
        session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=at.date()
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


def _locked(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime
) -> tuple[Booking, Side]:
    booking = booking_for(session, booking_id, reader=by, at=at, lock=True)
    side = side_of(session, booking, by, at=at)
    assert side is not None, "booking_for lets no stranger in"
    return booking, side


def _step(
    session: Session,
    booking_id: UUID,
    step: Step,
    *,
    by: UUID,
    at: datetime,
    reason: str | None = None,
) -> Booking:
    booking, side = _locked(session, booking_id, by=by, at=at)
    _take(session, booking, step, side=side, by=by, at=at, reason=reason)
    return booking


def _take(
    session: Session,
    booking: Booking,
    step: Step,
    *,
    side: Side | None,
    by: UUID | None,
    at: datetime,
    reason: str | None,
) -> None:
    """Close the booking as *step* says; seat and points follow in the same breath."""
    booking.state = rules.state_after(booking, step, side=side, at=at)
    booking.closed_at, booking.closed_by, booking.reason = at, by, reason
    _note_staff(session, booking, step, side=side, by=by, at=at)
    if booking.state in rules.FREES_SEAT:
        fair.give_seat_back(session, booking.slot_id, at=at)
    if booking.hold_id is not None:
        _settle(session, booking, by=by, at=at)
    session.add(booking)


def _note_staff(
    session: Session,
    booking: Booking,
    step: Step,
    *,
    side: Side | None,
    by: UUID | None,
    at: datetime,
) -> None:
    """Write down whom a clerk acted for: who answers, or the resident."""
    if side != Side.STAFF:
        return
    answers = step in (Step.CONFIRM, Step.DECLINE, Step.COMPLETE)
    for_whom = booking.provider_id if answers else booking.resident_id
    doings.note(
        session,
        who=by,
        verb=f"booking.{step}",
        about=f"booking:{booking.id}",
        for_whom=for_whom,
        at=at,
    )


def _settle(
    session: Session, booking: Booking, *, by: UUID | None, at: datetime
) -> None:
    assert booking.hold_id is not None
    if booking.state in rules.RELEASES:
        wallet.release(
            session,
            booking.hold_id,
            key=f"booking:{booking.id}:release",
            at=at,
            entered_by=by,
        )
        return
    assert booking.state == BookingState.COMPLETED
    assert by is not None
    wallet.capture(
        session,
        booking.hold_id,
        key=f"booking:{booking.id}:capture",
        at=at,
        entered_by=by,
        approved_by=booking.confirmed_by if booking.confirmed_by != by else None,
    )


def look_at_contact(
    session: Session, booking_id: UUID, *, by: UUID, at: datetime
) -> str | None:
    """Return the other side's phone number while it is needed; the look is kept.

    Needed means: agreed, and not over for more than a day. A booking with an
    organisation has no person's number; its place has the desk's.

    Raises:
        StepOutOfTurn: it is not agreed yet, or long over.
    """
    booking, side = _locked(session, booking_id, by=by, at=at)
    rules.ensure_contact_needed(booking, at=at)
    other = booking.provider_id if side == Side.RESIDENT else booking.resident_id
    if other is None:
        return None
    doings.note(
        session,
        who=by,
        verb="contact.look",
        about=f"booking:{booking.id}",
        for_whom=other,
        at=at,
    )
    return people.person_for(session, other).phone
