"""What was asked for, read from an address; and which event touches which document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from search_index import Document, Filters, Query
from search_index.model import Sort

PAGE_SIZE = 24
PAGE_MAX = 400
QUERY_MAX = 200
VALUES_MAX = 20
SORTS: tuple[Sort, ...] = ("best", "soonest", "newest", "points")
FACETS = ("kind", "category", "audience", "price_mode", "service_nature", "time")
MULTI = ("kind", "category", "audience", "price", "nature", "place", "time")

FEEDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "OfferingChanged": ("offering", "offering_id"),
        "SlotsChanged": ("offering", "offering_id"),
        "BookingRated": ("offering", "offering_id"),
        "OrganisationChanged": ("organisation", "organisation_id"),
        "PlaceChanged": ("place", "place_id"),
        "GoodChanged": ("goods", "good_id"),
        "PostChanged": ("post", "post_id"),
        "RewardChanged": ("reward", "reward_id"),
        "PersonChanged": ("", "person_id"),
    }
)
"""Event → (kind of document, which field names it); people have no document."""

ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "PlaceChanged": ("place", "offering", "organisation", "goods", "post"),
        "OrganisationChanged": ("offering",),
        "PersonChanged": ("offering",),
    }
)
"""Event → kinds of documents that show what it names: its name, where it lies."""

CONFIDENTIAL = frozenset({"family_mediation", "mediation", "hardship", "disability"})
"""Categories that are in no index, list or count strangers read (R-PI-05, D06).

None of today's stalls is one; matters like these come as orders, and whoever makes
them findable one day meets this rule at the one door documents leave by.
"""


def is_public(document: Document) -> bool:
    """Say whether strangers may find it, whatever its source thinks."""
    return document.category not in CONFIDENTIAL


def fingerprint(document: Document) -> int:
    """Return a number of everything in a document, to see whether it is the same.

    It takes the place of the row's own version, which does not change when the place
    of an offering is renamed or a time of it is taken.
    """
    parts = [
        (one.name, getattr(document, one.name))
        for one in fields(document)
        if one.name not in ("version", "card")
    ]
    said = repr((parts, sorted(document.card.items())))
    return int.from_bytes(blake2b(said.encode(), digest_size=6).digest())


@dataclass(frozen=True)
class Asked:
    """A search as an address says it; anything unreadable in it is left out."""

    text: str = ""
    kind: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    nature: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    max_points: Decimal | None = None
    when: date | None = None
    sort: Sort = "best"
    page: int = 1

    @classmethod
    def read(cls, values: Mapping[str, list[str]]) -> Asked:
        """Read the names and values of an address."""
        many = {
            name: tuple(v[:60] for v in values.get(name, []) if v)[:VALUES_MAX]
            for name in MULTI
        }
        sort = _first(values, "sort")
        return cls(
            text=_first(values, "q")[:QUERY_MAX],
            **many,
            max_points=_decimal(_first(values, "max_points")),
            when=_day(_first(values, "when")),
            sort=sort if sort in SORTS else "best",
            page=_page(_first(values, "page")),
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether anything but words narrows the search."""
        return bool(
            any(getattr(self, name) for name in MULTI)
            or self.max_points is not None
            or self.when
        )

    def toggled(self, name: str, value: str) -> Asked:
        """Return this search with a value of a facet added, or taken away."""
        now: tuple[str, ...] = getattr(self, name)
        then = tuple(v for v in now if v != value) if value in now else (*now, value)
        changes: dict[str, Any] = {name: then, "page": 1}
        return replace(self, **changes)

    def to_query(self, language: str, now_s: int) -> Query:
        """Return the question for the index."""
        return Query(
            text=self.text,
            filters=Filters(
                kind=self.kind,
                category=self.category,
                audience=self.audience,
                place=self.place,
                price_mode=self.price,
                service_nature=self.nature,
                max_points=self.max_points,
                day=self.when.isoformat() if self.when else None,
                times=self.time,
            ),
            sort=self.sort,
            limit=PAGE_SIZE,
            offset=(self.page - 1) * PAGE_SIZE,
            facets=FACETS,
            lang=language,
            now=now_s,
        )


def page_url(base: str, asked: Asked, **changes: Any) -> str:
    """Return the address of this search with *changes*."""
    then = replace(asked, **changes)
    pairs: list[tuple[str, str]] = [("q", then.text)] if then.text else []
    for name in MULTI:
        pairs += [(name, value) for value in getattr(then, name)]
    if then.max_points is not None:
        pairs.append(("max_points", str(then.max_points)))
    if then.when:
        pairs.append(("when", then.when.isoformat()))
    if then.sort != "best":
        pairs.append(("sort", then.sort))
    if then.page != 1:
        pairs.append(("page", str(then.page)))
    return f"{base}?{urlencode(pairs)}" if pairs else base


def _first(values: Mapping[str, list[str]], name: str) -> str:
    found = values.get(name) or [""]
    return found[0].replace("\x00", "").strip()


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= 10**6 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return min(max(int(text), 1), PAGE_MAX) if is_number else 1
