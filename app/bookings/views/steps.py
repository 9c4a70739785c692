"""The steps of a booking: undo, answer, close, say how it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.bookings import actions
from app.bookings.errors import BookingNotFound
from app.bookings.forms import CancelForm, DeclineForm, RatingForm
from app.bookings.models import Booking
from app.bookings.views.counter import FRAGMENT, bp
from app.bookings.views.sheets import sheet_of
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.web.forms import FormState, blank_form, errors_of, read_form
from app.web.guards import me, signed_in
from app.web.htmx import swap_or_redirect, wants_fragment
from app.web.once import once, typed_fields
from app.web.store import reading, transaction
from app.web.words import translate


@bp.post("/<uuid:booking_id>/undo")
@signed_in
def undo(booking_id: UUID) -> ResponseReturnValue:
    """Take it back within the undo time."""
    return _do(
        "booking.undo",
        booking_id,
        actions.undo_booking,
        msg("Undone. The time is free again."),
    )


@bp.post("/<uuid:booking_id>/sending")
@signed_in
def send(booking_id: UUID) -> ResponseReturnValue:
    """Waive the rest of the undo time."""
    return _do(
        "booking.send_now",
        booking_id,
        actions.send_now,
        msg("Sent. You will see the answer here."),
    )


@bp.post("/<uuid:booking_id>/confirmation")
@signed_in
def confirm(booking_id: UUID) -> ResponseReturnValue:
    """Let the provider say yes."""
    return _do(
        "booking.confirm",
        booking_id,
        actions.confirm_booking,
        msg("Agreed. Thank you."),
    )


@bp.post("/<uuid:booking_id>/refusal")
@signed_in
def decline(booking_id: UUID) -> ResponseReturnValue:
    """Let the provider say no, with a reason."""

    def do(session: Session, one: UUID, *, by: UUID, at: datetime) -> Booking:
        form = read_form(DeclineForm)
        return actions.decline_booking(session, one, by=by, at=at, reason=form.reason)

    return _do(
        "booking.decline",
        booking_id,
        do,
        msg("Declined. The resident sees your reason."),
    )


@bp.post("/<uuid:booking_id>/cancellation")
@signed_in
def cancel(booking_id: UUID) -> ResponseReturnValue:
    """Call it off, from either side."""

    def do(session: Session, one: UUID, *, by: UUID, at: datetime) -> Booking:
        form = read_form(CancelForm)
        return actions.cancel_booking(session, one, by=by, at=at, reason=form.reason)

    return _do(
        "booking.cancel", booking_id, do, msg("Cancelled. The time is free again.")
    )


@bp.post("/<uuid:booking_id>/completion")
@signed_in
def complete(booking_id: UUID) -> ResponseReturnValue:
    """Say that it took place."""
    return _do(
        "booking.complete",
        booking_id,
        actions.complete_booking,
        msg("Done. Thank you."),
    )


@bp.post("/<uuid:booking_id>/absence")
@signed_in
def absence(booking_id: UUID) -> ResponseReturnValue:
    """Say that the other side did not come."""
    return _do(
        "booking.absence",
        booking_id,
        actions.note_absence,
        msg("Noted. It costs nobody points."),
    )


@bp.post("/<uuid:booking_id>/rating")
@signed_in
def rate(booking_id: UUID) -> ResponseReturnValue:
    """Say how it was."""

    def do(session: Session, one: UUID, *, by: UUID, at: datetime) -> Booking:
        form = read_form(RatingForm)
        return actions.rate_booking(
            session, one, by=by, at=at, stars=form.stars, comment=form.comment
        )

    return _do("booking.rate", booking_id, do, msg("Thank you for saying how it was."))


@bp.post("/<uuid:booking_id>/contact")
@signed_in
def contact(booking_id: UUID) -> ResponseReturnValue:
    """Show the other side's phone number once it is agreed; the look is kept."""
    at = now()
    with transaction() as session:
        phone = actions.look_at_contact(session, booking_id, by=me().id, at=at)
        sheet = sheet_of(session, booking_id, phone=phone or "")
    template = FRAGMENT if wants_fragment() else "bookings/show.html"
    return render_template(template, sheet=sheet, form=blank_form())


Act = Callable[..., Booking]


def _do(operation: str, booking_id: UUID, act: Act, said: str) -> ResponseReturnValue:
    """Take one step, once, and show the booking; a refusal stands beside it."""
    at = now()
    try:
        with transaction() as session:
            once(
                session,
                operation,
                owner=me().id,
                body={"booking": str(booking_id)} | typed_fields(),
                at=at,
                do=lambda: act(session, booking_id, by=me().id, at=at).id,
            )
            sheet = sheet_of(session, booking_id)
    except BookingNotFound:
        raise
    except Refusal as refusal:
        return _refused(booking_id, refusal)
    return swap_or_redirect(
        FRAGMENT,
        to=url_for(".show", booking_id=booking_id),
        notice=translate(said),
        sheet=sheet,
        form=blank_form(),
    )


def _refused(booking_id: UUID, refusal: Refusal) -> ResponseReturnValue:
    """Show the booking as it is, with the sentence and what was typed."""
    with reading() as session:
        sheet = sheet_of(session, booking_id)
    form = FormState(request.form.to_dict(), errors_of(refusal))
    template = FRAGMENT if wants_fragment() else "bookings/show.html"
    return render_template(template, sheet=sheet, form=form), refusal.status
