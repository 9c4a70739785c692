"""The staff's search: people of the places a clerk works for, and of no other.

There is no index of people. The rows of the scope are read, and only these are
compared, so that nothing outside it can show in hits, counts or time (decision 0016).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app import people, places
from app.kernel.permissions import Permission
from app.web.filters import local_today
from app.web.guards import me, needs
from app.web.htmx import page_or_fragment
from app.web.store import reading
from app.web.words import localized
from search_index.names import is_name_of

bp = Blueprint("search_desk", __name__)

ASKED_MAX = 60
SHOWN = 20


@bp.get("/")
@needs(Permission.ACT_FOR_RESIDENT)
def staff() -> ResponseReturnValue:
    """Show the field."""
    return _page("")


@bp.post("/")
@needs(Permission.ACT_FOR_RESIDENT)
def find() -> ResponseReturnValue:
    """Find people of my places; posted, so that no address keeps their names."""
    return _page(request.form.get("words", "").replace("\x00", "").strip()[:ASKED_MAX])


def _page(words: str) -> ResponseReturnValue:
    with reading() as session:
        reach = people.permitted_place_ids(
            session, me().id, Permission.ACT_FOR_RESIDENT, on=local_today()
        )
        ids = (
            [
                one
                for one, names, numbers in people.names_within(session, reach)
                if words in numbers or any(is_name_of(words, name) for name in names)
            ]
            if words
            else []
        )
        shown = people.people_by_ids(session, ids[:SHOWN])
        found = [shown[one] for one in ids[:SHOWN]]
        where = places.places_by_ids(session, {*(one.place_id for one in found)})
        scope = places.places_by_ids(session, reach or ())
    context: dict[str, Any] = {
        "words": words,
        "found": found,
        "more": len(ids) - len(found),
        "where": where,
        "scope": None if reach is None else _names(scope),
    }
    return page_or_fragment("search/staff.html", "search/_staff.html", **context)


def _names(scope: Any) -> str:
    """Return the uppermost places of a scope; what lies below goes without saying."""
    top = [one for one in scope.values() if one.parent_id not in scope]
    return " · ".join(sorted(localized(one, "name") for one in top))
