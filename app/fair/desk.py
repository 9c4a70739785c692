"""The review desk: what waits, one offering with its checklist, the three answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places
from app.fair import queries, rules
from app.fair.actions import reviewing, revisions
from app.fair.forms import ReasonForm
from app.fair.models import Offering, OfferingState
from app.fair.rules import Step, words
from app.fair.views import shown as pages
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.permissions import Permission
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from app.web.forms import FormState, blank_form, errors_of, read_form
from app.web.guards import me, needs
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import label, localized, translate

bp = Blueprint("fair_desk", __name__)

PAGE = "fair/review.html"
FRAGMENT = "fair/_review.html"
CHANGE_PAGE = "fair/change_review.html"
CHANGE_FRAGMENT = "fair/_change_review.html"

_DO: Mapping[Step, Callable[..., Offering]] = {
    Step.TAKE: reviewing.take_for_review,
    Step.APPROVE: reviewing.approve,
    Step.REQUEST_CHANGES: reviewing.request_changes,
    Step.REJECT: reviewing.reject,
    Step.TAKE_DOWN: reviewing.take_down,
}


@bp.get("/reviews")
@needs(Permission.REVIEW_LISTING)
def queue() -> ResponseReturnValue:
    """Show what waits for review, the oldest first."""
    with reading() as session:
        offerings, changes = queries.review_queue(session, me().id, on=day_of(now()))
        waiting = [*offerings, *(offering for _, offering in changes)]
        where = places.places_by_ids(session, [one.place_id for one in waiting])
    return render_template(
        "fair/queue.html", offerings=offerings, changes=changes, places=where
    )


@bp.get("/reviews/<uuid:offering_id>")
@needs(Permission.REVIEW_LISTING)
def review(offering_id: UUID) -> ResponseReturnValue:
    """Show one offering with what a reviewer has to look at."""
    return page_or_fragment(PAGE, FRAGMENT, **_review(offering_id, blank_form()))


@bp.post(
    "/reviews/<uuid:offering_id>/"
    '<any(review, approval, "change-request", rejection):step>'
)
@needs(Permission.REVIEW_LISTING)
def answer(offering_id: UUID, step: str) -> ResponseReturnValue:
    """Take an offering, or decide about it."""
    chosen = Step(step)
    try:
        _take(offering_id, chosen)
    except Refusal as refusal:
        if refusal.field != "reason":
            raise
        return _refused(PAGE, FRAGMENT, refusal, _review, offering_id)
    return swap_or_redirect(
        FRAGMENT,
        to=url_for(".queue"),
        notice=_done_words(chosen),
        **_review(offering_id, blank_form()),
    )


@bp.post("/<uuid:offering_id>/removal")
@needs(Permission.OPEN_DESK)
def remove(offering_id: UUID) -> ResponseReturnValue:
    """Take a live offering out of the fair, with a reason."""
    _take(offering_id, Step.TAKE_DOWN)
    return go_to(url_for(".queue"), notice=_done_words(Step.TAKE_DOWN))


@bp.get("/reviews/changes/<uuid:revision_id>")
@needs(Permission.REVIEW_LISTING)
def review_change(revision_id: UUID) -> ResponseReturnValue:
    """Show a proposed change of a live offering, old beside new."""
    return page_or_fragment(
        CHANGE_PAGE, CHANGE_FRAGMENT, **_change(revision_id, blank_form())
    )


@bp.post("/reviews/changes/<uuid:revision_id>/<any(approval, rejection):step>")
@needs(Permission.REVIEW_LISTING)
def answer_change(revision_id: UUID, step: str) -> ResponseReturnValue:
    """Let a change come true, or turn it down."""
    mine, at = me().id, now()
    is_approved = Step(step) == Step.APPROVE
    form = read_form(ReasonForm)
    try:
        with transaction() as session:
            once(
                session,
                "revision.approve" if is_approved else "revision.reject",
                owner=mine,
                body={"revision_id": str(revision_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    revisions.decide_revision(
                        session,
                        revision_id,
                        is_approved=is_approved,
                        by=mine,
                        at=at,
                        reason=form.reason,
                    ).id
                ),
            )
    except Refusal as refusal:
        if refusal.field != "reason":
            raise
        return _refused(CHANGE_PAGE, CHANGE_FRAGMENT, refusal, _change, revision_id)
    return swap_or_redirect(
        CHANGE_FRAGMENT,
        to=url_for(".queue"),
        notice=_done_words(Step(step)),
        **_change(revision_id, blank_form()),
    )


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return the offerings and changes that wait for this reviewer."""
    offerings, changes = queries.review_queue(session, actor_id, on=on)
    items = [_offering_item(one) for one in offerings]
    return items + [
        DeskItem(
            kind=DeskKind.LISTING,
            id=revision.id,
            title=localized(offering, "title"),
            detail=translate("A change of a live offering"),
            since=revision.made_at,
            url=url_for("fair_desk.review_change", revision_id=revision.id),
            fragment_url=url_for("fair_desk.review_change", revision_id=revision.id),
            place_id=offering.place_id,
        )
        for revision, offering in changes
    ]


def _offering_item(offering: Offering) -> DeskItem:
    url = url_for("fair_desk.review", offering_id=offering.id)
    take = DeskAction(
        label=label(Step.TAKE),
        op=words.OPERATIONS[Step.TAKE],
        url=url_for("fair_desk.answer", offering_id=offering.id, step=Step.TAKE.value),
    )
    is_new = offering.state == OfferingState.SUBMITTED
    return DeskItem(
        kind=DeskKind.LISTING,
        id=offering.id,
        title=localized(offering, "title"),
        detail=" · ".join(
            (label(offering.service_nature), pages.price_words(offering, None))
        ),
        since=offering.submitted_at or offering.changed_at,
        url=url,
        fragment_url=url,
        place_id=offering.place_id,
        actions=(take,) if is_new else (),
    )


def _take(offering_id: UUID, step: Step) -> None:
    mine, at = me().id, now()
    form = read_form(ReasonForm)
    why = {"reason": form.reason} if step in rules.NEEDS_REASON else {}
    with transaction() as session:
        once(
            session,
            words.OPERATIONS[step],
            owner=mine,
            body={"offering_id": str(offering_id)} | form.model_dump(),
            at=at,
            do=lambda: _DO[step](session, offering_id, by=mine, at=at, **why).id,
        )


def _review(offering_id: UUID, form: FormState) -> dict[str, Any]:
    at = now()
    with reading() as session:
        offering = queries.offering_for(
            session, offering_id, reader=me().id, on=day_of(at)
        )
        people.ensure_may(
            session,
            me().id,
            Permission.REVIEW_LISTING,
            place_id=offering.place_id,
            on=day_of(at),
        )
        shown = pages.show_offering(session, offering, reader=me().id, at=at)
        is_stranger = queries.may_review(session, offering, me().id, on=day_of(at))
        checks = reviewing.checklist(session, offering, on=day_of(at))
        author = people.person_for(session, offering.author_id)
        decided = people.people_by_ids(
            session, [one.reviewer_id for one in shown.reviews]
        )
    steps = rules.steps_open_to(
        offering.state, is_provider=False, is_reviewer=is_stranger, is_manager=False
    )
    return {
        "shown": shown,
        "form": form,
        "checks": checks,
        "author": author,
        "people": decided,
        "steps": [step.value for step in steps],
        "is_stranger": is_stranger,
        "operations": words.OPERATIONS,
    }


def _change(revision_id: UUID, form: FormState) -> dict[str, Any]:
    on = day_of(now())
    with reading() as session:
        revision = revisions.revision_for(session, revision_id)
        offering = queries.offering_for(session, revision.offering_id)
        people.ensure_may(
            session,
            me().id,
            Permission.REVIEW_LISTING,
            place_id=offering.place_id,
            on=on,
        )
        return {
            "revision": revision,
            "offering": offering,
            "form": form,
            "changes": pages.changes_of(session, offering, revision),
            "author": people.person_for(session, revision.author_id),
            "is_stranger": queries.may_review(session, offering, me().id, on=on)
            and me().id != revision.author_id,
        }


def _refused(
    page: str, fragment: str, refusal: Refusal, gather: Any, thing_id: UUID
) -> ResponseReturnValue:
    """Show the form again with its sentence beside the reason."""
    context = gather(thing_id, FormState(errors=errors_of(refusal)))
    return page_or_fragment(page, fragment, **context), refusal.status


def _done_words(step: Step) -> str:
    return translate("Done: %(step)s.", step=label(step))
