"""The counter of the desk: one page of what waits, and a page for each visitor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import bookings, fair, people, places, rewards, volunteering, wallet, workshops
from app.desk import actions, queries, rules
from app.desk.forms import FindForm, ResidentForm
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web import desk_items
from app.web.filters import local_today
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to, page_or_fragment
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import localized, register_labels, translate

bp = Blueprint("desk", __name__)
register_labels(desk_items.LABELS)

COMING = timedelta(days=14)
SHOP_SHOWN = 12
FREE_SHOWN = 8
FREE_LOOKED_AT = 200
"""Among so many offerings those at the clerk's own places are picked."""
ORDERS_ALIVE = frozenset(
    {
        workshops.OrderState.PLACED,
        workshops.OrderState.CONFIRMED,
        workshops.OrderState.PACKED,
        workshops.OrderState.READY,
    }
)
TOOLS: tuple[tuple[str, Permission, str, str], ...] = (
    ("desk.find", Permission.ACT_FOR_RESIDENT, msg("Somebody is here"), "user"),
    (
        "search_desk.staff",
        Permission.OPEN_DESK,
        msg("Find in my places"),
        "search",
    ),
    ("rewards_desk.index", Permission.HAND_OVER, msg("Hand over rewards"), "heart"),
    (
        "workshops_desk.counter",
        Permission.SELL_AT_COUNTER,
        msg("Hand over orders"),
        "bag",
    ),
    ("volunteering_desk.index", Permission.VERIFY_HOURS, msg("Verify hours"), "check"),
    ("volunteering_desk.shifts", Permission.ENTER_HOURS, msg("Who is on"), "calendar"),
    ("volunteering_desk.doors", Permission.SHOW_DOOR_CODE, msg("Door code"), "qr"),
    ("volunteering_desk.posts", Permission.PUBLISH_SHIFT, msg("Plan shifts"), "plus"),
    ("rewards_desk.stock", Permission.MANAGE_REWARDS, msg("Stock of rewards"), "box"),
    ("wishes_desk.index", Permission.OPEN_DESK, msg("What is missing"), "flag"),
    (
        "wording_desk.index",
        Permission.EDIT_WORDING,
        msg("Words of the search"),
        "search",
    ),
    ("fair_desk.queue", Permission.REVIEW_LISTING, msg("Review listings"), "pencil"),
    ("search_desk.damaged", Permission.REVIEW_LISTING, msg("Damaged texts"), "flag"),
    ("partners_desk.queue", Permission.VET_PARTNER, msg("Vet partners"), "users"),
    (
        "workshops_desk.settlements",
        Permission.SETTLE_WORKSHOP,
        msg("Pay workshops"),
        "coin",
    ),
    ("books_desk.index", Permission.READ_BOOKS, msg("The books"), "book"),
)
"""(endpoint, who, words, icon): ways from the desk to its tools, where they exist."""
DOINGS: Mapping[str, str] = {
    "person.look": msg("opened the page"),
    "contact.look": msg("looked at the phone number"),
    "person.register": msg("took into the register"),
    "booking.request": msg("booked"),
    "redemption.place": msg("asked for a reward"),
    "redemption.hand_over": msg("handed over a reward"),
    "order.create": msg("ordered"),
    "order.hand_over": msg("handed over an order"),
    "role.assign": msg("gave a role"),
    "statement.look": msg("looked at the passbook"),
    "books.propose": msg("proposed a correction"),
    "books.approve": msg("approved a correction"),
    "books.refuse": msg("refused a correction"),
    "books.withdraw": msg("took a correction back"),
}


def init_desk(app: Flask, sources: tuple[desk_items.DeskSource, ...]) -> None:
    """Tell the desk which features to ask for waiting work."""
    app.extensions["fair_desk_sources"] = sources


@bp.get("/", defaults={"code": None})
@bp.get("/at/<code>")
@needs(Permission.OPEN_DESK)
def index(code: str | None) -> ResponseReturnValue:
    """Show what waits, by kind, the oldest first; at all my places or at one."""
    sources = cast(
        "tuple[desk_items.DeskSource, ...]",
        current_app.extensions.get("fair_desk_sources", ()),
    )
    with reading() as session:
        found = queries.waiting(session, sources, actor_id=me().id, on=local_today())
        where = places.places_by_ids(session, {item.place_id for item in found})
        root = None
        chosen = None
        if code is not None:
            root = places.find_place_by_code(session, code)
            if root is None:
                raise places.PlaceNotFound(msg("We do not know this place."))
            chosen = frozenset({root.id, *places.descendant_ids(session, root.id)})
        stop = wallet.posting_stop(session)
    return page_or_fragment(
        "desk/index.html",
        "desk/_waiting.html",
        piles=rules.piles(found, chosen),
        where=where,
        root=root,
        stop=stop,
        tools=_tools(),
    )


@bp.get("/people")
@needs(Permission.ACT_FOR_RESIDENT)
def find() -> str:
    """Show the fields to find a visitor, or to take one into the register."""
    return render_template("desk/find.html", found=None, **_find_context())


@bp.post("/people")
@needs(Permission.ACT_FOR_RESIDENT)
def look_up() -> ResponseReturnValue:
    """Find by name, phone or member number; posted, so that no address keeps it."""
    try:
        form = read_form(FindForm)
        words = rules.ensure_enough_asked(form.words)
    except Refusal as refusal:
        return refused_form(
            "desk/find.html", refusal, fragment="desk/_found.html",
            found=None, **_find_context(),
        )  # fmt: skip
    with reading() as session:
        found = people.search_people(session, words)
        where = places.places_by_ids(session, {one.place_id for one in found})
    return page_or_fragment(
        "desk/find.html",
        "desk/_found.html",
        found=[(one, rules.masked_phone(one.phone)) for one in found],
        where=where,
        form=blank_form(words=form.words),
        **_find_context(),
    )


@bp.post("/people/register")
@needs(Permission.ACT_FOR_RESIDENT)
def register() -> ResponseReturnValue:
    """Take somebody into the register who came without a phone."""
    try:
        form = read_form(ResidentForm)
        with transaction() as session:
            made = once(
                session, "person.register", owner=me().id, body=form, at=now(),
                do=lambda: actions.register_resident(
                    session, **form.model_dump(), by=me().id, at=now(),
                    today=local_today(),
                ).id,
            )  # fmt: skip
    except Refusal as refusal:
        return refused_form("desk/find.html", refusal, found=None, **_find_context())
    return go_to(
        url_for(".person", person_id=made),
        notice=translate(msg("Welcome them: they are in the register now.")),
    )


@bp.get("/people/<uuid:person_id>")
@needs(Permission.ACT_FOR_RESIDENT)
def person(person_id: UUID) -> str:
    """Show what a visitor has going on here, and what can be done for them.

    The look itself is written down, and the visitor can see it.
    """
    at = now()
    with transaction() as session:
        visitor = people.person_for(session, person_id)
        actions.note_look(session, who=me().id, whom=person_id, at=at)
        context = _visitor(session, person_id)
    return render_template(
        "desk/person.html",
        visitor=visitor,
        phone=rules.masked_phone(visitor.phone),
        is_close=context.pop("is_close"),
        doing_words=DOINGS,
        **context,
    )


def _visitor(session: Session, person_id: UUID) -> dict[str, Any]:
    """Gather what a visitor has going on, from each feature's door."""
    at = now()
    coming = bookings.upcoming_of(session, person_id, at=at)
    claims = volunteering.claims_of(session, person_id, since=at)
    redeemed = rewards.redemptions_of(session, person_id)[:5]
    ordered = [
        row
        for row in workshops.orders_of(session, person_id)
        if row[0].state in ORDERS_ALIVE
    ][:5]
    reach = people.permitted_place_ids(
        session, me().id, Permission.ACT_FOR_RESIDENT, on=local_today()
    )
    free = [
        (slot, offering)
        for slot, offering in fair.coming_slots(
            session, at=at, until=at + COMING, limit=FREE_LOOKED_AT
        )
        if reach is None or offering.place_id in reach
    ][:FREE_SHOWN]
    done = queries.done_for(session, person_id)
    offered = fair.offerings_by_ids(session, {one.offering_id for one in coming})
    return {
        "balances": wallet.balances_of(session, person_id),
        "bookings": coming,
        "offerings": offered,
        "claims": claims,
        "redemptions": redeemed,
        "rewards": rewards.rewards_by_ids(session, {one.reward_id for one in redeemed}),
        "orders": ordered,
        "shop": [
            item
            for item in rewards.all_rewards(session)
            if item.kind != rewards.RewardKind.DONATION
        ][:SHOP_SHOWN],
        "free": free,
        "done": done,
        "who": people.people_by_ids(session, {one.who_id for one in done}),
        "where": places.places_by_ids(
            session,
            {
                *(one.place_id for one in coming),
                *(one.place_id for one in claims),
                *(offering.place_id for _, offering in free),
            },
        ),
        "is_close": people.are_close(session, me().id, person_id),
    }


def _tools() -> list[tuple[str, str, str]]:
    return [
        (translate(words), url_for(endpoint), symbol)
        for endpoint, permission, words, symbol in TOOLS
        if permission in me().permissions and endpoint in current_app.view_functions
    ]


def _find_context() -> dict[str, Any]:
    """Return the places a clerk may register people at."""
    with reading() as session:
        reach = people.permitted_place_ids(
            session, me().id, Permission.ACT_FOR_RESIDENT, on=local_today()
        )
        mine = [
            (str(place.id), localized(place, "name"))
            for place in places.all_places(session)
            if place.kind in {places.PlaceKind.CENTRE, places.PlaceKind.STATION}
            and (reach is None or place.id in reach)
        ]
    return {"place_options": mine}
