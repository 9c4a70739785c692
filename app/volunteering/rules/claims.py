"""Decisions about posts, shifts and claims: gates, and the life of a claim."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.people import age_on
from app.volunteering.errors import (
    NotQualified,
    NotTheTime,
    NotYourVerdict,
    Overlaps,
    ShiftClosed,
    ShiftFull,
    ShiftInvalid,
    StepOutOfTurn,
    UndoOver,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Post,
    RiskLevel,
    ServiceRecord,
    Shift,
    ShiftState,
)

ADULT_AGE = 18
CHECK_IN_EARLY = timedelta(minutes=30)
CHECK_OUT_LATE = timedelta(hours=2)
"""After that the check-out is missing, and staff put it right with a reason."""
SHIFT_LENGTH_MAX = timedelta(hours=16)

FREED = frozenset({ClaimState.UNDONE, ClaimState.WITHDRAWN, ClaimState.CANCELLED})
TAKES_TIME = frozenset(ClaimState) - FREED - {ClaimState.NO_SHOW}
BEFORE = frozenset({ClaimState.CLAIMED, ClaimState.CONFIRMED})


class ClaimStep(StrEnum):
    """What a volunteer may do with a claim."""

    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    UNDO = "undo"
    SEND_NOW = "send_now"
    WITHDRAW = "withdraw"


class Fit(IntEnum):
    """How a shift fits a reader, the best first; pages list in this order."""

    FREE = 0
    NEEDS_PROOF = 1
    FULL = 2
    BUSY = 3
    TOO_YOUNG = 4
    MINE = 5


def ensure_post(
    *, risk_level: RiskLevel, min_age: int | None, insurance_policy_no: str | None
) -> None:
    """Refuse danger without insurance and adults (R-VOL-06).

    Raises:
        Invalid: names the field.
    """
    if risk_level is RiskLevel.LOW:
        return
    if not insurance_policy_no:
        raise Invalid(
            msg("Work with danger needs an insurance policy before anyone comes."),
            field="insurance_policy_no",
        )
    if min_age is None or min_age < ADULT_AGE:
        raise Invalid(
            msg("Work with danger is for adults: set the age to 18 or more."),
            field="min_age",
        )


def ensure_shift(starts_at: datetime, ends_at: datetime, *, at: datetime) -> None:
    """Refuse a shift that is over, backwards or too long (R-TIME-04).

    Raises:
        ShiftInvalid: names the field.
    """
    if ends_at <= starts_at:
        raise ShiftInvalid(msg("The end must be after the start."), field="ends")
    if ends_at - starts_at > SHIFT_LENGTH_MAX:
        raise ShiftInvalid(
            msg("A shift lasts at most %(hours)s hours."), field="ends",
            hours=int(SHIFT_LENGTH_MAX.total_seconds() // 3600),
        )  # fmt: skip
    if starts_at <= at:
        raise ShiftInvalid(
            msg("A shift is published before it starts."), field="starts"
        )


def shown_state(shift: Shift, at: datetime) -> ShiftState:
    """Return where a shift stands at *at*, also before the job has written it."""
    if shift.state not in (ShiftState.OPEN, ShiftState.FULL, ShiftState.IN_PROGRESS):
        return shift.state
    if at >= shift.ends_at:
        return ShiftState.FINISHED
    if at >= shift.starts_at:
        return ShiftState.IN_PROGRESS
    return shift.state


def ensure_open(shift: Shift, *, wanted: int, at: datetime) -> None:
    """Refuse claims for a shift that has begun, is called off or full.

    Raises:
        ShiftClosed: it takes nobody any more.
        ShiftFull: fewer than *wanted* places are free.
    """
    if shift.state not in (ShiftState.OPEN, ShiftState.FULL) or at >= shift.starts_at:
        raise ShiftClosed(msg("This shift takes nobody any more."))
    if shift.claimed + wanted > shift.people_wanted:
        raise ShiftFull(msg("Somebody just took the last place. See the other shifts."))


def ensure_old_enough(post: Post, birth_on: date | None, day: date) -> None:
    """Refuse who is too young on the day; an unknown age is asked at the desk.

    Raises:
        NotQualified: too young, or nobody knows.
    """
    if post.min_age is None:
        return
    age = age_on(birth_on, day)
    if age is None:
        raise NotQualified(
            msg("This post asks for an age. Please show a document at the desk once.")
        )
    if age < post.min_age:
        raise NotQualified(
            msg("This post is for people of %(age)s years and more."), age=post.min_age
        )


def fit_of(
    shift: Shift,
    post: Post,
    *,
    birth_on: date | None,
    shown: frozenset[str],
    mine: Iterable[Claim],
) -> Fit:
    """Return how a shift fits somebody with these qualifications and claims."""
    taken = [claim for claim in mine if claim.state in TAKES_TIME]
    if any(claim.shift_id == shift.id for claim in taken):
        return Fit.MINE
    try:
        ensure_old_enough(post, birth_on, shift.day)
        ensure_no_overlap(shift.starts_at, shift.ends_at, taken)
    except NotQualified:
        return Fit.TOO_YOUNG
    except Overlaps:
        return Fit.BUSY
    if shift.claimed >= shift.people_wanted:
        return Fit.FULL
    if post.needs and post.needs not in shown:
        return Fit.NEEDS_PROOF
    return Fit.FREE


def ensure_claim(claim: Claim, step: ClaimStep, *, by: UUID, at: datetime) -> None:
    """Refuse a step of a claim that is not the volunteer's to take now.

    Raises:
        UndoOver: the time to undo is over; withdrawing still works.
        NotTheTime: too early or too late to check in or out.
        StepOutOfTurn: the claim is somewhere else.
        NotYourVerdict: it is another person's claim.
    """
    if by != claim.person_id:
        raise NotYourVerdict(msg("This is another person's shift."))
    _ensure_in_turn(claim, step, at)
    if step is ClaimStep.CHECK_IN:
        ensure_time_to_check_in(claim, at)
    if step is ClaimStep.CHECK_OUT:
        ensure_time_to_check_out(claim, at)


def _ensure_in_turn(claim: Claim, step: ClaimStep, at: datetime) -> None:
    is_undoable = claim.state is ClaimState.CLAIMED and at < claim.effective_at
    if step is ClaimStep.UNDO and claim.state in BEFORE and not is_undoable:
        raise UndoOver(
            msg("The time to undo is over. You can still say that you can't come.")
        )
    fits = {
        ClaimStep.UNDO: is_undoable,
        ClaimStep.SEND_NOW: is_undoable,
        ClaimStep.WITHDRAW: claim.state in BEFORE and at < claim.ends_at,
        ClaimStep.CHECK_IN: claim.state in BEFORE,
        ClaimStep.CHECK_OUT: claim.state is ClaimState.CHECKED_IN,
    }
    if not fits[step]:
        raise StepOutOfTurn(msg("This shift has moved on. Please look again."))


def ensure_time_to_check_in(claim: Claim, at: datetime) -> None:
    """Refuse checking in more than half an hour early, or after the end.

    Raises:
        NotTheTime: says from when.
    """
    if at < claim.starts_at - CHECK_IN_EARLY:
        raise NotTheTime(
            msg("Checking in opens %(minutes)s minutes before the shift."),
            minutes=int(CHECK_IN_EARLY.total_seconds() // 60),
        )
    if at >= claim.ends_at:
        raise NotTheTime(msg("This shift is over. Please ask the station."))


def ensure_time_to_check_out(claim: Claim, at: datetime) -> None:
    """Refuse checking out before a minute was given, or hours after the end.

    Raises:
        NotTheTime: too early or too late.
    """
    assert claim.checked_in_at is not None
    if at > claim.ends_at + CHECK_OUT_LATE:
        raise NotTheTime(msg("This shift is long over. Please ask the station."))
    if minutes_given(claim, claim.checked_in_at, at) < 1:
        raise NotTheTime(msg("The shift has hardly begun. Check out when you leave."))


def steps_open_to(claim: Claim, reader: UUID, at: datetime) -> tuple[ClaimStep, ...]:
    """Return the steps *reader* may take now; the page shows a button for each."""
    return tuple(step for step in ClaimStep if _is_open(claim, step, reader, at))


def _is_open(claim: Claim, step: ClaimStep, reader: UUID, at: datetime) -> bool:
    try:
        ensure_claim(claim, step, by=reader, at=at)
    except (StepOutOfTurn, NotTheTime, UndoOver, NotYourVerdict):
        return False
    return True


def is_seen_by_station(claim: Claim, at: datetime) -> bool:
    """Say whether the station sees the claim: not before its time to undo is over."""
    return claim.state is not ClaimState.CLAIMED or at >= claim.effective_at


def minutes_given(window: Claim | Shift, came_at: datetime, left_at: datetime) -> int:
    """Return the whole minutes given, inside the shift's own window.

    Coming early and staying late are kind, and not counted: nobody is credited for
    more than was agreed (R-LED-01). Seconds are dropped, never rounded up.
    """
    start, end = clipped(window, came_at, left_at)
    return max(0, int((end - start).total_seconds()) // 60)


def clipped(
    window: Claim | Shift, came_at: datetime, left_at: datetime
) -> tuple[datetime, datetime]:
    """Return the part of came–left that lies inside the shift."""
    return max(came_at, window.starts_at), min(left_at, window.ends_at)


def ensure_no_overlap(
    starts_at: datetime, ends_at: datetime, others: Iterable[ServiceRecord | Claim]
) -> None:
    """Refuse time that the person gave elsewhere (R-TIME-07, story L7).

    Raises:
        Overlaps: says by how many minutes.
    """
    for other in others:
        common = min(ends_at, other.ends_at) - max(starts_at, other.starts_at)
        if common > timedelta(0):
            raise Overlaps(
                msg("This overlaps %(minutes)s minutes with other volunteering."),
                minutes=int(common.total_seconds() // 60),
                field="starts",
            )
