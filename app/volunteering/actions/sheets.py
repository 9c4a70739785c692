"""What is put right afterwards: missing check-outs, paper sheets, time that passed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from app import people, programmes
from app.kernel.clock import day_of
from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import queries, rules
from app.volunteering.actions.presence import (
    check_out,
    claims_at_the_desk,
    note_entry,
    write_record,
)
from app.volunteering.actions.verification import reconcile
from app.volunteering.errors import (
    ClaimNotFound,
    ShiftClosed,
    StepOutOfTurn,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Method,
    RecordState,
    ServiceRecord,
    Shift,
    ShiftState,
)


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
    (claim,) = claims_at_the_desk(session, [claim_id], by, at)
    is_over = claim.state is ClaimState.CHECKED_IN and at >= claim.ends_at
    if claim.state is not ClaimState.MISSING_CHECKOUT and not is_over:
        raise StepOutOfTurn(msg("No check-out is missing here."))
    assert claim.checked_in_at is not None
    if not claim.checked_in_at < left_at <= at:
        raise Invalid(
            msg("They left after checking in, and not in the future."), field="left"
        )
    claim.fixed_by, claim.fix_reason = by, reason
    (record,) = check_out(session, [claim], by=by, at=at, left_at=left_at)
    record.reason = reason
    record.method = Method.PAPER_SHEET
    note_entry(session, "checkout.fix", record, by, at)
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
            session, by, Permission.ENTER_HOURS, place_id=shift.place_id, on=day_of(at)
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
    record = write_record(
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
        note_entry(session, "hours.enter", record, by, at)
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
