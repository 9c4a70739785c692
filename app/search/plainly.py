"""Search the tables themselves while the index is lost: slower, plainer, but true.

It knows the words as they are typed, in both scripts, and all filters; it knows no
pinyin, no synonyms, no typing mistakes. What it answers has the shape of the index's
own answers, made of the same documents, so that pages and programs need no other way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, case, col, or_, select

from app import fair, partners, places, rewards, volunteering, workshops
from app.search.queries import SOURCES, Context, documents_for
from search_index import (
    POINT_STEPS,
    Document,
    Filters,
    Hit,
    Near,
    Page,
    Query,
    Suggestion,
    analysis,
    highlight,
)

CANDIDATES = 200
"""Of each kind, those that hold the most words, the newest first, are looked at."""
WORDS_MAX = 8
GENERATION = "plain"
KM_OF_A_DEGREE = 111.2

TEXTS = ("title", "summary", "body", "what", "name", "signature", "about")
"""Columns that are searched, where a table has them, in every language."""
TABLES: Mapping[str, Any] = {
    "offering": fair.Offering,
    "place": places.Place,
    "organisation": partners.Organisation,
    "goods": workshops.Good,
    "post": volunteering.Post,
    "reward": rewards.RewardItem,
}
LIVE: Mapping[str, Any] = {
    "offering": fair.Offering.state == fair.OfferingState.PUBLISHED,
    "place": col(places.Place.closed_at).is_(None),
    "organisation": partners.Organisation.state == partners.OrganisationState.ACTIVE,
    "goods": workshops.Good.state == workshops.GoodState.LISTED,
    "post": col(volunteering.Post.ended_at).is_(None),
    "reward": col(rewards.RewardItem.is_active),
}
"""Saves looking at rows whose document would not be public anyway."""
LISTS: Mapping[str, str] = {
    "kind": "kind",
    "category": "category",
    "audience": "audience",
    "place": "places",
    "price_mode": "price_mode",
    "service_nature": "service_nature",
    "provider_source": "provider_source",
    "language": "languages",
}
"""Facet → where a document keeps its values."""
ASIDE: Mapping[str, tuple[str, Any]] = {
    "day": ("day", None),
    "time": ("times", ()),
    "points": ("max_points", None),
    "open": ("is_open", False),
}
"""Facet → the filter of its own, and that filter when it is not set, if not ()."""


def find_plainly(session: Session, query: Query, context: Context) -> Page:
    """Answer a question from the tables; counts go no further than `CANDIDATES`."""
    words = _words(query.text)
    if query.text.strip() and not words:
        return Page(0, (), {name: {} for name in query.facets}, None, GENERATION)
    found = _candidates(session, query, words, context)
    scored = [(one, score) for one in found if (score := _score(one, words))]
    fitting = [(one, s) for one, s in scored if _fits(one, query)]
    facets = {
        name: _facet(name, [one for one, _ in scored], query) for name in query.facets
    }
    order = sorted(
        fitting, key=lambda pair: _key(pair[0], pair[1], query), reverse=True
    )
    shown = order[query.offset : query.offset + query.limit]
    hits = tuple(_hit(one, score, words, query.near) for one, score in shown)
    return Page(len(fitting), hits, facets, None, GENERATION)


def suggest_plainly(
    session: Session, typed: str, context: Context, limit: int = 8
) -> tuple[Suggestion, ...]:
    """Complete what is typed by titles that hold it."""
    page = find_plainly(session, Query(text=typed, limit=limit), context)
    return tuple(Suggestion(hit.title, hit.kind) for hit in page.hits)


def _words(text: str) -> list[str]:
    """Return the words of a question, folded; single characters only when alone."""
    folded = analysis.fold(text[:200].replace("\x00", "")).strip()
    cut = [token.text for token in analysis.tokens(folded)]
    telling = [word for word in cut if len(word) > 1] or cut
    return list(dict.fromkeys(telling))[:WORDS_MAX]


def _typed(text: str) -> list[str]:
    """Return what was typed as it was: conversion there and back may miss it (記帳)."""
    return text[:200].replace("\x00", "").split()[:WORDS_MAX]


def _candidates(
    session: Session, query: Query, words: Sequence[str], context: Context
) -> list[Document]:
    ids = {}
    for kind in query.filters.kind or SOURCES:
        table = TABLES.get(kind)
        if table is None:
            continue
        rows = select(table.id).where(LIVE[kind])
        if words:
            held = [or_(*_holds(table, [w])) for w in (*words, *_typed(query.text))]
            rows = rows.where(or_(*held))
            # Those that hold the most words: a number in a title is worth finding.
            many: Any = sum(case((one, 1), else_=0) for one in held)
            rows = rows.order_by(many.desc())
        newest = rows.order_by(col(table.created_at).desc(), table.id)
        found = session.execute(newest.limit(CANDIDATES)).scalars().all()
        narrow = _narrowed(query.filters)
        if kind == "offering" and narrow and len(found) == CANDIDATES:
            # Older ones, too, that fit; the others are looked at for the counts.
            older = newest.where(*narrow).limit(CANDIDATES)
            found = [*found, *session.execute(older).scalars().all()]
        ids[kind] = found
    return documents_for(session, ids, context)[0]


def _holds(table: Any, words: Iterable[str]) -> list[Any]:
    names = [
        name + suffix
        for name in TEXTS
        for suffix in ("", "_en", "_zh_hant")
        if hasattr(table, name + suffix)
    ]
    written = {
        form for word in words for form in (word, analysis.in_script(word, "zh-Hant"))
    }
    return [
        col(getattr(table, name)).icontains(form, autoescape=True)
        for name in names
        for form in sorted(written)
    ]


def _narrowed(filters: Filters) -> list[Any]:
    """Return what the table of offerings can decide by itself."""
    offering = fair.Offering
    chosen = (
        (offering.category, filters.category, fair.Category),
        (offering.price_mode, filters.price_mode, fair.PriceMode),
        (offering.service_nature, filters.service_nature, fair.ServiceNature),
    )
    return [
        col(column).in_([kind(v) for v in values if v in set(kind)])
        for column, values, kind in chosen
        if values
    ]


def _score(document: Document, words: Sequence[str]) -> float:
    """Return how well the words are met, 0 when fewer than half of them are."""
    if not words:
        return 1.0
    titles = analysis.fold("\n".join((document.title, *document.other_titles)))
    card = document.card
    texts = (
        document.body,
        *document.words,
        *(v for k, v in card.items() if "summary" in k),
    )
    rest = analysis.fold("\n".join(texts))
    in_title = sum(word in titles for word in words)
    anywhere = sum(word in titles or word in rest for word in words)
    return anywhere + in_title / 2 if anywhere * 2 >= len(words) else 0.0


def _fits(document: Document, query: Query) -> bool:
    """Say whether a document passes every filter."""
    filters = query.filters
    return (
        all(
            not wanted or bool(set(wanted) & set(_values(name, document, query)))
            for name, wanted in (
                ("kind", filters.kind),
                ("category", filters.category),
                ("audience", filters.audience),
                ("place", filters.place),
                ("price_mode", filters.price_mode),
                ("service_nature", filters.service_nature),
                ("provider_source", filters.provider_source),
                ("language", filters.language),
                ("day", (filters.day,) if filters.day else ()),
                ("time", filters.times),
                ("open", ("now",) if filters.is_open else ()),
            )
        )
        and _is_affordable(document, filters)
        and (filters.since is None or document.created_at > filters.since)
        and _is_near(document, query.near)
    )


def _is_affordable(document: Document, filters: Filters) -> bool:
    if filters.max_points is None:
        return True
    return document.points is not None and document.points <= filters.max_points


def _is_near(document: Document, near: Near | None) -> bool:
    if near is None or near.km is None:
        return True
    away = _km(document, near)
    return away is not None and away <= near.km


def _values(name: str, document: Document, query: Query) -> Iterable[str]:
    """Return a document's values of a facet, or of the filter of that name."""
    if name in LISTS:
        values = getattr(document, LISTS[name])
        return [values] if isinstance(values, str) else values
    if name == "points":
        cost = document.points
        return [str(one) for one in POINT_STEPS if cost is not None and cost <= one]
    if name == "open":
        clock = query.wall_clock
        return ["now"] if clock is not None and _is_open(document, clock) else []
    if name == "near":
        away = _km(document, query.near) if query.near is not None else None
        return [str(ring) for ring in query.rings if away is not None and away <= ring]
    return _free(name, document, query.filters)


def _free(name: str, document: Document, filters: Filters) -> Iterable[str]:
    """Return the days of free times in the chosen parts, or parts of the chosen day."""
    free = [slot.partition("/") for slot in document.slots]
    if name == "day":
        return [d for d, _, part in free if not filters.times or part in filters.times]
    return [part for d, _, part in free if not filters.day or d == filters.day]


def _is_open(document: Document, clock: datetime) -> bool:
    """Say whether its place is open; a day that differs counts before the week."""
    spans = [one.partition(" ") for one in document.open]
    day, minute = clock.date().isoformat(), f"{clock:%H%M}"
    today = [span for when, _, span in spans if when == day]
    week = [span for when, _, span in spans if when == str(clock.weekday())]
    hours = [span.partition("-") for span in today or week]
    return any(opens and opens <= minute < closes for opens, _, closes in hours)


def _facet(name: str, documents: Sequence[Document], query: Query) -> dict[str, int]:
    """Count the values of a facet, leaving its own filter aside."""
    own, nothing = ASIDE.get(name, (name, ()))
    aside: dict[str, Any] = {} if name == "near" else {own: nothing}
    others = replace(query, filters=replace(query.filters, **aside))
    if name == "near" and query.near is not None:
        others = replace(others, near=replace(query.near, km=None))
    counts: Counter[str] = Counter()
    for document in documents:
        if _fits(document, others):
            # Parts of the chosen day, days of the chosen parts: as the whole asks.
            counts.update({one for one in _values(name, document, query) if one})
    return dict(counts)


def _key(document: Document, score: float, query: Query) -> tuple[float, float, int]:
    first = score
    if query.sort == "newest":
        first = document.created_at
    elif query.sort == "points":
        first = -math.inf if document.points is None else -float(document.points)
    elif query.sort == "rated":
        first = document.rating or 0.0
    elif query.sort == "soonest":
        first = -(document.starts_at or math.inf)
    elif query.sort == "nearest" and query.near is not None:
        away = _km(document, query.near)
        first = -math.inf if away is None else -away
    return first, score, document.created_at


def _km(document: Document, near: Near) -> float | None:
    """Return the distance in a plane, which is near enough within a town."""
    if document.lat is None or document.lon is None:
        return None
    north = document.lat - near.lat
    east = (document.lon - near.lon) * math.cos(math.radians(near.lat))
    return math.hypot(north, east) * KM_OF_A_DEGREE


def _hit(
    document: Document, score: float, words: Sequence[str], near: Near | None
) -> Hit:
    title, body = document.title, document.body
    marks, _ = highlight.spans(title, words)
    body_marks, _ = highlight.spans(body, words)
    return Hit(
        id=document.id,
        kind=document.kind,
        score=score,
        title=title,
        title_marked=highlight.pieces(title, marks, 0, len(title)),
        snippet=highlight.stretch(body, body_marks),
        card=document.card,
        km=_km(document, near) if near else None,
    )
