"""Bookings for programs: ask for a time, see them, undo, cancel, answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from app.bookings import actions, queries, rules
from app.bookings.forms import BookingForm, CancelForm, DeclineForm, RatingForm
from app.bookings.models import Booking, BookingState
from app.bookings.rules import Side, Step
from app.fair import PriceMode
from app.kernel.clock import now
from app.web.api import (
    READS,
    READS_ONE,
    WRITES,
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    body,
    created,
    for_programs,
    page_of,
    query,
    spec,
    take_step,
)
from app.web.guards import me
from app.web.once import once
from app.web.store import reading, transaction

TAGS = ["Bookings"]

bp = api_blueprint("bookings_api")


class BookingOut(Out):
    """A booking as one of its sides sees it.

    `effective_at` is when the undo time ends; `steps` is what the reader may do now.
    """

    id: UUID
    state: BookingState
    side: Side
    steps: list[Step]
    offering_id: UUID
    slot_id: UUID
    place_id: UUID
    starts_at: datetime
    ends_at: datetime
    price_mode: PriceMode
    points: Decimal | None
    price_cny: Decimal | None
    price_unit: str | None
    note: str | None
    reason: str | None
    stars: int | None
    requested_at: datetime
    effective_at: datetime


class BookingPage(Out):
    """A page of bookings, the newest request first."""

    items: list[BookingOut]
    next_cursor: str | None


@bp.get("/bookings")
@for_programs("read")
@spec.validate(query=Paging, resp=answers(BookingPage, 200, *READS), tags=TAGS)
def mine() -> ResponseReturnValue:
    """List one's own bookings."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(Booking).where(Booking.resident_id == me().id),
            query(Paging),
            by=(col(Booking.requested_at), col(Booking.id)),
        )
        items = [_told(one, Side.RESIDENT) for one in rows]
    return answer(BookingPage(items=items, next_cursor=after))


@bp.post("/bookings")
@for_programs("write")
@spec.validate(json=BookingForm, resp=answers(BookingOut, 201, *WRITES), tags=TAGS)
def create() -> ResponseReturnValue:
    """Book a time: the seat is taken and the points are held at once.

    With `resident_id` a clerk books for a resident at the place.
    """
    at, form = now(), body(BookingForm)
    with transaction() as session:
        made = once(
            session,
            "booking.create",
            owner=me().id,
            body=form,
            at=at,
            do=lambda: (
                actions.request_booking(
                    session,
                    slot_id=form.slot_id,
                    resident_id=form.resident_id or me().id,
                    by=me().id,
                    note=form.note,
                    at=at,
                ).id
            ),
        )
        told = _seen(session, UUID(made))
    return created(told)


@bp.get("/bookings/<uuid:booking_id>")
@for_programs("read")
@spec.validate(resp=answers(BookingOut, 200, *READS_ONE), tags=TAGS)
def show(booking_id: UUID) -> ResponseReturnValue:
    """Show one booking to one of its sides."""
    with reading() as session:
        told = _seen(session, booking_id)
    return answer(told)


@bp.post("/bookings/<uuid:booking_id>/undo")
@for_programs("write")
@spec.validate(resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def undo(booking_id: UUID) -> ResponseReturnValue:
    """Take it back within the undo time: seat and points are free again."""
    return _take("booking.undo", booking_id, actions.undo_booking)


@bp.post("/bookings/<uuid:booking_id>/sending")
@for_programs("write")
@spec.validate(resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def send(booking_id: UUID) -> ResponseReturnValue:
    """Waive the rest of the undo time."""
    return _take("booking.send_now", booking_id, actions.send_now)


@bp.post("/bookings/<uuid:booking_id>/cancellation")
@for_programs("write")
@spec.validate(json=CancelForm, resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def cancel(booking_id: UUID) -> ResponseReturnValue:
    """Call it off before it begins, from either side."""
    form = body(CancelForm)
    return _take(
        "booking.cancel", booking_id, actions.cancel_booking, reason=form.reason
    )


@bp.post("/bookings/<uuid:booking_id>/confirmation")
@for_programs("write")
@spec.validate(resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def confirm(booking_id: UUID) -> ResponseReturnValue:
    """Let the provider say yes, once the undo time is over."""
    return _take("booking.confirm", booking_id, actions.confirm_booking)


@bp.post("/bookings/<uuid:booking_id>/refusal")
@for_programs("write")
@spec.validate(json=DeclineForm, resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def decline(booking_id: UUID) -> ResponseReturnValue:
    """Let the provider say no, with a reason."""
    form = body(DeclineForm)
    return _take(
        "booking.decline", booking_id, actions.decline_booking, reason=form.reason
    )


@bp.post("/bookings/<uuid:booking_id>/completion")
@for_programs("write")
@spec.validate(resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def complete(booking_id: UUID) -> ResponseReturnValue:
    """Say that it took place; held points go to the programme's pool."""
    return _take("booking.complete", booking_id, actions.complete_booking)


@bp.post("/bookings/<uuid:booking_id>/absence")
@for_programs("write")
@spec.validate(resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def absence(booking_id: UUID) -> ResponseReturnValue:
    """Say that the other side did not come; it costs nobody points."""
    return _take("booking.absence", booking_id, actions.note_absence)


@bp.post("/bookings/<uuid:booking_id>/rating")
@for_programs("write")
@spec.validate(json=RatingForm, resp=answers(BookingOut, 200, *WRITES), tags=TAGS)
def rate(booking_id: UUID) -> ResponseReturnValue:
    """Say how it was, once, with one to five stars."""
    form = body(RatingForm)
    return _take(
        "booking.rate",
        booking_id,
        actions.rate_booking,
        stars=form.stars,
        comment=form.comment,
    )


def _take(
    operation: str, booking_id: UUID, act: Callable[..., Any], **more: Any
) -> Response:
    """Take one step, once, and tell how the booking stands then."""
    return take_step(operation, "booking", booking_id, act, _seen, **more)


def _seen(session: Session, booking_id: UUID) -> BookingOut:
    at = now()
    found = queries.booking_for(session, booking_id, reader=me().id, at=at)
    side = queries.side_of(session, found, me().id, at=at)
    assert side is not None, "booking_for lets no stranger in"
    return _told(found, side)


def _told(one: Booking, side: Side) -> BookingOut:
    steps = rules.steps_open_to(one, side, at=now())
    return BookingOut(**one.model_dump(), side=side, steps=list(steps))
