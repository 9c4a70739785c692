"""The times of one's own offerings: added once or weekly, changed, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import places
from app.fair import queries
from app.fair.actions import seats
from app.fair.forms import SeatsForm, SlotsForm
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, signed_in
from app.web.htmx import page_or_fragment, swap_or_redirect
from app.web.once import once
from app.web.store import reading, settings, transaction
from app.web.words import localized

bp = Blueprint("fair_slots", __name__)

PAGE = "fair/slots.html"
FRAGMENT = "fair/_slots.html"


@bp.get("/<uuid:offering_id>/slots")
@signed_in
def index(offering_id: UUID) -> ResponseReturnValue:
    """Show the times of one's own offering, and the form for more."""
    return page_or_fragment(
        PAGE, FRAGMENT, form=blank_form(weeks=1), **_slots(offering_id)
    )


@bp.post("/<uuid:offering_id>/slots")
@signed_in
def create(offering_id: UUID) -> ResponseReturnValue:
    """Add a time, once or every week."""
    mine, at = me().id, now()
    try:
        form = read_form(SlotsForm)
        with transaction() as session:
            once(
                session,
                "slot.create",
                owner=mine,
                body={"offering_id": str(offering_id)} | form.model_dump(mode="json"),
                at=at,
                do=lambda: _add_slots(session, offering_id, form),
            )
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        return _slots_refused(offering_id, refusal)
    return swap_or_redirect(
        FRAGMENT,
        to=url_for(".index", offering_id=offering_id),
        form=blank_form(weeks=1),
        **_slots(offering_id),
    )


@bp.post("/slots/<uuid:slot_id>/withdrawal")
@signed_in
def withdraw(slot_id: UUID) -> ResponseReturnValue:
    """Take a time nobody has booked away."""
    with transaction() as session:
        slot = seats.withdraw_slot(session, slot_id, by=me().id, at=now())
    return _swap_slots(slot.offering_id)


@bp.post("/slots/<uuid:slot_id>/seats")
@signed_in
def set_seats(slot_id: UUID) -> ResponseReturnValue:
    """Change the number of seats of a time."""
    form = read_form(SeatsForm)
    with transaction() as session:
        slot = seats.set_capacity(session, slot_id, form.capacity, by=me().id, at=now())
    return _swap_slots(slot.offering_id)


def _add_slots(session: Session, offering_id: UUID, form: SlotsForm) -> UUID:
    seats.add_weekly_slots(
        session,
        offering_id,
        first=form.day,
        starts=form.starts,
        ends=form.ends,
        weeks=form.weeks,
        zone=ZoneInfo(settings().timezone),
        capacity=form.capacity,
        by=me().id,
        at=now(),
    )
    return offering_id


def _slots(offering_id: UUID) -> dict[str, Any]:
    with reading() as session:
        offering = queries.offering_for(
            session, offering_id, reader=me().id, on=day_of(now())
        )
        queries.ensure_own(session, offering, me().id, on=day_of(now()))
        found = queries.slots_of(session, offering_id, since=now())
        place = places.place_for(session, offering.place_id)
    return {
        "offering": offering,
        "slots": found,
        "place_name": localized(place, "name"),
    }


def _slots_refused(offering_id: UUID, refusal: Refusal) -> ResponseReturnValue:
    return refused_form(PAGE, refusal, fragment=FRAGMENT, **_slots(offering_id))


def _swap_slots(offering_id: UUID) -> ResponseReturnValue:
    return swap_or_redirect(
        FRAGMENT,
        to=url_for(".index", offering_id=offering_id),
        form=blank_form(weeks=1),
        **_slots(offering_id),
    )
