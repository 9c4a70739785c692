"""The counter of places: the directory with its map, and a place's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, current_app, render_template, url_for

from app.kernel.clock import now
from app.kernel.i18n import msg
from app.places import rules
from app.places.models import FunctionCategory, Place, PlaceKind
from app.places.queries import (
    Hours,
    all_places,
    ancestor_ids,
    children_of,
    find_place_by_code,
    hours_of,
    hours_of_all,
    place_for,
    places_by_ids,
)
from app.web.filters import clock_time, local, local_today
from app.web.guards import find_me, public
from app.web.store import reading
from app.web.words import register_labels, translate

bp = Blueprint("places", __name__)
register_labels(rules.LABELS)

TONES = {
    FunctionCategory.INDUSTRY_LED: "youth",
    FunctionCategory.ELDERLY_CHILD: "care",
    FunctionCategory.SEAFARER_FRIENDLY: "sea",
    FunctionCategory.BUSINESS_DISTRICT: "goods",
    FunctionCategory.VILLAGE_RESIDENT: "life",
}

MAP_MARGIN = 70
MAP_WIDTH_MIN = 500
_AREAS = frozenset({PlaceKind.DISTRICT, PlaceKind.TOWN})


@dataclass
class Branch:
    """A place of the directory with how its doors stand and what lies below."""

    place: Place
    doors: rules.Doors
    today: str
    tone: str
    below: list[Branch] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many places lie below."""
        return sum(1 + branch.count for branch in self.below)


@bp.get("/")
@public
def index() -> str:
    """Show every place as a tree, and on a map."""
    return _directory()


@bp.get("/in/<code>")
@public
def in_town(code: str) -> str:
    """Show the places of one town."""
    return _directory(code=code)


@bp.get("/for/<category>")
@public
def of_category(category: str) -> str:
    """Show the centres of one functional category."""
    if category not in set(FunctionCategory):
        abort(404)
    return _directory(category=FunctionCategory(category))


@bp.get("/<uuid:place_id>")
@public
def show(place_id: UUID) -> str:
    """Show one place: where, when, what is there."""
    with reading() as session:
        place = place_for(session, place_id)
        week, exceptions = hours_of(session, place_id)
        above_ids = ancestor_ids(session, place_id)
        by_id = places_by_ids(session, above_ids)
        below = children_of(session, place_id)
        hours = hours_of_all(session, since=local_today())
        person = find_me()
        is_mine = person is not None and rules.may_manage(
            person.held, place_id, above_ids
        )
    return render_template(
        "places/show.html",
        place=place,
        above=[by_id[one] for one in above_ids],
        branches=[_branch(one, hours) for one in below],
        doors=rules.doors_at(place, week, exceptions, local(now())),
        week=_week(place, (week, [])),
        closures=[one for one in exceptions if one.day >= local_today()],
        tone=_tone(place),
        links=_links(place),
        is_mine=is_mine,
    )


def _directory(
    *, code: str | None = None, category: FunctionCategory | None = None
) -> str:
    with reading() as session:
        places = all_places(session)
        hours = hours_of_all(session, since=local_today())
        root = find_place_by_code(session, code) if code else None
    if code and (root is None or root.kind != PlaceKind.TOWN):
        abort(404)
    towns = [place for place in places if place.kind == PlaceKind.TOWN]
    shown = places
    if root is not None:
        shown = [p for p in places if p.id == root.id or f"/{root.id}/" in p.path]
    if category is not None:
        centres = {p.id for p in places if p.category == category}
        shown = [p for p in places if p.id in centres or p.parent_id in centres]
    return render_template(
        "places/index.html",
        tree=_tree(shown, hours),
        towns=towns,
        root=root,
        category=category,
        categories=[
            (one, TONES[one], sum(p.category == one for p in places))
            for one in FunctionCategory
        ],
        sketch=_sketch(shown),
        total=sum(p.kind not in _AREAS for p in shown),
    )


def _tree(shown: list[Place], hours: Mapping[UUID, Hours]) -> list[Branch]:
    """Return branches: towns with their centres, or whatever has no parent shown."""
    branches = {
        place.id: _branch(place, hours)
        for place in shown
        if place.kind != PlaceKind.DISTRICT
    }
    tops: list[Branch] = []
    for branch in branches.values():
        above = branches.get(branch.place.parent_id) if branch.place.parent_id else None
        (above.below if above else tops).append(branch)
    return tops


def _branch(place: Place, hours: Mapping[UUID, Hours]) -> Branch:
    week, exceptions = hours[place.id]
    wall = local(now())
    spans = rules.spans_on(place, week, exceptions, wall.date())
    return Branch(
        place=place,
        doors=rules.doors_at(place, week, exceptions, wall),
        today=_spans_text(place, spans),
        tone=_tone(place),
    )


@dataclass(frozen=True)
class Sketch:
    """What the schematic map draws: spots, wires, town names, and the part shown."""

    spots: list[tuple[Place, str]]
    """(place, colour); stations wear their centre's."""
    wires: list[tuple[int, int, int, int]]
    """A line from each station to its centre."""
    towns: list[Place]
    view_box: str


def _sketch(shown: list[Place]) -> Sketch | None:
    """Return the map of *shown*, None when nothing of it has coordinates."""
    placed = {p.id: p for p in shown if p.map_x is not None and p.map_y is not None}
    doors = {key: p for key, p in placed.items() if p.kind not in _AREAS}
    if not doors:
        return None
    xs = [place.map_x or 0 for place in doors.values()]
    ys = [place.map_y or 0 for place in doors.values()]
    left, top = min(xs) - MAP_MARGIN, min(ys) - MAP_MARGIN
    width = max(max(xs) + MAP_MARGIN - left, MAP_WIDTH_MIN)
    height = max(max(ys) + MAP_MARGIN - top, MAP_WIDTH_MIN // 2)
    wires = []
    for place in doors.values():
        above = doors.get(place.parent_id) if place.parent_id else None
        if above is not None:
            ends = (above.map_x, above.map_y, place.map_x, place.map_y)
            wires.append(tuple(end or 0 for end in ends))
    return Sketch(
        spots=[
            (p, _tone(p if p.category else doors.get(p.parent_id or p.id, p)))
            for p in doors.values()
        ],
        wires=wires,  # type: ignore[arg-type]
        towns=[p for p in placed.values() if p.kind == PlaceKind.TOWN],
        view_box=f"{left} {top} {width} {height}",
    )


def _tone(place: Place) -> str:
    return TONES[place.category] if place.category else "post"


def _spans_text(place: Place, spans: list[tuple[time, time]]) -> str:
    if place.is_open_all_day and spans:
        return translate(msg("Day and night"))
    return ", ".join(
        f"{clock_time(opens)}–{clock_time(closes)}" for opens, closes in spans
    )


def _week(place: Place, hours: Hours) -> list[tuple[str, str]]:
    """Return the week as (weekday, times) in words."""
    if place.is_open_all_day:
        return [(translate(msg("Every day")), translate(msg("Day and night")))]
    rows = []
    for weekday, words in enumerate(rules.WEEKDAYS):
        spans = [
            (one.opens_at, one.closes_at) for one in hours[0] if one.weekday == weekday
        ]
        text = _spans_text(place, spans) or translate(msg("closed"))
        rows.append((translate(words), text))
    return rows


def _links(place: Place) -> list[tuple[str, str, str]]:
    """Return (words, url, icon) of what else is at this place, where it exists."""
    at = str(place.id)
    offered: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("search.index", {"place": at}, msg("What is offered here"), "search"),
        ("volunteering.index", {"place": at}, msg("Shifts to take here"), "hands"),
        (
            "search.index",
            {"place": at, "time": "evening"},
            msg("Evenings here"),
            "moon",
        ),
    )
    return [
        (translate(words), url_for(endpoint, **values), symbol)
        for endpoint, values, words, symbol in offered
        if endpoint in current_app.view_functions
    ]
