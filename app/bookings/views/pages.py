"""Pages of bookings: mine, a provider's, the review before booking, one, its slip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import fair, partners, people, places, programmes, wallet
from app.bookings import actions, queries
from app.bookings.errors import BookingNotFound
from app.bookings.forms import BookingForm
from app.bookings.rules import Side
from app.bookings.views.counter import FRAGMENT, bp
from app.bookings.views.sheets import provider_name, sheet_of, sheets_of
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, signed_in
from app.web.htmx import go_to, page_or_fragment
from app.web.links import find_url
from app.web.moments import read_moment
from app.web.once import once
from app.web.store import reading, transaction


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """Show one's bookings: what is coming, and what has been."""
    at = now()
    shows_past = request.args.get("when") == "past"
    before = read_moment(request.args.get("before"))
    with reading() as session:
        if shows_past:
            found = queries.past_of(session, me().id, at=at, before=before)
        else:
            found = queries.upcoming_of(session, me().id, at=at)
        page = found[: queries.PAGE] if shows_past else found
        sheets = sheets_of(session, [(one, Side.RESIDENT) for one in page], at=at)
        offers = queries.has_offers(session, me().id, on=day_of(at))
    older = None
    if shows_past and len(found) > queries.PAGE:
        last = page[-1].starts_at.isoformat()
        older = url_for(".index", when="past", before=last)
    return render_template(
        "bookings/index.html",
        sheets=sheets,
        shows_past=shows_past,
        has_offers=offers,
        search_url=find_url("search.index"),
        older=older,
        newer=url_for(".index", when="past") if before else None,
    )


@bp.get("/provider")
@signed_in
def provider() -> ResponseReturnValue:
    """Show a provider what to answer, what is agreed, what to close."""
    at = now()
    with reading() as session:
        asked, agreed, begun = queries.provider_queue(session, me().id, at=at)
        closed = queries.provider_closed(session, me().id, at=at)
        both = [(one, Side.PROVIDER) for one in (*asked, *agreed, *begun, *closed)]
        by_id = {s.booking.id: s for s in sheets_of(session, both, at=at)}
    return render_template(
        "bookings/provider.html",
        asked=[by_id[one.id] for one in asked],
        agreed=[by_id[one.id] for one in agreed],
        begun=[by_id[one.id] for one in begun],
        closed=[by_id[one.id] for one in closed],
        offerings_url=find_url("fair.mine"),
        form=blank_form(),
    )


@bp.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show what a booking would mean, before it is made."""
    slot_id = _uuid(request.args.get("slot"))
    with reading() as session:
        context = _new_context(session, slot_id, _uuid(request.args.get("for")))
    return render_template("bookings/new.html", form=blank_form(), **context)


@bp.post("/")
@signed_in
def create() -> ResponseReturnValue:
    """Book: the seat is taken, the points are held."""
    at = now()
    try:
        form = read_form(BookingForm)
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
    except Refusal as refusal:
        slot_id = _uuid(request.form.get("slot_id"))
        with reading() as session:
            context = _new_context(
                session, slot_id, _uuid(request.form.get("resident_id"))
            )
        return refused_form("bookings/new.html", refusal, **context)
    return go_to(url_for(".show", booking_id=made))


@bp.get("/<uuid:booking_id>")
@signed_in
def show(booking_id: UUID) -> ResponseReturnValue:
    """Show one booking to one of its two sides."""
    with reading() as session:
        sheet = sheet_of(session, booking_id)
    return page_or_fragment(
        "bookings/show.html", FRAGMENT, sheet=sheet, form=blank_form()
    )


@bp.get("/<uuid:booking_id>/slip")
@signed_in
def slip(booking_id: UUID) -> ResponseReturnValue:
    """Show the slip to print and take along, in large type (R-A11Y-10)."""
    with reading() as session:
        sheet = sheet_of(session, booking_id)
    return render_template(
        "bookings/slip.html",
        sheet=sheet,
        back_url=url_for(".show", booking_id=booking_id),
    )


def _new_context(
    session: Session, slot_id: UUID | None, resident_id: UUID | None
) -> dict[str, Any]:
    """Return everything one should see before one says yes."""
    at = now()
    if slot_id is None:
        raise BookingNotFound(msg("We do not know this time."))
    slot = fair.slot_for(session, slot_id)
    offering = fair.public_offering(session, slot.offering_id)
    for_whom = None
    if resident_id is not None and resident_id != me().id:
        people.ensure_may(
            session,
            me().id,
            Permission.ACT_FOR_RESIDENT,
            place_id=offering.place_id,
            on=day_of(at),
        )
        for_whom = people.person_for(session, resident_id)
    payer = for_whom.id if for_whom else me().id
    balance = _balance(session, offering, payer)
    who = people.people_by_ids(session, [offering.provider_id])
    teams = partners.organisations_by_ids(session, [offering.organisation_id])
    return {
        "slot": slot,
        "offering": offering,
        "offering_url": find_url("fair.show", offering_id=offering.id),
        "place": places.place_for(session, offering.place_id),
        "provider": provider_name(
            offering.organisation_id, offering.provider_id, teams, who
        ),
        "for_whom": for_whom,
        "balance": balance,
        "balance_after": None
        if balance is None or offering.points is None
        else balance - offering.points,
        "undo_until": at + actions.undo_time(session, offering.programme_id, at=at),
        "is_open": slot.taken < slot.capacity
        and slot.starts_at > at
        and slot.withdrawn_at is None
        and offering.state == fair.OfferingState.PUBLISHED,
        "others": [
            one
            for one in fair.free_slots(session, offering.id, at=at)
            if one.id != slot.id
        ][:6],
    }


def _balance(
    session: Session, offering: fair.Offering, person_id: UUID
) -> Decimal | None:
    if offering.price_mode != fair.PriceMode.POINTS or offering.programme_id is None:
        return None
    programme = programmes.programme_for(session, offering.programme_id)
    return wallet.balances_of(session, person_id)[programme.unit].available


def _uuid(typed: str | None) -> UUID | None:
    try:
        return UUID(typed) if typed else None
    except ValueError:
        return None
