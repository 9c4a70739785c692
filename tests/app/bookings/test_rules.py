"""The life of a booking, step by step: whose step it is, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from app.bookings import rules
from app.bookings.errors import (
    BookingInvalid,
    NotYourStep,
    RatedAlready,
    StepOutOfTurn,
    UndoOver,
)
from app.bookings.models import Booking, BookingState
from app.bookings.rules import SIDES, STEPS, Side, Step
from app.fair import PriceMode
from tests.cast import NOON

SENT = NOON + timedelta(minutes=10)
START = NOON + timedelta(days=2)
END = START + timedelta(hours=1)
WHEN = {
    Step.UNDO: NOON,
    Step.SEND_NOW: NOON,
    Step.CONFIRM: SENT,
    Step.DECLINE: SENT,
    Step.CANCEL: SENT,
    Step.COMPLETE: END,
    Step.RESIDENT_ABSENT: START + rules.LATE,
    Step.PROVIDER_ABSENT: START + rules.LATE,
    Step.RATE: END,
    Step.EXPIRE: START,
}
"""A moment at which the step can be taken."""


def a_booking(state: BookingState, **changes: object) -> Booking:
    facts: dict[str, object] = {
        "offering_id": uuid4(), "slot_id": uuid4(), "place_id": uuid4(),
        "resident_id": uuid4(), "entered_by": uuid4(), "price_mode": PriceMode.FREE,
        "state": state, "starts_at": START, "ends_at": END, "requested_at": NOON,
        "effective_at": SENT,
    }  # fmt: skip
    return Booking(**(facts | changes))


LISTED = [
    (state, step, side)
    for state, step in STEPS
    for side in (SIDES[step] or {None})
    if (state, step, side) != (BookingState.REQUESTED, Step.CANCEL, Side.PROVIDER)
]


@pytest.mark.parametrize(("state", "step", "side"), LISTED)
def test_each_listed_step_leads_where_the_table_says(
    state: BookingState, step: Step, side: Side | None
) -> None:
    after = rules.state_after(a_booking(state), step, side=side, at=WHEN[step])
    assert after == STEPS[state, step]


@pytest.mark.parametrize(
    ("state", "step"), [p for p in product(BookingState, Step) if p not in STEPS]
)
def test_every_other_step_is_out_of_turn(state: BookingState, step: Step) -> None:
    side = next(iter(SIDES[step]), None)
    with pytest.raises(StepOutOfTurn):
        rules.state_after(a_booking(state), step, side=side, at=WHEN[step])


@pytest.mark.parametrize(
    ("step", "side"),
    [(step, side) for step in Step for side in Side if side not in SIDES[step]],
)
def test_nobody_takes_the_other_sides_step(step: Step, side: Side) -> None:
    state = next(state for state, known in STEPS if known == step)
    with pytest.raises(NotYourStep):
        rules.state_after(a_booking(state), step, side=side, at=WHEN[step])


MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "step", "side", "at", "refusal"),
    [
        (BookingState.REQUESTED, Step.UNDO, Side.RESIDENT, SENT, UndoOver),
        (BookingState.REQUESTED, Step.SEND_NOW, Side.RESIDENT, SENT, UndoOver),
        (BookingState.REQUESTED, Step.CONFIRM, Side.PROVIDER, SENT - MOMENT, None),
        (BookingState.REQUESTED, Step.CONFIRM, Side.PROVIDER, START, None),
        (BookingState.REQUESTED, Step.CANCEL, Side.RESIDENT, NOON, None),
        (BookingState.REQUESTED, Step.CANCEL, Side.PROVIDER, SENT, None),
        (BookingState.CONFIRMED, Step.CANCEL, Side.RESIDENT, START, None),
        (BookingState.CONFIRMED, Step.COMPLETE, Side.PROVIDER, START - MOMENT, None),
        (BookingState.CONFIRMED, Step.COMPLETE, Side.RESIDENT, END - MOMENT, None),
        (BookingState.CONFIRMED, Step.COMPLETE, Side.STAFF, END - MOMENT, None),
        (BookingState.CONFIRMED, Step.PROVIDER_ABSENT, Side.RESIDENT, START, None),
        (BookingState.CONFIRMED, Step.RESIDENT_ABSENT, Side.PROVIDER, START, None),
        (BookingState.REQUESTED, Step.EXPIRE, None, START - MOMENT, None),
    ],
)
def test_steps_wait_for_their_time(
    state: BookingState,
    step: Step,
    side: Side | None,
    at: datetime,
    refusal: type[Exception] | None,
) -> None:
    with pytest.raises(refusal or StepOutOfTurn):
        rules.state_after(a_booking(state), step, side=side, at=at)


@pytest.mark.parametrize(
    ("state", "side", "at", "open_steps"),
    [
        (BookingState.REQUESTED, Side.RESIDENT, NOON, {Step.UNDO, Step.SEND_NOW}),
        (BookingState.REQUESTED, Side.PROVIDER, NOON, set()),
        (BookingState.REQUESTED, Side.RESIDENT, SENT, {Step.CANCEL}),
        (BookingState.REQUESTED, Side.PROVIDER, SENT, {Step.CONFIRM, Step.DECLINE}),
        (BookingState.CONFIRMED, Side.RESIDENT, SENT, {Step.CANCEL}),
        (BookingState.CONFIRMED, Side.PROVIDER, START, {Step.COMPLETE}),
        (BookingState.COMPLETED, Side.RESIDENT, END, {Step.RATE}),
        (BookingState.COMPLETED, Side.PROVIDER, END, set()),
        (BookingState.CANCELLED, Side.RESIDENT, END, set()),
    ],
)
def test_each_side_sees_its_own_buttons(
    state: BookingState, side: Side, at: datetime, open_steps: set[Step]
) -> None:
    assert set(rules.steps_open_to(a_booking(state), side, at=at)) == open_steps


def test_a_booking_is_rated_once() -> None:
    rated = a_booking(BookingState.COMPLETED, stars=4)
    with pytest.raises(RatedAlready):
        rules.state_after(rated, Step.RATE, side=Side.RESIDENT, at=END)


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_there_are_one_to_five_stars(stars: int) -> None:
    with pytest.raises(BookingInvalid):
        rules.ensure_stars(stars)


@pytest.mark.parametrize(
    ("total", "count", "mean"),
    [(10, 2, None), (14, 3, Decimal("4.7")), (9, 2, None), (17, 4, Decimal("4.3"))],
)
def test_few_ratings_show_no_mean(total: int, count: int, mean: Decimal | None) -> None:
    assert rules.mean_of(total, count) == mean


@pytest.mark.parametrize(
    ("state", "at", "is_needed"),
    [
        (BookingState.REQUESTED, SENT, False),
        (BookingState.CONFIRMED, SENT, True),
        (BookingState.CONFIRMED, END + timedelta(days=1), True),
        (BookingState.CONFIRMED, END + timedelta(days=1, seconds=1), False),
        (BookingState.CANCELLED, SENT, False),
    ],
)
def test_a_number_is_shown_only_while_it_is_needed(
    state: BookingState, at: datetime, is_needed: bool
) -> None:
    assert rules.is_contact_needed(a_booking(state), at) is is_needed


def test_every_state_has_words() -> None:
    assert set(BookingState) <= set(rules.LABELS)
