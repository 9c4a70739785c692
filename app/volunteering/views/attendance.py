"""Coming and going: the page where the station's code is typed or scanned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.volunteering import actions, queries, rules
from app.volunteering.forms import CodeForm
from app.volunteering.models import Claim, ClaimState, ServiceRecord
from app.volunteering.rules import ClaimStep
from app.volunteering.views.shown import ClaimRow, bp, claim_rows
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, signed_in
from app.web.htmx import go_to, page_or_fragment
from app.web.limits import limiter
from app.web.once import once
from app.web.store import reading, settings, transaction
from app.web.words import translate

FRAGMENT = "volunteering/_attendance.html"
TODAY_HOURS = 18


@bp.get("/attendance")
@signed_in
def attendance_page() -> ResponseReturnValue:
    """Show the shift one stands before, and the field for the code."""
    code = request.args.get("code", "")[:40]
    return page_or_fragment(
        "volunteering/attendance.html", FRAGMENT, form=blank_form(code=code), **_now()
    )


@bp.post("/claims/<uuid:claim_id>/arrival")
@signed_in
@limiter.limit("20 per minute")
def check_in(claim_id: UUID) -> ResponseReturnValue:
    """Check in with the code."""
    try:
        form = read_form(CodeForm)
        at = now()
        with transaction() as session:
            _once(
                session, "claim.check_in", actions.check_in_by_code, claim_id, form, at
            )
    except Refusal as refusal:
        return _refused(refusal)
    return go_to(
        url_for(".attendance_page"),
        notice=translate(msg("You are checked in. Have a good shift!")),
    )


@bp.post("/claims/<uuid:claim_id>/departure")
@signed_in
@limiter.limit("20 per minute")
def check_out(claim_id: UUID) -> ResponseReturnValue:
    """Check out with the code; the record waits to be verified."""
    try:
        form = read_form(CodeForm)
        at = now()
        with transaction() as session:
            made = _once(
                session,
                "claim.check_out",
                actions.check_out_by_code,
                claim_id,
                form,
                at,
            )
    except Refusal as refusal:
        return _refused(refusal)
    return go_to(
        url_for(".record", record_id=made),
        notice=translate(msg("Thank you! The station will verify your hours.")),
    )


def _once(
    session: Session,
    operation: str,
    act: Callable[..., Claim | ServiceRecord],
    claim_id: UUID,
    form: CodeForm,
    at: datetime,
) -> str:
    """Come or go, once: sent again after its code is too old, it gets the answer."""
    return once(
        session,
        operation,
        owner=me().id,
        body={"claim": str(claim_id)} | form.model_dump(),
        at=at,
        do=lambda: (
            act(
                session,
                claim_id,
                code=form.code,
                secret=settings().secret_key(),
                by=me().id,
                at=at,
            ).id
        ),
    )


def _refused(refusal: Refusal) -> ResponseReturnValue:
    if refusal.status == 404:
        raise refusal
    return refused_form(
        "volunteering/attendance.html", refusal, fragment=FRAGMENT, **_now()
    )


def _now() -> dict[str, Any]:
    """Return the claim to check in or out now, and the ones that come later."""
    at = now()
    with reading() as session:
        claims = queries.claims_of(
            session,
            me().id,
            since=at - rules.CHECK_OUT_LATE,
            until=at + timedelta(hours=TODAY_HOURS),
        )
        rows = claim_rows(session, claims, me().id, at)
    doors = (ClaimStep.CHECK_IN, ClaimStep.CHECK_OUT)
    here: list[ClaimRow] = [row for row in rows if set(row.steps) & set(doors)]
    # Who is inside leaves before entering the next shift.
    here.sort(key=lambda row: ClaimStep.CHECK_OUT not in row.steps)
    later = [row for row in rows if row not in here and row.claim.state in rules.BEFORE]
    inside = [row for row in rows if row.claim.state is ClaimState.CHECKED_IN]
    present = here + inside
    return {"row": present[0] if present else None, "later": later}
