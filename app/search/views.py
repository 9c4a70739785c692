"""The search page: words, choices with true counts, results."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import fair, places
from app.kernel.clock import now
from app.kernel.i18n import msg
from app.search.actions import Catalogue
from app.search.plainly import GENERATION, find_plainly, suggest_plainly
from app.search.rules import PAGE_SIZE, Asked, page_url
from app.web import filters
from app.web.guards import public
from app.web.htmx import page_or_fragment
from app.web.store import reading
from app.web.words import label, language, localized, translate
from search_index import Hit, IndexUnavailable, Page, Query, Suggestion
from search_index.model import Pieces

bp = Blueprint("search", __name__)
log = logging.getLogger(__name__)

KIND_WORDS = {
    "offering": msg("Services"),
    "goods": msg("Workshop goods"),
    "post": msg("Volunteer posts"),
    "reward": msg("Rewards"),
    "place": msg("Sites"),
    "organisation": msg("Partners"),
}
PLAIN_WORDS = msg(
    "The search is being rebuilt. Until then we look for the words just as you typed"
    " them."
)
AUDIENCE_ORDER = [str(member) for member in fair.Audience]
TIME_WORDS = {"evening": msg("Evenings"), "weekend": msg("Weekends")}
SORT_WORDS = {
    "best": msg("Best match"),
    "soonest": msg("Soonest"),
    "newest": msg("Newest"),
    "points": msg("Fewest points"),
}
FACET_WORDS = {
    "kind": msg("What"),
    "category": msg("Stall"),
    "audience": msg("For whom"),
    "price": msg("Price"),
    "nature": msg("Kind of service"),
    "time": msg("When"),
}
FACET_OF = {"price": "price_mode", "nature": "service_nature"}
TONES = {
    "daily_repair": "life",
    "elder_care": "care",
    "children": "child",
    "youth": "youth",
    "seafarer": "sea",
    "culture_sport": "culture",
    "law_finance": "law",
    "space_equipment": "space",
    "posts_jobs": "post",
    "inclusive": "youth",
    "goods": "goods",
    "place": "space",
    "law": "law",
}
CATEGORIES = frozenset(str(member) for member in fair.Category)
ENUMS: dict[str, Any] = {
    "category": fair.Category,
    "audience": fair.Audience,
    "price": fair.PriceMode,
    "nature": fair.ServiceNature,
}


@bp.get("/search")
@public
def index() -> ResponseReturnValue:
    """Show what was found, or everything there is."""
    asked = Asked.read(request.args.to_dict(flat=False))
    found = ask(asked.to_query(language(), int(now().timestamp())))
    return page_or_fragment(
        "search/index.html",
        "search/_results.html",
        asked=asked,
        found=found,
        hits=[shown(hit) for hit in found.hits],
        notice=translate(PLAIN_WORDS) if is_plain(found) else None,
        facets=_facets(asked, found),
        place=_place_name(asked),
        pages=_pages(asked, found),
        sorts=[
            (translate(words), page_url(url_for(".index"), asked, sort=name, page=1),
             asked.sort == name)
            for name, words in SORT_WORDS.items()
        ],
        clear_url=page_url(url_for(".index"), Asked(text=asked.text)),
        meant_url=(
            page_url(url_for(".index"), asked, text=found.did_you_mean, page=1)
            if found.did_you_mean
            else None
        ),
        kind_words=KIND_WORDS,
    )  # fmt: skip


@bp.get("/search/suggestions")
@public
def suggestions() -> ResponseReturnValue:
    """Return completions of what is being typed, as a list fragment."""
    typed = request.args.get("q", "")[:40]
    found = complete(typed) if typed else ()
    return render_template("search/_suggestions.html", suggestions=found)


@dataclass(frozen=True)
class Shown:
    """A hit as the page shows it, in the reader's language."""

    title: Pieces
    url: str
    tone: str
    category: str
    place: str
    teaser: Pieces
    facts: list[tuple[str, str]]
    badges: list[tuple[str, str]]
    why: tuple[str, ...] = ()


def shown(hit: Hit) -> Shown:
    """Return *hit* in the reader's language; marks stay on the original words."""
    card = hit.card
    suffix = {"en": "_en", "zh-Hant": "_zh_hant"}.get(language(), "")

    def own(name: str) -> str:
        return card.get(name + suffix) or card.get(name, "")

    title = own("title")
    summary = own("summary")
    facts = []
    if own("who"):
        facts.append((translate(msg("Provider")), own("who")))
    if card.get("price_mode"):
        facts.append((translate(msg("Price")), _price(card)))
    if card.get("next"):
        soonest = datetime.fromtimestamp(int(card["next"]), UTC)
        facts.append((translate(msg("Next free")), filters.moment(soonest)))
    is_category = card.get("tone") in CATEGORIES
    return Shown(
        title=hit.title_marked if title == hit.title else ((title, False),),
        url=card["url"],
        tone=TONES.get(card.get("tone", ""), "life"),
        category=(
            label(fair.Category(card["tone"]))
            if hit.kind == "offering" and is_category
            else translate(KIND_WORDS[hit.kind])
        ),
        place=own("place"),
        teaser=hit.snippet if hit.snippet and not suffix else ((summary, False),),
        facts=facts,
        badges=[(label(fair.ServiceNature(card["nature"])), "plain")]
        if card.get("nature")
        else [],
        why=hit.why,
    )


def _price(card: Mapping[str, str]) -> str:
    mode = card["price_mode"]
    if mode == "points":
        amount = filters.points(Decimal(card.get("points", "0")))
        return translate(msg("%(amount)s points"), amount=amount)
    if mode == "cny":
        amount = filters.money(Decimal(card["cny"]))
        return f"{amount} / {card['unit']}" if card.get("unit") else amount
    return translate(msg("Free"))


def catalogue() -> Catalogue:
    """Return the catalogue of the application that answers this request."""
    return cast("Catalogue", current_app.extensions["fair_catalogue"])


def ask(question: Query) -> Page:
    """Answer from the index; from the tables, plainly, while it cannot be read."""
    try:
        return catalogue().index.search(question)
    except (IndexUnavailable, OSError) as problem:
        _miss(problem)
    with reading() as session:
        return find_plainly(session, question, catalogue().context(now()))


def complete(typed: str) -> tuple[Suggestion, ...]:
    """Complete what is being typed; by titles alone while there is no index."""
    try:
        return catalogue().index.suggest(typed, lang=language())
    except (IndexUnavailable, OSError) as problem:
        _miss(problem)
    with reading() as session:
        return suggest_plainly(session, typed, catalogue().context(now()))


def is_plain(found: Page) -> bool:
    """Say whether the tables answered instead of the index."""
    return found.generation == GENERATION


def _miss(problem: Exception) -> None:
    log.warning("the search index cannot be read; searching the tables: %s", problem)
    catalogue().miss()


def _facets(asked: Asked, found: Page) -> list[tuple[str, list[Any], bool]]:
    """Return (title, [(words, url, count, is chosen)], is open) for each facet."""
    shown = []
    for name, title in FACET_WORDS.items():
        counts = dict(found.facets.get(FACET_OF.get(name, name), {}))
        chosen: tuple[str, ...] = getattr(asked, name)
        values = [v for v in _order(name) if counts.get(v) or v in chosen]
        items = [
            (
                _words(name, value),
                page_url(url_for(".index"), asked.toggled(name, value)),
                counts.get(value, 0),
                value in chosen,
            )
            for value in values
        ]
        if items:
            shown.append((translate(title), items, bool(chosen)))
    return shown


def _order(name: str) -> list[str]:
    if name == "kind":
        return list(KIND_WORDS)
    if name == "time":
        return list(TIME_WORDS)
    return [str(member) for member in ENUMS[name]]


def _words(name: str, value: str) -> str:
    if name == "kind":
        return translate(KIND_WORDS[value])
    if name == "time":
        return translate(TIME_WORDS[value])
    return label(ENUMS[name](value))


def _place_name(asked: Asked) -> str | None:
    try:
        ids = [UUID(value) for value in asked.place]
    except ValueError:
        return None
    with reading() as session:
        found = places.places_by_ids(session, ids)
    return ", ".join(localized(place, "name") for place in found.values()) or None


def _pages(asked: Asked, found: Page) -> dict[str, Any]:
    last = max(1, -(-found.total // PAGE_SIZE))
    base = url_for(".index")
    return {
        "number": asked.page,
        "pages": last,
        "previous_url": (
            page_url(base, asked, page=asked.page - 1) if asked.page > 1 else None
        ),
        "next_url": (
            page_url(base, asked, page=asked.page + 1) if asked.page < last else None
        ),
    }
