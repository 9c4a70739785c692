"""The search page and what helps to type: suggestions, a browser's own search box."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import fair, places
from app.kernel.clock import now
from app.kernel.i18n import msg
from app.search.rules import (
    PAGE_SIZE,
    Asked,
    is_worth_completing,
    line_to_keep,
    page_url,
    pairs_of,
)
from app.search.views import choices
from app.search.views.answers import PLAIN_WORDS, ask, complete, heard, is_plain
from app.search.views.shown import KIND_WORDS, Shown, shown
from app.web import filters
from app.web.guards import find_me, public
from app.web.htmx import page_or_fragment
from app.web.store import reading
from app.web.words import label, language, localized, speaking, translate
from search_index import Page, Query, fold, in_script, reads_like, strip_tones

bp = Blueprint("search", __name__)

GROUPED_SHOWN = 3
TYPED_MAX = 40
SUGGESTED_MAX = 8
CATEGORIES_MAX = 2
NAME_MAX = 80


@dataclass(frozen=True)
class Kind:
    """What was found of one kind: the best of it, and the way to the rest."""

    words: str
    total: int
    url: str
    hits: list[Shown]


@dataclass(frozen=True)
class Suggested:
    """One way to go on: the text, what it is, and where it leads."""

    text: str
    kind: str
    url: str


@bp.get("/search")
@public
def index() -> ResponseReturnValue:
    """Show what was found, or everything there is."""
    asked = Asked.read(request.args.to_dict(flat=False))
    at = now()
    with reading() as session:
        where = choices.where_for(session, asked)
    origin = choices.origin_of(asked, where)
    question = asked.to_query(
        language(),
        int(at.timestamp()),
        origin=origin,
        wall_clock=filters.local(at),
    )
    found = ask(question)
    if asked.page == 1:
        heard(asked.text)
    chips = choices.chips_for(asked, where)
    answer = make_response(
        page_or_fragment(
            "search/index.html",
            "search/_results.html",
            asked=asked,
            found=found,
            hits=[shown(hit) for hit in found.hits],
            kinds=_by_kind(asked, question, found) if asked.is_grouped else [],
            notice=translate(PLAIN_WORDS) if is_plain(found) else None,
            groups=choices.groups_for(asked, found, where, filters.local_today()),
            open_now=choices.open_choice(asked, found.facets["open"]),
            chips=chips,
            fields=[pair for pair in pairs_of(replace(asked, page=1))
                    if pair[0] != "q"],
            pages=_pages(asked, found),
            sorts=choices.sorts_for(asked, has_origin=origin is not None),
            views=_views(asked),
            clear_url=page_url(url_for(".index"), Asked(text=asked.text)),
            meant=in_script(found.did_you_mean or "", language()),
            meant_url=(
                page_url(url_for(".index"), asked, text=found.did_you_mean, page=1)
                if found.did_you_mean
                else None
            ),
            line=line_to_keep(asked),
            keep_as=" · ".join(filter(None, (asked.text, *(c[0] for c in chips))))[
                :NAME_MAX
            ],
        )
    )  # fmt: skip
    # The page asks where its reader is only after a press on its button.
    answer.headers["Permissions-Policy"] = (
        "geolocation=(self), camera=(), microphone=()"
    )
    return answer


@bp.get("/search/from")
@public
def start() -> ResponseReturnValue:
    """Show the places a walk may begin at."""
    asked = Asked.read(request.args.to_dict(flat=False))
    me = find_me()
    with reading() as session:
        every = [one for one in places.all_places(session) if one.latitude is not None]
    walk = asked.walk or 15

    def leads(place: places.Place) -> tuple[str, str]:
        url = page_url(
            url_for(".index"), asked, start=str(place.id), near=None, walk=walk, page=1
        )
        return localized(place, "name"), url

    mine = [leads(one) for one in every if me and one.id == me.place_id]
    names = {str(one.id): localized(one, "name") for one in every}
    towns: dict[str, list[tuple[str, str]]] = {}
    for one in every:
        if one.kind in (places.PlaceKind.DISTRICT, places.PlaceKind.TOWN):
            continue
        over = [names[part] for part in one.path.split("/") if part in names]
        towns.setdefault(over[1] if len(over) > 1 else "".join(over), []).append(
            leads(one)
        )
    return render_template(
        "search/start.html",
        mine=mine,
        towns=towns,
        back_url=page_url(url_for(".index"), asked),
    )


@bp.get("/search/suggestions")
@public
def suggestions() -> ResponseReturnValue:
    """Return ways to complete what is being typed, as a fragment."""
    typed = request.args.get("q", "").replace("\x00", "")[:TYPED_MAX].strip()
    return render_template("search/_suggestions.html", suggestions=_suggested(typed))


@bp.get("/search/completions")
@public
def completions() -> ResponseReturnValue:
    """Return completions as a browser's own search box wants them."""
    typed = request.args.get("q", "").replace("\x00", "")[:TYPED_MAX].strip()
    texts = list(dict.fromkeys(one.text for one in _suggested(typed)))
    answer = jsonify([typed, texts])
    answer.mimetype = "application/x-suggestions+json"
    return answer


@bp.get("/opensearch.xml")
@public
def description() -> ResponseReturnValue:
    """Describe the search, so that a browser can add it."""
    answer = make_response(render_template("search/opensearch.xml"))
    answer.mimetype = "application/opensearchdescription+xml"
    return answer


def _by_kind(asked: Asked, question: Query, found: Page) -> list[Kind]:
    kinds = []
    for kind, words in KIND_WORDS.items():
        total = found.facets["kind"].get(kind, 0)
        if not total or (asked.kind and kind not in asked.kind):
            continue
        only = replace(
            question,
            filters=replace(question.filters, kind=(kind,)),
            limit=GROUPED_SHOWN,
            offset=0,
            facets=(),
        )
        hits = ask(only).hits
        url = page_url(url_for(".index"), asked, kind=(kind,), is_grouped=False, page=1)
        few = [shown(hit) for hit in hits]
        kinds.append(Kind(translate(words), total, url, few))
    return kinds


def _suggested(typed: str) -> list[Suggested]:
    """Return categories, words, places, providers and titles that begin so."""
    if not is_worth_completing(typed):
        return []
    folded = fold(typed)
    letters = "".join(strip_tones(folded).split())
    rows = [
        Suggested(
            label(one),
            translate(msg("Stall")),
            page_url(url_for(".index"), Asked(category=(str(one),))),
        )
        for one in fair.Category
        if any(reads_like(name, folded, letters) for name in _names(one))
    ][:CATEGORIES_MAX]
    for one in complete(typed, SUGGESTED_MAX - len(rows)):
        kind = translate(KIND_WORDS[one.kind]) if one.kind in KIND_WORDS else ""
        url = page_url(url_for(".index"), Asked(text=one.text))
        rows.append(Suggested(one.text, kind, url))
    return rows


def _names(category: fair.Category) -> set[str]:
    """Return what a stall is called: in Chinese, and in the reader's language."""
    with speaking("zh-Hans"):
        chinese = label(category)
    return {chinese, label(category)}


def _views(asked: Asked) -> list[tuple[str, str, bool]]:
    """Return the switch: everything mixed, or by kind."""
    return [
        (
            translate(words),
            page_url(url_for(".index"), asked, is_grouped=is_grouped, page=1),
            asked.is_grouped == is_grouped,
        )
        for words, is_grouped in ((msg("Mixed"), False), (msg("By kind"), True))
    ]


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
