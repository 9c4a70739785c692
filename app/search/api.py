"""The search for programs: the same index, the same filters, plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from flask.typing import ResponseReturnValue
from pydantic import Field, StringConstraints
from sqlmodel import Session

from app import fair, partners, places
from app.kernel.clock import day_of, now
from app.kernel.config import LANGUAGES_KNOWN
from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.search.queries import SOURCES
from app.search.rules import QUERY_MAX, Asked
from app.search.views import PLAIN_WORDS, ask, complete, is_plain
from app.web import filters
from app.web.api import (
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    bad_cursor,
    from_cursor,
    query,
    spec,
    to_cursor,
)
from app.web.guards import public
from app.web.store import reading
from app.web.words import language, translate
from search_index import Hit, Near, Page, Query

TAGS = ["Search"]
OFFSET_MAX = 10_000
VALUES_MAX = 20
NEAR_KM = 30
GOODS = "goods"

CHOICES: Mapping[str, frozenset[str]] = {
    "kind": frozenset(SOURCES),
    "category": frozenset({*fair.Category, GOODS}),
    "audience": frozenset(fair.Audience),
    "price": frozenset(fair.PriceMode),
    "nature": frozenset(fair.ServiceNature),
    "source": frozenset(partners.ProviderSource),
    "language": frozenset(LANGUAGES_KNOWN),
}
"""What may be asked for, by name."""
ASKED_AS = {
    "price_mode": "price",
    "service_nature": "nature",
    "provider_source": "source",
    "time": "when",
    "day": "when",
    "points": "max_points",
}
"""Facet of the index → the name it is asked by."""
PARTS = ("morning", "afternoon", "evening", "weekend")
WORDS_OF_WHEN = ("today", "tomorrow", *PARTS)

Values = Annotated[list[str], Field(default_factory=list, max_length=VALUES_MAX)]
Typed = Annotated[str, StringConstraints(strip_whitespace=True)]

bp = api_blueprint("search_api")


class SearchAsked(Paging):
    """What is looked for. Values of one name are alternatives, names add up.

    A name may come several times or with commas. `place` is an id or a code and
    means everything below it, too. `when` is a day (2026-06-03), today, tomorrow,
    and parts of a day: morning, afternoon, evening, weekend; a day and parts want one
    free time that is both. `open=now` wants an open door. `near` is
    latitude,longitude and perhaps a distance in km.
    """

    q: Annotated[Typed, Field(max_length=QUERY_MAX)] = ""
    kind: Values
    category: Values
    audience: Values
    place: Values
    price: Values
    nature: Values
    source: Values
    language: Values
    when: Values
    open: Literal["now"] | None = None
    near: Typed | None = None
    max_points: Annotated[Decimal, Field(ge=0, le=10**6)] | None = None
    sort: Literal["best", "nearest", "soonest", "newest", "rated", "points"] = "best"


class FoundOut(Out):
    """One thing that was found.

    `id` belongs to its `kind`; `external_id` is the one it was loaded with.
    """

    id: str
    external_id: str | None
    kind: str
    title: str
    title_en: str | None
    title_zh_hant: str | None
    snippet: str
    place: str | None
    place_id: str | None
    provider: str | None
    price_mode: str | None
    points: Decimal | None
    price_cny: Decimal | None
    price_unit: str | None
    service_nature: str | None
    next_free: datetime | None
    distance_km: float | None
    stars: Decimal | None
    ratings: int | None
    why: list[str]
    url: str


class SearchPage(Out):
    """A page of what was found, how many there are, and what would narrow it.

    `facets` has, by the name one asks with, how many each value would leave. `notice`
    says so while the index is built anew and the tables are searched plainly instead:
    without pinyin, synonyms and typing mistakes, and among the newest only.
    """

    total: int
    items: list[FoundOut]
    facets: dict[str, dict[str, int]]
    did_you_mean: str | None
    notice: str | None
    next_cursor: str | None


class SuggestAsked(Out):
    """The beginning of a word or a title."""

    q: Annotated[Typed, Field(min_length=1, max_length=40)]


class SuggestionOut(Out):
    """A completion; `kind` is "word" or the kind of what it titles."""

    text: str
    kind: str


class SuggestionList(Out):
    """Completions, the likeliest first."""

    items: list[SuggestionOut]


@bp.get("/search")
@public
@spec.validate(query=SearchAsked, resp=answers(SearchPage, 200), tags=TAGS, security=[])
def search() -> ResponseReturnValue:
    """Search everything on offer: services, places, partners, goods, posts, rewards."""
    asked = query(SearchAsked)
    at_s, offset = _place_in(asked.cursor)
    wanted = _question(asked, at_s, offset)
    return answer(_told(ask(wanted), at_s, offset))


@bp.get("/suggest")
@public
@spec.validate(
    query=SuggestAsked, resp=answers(SuggestionList, 200), tags=TAGS, security=[]
)
def suggest() -> ResponseReturnValue:
    """Complete what is being typed."""
    found = complete(query(SuggestAsked).q)
    return answer(
        SuggestionList(
            items=[SuggestionOut(text=one.text, kind=one.kind) for one in found]
        )
    )


def _question(asked: SearchAsked, at_s: int, offset: int) -> Query:
    """Return the question for the index.

    Raises:
        Invalid: a value that is none of the choices, by its name.
    """
    day, times = _when(asked.when, at_s)
    with reading() as session:
        where = _places(session, _split(asked.place))
    read = Asked(
        text=asked.q,
        kind=_chosen("kind", asked.kind),
        category=_chosen("category", asked.category),
        audience=_chosen("audience", asked.audience),
        price=_chosen("price", asked.price),
        nature=_chosen("nature", asked.nature),
        place=where,
        source=_chosen("source", asked.source),
        language=_chosen("language", asked.language),
        time=times,
        is_open=asked.open is not None,
        max_points=asked.max_points,
        when=day,
    )
    near = _near(asked.near)
    if asked.sort == "nearest" and near is None:
        raise Invalid(msg("Near where? Please say latitude,longitude."), field="near")
    return replace(
        read.to_query(
            language(),
            at_s,
            wall_clock=filters.local(datetime.fromtimestamp(at_s, UTC)),
        ),
        sort=asked.sort,
        near=near,
        limit=asked.limit,
        offset=offset,
    )


def _split(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        part
        for value in values
        for one in value.replace("\x00", "").split(",")
        if (part := one.strip())
    )


def _chosen(name: str, values: Iterable[str]) -> tuple[str, ...]:
    found = _split(values)
    if not CHOICES[name].issuperset(found):
        raise Invalid(
            msg("Please choose from: %(choices)s."),
            field=name,
            choices=", ".join(sorted(CHOICES[name])),
        )
    return found


def _when(typed: Iterable[str], at_s: int) -> tuple[date | None, tuple[str, ...]]:
    """Return the day, and the times of day, that *typed* means: one day at most."""
    today = day_of(datetime.fromtimestamp(at_s, UTC))
    words = _split(typed)
    parts = tuple(word for word in words if word in PARTS)
    days = [word for word in words if word not in PARTS]
    try:
        if not days:
            return None, parts
        (day,) = days
        if day in ("today", "tomorrow"):
            return today + timedelta(days=day == "tomorrow"), parts
        return date.fromisoformat(day), parts
    except ValueError:
        raise Invalid(
            msg("Please enter a day such as 2026-06-03, or one of: %(choices)s."),
            field="when",
            choices=", ".join(WORDS_OF_WHEN),
        ) from None


def _near(typed: str | None) -> Near | None:
    if not typed:
        return None
    try:
        lat, lon, *km = (float(part) for part in typed.split(","))
    except ValueError:
        lat, lon, km = math.nan, math.nan, []
    distance = km[0] if km else float(NEAR_KM)
    # A comparison with NaN is false: nonsense ends here, too.
    is_point = abs(lat) <= 90 and abs(lon) <= 180
    if not (is_point and 0 < distance <= 20_000 and len(km) <= 1):
        raise Invalid(msg("Near where? Please say latitude,longitude."), field="near")
    return Near(lat=lat, lon=lon, km=distance if km else None)


def _places(session: Session, typed: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the places that were named by id or by code."""
    found = []
    for one in typed:
        try:
            place_id: UUID | None = UUID(one)
        except ValueError:
            place = places.find_place_by_code(session, one)
            place_id = place.id if place else None
        if place_id is None:
            raise Invalid(msg("We do not know this place."), field="place")
        found.append(str(place_id))
    return tuple(found)


def _place_in(cursor: str | None) -> tuple[int, int]:
    """Return (the moment the first page was asked at, how many were shown)."""
    text = from_cursor(cursor)
    if text is None:
        return int(now().timestamp()), 0
    at, _, shown = text.partition(":")
    numbers = at + shown
    if not (numbers.isascii() and numbers.isdigit() and at and shown):
        raise bad_cursor()
    if len(at) > 11 or len(shown) > 6 or int(shown) > OFFSET_MAX:
        raise bad_cursor()
    return int(at), int(shown)


def _told(found: Page, at_s: int, offset: int) -> SearchPage:
    reached = offset + len(found.hits)
    goes_on = found.hits and reached < min(found.total, OFFSET_MAX)
    facets: dict[str, dict[str, int]] = {}
    for name, counts in found.facets.items():
        if name != "near":  # one asks for any distance, not for ours
            facets.setdefault(ASKED_AS.get(name, name), {}).update(counts)
    return SearchPage(
        total=found.total,
        items=[_hit(hit) for hit in found.hits],
        facets=facets,
        did_you_mean=found.did_you_mean,
        notice=translate(PLAIN_WORDS) if is_plain(found) else None,
        next_cursor=to_cursor(f"{at_s}:{reached}") if goes_on else None,
    )


def _hit(hit: Hit) -> FoundOut:
    card = hit.card
    suffix = {"en": "_en", "zh-Hant": "_zh_hant"}.get(language(), "")

    def own(name: str) -> str | None:
        return card.get(name + suffix) or card.get(name)

    snippet = "".join(text for text, _ in hit.snippet)
    soonest = card.get("next")
    return FoundOut(
        id=hit.id.partition(":")[2],
        external_id=card.get("external_id"),
        kind=hit.kind,
        title=hit.title,
        title_en=card.get("title_en"),
        title_zh_hant=card.get("title_zh_hant"),
        snippet=snippet or own("summary") or "",
        place=own("place"),
        place_id=card.get("place_id"),
        provider=own("who"),
        price_mode=card.get("price_mode"),
        points=_decimal(card.get("points")),
        price_cny=_decimal(card.get("cny")),
        price_unit=card.get("unit"),
        service_nature=card.get("nature"),
        next_free=datetime.fromtimestamp(int(soonest), UTC) if soonest else None,
        distance_km=round(hit.km, 3) if hit.km is not None else None,
        stars=_decimal(card.get("stars")),
        ratings=int(card["ratings"]) if card.get("ratings") else None,
        why=list(hit.why),
        url=card["url"],
    )


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
