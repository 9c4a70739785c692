"""The staff's search: people, records, orders and rewards of the places one works for.

There is no index of these. The rows of the scope are read, and only they are compared,
so that nothing outside it can show in hits, counts or time (decision 0016).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.search.rules import fold_key
from app.web.desk_finds import FIND_LABELS, FINDS_MAX, Find, FindSource
from app.web.filters import local_today
from app.web.guards import me, needs
from app.web.htmx import page_or_fragment
from app.web.store import reading
from app.web.words import localized, translate
from search_index import fold
from search_index.names import is_name_of

bp = Blueprint("search_desk", __name__)

ASKED_MAX = 60
SHOWN = 20
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def init_staff_search(app: Flask, sources: tuple[FindSource, ...]) -> None:
    """Tell the staff's search which features to read."""
    app.extensions["fair_find_sources"] = sources


@bp.get("/")
@needs(Permission.OPEN_DESK)
def staff() -> ResponseReturnValue:
    """Show the field."""
    return _page("", None)


@bp.post("/")
@needs(Permission.OPEN_DESK)
def find() -> ResponseReturnValue:
    """Find what is of my places; posted, so that no address keeps people's names."""
    words = request.form.get("words", "").replace("\x00", "").strip()[:ASKED_MAX]
    problem = _problem(words)
    return _page("" if problem else words, problem, typed=words)


def _problem(words: str) -> str | None:
    """Return why there is nothing to look for; None when there is."""
    parts = [part for word in words.split() if (part := fold_key(word))]
    if not parts:
        return translate(
            msg("Please write a name, a number, a day, or what it is about.")
        )
    if len(parts) == 1 and len(parts[0]) == 1 and parts[0].isascii():
        return translate(msg("Please write one Chinese character, or two letters."))
    for word in words.split():
        if DAY.fullmatch(word) and not _is_day(word):
            return translate(msg("There is no such day: %(day)s"), day=word)
    return None


def _is_day(word: str) -> bool:
    try:
        date.fromisoformat(word)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Pile:
    """What was found of one kind: the latest of it, and how many more there are."""

    words: str
    finds: list[Find]
    more: int


def _page(
    words: str, problem: str | None, *, typed: str | None = None
) -> ResponseReturnValue:
    with reading() as session:
        reach = _reach_of_people(session)
        met, more = _people(session, words, reach)
        piles, is_cut = _piles(session, words) if words else ([], False)
        where = places.places_by_ids(
            session,
            {
                *(one.place_id for one in met),
                *(one.place_id for pile in piles for one in pile.finds),
            },
        )
        scope = places.places_by_ids(session, reach or ())
    context: dict[str, Any] = {
        "words": words,
        "typed": words if typed is None else typed,
        "problem": problem,
        "latest": FINDS_MAX if is_cut else None,
        "found": met,
        "more": more,
        "piles": piles,
        "where": where,
        "looks_for_people": reach != frozenset(),
        "scope": None if reach is None else _names(scope),
    }
    return page_or_fragment("search/staff.html", "search/_staff.html", **context)


def _reach_of_people(session: Session) -> frozenset[UUID] | None:
    """Return whose people I may look up: of these places; None: everybody."""
    return people.permitted_place_ids(
        session, me().id, Permission.ACT_FOR_RESIDENT, on=local_today()
    )


def _people(
    session: Session, words: str, reach: frozenset[UUID] | None
) -> tuple[list[people.Person], int]:
    if not words or reach == frozenset():
        return [], 0
    ids = [
        one
        for one, names, numbers in people.names_within(session, reach)
        if words in numbers or any(is_name_of(words, name) for name in names)
    ]
    shown = people.people_by_ids(session, ids[:SHOWN])
    return [shown[one] for one in ids[:SHOWN]], max(0, len(ids) - SHOWN)


def _piles(session: Session, words: str) -> tuple[list[Pile], bool]:
    """Return records, orders and rewards that every word fits, by kind.

    And whether there were older ones that nobody compared.
    """
    sources = cast(
        "tuple[FindSource, ...]", current_app.extensions["fair_find_sources"]
    )
    asked = [(one, fold(one)) for one in words.split() if fold_key(one)]
    piles, is_cut = [], False
    for source in sources:
        seen = source(session, actor_id=me().id, on=local_today())
        is_cut = is_cut or len(seen) >= FINDS_MAX
        fitting = [
            one for one in seen if all(_fits(one, word, plain) for word, plain in asked)
        ]
        if fitting:
            title = translate(FIND_LABELS[fitting[0].kind])
            piles.append(Pile(title, fitting[:SHOWN], max(0, len(fitting) - SHOWN)))
    return piles, is_cut


def _fits(find: Find, word: str, plain: str) -> bool:
    """Say whether a word is the day, the code, part of the title, or the name."""
    if DAY.fullmatch(word):
        return find.day.isoformat() == word
    return (
        word in find.codes
        or any(plain in fold(text) for text in find.texts)
        or any(is_name_of(word, name) for name in find.names)
    )


def _names(scope: Any) -> str:
    """Return the uppermost places of a scope; what lies below goes without saying."""
    top = [one for one in scope.values() if one.parent_id not in scope]
    return " · ".join(sorted(localized(one, "name") for one in top))
