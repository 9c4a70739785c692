"""The words of the catalogue: documents, questions, answers and the one refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from search_index.vocabulary import NOTHING_ADDED, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_QUERY = 200  # characters of a question that are read; the rest is ignored
FACETS = (
    "kind",
    "category",
    "audience",
    "place",
    "price_mode",
    "service_nature",
    "provider_source",
    "day",
    "time",
    "points",
    "language",
    "open",
    "near",
)
POINT_STEPS = (0, 10, 30, 60, 100)
"""Prices that are counted: how many things cost at most so many points."""
Sort = Literal["best", "nearest", "soonest", "newest", "rated", "points"]
Pieces = tuple[tuple[str, bool], ...]  # (text, is it a match?), joined = the original


class IndexUnavailable(Exception):
    """The index is missing, damaged, of another version, or its writer is busy.

    The tables are the truth: the remedy is always `Index.rebuild`.
    """


@dataclass(frozen=True)
class Document:
    """One findable thing, as plain values; the caller has already decided it is public.

    `points` is a price in points (None: points do not buy it), `starts_at` and
    `created_at` are seconds since 1970 UTC, `rating` is 1 to 5. `place` is a place id
    and `places` the same place with everything above it. `words` (tags, provider names)
    are searched but never shown; `card` is stored and shown, never searched.

    `slots` are free times, a day and a part of it
    ("2026-06-03/evening"), a time in several parts once for each; `days` and `times`
    alone stand for all their pairs. `languages` are those it can be read in.
    `open` has wall-clock spans: "2 0830-1700" on a weekday (Monday 0), "2026-06-03
    0900-1200" on a day that differs, "2026-06-03 -" for every such day.
    """

    id: str
    kind: str
    title: str
    body: str = ""
    other_titles: tuple[str, ...] = ()
    lang: str = "zh-Hans"
    category: str = ""
    audience: tuple[str, ...] = ()
    provider_source: str = ""
    service_nature: str = ""
    price_mode: str = ""
    points: Decimal | int | None = 0
    place: str = ""
    places: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    days: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    starts_at: int | None = None
    created_at: int = 0
    rating: float | None = None
    ratings: int = 0
    version: int = 0
    card: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filters:
    """What must hold. Values of one field are alternatives, fields add up.

    `max_points` is inclusive. `place` matches a place and everything below it. A day
    and times together want one free time that fits both. `is_open` looks at the
    question's `wall_clock`. `since` wants what was made after that second.
    """

    kind: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    price_mode: tuple[str, ...] = ()
    service_nature: tuple[str, ...] = ()
    provider_source: tuple[str, ...] = ()
    max_points: Decimal | int | None = None
    day: str | None = None
    times: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    is_open: bool = False
    since: int | None = None


@dataclass(frozen=True)
class Near:
    """A point in degrees; with `km`, only what lies within that many kilometres."""

    lat: float
    lon: float
    km: float | None = None


@dataclass(frozen=True)
class Query:
    """A question. `text` is data, never syntax; only its first 200 characters count.

    `now` (seconds since 1970) switches on freshness and pushes past things down;
    without it the order depends on nothing but the index. `wall_clock` (as it
    stands) says what is open; `rings` are the distances in km the facet "near" counts.
    With `is_strict` only what answers every word is found. `vocabulary` adds synonyms
    and stop words to those of the house. The documents with the ids `pinned` come first
    in the order "best", in this order, if they pass the filters, whatever their words.
    """

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    near: Near | None = None
    sort: Sort = "best"
    limit: int = 20
    offset: int = 0
    facets: tuple[str, ...] = ()
    lang: str = "zh-Hans"
    now: int | None = None
    wall_clock: datetime | None = None
    rings: tuple[float, ...] = ()
    is_strict: bool = False
    vocabulary: Vocabulary = NOTHING_ADDED
    pinned: tuple[str, ...] = ()


ReasonKind = Literal[
    "synonym", "translation", "pinyin", "initials", "sound", "slip", "beginning"
]


class Reason(NamedTuple):
    """Why something is there that does not hold what was typed.

    (synonym, 剃头, 理发): 理发 is another word for it; translation: it is English or
    Chinese for it; pinyin, initials: it is spelt so; sound, slip: it was probably
    meant; beginning: it begins so. `word` is folded: as the index compares words.
    """

    kind: ReasonKind
    typed: str
    word: str


@dataclass(frozen=True)
class Hit:
    """One answer. `title_marked` and `snippet` join to original text, never changed.

    `why` are words of the question's plan that were seen in it; `reasons` say which of
    them were not typed, and is empty when the title holds something that was.
    `words` are what is marked, to mark a text in another language with `mark`.
    """

    id: str
    kind: str
    score: float
    title: str
    title_marked: Pieces
    snippet: Pieces
    card: Mapping[str, str]
    why: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    km: float | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page of answers; `facets` counts ignore the filter of the facet itself."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    did_you_mean: str | None
    generation: str


@dataclass(frozen=True)
class Suggestion:
    """A completion: `kind` is "word" or the kind of the document it titles."""

    text: str
    kind: str
