"""The editors' page: lines, what each would change, and a way to take it away."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, search
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.search.views import catalogue
from app.web.filters import local_today
from app.web.forms import FormState, blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.once import once, typed_fields
from app.web.store import reading, transaction
from app.web.words import label, register_labels, translate
from app.wording import actions, queries, rules
from app.wording.errors import LineInvalid
from app.wording.forms import LineForm
from app.wording.models import LineKind, SearchLine
from app.wording.rules import Change, Preview

bp = Blueprint("wording_desk", __name__)
register_labels(rules.LABELS)

PAGE = "wording/desk.html"
TRIED_MAX = 60
"""Questions a preview asks twice; the most frequent of the last two months."""
SHOWN = 3


@bp.get("/")
@needs(Permission.EDIT_WORDING)
def index() -> ResponseReturnValue:
    """Show every line in force."""
    return render_template(PAGE, form=blank_form(), preview=None, **_context())


@bp.post("/preview")
@needs(Permission.EDIT_WORDING)
def preview() -> ResponseReturnValue:
    """Show what a line would change; nothing is saved."""
    try:
        form = read_form(LineForm)
        with reading() as session:
            line = _written(session, form)
            live = queries.live_lines(session)
            asked = queries.most_asked(session, _since(), TRIED_MAX)
    except Refusal as refusal:
        return refused_form(PAGE, refusal, preview=None, **_context())
    would = _preview(live, line, [words for words, _ in asked])
    typed = FormState(values=request.form.to_dict())
    return render_template(PAGE, form=typed, preview=would, **_context())


@bp.post("/")
@needs(Permission.EDIT_WORDING)
def add() -> ResponseReturnValue:
    """Put a line in force."""
    try:
        form = read_form(LineForm)
        with transaction() as session:
            once(
                session, "search_line.add", owner=me().id, body=form, at=now(),
                do=lambda: actions.add_line(
                    session, _written(session, form), by=me().id, at=now()
                ).id,
            )  # fmt: skip
    except Refusal as refusal:
        return refused_form(PAGE, refusal, preview=None, **_context())
    return go_to(
        url_for(".index"), notice=translate(msg("The search knows it in a moment."))
    )


@bp.post("/<uuid:line_id>/end")
@needs(Permission.EDIT_WORDING)
def end(line_id: UUID) -> ResponseReturnValue:
    """Take a line away."""
    with transaction() as session:
        once(
            session, "search_line.end", owner=me().id, at=now(),
            body={**typed_fields(), "line": str(line_id)},
            do=lambda: actions.end_line(session, line_id, by=me().id, at=now()).id,
        )  # fmt: skip
    return go_to(url_for(".index"), notice=translate(msg("The line was taken away.")))


def _written(session: Session, form: LineForm) -> SearchLine:
    """Return the line a form means.

    Raises:
        Refusal: it means nothing, or names a page nobody can find.
    """
    line = actions.write_line(
        session, form.kind, form.asked, form.found,
        until=form.until, note=form.note, by=me().id, at=now(),
    )  # fmt: skip
    if line.kind in rules.TARGETS and not search.is_findable(
        catalogue(), line.found or ""
    ):
        raise LineInvalid(
            msg("Nobody can find this page today, so it cannot come first."),
            field="found",
        )
    return line


def _preview(live: list[SearchLine], line: SearchLine, asked: list[str]) -> Preview:
    """Ask everything twice: as the search is told today, and with the line."""
    today = local_today()
    old = rules.wording_of(live, on=today)
    new = rules.wording_of([*live, line], on=today)
    checks = [one for one in (*live, line) if one.kind is LineKind.CHECK]
    own = line.asked.split(", ") + (line.found or "").split(", ")
    words = own if line.kind not in rules.TARGETS else [line.asked]
    tried = dict.fromkeys([*words, *asked, *(one.asked for one in checks)])
    found = {text: (_first(text, old), _first(text, new)) for text in tried}
    changes = [
        Change(text, _titles(before), _titles(after))
        for text, (before, after) in found.items()
        if [one.id for one in before] != [one.id for one in after]
    ]
    places = [
        tuple(
            rules.worth(one.found or "", (hit.id for hit in found[one.asked][side]))
            for side in (0, 1)
        )
        for one in checks
    ]
    many = max(1, len(places))
    return Preview(
        asked=len(tried),
        changes=changes,
        checks=len(places),
        before=sum(before for before, _ in places) / many,
        after=sum(after for _, after in places) / many,
    )


def _first(text: str, wording: search.Wording) -> list[search.Find]:
    return search.first_page(catalogue(), text, wording) or []


def _titles(found: list[search.Find]) -> tuple[str, ...]:
    return tuple(one.title for one in found[:SHOWN])


def _since() -> date:
    return (local_today().replace(day=1) - timedelta(days=1)).replace(day=1)


def _context() -> dict[str, Any]:
    with reading() as session:
        live = queries.live_lines(session)
        ended = queries.ended_lines(session)
        asked = queries.most_asked(session, _since(), TRIED_MAX)
        who = people.people_by_ids(
            session,
            {one for line in (*live, *ended) for one in (line.added_by, line.ended_by)},
        )
    piles = [(kind, [line for line in live if line.kind is kind]) for kind in LineKind]
    return {
        "piles": [(label(kind), lines) for kind, lines in piles if lines],
        "ended": ended,
        "asked": asked,
        "who": who,
        "kind_options": [(str(kind), label(kind)) for kind in LineKind],
    }
