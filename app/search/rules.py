"""What was asked for, read from an address; and which event touches which document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode

from search_index import Document, Filters, Near, Query, Vocabulary, fold
from search_index.model import Sort

PAGE_SIZE = 24
PAGE_MAX = 400
QUERY_MAX = 200
VALUES_MAX = 20
SORTS: tuple[Sort, ...] = ("best", "nearest", "soonest", "newest", "rated", "points")
FACETS = (
    "kind",
    "category",
    "audience",
    "price_mode",
    "service_nature",
    "provider_source",
    "place",
    "day",
    "time",
    "points",
    "language",
    "open",
    "near",
)
MULTI = (
    "kind", "category", "audience", "price", "nature", "source", "place", "time",
    "language",
)  # fmt: skip
KM_A_MINUTE = 0.08
"""A straight line at the pace of somebody with a shopping bag."""
WALKS = (8, 15)
"""Minutes on foot that can be chosen (the eight- and fifteen-minute circles)."""
POSITION_DIGITS = 3
"""Decimals of a degree: some hundred metres, no house."""

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
class Wording:
    """What editors tell the search: lines as in the thesaurus, stop words, pins.

    `pins` is from the key of a whole question (`fold_key`) to ids of documents.
    """

    synonyms: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    pins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, question: Query) -> Query:
        """Return the question asked in these words."""
        return replace(
            question,
            vocabulary=Vocabulary(self.synonyms, self.stop),
            pinned=self.pins.get(fold_key(question.text), ()),
        )


@dataclass(frozen=True)
class Asked:
    """A search as an address says it; anything unreadable in it is left out.

    Attributes:
        walk: At most so many minutes on foot from `near`, else from `start`.
        start: The place the walk begins at.
        near: A position the reader gave, roughly; it stays in the address only.
    """

    text: str = ""
    kind: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    nature: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    max_points: Decimal | None = None
    when: date | None = None
    is_open: bool = False
    walk: int | None = None
    start: str = ""
    near: tuple[float, float] | None = None
    sort: Sort = "best"
    is_grouped: bool = False
    page: int = 1

    @classmethod
    def read(cls, values: Mapping[str, list[str]]) -> Asked:
        """Read the names and values of an address."""
        many = {
            name: tuple(
                dict.fromkeys(v[:60].replace("\x00", "") for v in values.get(name, []))
            )[:VALUES_MAX]
            for name in MULTI
        }
        many = {name: tuple(v for v in found if v) for name, found in many.items()}
        sort, walk = _first(values, "sort"), _first(values, "walk")
        return cls(
            text=_first(values, "q")[:QUERY_MAX],
            **many,
            max_points=_decimal(_first(values, "max_points")),
            when=_day(_first(values, "when")),
            is_open=_first(values, "open") == "now",
            walk=next((one for one in WALKS if walk == str(one)), None),
            start=_first(values, "from")[:60],
            near=_position(_first(values, "near")),
            sort=sort if sort in SORTS else "best",
            is_grouped=_first(values, "view") == "grouped",
            page=_page(_first(values, "page")),
        )

    @classmethod
    def read_line(cls, line: str) -> Asked:
        """Read what stands behind the question mark of an address."""
        return cls.read(parse_qs(line.lstrip("?"), max_num_fields=200))

    @property
    def is_filtered(self) -> bool:
        """Say whether anything but words narrows the search."""
        return bool(
            any(getattr(self, name) for name in MULTI)
            or self.max_points is not None
            or self.when
            or self.is_open
            or self.walk
        )

    def toggled(self, name: str, value: str) -> Asked:
        """Return this search with a value of a facet added, or taken away."""
        now: tuple[str, ...] = getattr(self, name)
        then = tuple(v for v in now if v != value) if value in now else (*now, value)
        changes: dict[str, Any] = {name: then, "page": 1}
        return replace(self, **changes)

    def to_query(
        self,
        language: str,
        now_s: int,
        *,
        origin: tuple[float, float] | None = None,
        wall_clock: datetime | None = None,
    ) -> Query:
        """Return the question for the index.

        Args:
            language: The reader's language.
            now_s: Seconds since 1970.
            origin: Latitude and longitude distances are measured from.
            wall_clock: The time on the wall, for what is open.
        """
        near = None
        if origin:
            km = self.walk * KM_A_MINUTE if self.walk else None
            near = Near(origin[0], origin[1], km=km)
        return Query(
            text=self.text,
            filters=Filters(
                kind=self.kind,
                category=self.category,
                audience=self.audience,
                place=self.place,
                price_mode=self.price,
                service_nature=self.nature,
                provider_source=self.source,
                max_points=self.max_points,
                day=self.when.isoformat() if self.when else None,
                times=self.time,
                language=self.language,
                is_open=self.is_open,
            ),
            near=near,
            sort="best" if self.sort == "nearest" and near is None else self.sort,
            limit=PAGE_SIZE,
            offset=(self.page - 1) * PAGE_SIZE,
            facets=FACETS,
            lang=language,
            now=now_s,
            wall_clock=wall_clock,
            rings=tuple(minutes * KM_A_MINUTE for minutes in WALKS),
        )


def pairs_of(asked: Asked) -> list[tuple[str, str]]:
    """Return a search as the names and values of its address."""
    pairs: list[tuple[str, str]] = [("q", asked.text)] if asked.text else []
    for name in MULTI:
        pairs += [(name, value) for value in getattr(asked, name)]
    position = asked.near and ",".join(
        f"{one:.{POSITION_DIGITS}f}" for one in asked.near
    )
    pairs += [
        (name, str(value))
        for name, value in (
            ("max_points", asked.max_points),
            ("when", asked.when),
            ("open", "now" if asked.is_open else None),
            ("walk", asked.walk),
            ("from", asked.start or None),
            ("near", position),
            ("sort", asked.sort if asked.sort != "best" else None),
            ("view", "grouped" if asked.is_grouped else None),
            ("page", asked.page if asked.page != 1 else None),
        )
        if value is not None
    ]
    return pairs


def page_url(base: str, asked: Asked, **changes: Any) -> str:
    """Return the address of this search with *changes*."""
    pairs = pairs_of(replace(asked, **changes))
    return f"{base}?{urlencode(pairs)}" if pairs else base


def line_to_keep(asked: Asked) -> str:
    """Return what is worth keeping of a search: no page, and nobody's position."""
    kept = replace(asked, page=1, is_grouped=False, near=None, sort="best")
    if not kept.start:
        kept = replace(kept, walk=None)
    return urlencode(pairs_of(kept))


def fold_key(text: str) -> str:
    """Return words without script, width, case and gaps: what is one wish to all."""
    return "".join(char for char in fold(text) if char.isalnum())[:QUERY_MAX]


def is_worth_completing(typed: str) -> bool:
    """Say whether a beginning says enough: one character, or two letters."""
    return len(typed) >= (2 if typed.isascii() else 1)


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


def _position(text: str) -> tuple[float, float] | None:
    try:
        lat, lon = (round(float(part), POSITION_DIGITS) for part in text.split(","))
    except (ValueError, OverflowError):
        return None
    # A comparison with NaN is false: nonsense ends here, too.
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _page(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return min(max(int(text), 1), PAGE_MAX) if is_number else 1
