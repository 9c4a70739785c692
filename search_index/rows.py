"""A document as the index stores it: terms, numbers and a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search_index import analysis
from search_index.lexicon import entry
from search_index.model import POINT_STEPS
from search_index.whoosh_files import CURSOR_ID, NOWHERE

if TYPE_CHECKING:
    from decimal import Decimal

    from search_index.model import Document

TITLE_TIMES = 3  # a word of the title counts like three of the body
INNER_TITLE_TIMES = 2  # 磨刀 in 磨刀石 says less than 磨刀 alone
OTHER_TITLE_TIMES = 2
STORED_BODY = 4000  # characters kept for snippets
MAX_TEXT = 20_000  # characters of one text that are analysed
MOST = 2**31 - 2
_CHINESE, _ENGLISH, _BOTH = 1, 2, 3


def row(document: Document) -> dict[str, Any]:
    """What Whoosh's writer is given for a document.

    Raises ValueError when the document has no id or claims a reserved one.
    """
    if not document.id or document.id.startswith("_"):
        raise ValueError(f"not a document id: {document.id!r}")
    title = analysis.terms(document.title[:MAX_TEXT], title=True)
    others = [analysis.terms(t[:MAX_TEXT], title=True) for t in document.other_titles]
    body = analysis.terms(document.body[:MAX_TEXT])
    extra = [analysis.terms(w[:MAX_TEXT]) for w in document.words]
    words = title.words * TITLE_TIMES + title.inner * INNER_TITLE_TIMES
    words += body.words + body.inner
    words += [w for t in others for w in t.words + t.inner] * OTHER_TITLE_TIMES
    words += [w for t in extra for w in t.words + t.inner]
    every = [title, body, *others, *extra]
    titles = [title, *others]
    return {
        "id": document.id,
        "card": _card(document),
        "w": words,
        "g": set().union(*(t.grams for t in every)),
        "tp": set().union(*(t.spellings for t in titles)),
        "ti": set().union(*(t.initials for t in titles)),
        "lex": {entry(word) for t in every for word in t.forms},
        "f": _facets(document),
        **_numbers(document),
    }


def cursor_row(cursor: int) -> dict[str, Any]:
    """The document that carries the outbox position, in the same commit."""
    numbers = dict.fromkeys(("lat", "lon"), NOWHERE)
    return {"id": CURSOR_ID, "card": {"cursor": cursor}, "w": (), **numbers}


def _card(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "title": document.title,
        "body": document.body[:STORED_BODY],
        "version": document.version,
        "card": {str(k): str(v) for k, v in document.card.items()},
    }


def _facets(document: Document) -> set[str]:
    places = {document.place, *document.places}
    values = {
        "kind": {document.kind},
        "category": {document.category},
        "audience": set(document.audience),
        "place": places,
        "price_mode": {document.price_mode},
        "service_nature": {document.service_nature},
        "provider_source": {document.provider_source},
        "points": _steps(document.points),
        "language": set(document.languages),
        "open": set(document.open),
        **_free(document),
    }
    return {f"{name}={v}" for name, some in values.items() for v in some if v}


def _free(document: Document) -> dict[str, set[str]]:
    """The free times: by day, by part of the day, and each pair."""
    slots = {tuple(slot.split("/", 1)) for slot in document.slots if "/" in slot}
    slots |= {(day, part) for day in document.days for part in document.times}
    return {
        "day": {*document.days, *(slot[0] for slot in slots)},
        "time": {*document.times, *(slot[1] for slot in slots)},
        "slot": {"/".join(slot) for slot in slots},
    }


def _steps(points: Decimal | int | None) -> set[str]:
    """The round prices that would buy it."""
    if points is None:
        return set()
    return {str(step) for step in POINT_STEPS if points <= step}


def _numbers(document: Document) -> dict[str, int]:
    placed = document.lat is not None and document.lon is not None
    return {
        "points": MOST if document.points is None else _within(_hundredths(document)),
        "starts": _within(document.starts_at or 0),
        "created": _within(document.created_at),
        "lat": round((document.lat or 0.0) * 100_000) if placed else NOWHERE,
        "lon": round((document.lon or 0.0) * 100_000) if placed else NOWHERE,
        "rating": round((document.rating or 0.0) * 100),
        "ratings": _within(document.ratings),
        "lang": _language(document),
    }


def _hundredths(document: Document) -> int:
    return int((document.points or 0) * 100)


def _within(number: int) -> int:
    return max(0, min(MOST, number))


def _language(document: Document) -> int:
    chinese = document.lang.startswith("zh")
    if not chinese and not document.lang.startswith("en"):
        return _BOTH
    for title in document.other_titles:
        if bool(analysis.runs(title)) != chinese:
            return _BOTH
    return _CHINESE if chinese else _ENGLISH
