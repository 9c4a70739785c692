"""Booking at the counter: ask for a time, undo, answer, close, say how it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import fair, partners, people, places, programmes, wallet
from app.bookings import actions, queries, rules
from app.bookings.errors import BookingNotFound
from app.bookings.forms import BookingForm, CancelForm, DeclineForm, RatingForm
from app.bookings.models import Booking
from app.bookings.rules import Side, Step
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.places import Place
from app.web.causes import register_cause
from app.web.forms import FormState, blank_form, errors_of, read_form, refused_form
from app.web.guards import me, signed_in
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect, wants_fragment
from app.web.links import find_url
from app.web.once import once, typed_fields
from app.web.store import reading, transaction
from app.web.words import localized, register_labels, translate

FRAGMENT = "bookings/_booking.html"
STARS = (5, 4, 3, 2, 1)

bp = Blueprint("bookings", __name__)
register_labels(rules.LABELS)
register_cause(
    "booking",
    endpoint="bookings.show",
    argument="booking_id",
    titles=lambda session, ids: {
        one: localized(offering, "title")
        for one, offering in queries.offerings_of_bookings(session, ids).items()
    },
)


@dataclass(frozen=True)
class Sheet:
    """One booking as a page shows it: the rows around it, and what can be done."""

    booking: Booking
    offering: fair.Offering
    offering_url: str | None
    place: Place
    provider: str
    resident: str
    actor: str
    side: Side
    steps: tuple[Step, ...]
    phone: str | None = None


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """Show one's bookings: what is coming, and what has been."""
    at = now()
    shows_past = request.args.get("when") == "past"
    before = _moment(request.args.get("before"))
    with reading() as session:
        if shows_past:
            found = queries.past_of(session, me().id, at=at, before=before)
        else:
            found = queries.upcoming_of(session, me().id, at=at)
        page = found[: queries.PAGE] if shows_past else found
        sheets = _sheets(session, [(one, Side.RESIDENT) for one in page], at=at)
        offers = queries.has_offers(session, me().id, on=at.date())
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
        by_id = {s.booking.id: s for s in _sheets(session, both, at=at)}
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
        sheet = _sheet(session, booking_id)
    return page_or_fragment(
        "bookings/show.html", FRAGMENT, sheet=sheet, form=blank_form()
    )


@bp.get("/<uuid:booking_id>/slip")
@signed_in
def slip(booking_id: UUID) -> ResponseReturnValue:
    """Show the slip to print and take along, in large type (R-A11Y-10)."""
    with reading() as session:
        sheet = _sheet(session, booking_id)
    return render_template(
        "bookings/slip.html",
        sheet=sheet,
        back_url=url_for(".show", booking_id=booking_id),
    )


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
        sheet = _sheet(session, booking_id, phone=phone or "")
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
            sheet = _sheet(session, booking_id)
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
        sheet = _sheet(session, booking_id)
    form = FormState(request.form.to_dict(), errors_of(refusal))
    template = FRAGMENT if wants_fragment() else "bookings/show.html"
    return render_template(template, sheet=sheet, form=form), refusal.status


def _sheet(session: Session, booking_id: UUID, *, phone: str | None = None) -> Sheet:
    at = now()
    booking = queries.booking_for(session, booking_id, reader=me().id, at=at)
    side = queries.side_of(session, booking, me().id, at=at)
    assert side is not None
    return _sheets(session, [(booking, side)], at=at, phone=phone)[0]


def _sheets(
    session: Session,
    found: Sequence[tuple[Booking, Side]],
    *,
    at: datetime,
    phone: str | None = None,
) -> list[Sheet]:
    """Return bookings as pages show them; five queries, however many there are."""
    bookings = [one for one, _ in found]
    offerings = fair.offerings_by_ids(session, {one.offering_id for one in bookings})
    where = places.places_by_ids(session, {one.place_id for one in bookings})
    who = people.people_by_ids(session, _people_in(bookings))
    teams = partners.organisations_by_ids(
        session, {one.organisation_id for one in bookings}
    )
    return [
        Sheet(
            booking=one,
            offering=offerings[one.offering_id],
            offering_url=find_url("fair.show", offering_id=one.offering_id),
            place=where[one.place_id],
            provider=_provider_name(one.organisation_id, one.provider_id, teams, who),
            resident=who[one.resident_id].display_name,
            actor=who[one.entered_by].display_name,
            side=side,
            steps=rules.steps_open_to(one, side, at=at),
            phone=phone,
        )
        for one, side in found
    ]


def _people_in(bookings: Iterable[Booking]) -> set[UUID]:
    found: set[UUID] = set()
    for one in bookings:
        found |= {one.resident_id, one.entered_by}
        if one.provider_id is not None:
            found.add(one.provider_id)
    return found


def _provider_name(
    organisation_id: UUID | None, provider_id: UUID | None, teams: Any, who: Any
) -> str:
    if organisation_id in teams:
        return localized(teams[organisation_id], "name")
    return str(who[provider_id].display_name) if provider_id in who else ""


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
            on=at.date(),
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
        "provider": _provider_name(
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


def _moment(typed: str | None) -> datetime | None:
    """Return the moment a pager link carries; nonsense reads as the first page."""
    try:
        found = datetime.fromisoformat(typed) if typed else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None
