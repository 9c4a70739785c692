"""The shifts of one's places: who comes, who is in, who forgot, paper sheets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places
from app.kernel.clock import day_of, now
from app.kernel.errors import Invalid, Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.people import Person
from app.volunteering import actions, queries, rules
from app.volunteering.desk.shown import bp, reach_of
from app.volunteering.forms import CheckoutForm, PapersForm, SheetForm
from app.volunteering.models import Claim, ClaimState
from app.volunteering.views.shown import shift_rows
from app.web.filters import from_local, local_today
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to, swap_or_redirect
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate

DAYS_BACK = 7
DAYS_AHEAD = 14


@bp.get("/desk/shifts")
@needs(Permission.ENTER_HOURS)
def shifts() -> ResponseReturnValue:
    """Show the shifts of one's places, last week's and the coming two weeks'."""
    at, today = now(), local_today()
    with reading() as session:
        reach = reach_of(session, me().id, Permission.ENTER_HOURS, day_of(at))
        found = queries.shifts_at(
            session,
            reach,
            first=today - timedelta(days=DAYS_BACK),
            last=today + timedelta(days=DAYS_AHEAD),
        )
        rows = shift_rows(session, found, None, at)
    return render_template(
        "volunteering/desk/shifts.html",
        ahead=[row for row in rows if row.shift.day >= today],
        behind=[row for row in reversed(rows) if row.shift.day < today],
        form=blank_form(),
    )


@bp.get("/desk/shifts/<uuid:shift_id>")
@needs(Permission.ENTER_HOURS)
def shift(shift_id: UUID) -> ResponseReturnValue:
    """Show who comes to a shift."""
    return render_template(
        "volunteering/desk/shift.html", form=blank_form(), **_shift(shift_id)
    )


@bp.post("/desk/claims/<uuid:claim_id>/arrival")
@needs(Permission.ENTER_HOURS)
def arrive(claim_id: UUID) -> ResponseReturnValue:
    """Check somebody in by hand."""
    at = now()
    with transaction() as session:
        (claim,) = actions.scan_in(session, [claim_id], by=me().id, at=at)
    return _back_to(claim)


@bp.post("/desk/claims/<uuid:claim_id>/departure")
@needs(Permission.ENTER_HOURS)
def leave(claim_id: UUID) -> ResponseReturnValue:
    """Check somebody out by hand."""
    at = now()
    with transaction() as session:
        once(
            session,
            "claim.scan_out",
            owner=me().id,
            body={"claim": str(claim_id)},
            at=at,
            do=lambda: actions.scan_out(session, [claim_id], by=me().id, at=at)[0].id,
        )
        claim = queries.claim_for(session, claim_id, reader=None)
    return _back_to(claim)


@bp.post("/desk/claims/<uuid:claim_id>/checkout")
@needs(Permission.ENTER_HOURS)
def fix(claim_id: UUID) -> ResponseReturnValue:
    """Put a missing check-out right."""
    at = now()
    with reading() as session:
        claim = queries.claim_for(session, claim_id, reader=None)
        day = queries.shift_for(session, claim.shift_id).day
    try:
        form = read_form(CheckoutForm)
        left_at = from_local(day, form.left)
        if left_at < claim.starts_at:  # a night shift: the next morning
            left_at += timedelta(days=1)
        with transaction() as session:
            once(
                session,
                "claim.fix_checkout",
                owner=me().id,
                body=form.model_dump(mode="json") | {"claim": str(claim_id)},
                at=at,
                do=lambda: (
                    actions.fix_checkout(
                        session,
                        claim_id,
                        left_at=left_at,
                        reason=form.reason,
                        by=me().id,
                        at=at,
                    ).id
                ),
            )
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        return refused_form(
            "volunteering/desk/shift.html", refusal, **_shift(claim.shift_id)
        )
    return go_to(
        url_for(".shift", shift_id=claim.shift_id),
        notice=translate(msg("Written down. Somebody else verifies it.")),
    )


@bp.post("/desk/shifts/<uuid:shift_id>/sheet")
@needs(Permission.ENTER_HOURS)
def sheet(shift_id: UUID) -> ResponseReturnValue:
    """Type in a line of a paper sheet."""
    at = now()
    context = _shift(shift_id)
    found = context["row"].shift
    try:
        form = read_form(SheetForm)
        with transaction() as session:
            person = find_one(session, form.person)
            made = once(
                session,
                "hours.enter",
                owner=me().id,
                body=form.model_dump(mode="json") | {"shift": str(shift_id)},
                at=at,
                do=lambda: (
                    actions.enter_hours(
                        session,
                        shift_id,
                        person_id=person.id,
                        came_at=from_local(found.day, form.came),
                        left_at=from_local(found.day, form.left)
                        + timedelta(days=form.left <= form.came),
                        reason=form.reason,
                        evidence=form.evidence,
                        by=me().id,
                        at=at,
                    ).id
                ),
            )
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return refused_form("volunteering/desk/shift.html", refusal, **context)
    return go_to(
        url_for("volunteering.record", record_id=made),
        notice=translate(msg("Written down. Somebody else verifies it.")),
    )


@bp.post("/desk/papers")
@needs(Permission.ENTER_HOURS)
def papers() -> ResponseReturnValue:
    """Keep that somebody showed a training or licence."""
    at = now()
    try:
        form = read_form(PapersForm)
        with transaction() as session:
            person = find_one(session, form.person)
            actions.add_qualification(
                session,
                person_id=person.id,
                kind=form.kind,
                expires_on=form.expires_on,
                by=me().id,
                at=at,
            )
    except Refusal as refusal:
        return refused_form(
            "volunteering/desk/shifts.html", refusal, ahead=[], behind=[]
        )
    said = translate(msg("Kept: %(name)s has shown it."), name=person.display_name)
    return go_to(url_for(".shifts"), notice=said)


def find_one(session: Session, words: str) -> Person:
    """Return the one person whose number, phone or whole name this is.

    Raises:
        Invalid: nobody, or more than one.
    """
    found = people.search_people(session, words)
    exact = [one for one in found if words in (one.member_no, one.phone)] or [
        one for one in found if one.display_name == words
    ]
    if len(exact) != 1:
        raise Invalid(
            msg("Nobody, or more than one, is called so. Try the member number."),
            field="person",
        )
    return exact[0]


def _back_to(claim: Claim) -> ResponseReturnValue:
    context = _shift(claim.shift_id)
    (line,) = [one for one in context["roster"] if one["claim"].id == claim.id]
    return swap_or_redirect(
        "volunteering/desk/_claim.html",
        to=url_for(".shift", shift_id=claim.shift_id),
        line=line,
        form=blank_form(),
    )


def _shift(shift_id: UUID) -> dict[str, Any]:
    at = now()
    with reading() as session:
        found = queries.shift_for(session, shift_id)
        people.ensure_may(
            session,
            me().id,
            Permission.ENTER_HOURS,
            place_id=found.place_id,
            on=day_of(at),
        )
        post = queries.post_for(session, found.post_id)
        (row,) = shift_rows(session, [(found, post)], None, at)
        claims = queries.roster(session, shift_id, at=at)
        who = people.people_by_ids(session, {claim.person_id for claim in claims})
        records = queries.records_of_claims(session, {claim.id for claim in claims})
        place = places.place_for(session, found.place_id)
        may_publish = people.has_permission(
            session,
            me().id,
            Permission.PUBLISH_SHIFT,
            place_id=found.place_id,
            on=day_of(at),
        )
    roster = [
        {
            "claim": claim,
            "name": who[claim.person_id].display_name,
            "record_id": records.get(claim.id),
            "steps": _steps(claim, at),
        }
        for claim in claims
    ]
    return {
        "row": row,
        "place": place,
        "roster": roster,
        "may_cancel": may_publish and row.state in ("open", "full"),
        "has_begun": at >= found.starts_at,
    }


def _steps(claim: Claim, at: datetime) -> tuple[str, ...]:
    """Return what the station may do with a claim; nobody does it for themselves."""
    if claim.person_id == me().id:
        return ()
    steps = [str(step) for step in rules.steps_open_to(claim, claim.person_id, at)]
    is_missing = claim.state is ClaimState.MISSING_CHECKOUT or (
        claim.state is ClaimState.CHECKED_IN and at >= claim.ends_at
    )
    return (*steps, "fix") if is_missing else tuple(steps)
