"""What happens at the door: checked in, checked out, put right, typed in, closed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from app import people, programmes
from app.kernel import doings
from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import queries, rules
from app.volunteering.actions.verification import reconcile
from app.volunteering.errors import (
    ClaimNotFound,
    NotYourVerdict,
    ShiftClosed,
    StepOutOfTurn,
    WrongDoorCode,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Method,
    Post,
    RecordKind,
    RecordState,
    ServiceRecord,
    Shift,
    ShiftState,
)
from app.volunteering.rules import ClaimStep


def check_in_by_code(
    session: Session,
    claim_id: UUID,
    *,
    code: str,
    secret: bytes,
    by: UUID,
    at: datetime,
) -> Claim:
    """Check oneself in with the code on the station's screen.

    The same code sent again changes nothing (story L13).

    Raises:
        WrongDoorCode: it is not the code, or too old.
        NotTheTime: more than half an hour early, or the shift is over.
        StepOutOfTurn: the claim is withdrawn or checked out.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    window = _window(secret, claim, code, at)
    if claim.in_window == window:
        return claim
    rules.ensure_claim(claim, ClaimStep.CHECK_IN, by=by, at=at)
    claim.in_window = window
    _check_in(session, claim, Method.ROTATING_QR, at)
    return claim


def check_out_by_code(
    session: Session,
    claim_id: UUID,
    *,
    code: str,
    secret: bytes,
    by: UUID,
    at: datetime,
) -> ServiceRecord:
    """Check oneself out; the service record waits to be verified.

    The same code sent again returns the same record (story L13).

    Raises:
        WrongDoorCode: it is not the code, or too old.
        NotTheTime: less than a minute was given, or the shift is long over.
        StepOutOfTurn: the person is not checked in.
        Overlaps: that time was given elsewhere.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    window = _window(secret, claim, code, at)
    if claim.out_window == window:
        found = queries.record_of_claim(session, claim.id)
        assert found is not None
        return found
    rules.ensure_claim(claim, ClaimStep.CHECK_OUT, by=by, at=at)
    claim.out_window = window
    return _check_out(session, [claim], by=None, at=at)[0]


def scan_in(
    session: Session, claim_ids: Collection[UUID], *, by: UUID, at: datetime
) -> list[Claim]:
    """Check people in at the station, all or none; who is in already stays in.

    Raises:
        MayNot: *by* does not enter hours there.
        NotYourVerdict: it is *by*'s own claim.
        NotTheTime: too early or too late.
        StepOutOfTurn: a claim is somewhere else, or can still be undone.
    """
    claims = _claims_at_the_desk(session, claim_ids, by, at)
    for claim in claims:
        if claim.state is ClaimState.CHECKED_IN:
            continue
        rules.ensure_claim(claim, ClaimStep.CHECK_IN, by=claim.person_id, at=at)
        _check_in(session, claim, Method.STATION_SCAN, at)
    return claims


def scan_out(
    session: Session, claim_ids: Collection[UUID], *, by: UUID, at: datetime
) -> list[ServiceRecord]:
    """Check people out at the station, all or none; return their records.

    Raises:
        MayNot: *by* does not enter hours there.
        NotYourVerdict: it is *by*'s own claim.
        NotTheTime: less than a minute was given, or the shift is long over.
        StepOutOfTurn: somebody is not checked in.
        Overlaps: that time was given elsewhere.
    """
    claims = _claims_at_the_desk(session, claim_ids, by, at)
    for claim in claims:
        rules.ensure_claim(claim, ClaimStep.CHECK_OUT, by=claim.person_id, at=at)
    return _check_out(session, claims, by=by, at=at)


def fix_checkout(
    session: Session,
    claim_id: UUID,
    *,
    left_at: datetime,
    reason: str,
    by: UUID,
    at: datetime,
) -> ServiceRecord:
    """Put a missing check-out right, with a reason; the record still needs a yes.

    Raises:
        MayNot: *by* does not enter hours there.
        NotYourVerdict: it is *by*'s own claim.
        Invalid: the moment is before the check-in or still to come.
        StepOutOfTurn: nothing is missing.
    """
    (claim,) = _claims_at_the_desk(session, [claim_id], by, at)
    is_over = claim.state is ClaimState.CHECKED_IN and at >= claim.ends_at
    if claim.state is not ClaimState.MISSING_CHECKOUT and not is_over:
        raise StepOutOfTurn(msg("No check-out is missing here."))
    assert claim.checked_in_at is not None
    if not claim.checked_in_at < left_at <= at:
        raise Invalid(
            msg("They left after checking in, and not in the future."), field="left"
        )
    claim.fixed_by, claim.fix_reason = by, reason
    (record,) = _check_out(session, [claim], by=by, at=at, left_at=left_at)
    record.reason = reason
    record.method = Method.PAPER_SHEET
    _note(session, "checkout.fix", record, by, at)
    return record


def enter_hours(
    session: Session,
    shift_id: UUID,
    *,
    person_id: UUID,
    came_at: datetime,
    left_at: datetime,
    by: UUID,
    at: datetime,
    reason: str | None = None,
    evidence: str | None = None,
) -> ServiceRecord:
    """Type in hours from a paper sheet, or ask for one's own forgotten ones.

    Within `rules.PROMPT_DAYS` a sheet counts as captured; later, or by the
    volunteer, it is a supplement with reason, proof and a second yes (R-TIME-06).

    Raises:
        MayNot: *by* does not enter hours there.
        ClaimNotFound: a volunteer asks for a shift they never claimed.
        TooLate: later than the programme allows.
        EvidenceMissing: a supplement without reason or proof.
        Overlaps: that time was given elsewhere, by how many minutes.
        Invalid: nothing of it lies inside the shift, or it is still to come.
        ShiftClosed: the shift was called off.
    """
    shift = queries.shift_for(session, shift_id)
    post = queries.post_for(session, shift.post_id)
    people.person_for(session, person_id)
    claim = queries.claim_of_shift(session, shift_id, person_id)
    is_own = by == person_id
    if is_own and claim is None:
        raise ClaimNotFound(msg("You had not claimed this shift. Please ask the desk."))
    if not is_own:
        people.ensure_may(
            session, by, Permission.ENTER_HOURS, place_id=shift.place_id, on=at.date()
        )
    if shift.state is ShiftState.CANCELLED:
        raise ShiftClosed(msg("This shift was called off."))
    starts_at, ends_at = rules.clipped(shift, came_at, left_at)
    minutes = rules.minutes_given(shift, came_at, left_at)
    if minutes < 1 or left_at > at:
        raise Invalid(
            msg("The times must lie inside the shift, and not in the future."),
            field="came",
        )
    rule = programmes.rule_on(session, post.programme_id, shift.day)
    kind = rules.kind_of_entry(
        shift.ends_at, at=at, late_days=rule.late_entry_days, by_volunteer=is_own
    )
    rules.ensure_evidence(kind, reason, evidence)
    others = queries.records_between(session, [person_id], starts_at, ends_at)
    rules.ensure_no_overlap(starts_at, ends_at, others)
    record = _record(
        shift, post, person_id, (starts_at, ends_at), minutes, Method.PAPER_SHEET,
        entered_by=by, at=at,
    )  # fmt: skip
    record.kind, record.reason, record.evidence = kind, reason, evidence
    if is_own:
        record.state = RecordState.SUPPLEMENT_REQUESTED
    if claim is not None and queries.record_of_claim(session, claim.id) is None:
        claim.state = ClaimState.CHECKED_OUT
        record.claim_id = claim.id
        session.add(claim)
    session.add(record)
    session.flush()
    if not is_own:
        _note(session, "hours.enter", record, by, at)
    return record


def close_finished(session: Session, at: datetime) -> int:
    """Let time pass: confirm, begin, finish, mark who is missing; a job.

    Returns how many claims changed.
    """
    changed = 0
    late = at - rules.CHECK_OUT_LATE
    for before, after, when in (
        ([ClaimState.CLAIMED], ClaimState.CONFIRMED, col(Claim.effective_at) <= at),
        ([ClaimState.CONFIRMED], ClaimState.NO_SHOW, col(Claim.ends_at) <= late),
        (
            [ClaimState.CHECKED_IN],
            ClaimState.MISSING_CHECKOUT,
            col(Claim.ends_at) < late,
        ),
    ):
        done = session.execute(
            update(Claim)
            .where(col(Claim.state).in_(before), when)
            .values(state=after)
            .execution_options(synchronize_session="fetch")
        )
        changed += done.rowcount  # type: ignore[attr-defined]
    running = [ShiftState.OPEN, ShiftState.FULL]
    for states, state, when in (
        (running, ShiftState.IN_PROGRESS, col(Shift.starts_at) <= at),
        ([ShiftState.IN_PROGRESS], ShiftState.FINISHED, col(Shift.ends_at) <= at),
    ):
        session.execute(
            update(Shift)
            .where(col(Shift.state).in_(states), when)
            .values(state=state)
            .execution_options(synchronize_session="fetch")
        )
    reconcile(session, None)
    return changed


def _window(secret: bytes, claim: Claim, code: str, at: datetime) -> int:
    window = rules.find_window(secret, claim.place_id, code, at=at)
    if window is None:
        raise WrongDoorCode(
            msg("This is not the code on the screen now. It changes every minute."),
            field="code",
        )
    return window


def _check_in(session: Session, claim: Claim, method: Method, at: datetime) -> None:
    claim.state = ClaimState.CHECKED_IN
    claim.effective_at = min(claim.effective_at, at)
    claim.checked_in_at = at
    claim.in_method = method
    session.add(claim)


def _check_out(
    session: Session,
    claims: Collection[Claim],
    *,
    by: UUID | None,
    at: datetime,
    left_at: datetime | None = None,
) -> list[ServiceRecord]:
    """Write the records of people who leave; *by* None: each of them themselves."""
    left = left_at or at
    shifts = queries.shifts_by_ids(session, {claim.shift_id for claim in claims})
    posts = queries.posts_by_ids(session, {one.post_id for one in shifts.values()})
    others = queries.records_between(
        session,
        {claim.person_id for claim in claims},
        min(claim.starts_at for claim in claims),
        max(claim.ends_at for claim in claims),
    )
    records = []
    for claim in claims:
        assert claim.checked_in_at is not None
        shift = shifts[claim.shift_id]
        window = rules.clipped(claim, claim.checked_in_at, left)
        minutes = rules.minutes_given(claim, claim.checked_in_at, left)
        if minutes < 1:
            raise Invalid(msg("Less than a minute was given."), field="left")
        rules.ensure_no_overlap(*window, _of(others, claim.person_id))
        record = _record(
            shift, posts[shift.post_id], claim.person_id, window, minutes,
            claim.in_method or Method.STATION_SCAN,
            entered_by=by or claim.person_id, at=at,
        )  # fmt: skip
        record.claim_id = claim.id
        claim.state = ClaimState.CHECKED_OUT
        claim.checked_out_at = left
        records.append(record)
    session.add_all([*claims, *records])
    session.flush()
    return records


def _record(
    shift: Shift,
    post: Post,
    person_id: UUID,
    window: tuple[datetime, datetime],
    minutes: int,
    method: Method,
    *,
    entered_by: UUID,
    at: datetime,
) -> ServiceRecord:
    """Copy the eight facts, so that a later change of the post leaves them alone."""
    return ServiceRecord(
        person_id=person_id,
        shift_id=shift.id,
        post_id=post.id,
        programme_id=post.programme_id,
        activity=post.title,
        day=shift.day,
        place_id=shift.place_id,
        content=post.what,
        starts_at=window[0],
        ends_at=window[1],
        minutes=minutes,
        organising_unit=post.organising_unit,
        person_in_charge=post.person_in_charge,
        beneficiaries=post.beneficiaries,
        kind=RecordKind.CAPTURED,
        method=method,
        entered_by=entered_by,
        recorded_at=at,
    )


def _of(records: Iterable[ServiceRecord], person_id: UUID) -> list[ServiceRecord]:
    return [record for record in records if record.person_id == person_id]


def _claims_at_the_desk(
    session: Session, claim_ids: Collection[UUID], by: UUID, at: datetime
) -> list[Claim]:
    claims = queries.claims_by_ids(session, claim_ids, lock=True)
    if not claims or len(claims) != len(set(claim_ids)):
        raise ClaimNotFound(msg("We do not know this claim."))
    for place_id in {claim.place_id for claim in claims}:
        people.ensure_may(
            session, by, Permission.ENTER_HOURS, place_id=place_id, on=at.date()
        )
    if any(claim.person_id == by for claim in claims):
        raise NotYourVerdict(msg("Nobody writes down their own hours."))
    if not all(rules.is_seen_by_station(claim, at) for claim in claims):
        raise StepOutOfTurn(msg("This shift has moved on. Please look again."))
    return claims


def _note(
    session: Session, verb: str, record: ServiceRecord, by: UUID, at: datetime
) -> None:
    doings.note(
        session,
        who=by,
        verb=verb,
        about=f"record:{record.id}",
        at=at,
        for_whom=record.person_id,
        detail=record.reason,
    )
