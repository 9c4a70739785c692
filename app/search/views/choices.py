"""The choices beside the results: every value with its true count, and the chips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for
from sqlmodel import Session

from app import fair, partners, places
from app.kernel.i18n import msg
from app.search.rules import KM_A_MINUTE, WALKS, Asked, page_url
from app.search.views.shown import KIND_WORDS
from app.web import filters
from app.web.pages import LANGUAGE_NAMES
from app.web.words import label, localized, translate
from search_index import POINT_STEPS, Page

Counts = Mapping[str, int]

TIME_WORDS = {
    "morning": msg("Mornings"),
    "afternoon": msg("Afternoons"),
    "evening": msg("Evenings"),
    "weekend": msg("Weekends"),
}
SORT_WORDS = {
    "best": msg("Best match"),
    "nearest": msg("Nearest"),
    "soonest": msg("Soonest"),
    "newest": msg("Newest"),
    "rated": msg("Best rated"),
    "points": msg("Fewest points"),
}
LISTS = (
    ("kind", "kind", msg("What")),
    ("category", "category", msg("Stall")),
    ("audience", "audience", msg("For whom")),
    ("price", "price_mode", msg("Price")),
    ("nature", "service_nature", msg("Kind of service")),
    ("source", "provider_source", msg("Who offers it")),
    ("language", "language", msg("Written in")),
)
"""(name in the address, facet of the index, words): values that add up."""
ENUMS: dict[str, Any] = {
    "category": fair.Category,
    "audience": fair.Audience,
    "price": fair.PriceMode,
    "nature": fair.ServiceNature,
    "source": partners.ProviderSource,
}
DAYS_SHOWN = 7
PLACES_SHOWN = 40


@dataclass(frozen=True)
class Choice:
    """One thing to choose: its words, where that leads, what it would leave."""

    words: str
    url: str
    count: int | None
    is_chosen: bool


class Group(NamedTuple):
    """Choices under one heading; `name` is the same on every page."""

    name: str
    title: str
    choices: list[Choice]

    @property
    def is_chosen(self) -> bool:
        """Say whether something of it is chosen."""
        return any(choice.is_chosen for choice in self.choices)


@dataclass(frozen=True)
class Where:
    """The places a search names: what they are called, and the tree to choose from."""

    named: Mapping[UUID, places.Place]
    above: tuple[places.Place, ...]
    below: tuple[places.Place, ...]

    def words(self, place_id: str) -> str | None:
        """Return what a place is called, or None for an id of nothing."""
        place = self.named.get(_uuid(place_id))
        return localized(place, "name") if place else None

    def position(self, place_id: str) -> tuple[float, float] | None:
        """Return where a place lies."""
        place = self.named.get(_uuid(place_id))
        if place is None or place.latitude is None or place.longitude is None:
            return None
        return place.latitude, place.longitude


def where_for(session: Session, asked: Asked) -> Where:
    """Return the places that a search names, what is above and right below them."""
    ids = [_uuid(value) for value in (*asked.place, asked.start)]
    named = places.places_by_ids(session, ids)
    chosen = [named[one] for one in map(_uuid, asked.place) if one in named]
    if len(chosen) != 1:
        roots = places.children_of(session, None)
        below = places.children_of(session, roots[0].id) if len(roots) == 1 else roots
        return Where(named, (), tuple(below))
    ids = [_uuid(part) for part in chosen[0].path.split("/") if part]
    over = places.places_by_ids(session, ids)
    above = [over[one] for one in ids if one in over]
    below = places.children_of(session, chosen[0].id)
    return Where(named, (*above, chosen[0]), tuple(below))


def groups_for(asked: Asked, found: Page, where: Where, today: date) -> list[Group]:
    """Return every choice with how many it would leave."""
    groups = [_listed(asked, found, *one) for one in LISTS]
    groups[3].choices.extend(_prices(asked, found.facets["points"]))
    groups[2:2] = [
        _times(asked, found.facets["time"], found.facets["day"], today),
        _places(asked, found.facets["place"], where),
        _walks(asked, found.facets["near"], where),
    ]
    return [group for group in groups if group.choices]


def open_choice(asked: Asked, counts: Counts) -> Choice:
    """Return the choice of what is open now."""
    url = _url(asked, is_open=not asked.is_open)
    words = translate(msg("Open now"))
    return Choice(words, url, counts.get("now", 0), asked.is_open)


def sorts_for(asked: Asked, *, has_origin: bool) -> list[tuple[str, str, bool]]:
    """Return the orders one can choose: (words, url, is it now)."""
    return [
        (translate(words), _url(asked, sort=name), asked.sort == name)
        for name, words in SORT_WORDS.items()
        if name != "nearest" or has_origin
    ]


def chips_for(asked: Asked, where: Where) -> list[tuple[str, str]]:
    """Return what is chosen, each with the address without it."""
    chips = []
    for name, *_ in LISTS:
        for value in getattr(asked, name):
            words = _words(name, value)
            chips += [(words, _url(asked.toggled(name, value)))] if words else []
    chips += [
        (words, _url(asked.toggled("place", value)))
        for value in asked.place
        if (words := where.words(value))
    ]
    chips += [
        (translate(TIME_WORDS[value]), _url(asked.toggled("time", value)))
        for value in asked.time
        if value in TIME_WORDS
    ]
    if asked.when:
        chips.append((filters.day(asked.when), _url(asked, when=None)))
    if asked.is_open:
        chips.append((translate(msg("Open now")), _url(asked, is_open=False)))
    if asked.max_points is not None:
        chips.append((_at_most(asked.max_points), _url(asked, max_points=None)))
    if asked.walk:
        words = translate(msg("%(n)s minutes on foot"), n=asked.walk)
        around = origin_words(asked, where)
        chips.append((f"{words} · {around}" if around else words,
                      _url(asked, walk=None, start="", near=None)))  # fmt: skip
    return chips


def origin_of(asked: Asked, where: Where) -> tuple[float, float] | None:
    """Return where distances are measured from."""
    return asked.near or where.position(asked.start)


def origin_words(asked: Asked, where: Where) -> str | None:
    """Return what the place is called that distances are measured from."""
    return translate(msg("where you are")) if asked.near else where.words(asked.start)


def _listed(asked: Asked, found: Page, name: str, facet: str, title: str) -> Group:
    counts, chosen = found.facets[facet], getattr(asked, name)
    choices = [
        Choice(words, _url(asked.toggled(name, value)), counts.get(value, 0),
               value in chosen)
        for value in _order(name)
        if (counts.get(value) or value in chosen) and (words := _words(name, value))
    ]  # fmt: skip
    return Group(name, translate(title), choices)


def _prices(asked: Asked, counts: Counts) -> list[Choice]:
    """Return "at most so many points", where that leaves more than the step before."""
    choices, before = [], 0
    for step in POINT_STEPS:
        count, is_chosen = counts.get(str(step), 0), asked.max_points == step
        if step and (count > before or is_chosen):
            then = None if is_chosen else Decimal(step)
            url = _url(asked, max_points=then)
            choices.append(Choice(_at_most(Decimal(step)), url, count, is_chosen))
        before = count
    return choices


def _times(asked: Asked, parts: Counts, days: Counts, today: date) -> Group:
    choices = [
        Choice(translate(words), _url(asked.toggled("time", part)),
               parts.get(part, 0), part in asked.time)
        for part, words in TIME_WORDS.items()
        if parts.get(part) or part in asked.time
    ]  # fmt: skip
    for ahead in range(DAYS_SHOWN):
        day = today + timedelta(days=ahead)
        count, is_chosen = days.get(day.isoformat(), 0), asked.when == day
        if count or is_chosen:
            url = _url(asked, when=None if is_chosen else day)
            choices.append(Choice(day_words(day, today), url, count, is_chosen))
    return Group("time", translate(msg("Free time")), choices)


def day_words(day: date, today: date) -> str:
    """Return a day as one says it."""
    if day == today:
        return translate(msg("Today"))
    if day == today + timedelta(days=1):
        return translate(msg("Tomorrow"))
    return filters.day(day)


def _places(asked: Asked, counts: Counts, where: Where) -> Group:
    """Return the way up, and what lies right below with something to find."""
    choices = [
        Choice(localized(place, "name"), _url(asked, place=(str(place.id),)),
               counts.get(str(place.id), 0), str(place.id) in asked.place)
        for place in (*where.above, *_fullest(where.below, counts))
    ]  # fmt: skip
    return Group("place", translate(msg("Where")), choices)


def _fullest(below: Iterable[places.Place], counts: Counts) -> list[places.Place]:
    some = [place for place in below if counts.get(str(place.id))]
    some.sort(key=lambda place: -counts[str(place.id)])
    return some[:PLACES_SHOWN]


def _walks(asked: Asked, counts: Counts, where: Where) -> Group:
    choices = []
    for minutes in WALKS if origin_of(asked, where) else ():
        is_chosen = asked.walk == minutes
        choices.append(
            Choice(
                translate(msg("%(n)s minutes on foot"), n=minutes),
                _url(asked, walk=None if is_chosen else minutes),
                counts.get(str(minutes * KM_A_MINUTE), 0),
                is_chosen,
            )
        )
    choices.append(
        Choice(
            translate(msg("Choose where from")),
            page_url(url_for("search.start"), asked, page=1),
            None,
            is_chosen=False,
        )
    )
    return Group("walk", translate(msg("On foot")), choices)


def _order(name: str) -> list[str]:
    if name == "kind":
        return list(KIND_WORDS)
    if name == "language":
        return list(LANGUAGE_NAMES)
    return [str(member) for member in ENUMS[name]]


def _words(name: str, value: str) -> str | None:
    """Return the words for a value, or None for one there is not."""
    if value not in _order(name):
        return None
    if name == "kind":
        return translate(KIND_WORDS[value])
    if name == "language":
        return LANGUAGE_NAMES[value]
    return label(ENUMS[name](value))


def _at_most(points: Decimal) -> str:
    return translate(msg("Up to %(amount)s points"), amount=filters.points(points))


def _url(asked: Asked, **changes: Any) -> str:
    return page_url(url_for("search.index"), asked, **({"page": 1} | changes))


def _uuid(text: str) -> UUID:
    """Return an id as the address says it; nonsense is the id of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
