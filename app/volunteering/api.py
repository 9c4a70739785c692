"""Volunteering for programs: open shifts, claims, the door's code, one's records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from app import people, places
from app.kernel.clock import day_of, now
from app.kernel.permissions import Permission
from app.volunteering import actions, queries, rules
from app.volunteering.forms import CodeForm, RejectForm, WithdrawForm
from app.volunteering.models import (
    Claim,
    ClaimState,
    Post,
    RecordKind,
    RecordState,
    ServiceRecord,
    Shift,
    ShiftState,
)
from app.volunteering.rules import ClaimStep
from app.web.api import (
    READS,
    READS_ONE,
    WRITES,
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    body,
    created,
    for_programs,
    page_of,
    query,
    spec,
    take_step,
)
from app.web.guards import me, public
from app.web.limits import limiter
from app.web.once import once
from app.web.store import reading, settings, transaction

TAGS = ["Volunteering"]
CODES = "20 per minute"

bp = api_blueprint("volunteering_api")


class ShiftOut(Out):
    """A time and place at which a post wants people; always unpaid.

    `risk_note` and `protection_note` are said before anyone comes.
    """

    id: UUID
    external_id: str | None
    post_id: UUID
    title: str
    title_en: str | None
    what: str
    risk_note: str
    protection_note: str
    min_age: int | None
    needs: str | None
    place_id: UUID
    day: date
    starts_at: datetime
    ends_at: datetime
    people_wanted: int
    claimed: int
    free: int
    state: ShiftState


class ShiftPage(Out):
    """A page of shifts, the soonest first."""

    items: list[ShiftOut]
    next_cursor: str | None


class ShiftsAsked(Paging):
    """Where (a place and everything below it), on which day, which page."""

    place: UUID | None = None
    day: date | None = None


class ClaimOut(Out):
    """One's word to come to a shift; `steps` is what one may do now.

    `record_id` is the service record that came of it, once one has left.
    """

    id: UUID
    shift_id: UUID
    place_id: UUID
    starts_at: datetime
    ends_at: datetime
    state: ClaimState
    steps: list[ClaimStep]
    claimed_at: datetime
    effective_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    record_id: UUID | None


class ClaimPage(Out):
    """A page of claims, the latest shift first."""

    items: list[ClaimOut]
    next_cursor: str | None


class RecordOut(Out):
    """What one gave: minutes as they were; hours and amount once they are posted."""

    id: UUID
    person_id: UUID
    claim_id: UUID | None
    shift_id: UUID
    programme_id: UUID
    place_id: UUID
    activity: str
    content: str
    organising_unit: str
    person_in_charge: str
    beneficiaries: str
    day: date
    starts_at: datetime
    ends_at: datetime
    minutes: int
    kind: RecordKind
    state: RecordState
    reject_reason: str | None
    hours: Decimal | None
    amount: Decimal | None
    rule_version: int | None
    posted_at: datetime | None
    ledger_transaction: int | None


class RecordPage(Out):
    """A page of service records, the newest first."""

    items: list[RecordOut]
    next_cursor: str | None


@bp.get("/shifts")
@public
@spec.validate(query=ShiftsAsked, resp=answers(ShiftPage), tags=TAGS, security=[])
def shifts() -> ResponseReturnValue:
    """List coming shifts that are not called off, the soonest first."""
    asked = query(ShiftsAsked)
    wanted = (
        select(Shift)
        .join(Post, col(Post.id) == Shift.post_id)
        .where(col(Shift.starts_at) > now())
        .where(col(Shift.state).in_([ShiftState.OPEN, ShiftState.FULL]))
        .where(col(Post.ended_at).is_(None))
    )
    if asked.day is not None:
        wanted = wanted.where(Shift.day == asked.day)
    with reading() as session:
        if asked.place is not None:
            below = places.descendant_ids(session, asked.place)
            wanted = wanted.where(col(Shift.place_id).in_({asked.place, *below}))
        rows, after = page_of(
            session,
            wanted,
            asked,
            by=(col(Shift.starts_at), col(Shift.id)),
            newest_first=False,
        )
        items = _shifts_told(session, rows)
    return answer(ShiftPage(items=items, next_cursor=after))


@bp.get("/shifts/<uuid:shift_id>")
@public
@spec.validate(resp=answers(ShiftOut, 200, 404), tags=TAGS, security=[])
def shift(shift_id: UUID) -> ResponseReturnValue:
    """Show one shift."""
    with reading() as session:
        (told,) = _shifts_told(session, [queries.shift_for(session, shift_id)])
    return answer(told)


@bp.post("/shifts/<uuid:shift_id>/claims")
@for_programs("write")
@spec.validate(resp=answers(ClaimOut, 201, *WRITES), tags=TAGS)
def claim(shift_id: UUID) -> ResponseReturnValue:
    """Take a place in a shift."""
    at = now()
    with transaction() as session:
        made = once(
            session,
            "shift.claim",
            owner=me().id,
            body={"shift": str(shift_id)},
            at=at,
            do=lambda: (
                actions.claim_shift(session, shift_id, person_id=me().id, at=at).id
            ),
        )
        told = _claim_seen(session, UUID(made))
    return created(told)


@bp.get("/claims")
@for_programs("read")
@spec.validate(query=Paging, resp=answers(ClaimPage, 200, *READS), tags=TAGS)
def claims() -> ResponseReturnValue:
    """List one's own claims."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(Claim).where(Claim.person_id == me().id),
            query(Paging),
            by=(col(Claim.starts_at), col(Claim.id)),
        )
        items = _claims_told(session, rows)
    return answer(ClaimPage(items=items, next_cursor=after))


@bp.get("/claims/<uuid:claim_id>")
@for_programs("read")
@spec.validate(resp=answers(ClaimOut, 200, *READS_ONE), tags=TAGS)
def one_claim(claim_id: UUID) -> ResponseReturnValue:
    """Show one of one's claims."""
    with reading() as session:
        told = _claim_seen(session, claim_id)
    return answer(told)


@bp.post("/claims/<uuid:claim_id>/undo")
@for_programs("write")
@spec.validate(resp=answers(ClaimOut, 200, *WRITES), tags=TAGS)
def undo(claim_id: UUID) -> ResponseReturnValue:
    """Undo a claim within its time; nobody at the station has seen it."""
    return _take("claim.undo", claim_id, actions.undo_claim)


@bp.post("/claims/<uuid:claim_id>/withdrawal")
@for_programs("write")
@spec.validate(json=WithdrawForm, resp=answers(ClaimOut, 200, *WRITES), tags=TAGS)
def withdraw(claim_id: UUID) -> ResponseReturnValue:
    """Say that one can't come; it costs no points."""
    form = body(WithdrawForm)
    return _take("claim.withdraw", claim_id, actions.withdraw_claim, reason=form.reason)


@bp.post("/claims/<uuid:claim_id>/arrival")
@for_programs("write")
@limiter.limit(CODES)
@spec.validate(json=CodeForm, resp=answers(ClaimOut, 200, *WRITES, 429), tags=TAGS)
def check_in(claim_id: UUID) -> ResponseReturnValue:
    """Check in with the code on the station's screen."""
    return _take(
        "claim.check_in",
        claim_id,
        actions.check_in_by_code,
        code=body(CodeForm).code,
        secret=settings().secret_key(),
    )


@bp.post("/claims/<uuid:claim_id>/departure")
@for_programs("write")
@limiter.limit(CODES)
@spec.validate(json=CodeForm, resp=answers(ClaimOut, 200, *WRITES, 429), tags=TAGS)
def check_out(claim_id: UUID) -> ResponseReturnValue:
    """Check out with the code; the service record waits to be verified."""
    return _take(
        "claim.check_out",
        claim_id,
        actions.check_out_by_code,
        code=body(CodeForm).code,
        secret=settings().secret_key(),
    )


@bp.get("/records")
@for_programs("read")
@spec.validate(query=Paging, resp=answers(RecordPage, 200, *READS), tags=TAGS)
def records() -> ResponseReturnValue:
    """List one's own service records."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(ServiceRecord).where(ServiceRecord.person_id == me().id),
            query(Paging),
            by=(col(ServiceRecord.starts_at), col(ServiceRecord.id)),
        )
        items = [RecordOut.model_validate(one) for one in rows]
    return answer(RecordPage(items=items, next_cursor=after))


@bp.get("/records/<uuid:record_id>")
@for_programs("read")
@spec.validate(resp=answers(RecordOut, 200, *READS_ONE), tags=TAGS)
def record(record_id: UUID) -> ResponseReturnValue:
    """Show a service record to its volunteer, or to staff who handle hours there."""
    with reading() as session:
        found = queries.record_for(session, record_id, reader=me().id, on=day_of(now()))
        told = RecordOut.model_validate(found)
    return answer(told)


@bp.get("/records/waiting")
@for_programs("read")
@spec.validate(query=Paging, resp=answers(RecordPage, 200, *READS), tags=TAGS)
def waiting() -> ResponseReturnValue:
    """List records that wait for a yes at the places where one verifies hours."""
    wanted = select(ServiceRecord).where(col(ServiceRecord.state).in_(rules.WAITING))
    with reading() as session:
        reach = people.permitted_place_ids(
            session, me().id, Permission.VERIFY_HOURS, on=day_of(now())
        )
        if reach is not None:
            wanted = wanted.where(col(ServiceRecord.place_id).in_(reach))
        rows, after = page_of(
            session,
            wanted,
            query(Paging),
            by=(col(ServiceRecord.recorded_at), col(ServiceRecord.id)),
            newest_first=False,
        )
        items = [RecordOut.model_validate(one) for one in rows]
    return answer(RecordPage(items=items, next_cursor=after))


@bp.post("/records/<uuid:record_id>/verification")
@for_programs("write")
@spec.validate(resp=answers(RecordOut, 200, *WRITES), tags=TAGS)
def verify(record_id: UUID) -> ResponseReturnValue:
    """Say that somebody gave these hours; the first yes credits, long days need two."""
    return _decide("hours.verify", record_id, actions.verify_record)


@bp.post("/records/<uuid:record_id>/rejection")
@for_programs("write")
@spec.validate(json=RejectForm, resp=answers(RecordOut, 200, *WRITES), tags=TAGS)
def reject(record_id: UUID) -> ResponseReturnValue:
    """Refuse a record, with the reason its volunteer will read."""
    return _decide(
        "hours.reject",
        record_id,
        actions.reject_record,
        reason=body(RejectForm).reason,
    )


def _decide(
    operation: str, record_id: UUID, act: Callable[..., ServiceRecord], **more: str
) -> Response:
    """Decide on a record, once; to strangers it is not there."""
    at = now()
    with transaction() as session:
        queries.record_for(session, record_id, reader=me().id, on=day_of(at))
        once(
            session,
            operation,
            owner=me().id,
            body={"record": str(record_id)} | more,
            at=at,
            do=lambda: act(session, record_id, by=me().id, at=at, **more).id,
        )
        found = queries.record_for(session, record_id, reader=me().id, on=day_of(at))
        told = RecordOut.model_validate(found)
    return answer(told)


def _take(
    operation: str, claim_id: UUID, act: Callable[..., Any], **more: Any
) -> Response:
    """Take one step, once, and tell how the claim stands then."""
    return take_step(operation, "claim", claim_id, act, _claim_seen, **more)


def _shifts_told(session: Session, found: Sequence[Shift]) -> list[ShiftOut]:
    posts = queries.posts_by_ids(session, {one.post_id for one in found})
    at = now()
    return [
        ShiftOut(
            **posts[one.post_id].model_dump(exclude=set(Shift.model_fields)),
            **one.model_dump(exclude={"state"}),
            state=rules.shown_state(one, at),
            free=one.people_wanted - one.claimed,
        )
        for one in found
    ]


def _claim_seen(session: Session, claim_id: UUID) -> ClaimOut:
    found = queries.claim_for(session, claim_id, reader=me().id)
    (told,) = _claims_told(session, [found])
    return told


def _claims_told(session: Session, found: Sequence[Claim]) -> list[ClaimOut]:
    made = queries.records_of_claims(session, {one.id for one in found})
    at, reader = now(), me().id
    return [
        ClaimOut(
            **one.model_dump(),
            steps=list(rules.steps_open_to(one, reader, at)),
            record_id=made.get(one.id),
        )
        for one in found
    ]
