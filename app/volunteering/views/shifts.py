"""Shifts to take, one's own shifts, one's service records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import places, programmes
from app.kernel.clock import day_of, now
from app.kernel.errors import Invalid, Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import actions, queries
from app.volunteering.forms import HoursForm, JoinForm, NoFields, WithdrawForm
from app.volunteering.models import Claim, ClaimState
from app.volunteering.rules import ClaimStep
from app.volunteering.views.feed import calendar_url
from app.volunteering.views.shown import (
    bp,
    claim_rows,
    credit_of,
    record_rows,
    shift_rows,
)
from app.web.filters import day as in_words
from app.web.filters import from_local, local_today
from app.web.forms import Form, blank_form, read_form, refused_form
from app.web.guards import find_me, me, public, signed_in
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import localized, translate

CLAIM = "volunteering/_claim.html"
DAYS_BACK = 30
DAYS_SHOWN = 14
PAGE = 24
PAGES_MAX = 200
COMING = frozenset(
    {
        ClaimState.CLAIMED,
        ClaimState.CONFIRMED,
        ClaimState.CHECKED_IN,
        ClaimState.MISSING_CHECKOUT,
    }
)
SAID: Mapping[ClaimStep, str] = MappingProxyType(
    {
        ClaimStep.UNDO: msg("Undone. The place is free again."),
        ClaimStep.SEND_NOW: msg("Sent. The station sees it now."),
        ClaimStep.WITHDRAW: msg("Thank you for saying so. The place is free again."),
    }
)
"""What greets on the next page; a swapped claim says it by its own state."""


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Show the shifts one can take: by place and day; what fits comes first."""
    at, reader = now(), find_me()
    place_id, day = _uuid(request.args.get("place")), _day(request.args.get("day"))
    page = min(max(request.args.get("page", 1, type=int), 1), PAGES_MAX)
    with reading() as session:
        within = (
            {place_id, *places.descendant_ids(session, place_id)} if place_id else None
        )
        found = queries.open_shifts(
            session,
            at=at,
            place_ids=within,
            day=day,
            limit=PAGE + 1,
            offset=(page - 1) * PAGE,
        )
        rows = shift_rows(session, found[:PAGE], reader.id if reader else None, at)
        used = set(queries.places_with_shifts(session, at=at))
        tree = places.all_places(session)
    for place in [one for one in tree if one.id in used]:
        used |= {UUID(part) for part in place.path.split("/") if part}
    options = [
        (place.id, localized(place, "name")) for place in tree if place.id in used
    ]
    days = [local_today() + timedelta(days=n) for n in range(DAYS_SHOWN)]

    def url_of(number: int) -> str:
        return url_for(".index", place=place_id, day=day, page=number)

    return page_or_fragment(
        "volunteering/index.html",
        "volunteering/_shifts.html",
        rows=rows,
        form=blank_form(place=place_id, day=day.isoformat() if day else None),
        place_options=options,
        day_options=[(one.isoformat(), in_words(one)) for one in days],
        previous_url=url_of(page - 1) if page > 1 else None,
        next_url=url_of(page + 1) if len(found) > PAGE else None,
        is_filtered=bool(place_id or day),
        is_volunteer=reader is not None
        and Permission.CLAIM_SHIFT in reader.permissions,
    )


@bp.get("/shifts/<uuid:shift_id>")
@public
def shift(shift_id: UUID) -> ResponseReturnValue:
    """Show one shift: what, where, when, risks, credit, and the way to take it."""
    return render_template(
        "volunteering/shift.html", form=blank_form(), **_shift(shift_id)
    )


@bp.post("/shifts/<uuid:shift_id>/claims")
@signed_in
def claim(shift_id: UUID) -> ResponseReturnValue:
    """Take a place in a shift."""
    at = now()
    try:
        form = read_form(NoFields)
        with transaction() as session:
            once(
                session,
                "shift.claim",
                owner=me().id,
                body={"shift": str(shift_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    actions.claim_shift(session, shift_id, person_id=me().id, at=at).id
                ),
            )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return refused_form("volunteering/shift.html", refusal, **_shift(shift_id))
    return go_to(
        url_for(".shift", shift_id=shift_id),
        notice=translate(msg("The place is yours. Thank you!")),
    )


@bp.post("/membership")
@signed_in
def join() -> ResponseReturnValue:
    """Register as a volunteer at one's own wish."""
    back = request.form.get("shift")
    shift_id = _uuid(back)
    try:
        form = read_form(JoinForm)
        if not form.agrees:
            raise Invalid(msg("Please tick that you have read it."), field="agrees")
        with transaction() as session:
            actions.join_as_volunteer(session, me().id, at=now())
    except Refusal as refusal:
        if shift_id is None:
            return refused_form("volunteering/join.html", refusal)
        return refused_form("volunteering/shift.html", refusal, **_shift(shift_id))
    to = url_for(".shift", shift_id=shift_id) if shift_id else url_for(".index")
    return go_to(to, notice=translate(msg("Welcome among the volunteers!")))


@bp.get("/membership")
@signed_in
def membership() -> ResponseReturnValue:
    """Say what volunteering means, and ask who wants to."""
    return render_template("volunteering/join.html", form=blank_form())


@bp.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    """Show one's coming and past shifts, and what became of the hours."""
    at = now()
    with reading() as session:
        since = at - timedelta(days=DAYS_BACK)
        claims = queries.claims_of(session, me().id, since=since)
        rows = claim_rows(session, claims, me().id, at)
        records = record_rows(session, queries.records_of(session, me().id))
        totals = queries.totals_of(session, me().id)
    coming = [row for row in rows if row.claim.state in COMING]
    return render_template(
        "volunteering/mine.html",
        coming=coming,
        past=[
            row
            for row in reversed(rows)
            if row.claim.state not in COMING | {ClaimState.UNDONE}
        ],
        records=records,
        totals=totals,
        calendar_url=calendar_url(me().id),
    )


@bp.post("/claims/<uuid:claim_id>/undo")
@signed_in
def undo(claim_id: UUID) -> ResponseReturnValue:
    """Undo a claim within its time."""
    return _step(ClaimStep.UNDO, claim_id, actions.undo_claim)


@bp.post("/claims/<uuid:claim_id>/sending")
@signed_in
def send_now(claim_id: UUID) -> ResponseReturnValue:
    """Waive the time to undo."""
    return _step(ClaimStep.SEND_NOW, claim_id, actions.send_claim_now)


@bp.post("/claims/<uuid:claim_id>/withdrawal")
@signed_in
def withdraw(claim_id: UUID) -> ResponseReturnValue:
    """Say that one can't come."""
    form = read_form(WithdrawForm)

    def do(session: Session, claim_id: UUID, **who: Any) -> Claim:
        return actions.withdraw_claim(session, claim_id, reason=form.reason, **who)

    return _step(ClaimStep.WITHDRAW, claim_id, do, form)


@bp.get("/claims/<uuid:claim_id>/supplement")
@signed_in
def supplement(claim_id: UUID) -> ResponseReturnValue:
    """Show the form for hours that were forgotten."""
    return render_template(
        "volunteering/supplement.html", form=blank_form(), **_claim(claim_id)
    )


@bp.post("/claims/<uuid:claim_id>/supplement")
@signed_in
def ask_supplement(claim_id: UUID) -> ResponseReturnValue:
    """Ask for hours that were forgotten; two people look at it."""
    at = now()
    context = _claim(claim_id)
    shift = context["row"].shift
    try:
        form = read_form(HoursForm)
        with transaction() as session:
            made = once(
                session,
                "hours.supplement",
                owner=me().id,
                body=form.model_dump(mode="json") | {"claim": str(claim_id)},
                at=at,
                do=lambda: (
                    actions.enter_hours(
                        session,
                        shift.id,
                        person_id=me().id,
                        came_at=from_local(shift.day, form.came),
                        left_at=from_local(shift.day, form.left),
                        reason=form.reason,
                        evidence=form.evidence,
                        by=me().id,
                        at=at,
                    ).id
                ),
            )
    except Refusal as refusal:
        return refused_form("volunteering/supplement.html", refusal, **context)
    return go_to(
        url_for(".record", record_id=made),
        notice=translate(msg("Asked for. Two people will look at it.")),
    )


@bp.get("/records/<uuid:record_id>")
@signed_in
def record(record_id: UUID) -> ResponseReturnValue:
    """Show one service record to its volunteer, or to staff of the place."""
    at = now()
    with reading() as session:
        found = queries.record_for(session, record_id, reader=me().id, on=day_of(at))
        verdicts = actions.verdicts_on(session, [found], by=me().id, at=at)
        (row,) = record_rows(session, [found], verdicts)
        can_revoke = actions.may_revoke(session, found, by=me().id, at=at)
    return page_or_fragment(
        "volunteering/record.html",
        "volunteering/_record.html",
        row=row,
        form=blank_form(),
        is_mine=found.person_id == me().id,
        can_revoke=can_revoke,
    )


def _step(
    step: ClaimStep,
    claim_id: UUID,
    do: Callable[..., Claim],
    form: Form | None = None,
) -> ResponseReturnValue:
    at = now()
    with transaction() as session:
        once(
            session,
            f"claim.{step}",
            owner=me().id,
            body={"claim": str(claim_id)} | (form.model_dump() if form else {}),
            at=at,
            do=lambda: do(session, claim_id, by=me().id, at=at).id,
        )
    context = _claim(claim_id)
    said = translate(SAID[step])
    return swap_or_redirect(CLAIM, to=url_for(".mine"), notice=said, **context)


def _claim(claim_id: UUID) -> dict[str, Any]:
    with reading() as session:
        found = queries.claim_for(session, claim_id, reader=me().id)
        (row,) = claim_rows(session, [found], me().id, now())
    return {"row": row}


def _shift(shift_id: UUID) -> dict[str, Any]:
    at, reader = now(), find_me()
    with reading() as session:
        found = queries.shift_for(session, shift_id)
        post = queries.post_for(session, found.post_id)
        reader_id = reader.id if reader else None
        (row,) = shift_rows(session, [(found, post)], reader_id, at)
        own = queries.claim_of_shift(session, shift_id, reader.id) if reader else None
        mine = claim_rows(session, [own], own.person_id, at) if own else []
        programme = programmes.programme_for(session, post.programme_id)
        rule = programmes.rule_on(session, post.programme_id, found.day)
    return {
        "row": row,
        "mine": mine[0] if mine else None,
        "programme": programme,
        "credit": credit_of(rule, found),
        "rule": rule,
        "is_volunteer": reader is not None
        and Permission.CLAIM_SHIFT in reader.permissions,
    }


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
