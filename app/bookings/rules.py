"""Decisions about bookings: the life of one on a page, whose step is whose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType

from app.bookings.errors import (
    BookingInvalid,
    NotYourStep,
    RatedAlready,
    StepOutOfTurn,
    UndoOver,
)
from app.bookings.models import Booking, BookingState
from app.kernel.i18n import msg

UNDO_MINUTES = 10
"""For offerings of no programme; else the programme's own number (R-A11Y-05)."""
LATE = timedelta(minutes=15)
"""How long each side waits for the other before it says that nobody came."""
CONTACT_LIFE = timedelta(days=1)
RATINGS_MIN = 3
"""Fewer ratings than this show no mean: a small n says nothing."""


class Side(StrEnum):
    """On which side of a booking somebody stands."""

    RESIDENT = "resident"
    PROVIDER = "provider"
    STAFF = "staff"


class Step(StrEnum):
    """What can be done with a booking."""

    UNDO = "undo"
    SEND_NOW = "send_now"
    CONFIRM = "confirm"
    DECLINE = "decline"
    COMPLETE = "complete"
    RESIDENT_ABSENT = "resident_absent"
    PROVIDER_ABSENT = "provider_absent"
    CANCEL = "cancel"
    RATE = "rate"
    EXPIRE = "expire"


STEPS: Mapping[tuple[BookingState, Step], BookingState] = MappingProxyType(
    {
        (BookingState.REQUESTED, Step.UNDO): BookingState.UNDONE,
        (BookingState.REQUESTED, Step.SEND_NOW): BookingState.REQUESTED,
        (BookingState.REQUESTED, Step.CONFIRM): BookingState.CONFIRMED,
        (BookingState.REQUESTED, Step.DECLINE): BookingState.DECLINED,
        (BookingState.REQUESTED, Step.CANCEL): BookingState.CANCELLED,
        (BookingState.REQUESTED, Step.EXPIRE): BookingState.EXPIRED,
        (BookingState.CONFIRMED, Step.COMPLETE): BookingState.COMPLETED,
        (BookingState.CONFIRMED, Step.RESIDENT_ABSENT): BookingState.NO_SHOW_RESIDENT,
        (BookingState.CONFIRMED, Step.PROVIDER_ABSENT): BookingState.NO_SHOW_PROVIDER,
        (BookingState.CONFIRMED, Step.CANCEL): BookingState.CANCELLED,
        (BookingState.COMPLETED, Step.RATE): BookingState.COMPLETED,
    }
)

SIDES: Mapping[Step, frozenset[Side]] = MappingProxyType(
    {
        Step.UNDO: frozenset({Side.RESIDENT}),
        Step.SEND_NOW: frozenset({Side.RESIDENT}),
        Step.CONFIRM: frozenset({Side.PROVIDER, Side.STAFF}),
        Step.DECLINE: frozenset({Side.PROVIDER, Side.STAFF}),
        Step.COMPLETE: frozenset({Side.PROVIDER, Side.RESIDENT, Side.STAFF}),
        Step.RESIDENT_ABSENT: frozenset({Side.PROVIDER}),
        Step.PROVIDER_ABSENT: frozenset({Side.RESIDENT}),
        Step.CANCEL: frozenset({Side.PROVIDER, Side.RESIDENT, Side.STAFF}),
        Step.RATE: frozenset({Side.RESIDENT}),
        Step.EXPIRE: frozenset(),
    }
)
"""Whose step it is; staff act for whoever has no phone; expiring is the clock's."""

_UNDO_STEPS = frozenset({Step.UNDO, Step.SEND_NOW})
_ANSWERS = frozenset({Step.CONFIRM, Step.DECLINE})
_BEFORE_START = _ANSWERS | {Step.CANCEL}
_ABSENCES = frozenset({Step.RESIDENT_ABSENT, Step.PROVIDER_ABSENT})

LIVE = frozenset({BookingState.REQUESTED, BookingState.CONFIRMED})
RELEASES = frozenset(
    {
        BookingState.UNDONE,
        BookingState.CANCELLED,
        BookingState.DECLINED,
        BookingState.NO_SHOW_RESIDENT,
        BookingState.NO_SHOW_PROVIDER,
        BookingState.EXPIRED,
    }
)
"""Where held points come back: not coming costs no points (R-VOL-04)."""
FREES_SEAT = RELEASES - {BookingState.NO_SHOW_RESIDENT, BookingState.NO_SHOW_PROVIDER}

LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        BookingState.REQUESTED: msg("waiting for an answer"),
        BookingState.CONFIRMED: msg("agreed"),
        BookingState.COMPLETED: msg("done"),
        BookingState.UNDONE: msg("undone"),
        BookingState.CANCELLED: msg("cancelled"),
        BookingState.DECLINED: msg("declined"),
        BookingState.NO_SHOW_RESIDENT: msg("the resident did not come"),
        BookingState.NO_SHOW_PROVIDER: msg("the provider did not come"),
        BookingState.EXPIRED: msg("not answered in time"),
    }
)


def steps_open_to(booking: Booking, side: Side, *, at: datetime) -> tuple[Step, ...]:
    """Return the steps *side* may take now; the page shows a button for each."""
    return tuple(
        step
        for state, step in STEPS
        if state == booking.state
        and side in SIDES[step]
        and _why_not_now(booking, step, side, at) is None
    )


def state_after(
    booking: Booking, step: Step, *, side: Side | None, at: datetime
) -> BookingState:
    """Return the state *step* leads to when *side* takes it (None: the clock).

    Raises:
        NotYourStep: the step belongs to the other side.
        UndoOver: undo came after the undo time; cancelling is offered.
        RatedAlready: it has its stars.
        StepOutOfTurn: the booking has moved on, or it is too early or too late.
    """
    allowed = SIDES[step]
    if side is not None and side not in allowed:
        raise NotYourStep(msg("This step belongs to the other side of the booking."))
    assert side is not None or not allowed, "the clock takes only its own step"
    if (booking.state, step) not in STEPS:
        raise StepOutOfTurn(msg("The booking has moved on. Please look again."))
    why_not = _why_not_now(booking, step, side, at)
    if why_not is not None:
        raise why_not
    return STEPS[booking.state, step]


def _why_not_now(
    booking: Booking, step: Step, side: Side | None, at: datetime
) -> StepOutOfTurn | RatedAlready | None:
    """Return what stands in the way of a step of this state just now, or None."""
    is_effective = at >= booking.effective_at
    has_begun = at >= booking.starts_at
    in_the_way: tuple[tuple[bool, StepOutOfTurn | RatedAlready], ...] = (
        (
            step in _UNDO_STEPS and is_effective,
            UndoOver(msg("The time to undo is over. You can still cancel.")),
        ),
        (
            step in _ANSWERS and not is_effective,
            StepOutOfTurn(msg("The resident may still undo it. Please wait.")),
        ),
        (
            step == Step.CANCEL and not is_effective,
            StepOutOfTurn(msg("You can simply undo it.")),
        ),
        (
            step == Step.CANCEL
            and side == Side.PROVIDER
            and booking.state == BookingState.REQUESTED,
            StepOutOfTurn(msg("Please decline it, with a reason.")),
        ),
        (
            step in _BEFORE_START and has_begun,
            StepOutOfTurn(msg("The time of this booking has begun.")),
        ),
        (
            step == Step.COMPLETE and at < _done_from(booking, side),
            StepOutOfTurn(msg("It has not taken place yet.")),
        ),
        (
            step in _ABSENCES and at < booking.starts_at + LATE,
            StepOutOfTurn(msg("Please wait a quarter of an hour for the other side.")),
        ),
        (
            step == Step.EXPIRE and not has_begun,
            StepOutOfTurn(msg("There is still time to answer.")),
        ),
        (
            step == Step.RATE and booking.stars is not None,
            RatedAlready(msg("You have said how it was already. Thank you.")),
        ),
    )
    return next((refusal for stands, refusal in in_the_way if stands), None)


def _done_from(booking: Booking, side: Side | None) -> datetime:
    """The provider may say so from the start on, everybody else after the end."""
    return booking.starts_at if side == Side.PROVIDER else booking.ends_at


def is_sent(booking: Booking, at: datetime) -> bool:
    """Say whether the provider sees it: it can no longer be undone, and was not."""
    return at >= booking.effective_at and booking.state != BookingState.UNDONE


def is_contact_needed(booking: Booking, at: datetime) -> bool:
    """Say whether the two sides need each other's number: agreed, and not long over."""
    return (
        booking.state == BookingState.CONFIRMED and at <= booking.ends_at + CONTACT_LIFE
    )


def ensure_contact_needed(booking: Booking, *, at: datetime) -> None:
    """Refuse a look at a number that is not needed now (product rule 6).

    Raises:
        StepOutOfTurn: not agreed yet, or long over.
    """
    if not is_contact_needed(booking, at):
        raise StepOutOfTurn(
            msg("Numbers are shown once it is agreed, until it is over.")
        )


def ensure_stars(stars: int) -> None:
    """Refuse a rating outside one to five stars."""
    if not 1 <= stars <= 5:
        raise BookingInvalid(msg("Please choose one to five stars."), field="stars")


def mean_of(total: int, count: int) -> Decimal | None:
    """Return the mean of ratings with one place, None when there are too few."""
    if count < RATINGS_MIN:
        return None
    return (Decimal(total) / count).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
