"""The residents' side: leave a wish without a name, keep a search, see one's own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app import search
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, public, signed_in
from app.web.htmx import go_to
from app.web.limits import limiter
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate
from app.wishes import actions, queries
from app.wishes.forms import KeepForm, NameForm, WishForm
from app.wishes.models import KeptSearch

bp = Blueprint("wishes", __name__)

ANYONE = "anyone"
"""Whose a wish is: not even its key says who sent it."""


@dataclass(frozen=True)
class Kept:
    """A search on its owner's page."""

    row: KeptSearch
    url: str
    finds: int


@bp.post("/wishes")
@public
@limiter.limit("20 per minute")
def post() -> ResponseReturnValue:
    """Leave a wish: the words, without the person."""
    at = now()
    form = read_form(WishForm)
    with transaction() as session:
        once(
            session,
            "wish.post",
            owner=ANYONE,
            body=form,
            at=at,
            do=lambda: (
                actions.post_wish(
                    session, form.words, key=search.fold_key(form.words), at=at
                ).day
            ),
        )
    return go_to(
        search.page_url(url_for("search.index"), search.Asked(text=form.words)),
        notice=translate(
            msg(
                "Thank you. The station desk sees what is missing; only the words are"
                " kept."
            )
        ),
    )


@bp.get("/searches")
@signed_in
def index() -> ResponseReturnValue:
    """Show one's searches: open, rename, delete."""
    return render_template("wishes/index.html", kept=_kept(), form=blank_form())


@bp.post("/searches")
@signed_in
def keep() -> ResponseReturnValue:
    """Keep a search to hear when something new fits."""
    at = now()
    form = read_form(KeepForm)
    with transaction() as session:
        once(
            session,
            "search.keep",
            owner=me().id,
            body=form,
            at=at,
            do=lambda: (
                actions.keep_search(session, form.line, form.name, by=me().id, at=at).id
            ),
        )
    return go_to(
        url_for(".index"),
        notice=translate(msg("Kept. You hear of it when something new fits.")),
    )


@bp.post("/searches/<uuid:search_id>/name")
@signed_in
def rename(search_id: UUID) -> ResponseReturnValue:
    """Call a search something else."""
    at = now()
    try:
        form = read_form(NameForm)
        with transaction() as session:
            once(
                session,
                f"search.rename:{search_id}",
                owner=me().id,
                body=form,
                at=at,
                do=lambda: (
                    actions.rename_search(session, search_id, form.name, by=me().id).id
                ),
            )
    except Refusal as refusal:
        if refusal.field is None:
            raise
        return refused_form("wishes/index.html", refusal, kept=_kept())
    return go_to(url_for(".index"), notice=translate(msg("Renamed.")))


@bp.post("/searches/<uuid:search_id>/end")
@signed_in
def forget(search_id: UUID) -> ResponseReturnValue:
    """Delete a search."""
    with transaction() as session:
        once(
            session,
            f"search.forget:{search_id}",
            owner=me().id,
            body={},
            at=now(),
            do=lambda: actions.forget_search(session, search_id, by=me().id),
        )
    return go_to(url_for(".index"), notice=translate(msg("Deleted.")))


def _kept() -> list[Kept]:
    with reading() as session:
        rows = queries.kept_by(session, me().id)
        finds = queries.finds_of(session, (row.id for row in rows))
    return [
        Kept(
            row,
            search.page_url(
                url_for("search.index"), search.Asked.read_line(row.line), sort="newest"
            ),
            len(finds.get(row.id, [])),
        )
        for row in rows
    ]
