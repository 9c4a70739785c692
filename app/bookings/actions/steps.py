"""What follows a request: undone, answered, done, called off, rated."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app import fair, people, wallet
from app.bookings import rules
from app.bookings.events import BookingRated
from app.bookings.models import Booking, BookingState
from app.bookings.queries import booking_for, side_of
from app.bookings.rules import Side, Step
from app.kernel import doings
from app.kernel.outbox import publish

BATCH_MAX = 500


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
