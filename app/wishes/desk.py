"""The desk's side: what is missing, gathered by words, with nobody in it."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import search
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.filters import local_today
from app.web.guards import needs
from app.web.store import reading
from app.web.words import translate
from app.wishes import queries, rules

bp = Blueprint("wishes_desk", __name__)

NEEDS_SHOWN = 100


@bp.get("/")
@needs(Permission.OPEN_DESK)
def index() -> ResponseReturnValue:
    """Show the wishes of the last days, the most frequent first."""
    span = rules.span_asked(request.args.get("days"))
    with reading() as session:
        rows = queries.wishes_since(session, local_today() - timedelta(days=span - 1))
    every = rules.needs_of(rows)
    catalogue = cast("search.Catalogue", current_app.extensions["fair_catalogue"])
    shown = [
        (
            need,
            search.page_url(url_for("search.index"), search.Asked(text=need.words)),
            search.fits_now(catalogue, need.words),
        )
        for need in every[:NEEDS_SHOWN]
    ]
    return render_template(
        "wishes/desk.html",
        needs=shown,
        total=len(every),
        wishes=sum(need.times for need in every),
        spans=[
            (
                translate(msg("%(n)s days"), n=days),
                url_for(".index", days=days),
                days == span,
            )
            for days in rules.SPANS
        ],
    )
