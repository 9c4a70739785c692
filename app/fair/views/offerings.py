"""The fair's counter: an offering's page, one's own offerings, their form and times."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.fair import queries
from app.fair.actions import drafting as actions
from app.fair.actions import revisions
from app.fair.forms import OfferingForm
from app.fair.models import Offering
from app.fair.rules import Step, words
from app.fair.views import shown as pages
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.permissions import Permission
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import find_me, me, public, signed_in
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect
from app.web.links import find_url
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import register_labels, translate

bp = Blueprint("fair", __name__)
for _labels in words.LABELS:
    register_labels(_labels)

SHOW = "fair/show.html"
OWN = "fair/_own.html"
FORM = "fair/form.html"


@bp.get("/<uuid:offering_id>")
@public
def show(offering_id: UUID) -> ResponseReturnValue:
    """Show an offering: what, who, where, what it costs, when there is a seat."""
    reader = find_me()
    with reading() as session:
        offering = (
            queries.public_offering(session, offering_id)
            if reader is None
            else queries.offering_for(
                session, offering_id, reader=reader.id, on=day_of(now())
            )
        )
        shown = pages.show_offering(
            session, offering, reader=reader.id if reader else None, at=now()
        )
    return page_or_fragment(SHOW, OWN, **_around(shown))


@bp.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    """Show the reader's own offerings, each with its state and next step."""
    at = now()
    with reading() as session:
        shown = pages.show_mine(session, me().id, at=at)
        may_list = _may_list_somewhere()
    return render_template(
        "fair/mine.html",
        offerings=shown,
        may_list=may_list,
        apply_url=find_url("partners.new"),
        operations=words.OPERATIONS,
        bookings_url=find_url("bookings.provider"),
    )


@bp.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the empty form."""
    values = {"place_id": me().place_id, "capacity": 1, "audiences": ["all"]}
    return render_template(FORM, form=blank_form(**values), **_form_context())


@bp.post("/")
@signed_in
def create() -> ResponseReturnValue:
    """Keep a draft, or hand it in at once."""
    mine, at = me().id, now()
    try:
        form = read_form(OfferingForm)
        with transaction() as session:
            made = once(
                session,
                "offering.create",
                owner=mine,
                body=form,
                at=at,
                do=lambda: _create(session, form, mine),
            )
    except Refusal as refusal:
        return refused_form(FORM, refusal, **_form_context())
    return go_to(url_for(".show", offering_id=made), notice=_created_words(form.then))


@bp.get("/<uuid:offering_id>/form")
@signed_in
def edit(offering_id: UUID) -> ResponseReturnValue:
    """Show the form of one's own offering."""
    with reading() as session:
        offering = queries.offering_for(
            session, offering_id, reader=me().id, on=day_of(now())
        )
        _ensure_own(session, offering)
    values = {name: getattr(offering, name) for name in OfferingForm.model_fields
              if name != "then"}  # fmt: skip
    return render_template(FORM, form=blank_form(**values), **_form_context(offering))


@bp.post("/<uuid:offering_id>/form")
@signed_in
def change(offering_id: UUID) -> ResponseReturnValue:
    """Change a draft; on a live offering the price and the like wait for review."""
    mine, at = me().id, now()
    waiting: list[object] = []

    def do(session: Session, form: OfferingForm) -> UUID:
        offering, revision = revisions.edit_offering(
            session, offering_id, form.fields(), by=mine, at=at
        )
        waiting.append(revision)
        if form.then == "submit":
            actions.submit(session, offering.id, by=mine, at=at)
        return offering.id

    try:
        form = read_form(OfferingForm)
        with transaction() as session:
            once(
                session,
                "offering.edit",
                owner=mine,
                body={"offering_id": str(offering_id)} | form.model_dump(mode="json"),
                at=at,
                do=lambda: do(session, form),
            )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        with reading() as session:
            offering = queries.offering_for(session, offering_id, reader=mine)
        return refused_form(FORM, refusal, **_form_context(offering))
    notice = (
        translate("Your words are changed. Price and rules change after the review.")
        if any(waiting)
        else _created_words(form.then)
    )
    return go_to(url_for(".show", offering_id=offering_id), notice=notice)


@bp.post(
    "/<uuid:offering_id>/"
    "<any(submission, withdrawal, pause, resumption, archive, renewal):step>"
)
@signed_in
def take_step(offering_id: UUID, step: str) -> ResponseReturnValue:
    """Take one of the provider's steps."""
    chosen, mine, at = Step(step), me().id, now()
    with transaction() as session:
        once(
            session,
            words.OPERATIONS[chosen],
            owner=mine,
            body={"offering_id": str(offering_id)},
            at=at,
            do=lambda: (
                actions.take_step(session, offering_id, chosen, by=mine, at=at).id
            ),
        )
    return _swap_own(offering_id)


@bp.post("/<uuid:offering_id>/change-withdrawal")
@signed_in
def withdraw_change(offering_id: UUID) -> ResponseReturnValue:
    """Take back a change that waits for review."""
    with transaction() as session:
        revisions.withdraw_revision(session, offering_id, by=me().id, at=now())
    return _swap_own(offering_id)


def _create(session: Session, form: OfferingForm, mine: UUID) -> UUID:
    offering = actions.create_offering(
        session, author_id=mine, at=now(), **form.fields()
    )
    if form.then == "submit":
        actions.submit(session, offering.id, by=mine, at=now())
    return offering.id


def _created_words(then: str) -> str:
    if then == "submit":
        return translate("Handed in. Somebody else looks at it, usually within a day.")
    return translate("Saved.")


def _around(shown: pages.Shown) -> dict[str, Any]:
    """Return what the page of one offering needs beside the offering."""
    return {
        "shown": shown,
        "tone": words.TONES[shown.offering.category],
        "operations": words.OPERATIONS,
        "search_url": find_url("search.index"),
        "place_url": find_url("places.show", place_id=shown.place.id),
        "partner_url": find_url("partners.show", organisation_id=shown.organisation.id)
        if shown.organisation
        else None,
        "booking_urls": {
            slot.id: find_url("bookings.new", slot=slot.id) for slot in shown.slots
        },
    }


def _swap_own(offering_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        offering = queries.offering_for(
            session, offering_id, reader=me().id, on=day_of(now())
        )
        shown = pages.show_offering(session, offering, reader=me().id, at=now())
    from_list = request.form.get("back") == "mine"
    to = url_for(".mine") if from_list else url_for(".show", offering_id=offering_id)
    return swap_or_redirect(OWN, to=to, from_list=from_list, **_around(shown))


def _form_context(offering: Offering | None = None) -> dict[str, Any]:
    with reading() as session:
        offered = pages.choices(session, me().id, on=day_of(now()))
        may_list = _may_list_somewhere()
    return {
        "offering": offering,
        "choices": offered,
        "may_list": may_list,
        "apply_url": find_url("partners.new"),
    }


def _may_list_somewhere() -> bool:
    return bool(
        me().permissions
        & {
            Permission.LIST_OFFERING,
            Permission.LIST_PAID_OFFERING,
            Permission.MANAGE_PLACE,
        }
    )


def _ensure_own(session: Session, offering: Offering) -> None:
    queries.ensure_own(session, offering, me().id, on=day_of(now()))
