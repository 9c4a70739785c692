"""What an order may become, by whom and when; who may sell what; which batch goes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from app.wallet import split_sale
from app.workshops import rules
from app.workshops.errors import (
    GoodInvalid,
    NotForThem,
    NotYourStep,
    OrderInvalid,
    OutOfStock,
    StepOutOfTurn,
    UndoOver,
)
from app.workshops.models import (
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Order,
    OrderState,
    PayWith,
    Registration,
    ReturnPolicy,
)
from app.workshops.rules import OWNERS, STEPS, Side, Step
from tests.cast import NOON, TODAY

WINDOW = timedelta(minutes=10)
AFTER = NOON + WINDOW


def an_order(state: OrderState, collect_by: datetime | None = None) -> Order:
    return Order(
        person_id=uuid4(),
        entered_by=uuid4(),
        workshop_id=uuid4(),
        place_id=uuid4(),
        state=state,
        pay_with=PayWith.CASH,
        total_cny=Decimal(1),
        placed_at=NOON,
        effective_at=AFTER,
        collect_by=collect_by,
    )


def a_batch(
    best_before: date | None,
    quantity: int = 5,
    reserved: int = 0,
    made_on: date = TODAY,
) -> Batch:
    return Batch(
        good_id=uuid4(),
        made_on=made_on,
        best_before=best_before,
        quantity=quantity,
        reserved=reserved,
        sold=0,
        written_off=0,
        created_at=NOON,
    )


def moment_for(step: Step) -> datetime:
    return NOON if step in rules.WINDOW_STEPS else AFTER


@pytest.mark.parametrize(("state", "step"), list(STEPS))
def test_each_listed_step_leads_where_the_table_says(
    state: OrderState, step: Step
) -> None:
    placed = an_order(state, collect_by=NOON)
    for side in OWNERS[step]:
        after = rules.state_after(
            placed, step, sides=frozenset({side}), at=moment_for(step)
        )
        assert after == STEPS[state, step]


@pytest.mark.parametrize(
    ("state", "step"), [pair for pair in product(OrderState, Step) if pair not in STEPS]
)
def test_every_other_step_is_out_of_turn(state: OrderState, step: Step) -> None:
    with pytest.raises((StepOutOfTurn, UndoOver)):
        rules.state_after(
            an_order(state), step, sides=OWNERS[step], at=moment_for(step)
        )


@pytest.mark.parametrize(
    ("step", "side"),
    [(step, side) for step, side in product(Step, Side) if side not in OWNERS[step]],
)
def test_nobody_takes_the_other_sides_step(step: Step, side: Side) -> None:
    state = next(state for state, known in STEPS if known == step)
    with pytest.raises((NotYourStep, NotForThem)):
        rules.state_after(
            an_order(state), step, sides=frozenset({side}), at=moment_for(step)
        )


@pytest.mark.parametrize("other", [Side.RESIDENT, Side.WORKSHOP])
def test_a_clerk_on_the_other_side_does_not_hand_over(other: Side) -> None:
    placed = an_order(OrderState.READY)
    sides = frozenset({Side.COUNTER, other})

    with pytest.raises(NotForThem):
        rules.state_after(placed, Step.HAND_OVER, sides=sides, at=AFTER)

    assert Step.HAND_OVER not in rules.steps_open_to(placed, sides=sides, at=AFTER)


@pytest.mark.parametrize(
    ("at", "steps"),
    [
        (NOON, {Step.UNDO, Step.SEND_NOW}),
        (AFTER - timedelta(seconds=1), {Step.UNDO, Step.SEND_NOW}),
        (AFTER, {Step.CANCEL}),
    ],
)
def test_undo_gives_way_to_cancel_after_ten_minutes(
    at: datetime, steps: set[Step]
) -> None:
    placed = an_order(OrderState.PLACED)
    mine = rules.steps_open_to(placed, sides=frozenset({Side.RESIDENT}), at=at)
    assert set(mine) == steps


def test_the_workshop_neither_sees_nor_acts_in_the_window() -> None:
    placed = an_order(OrderState.PLACED)
    workshop = frozenset({Side.WORKSHOP})

    assert not rules.may_see(placed, sides=workshop, at=NOON)
    assert rules.steps_open_to(placed, sides=workshop, at=NOON) == ()
    assert rules.may_see(placed, sides=workshop, at=AFTER)
    assert not rules.may_see(placed, sides=frozenset(), at=AFTER)
    assert rules.may_see(placed, sides=frozenset({Side.TYPIST}), at=NOON)


def test_what_was_undone_the_workshop_never_sees() -> None:
    undone = an_order(OrderState.UNDONE)
    assert not rules.may_see(undone, sides=frozenset({Side.WORKSHOP}), at=AFTER)
    assert rules.may_see(undone, sides=frozenset({Side.RESIDENT}), at=AFTER)


def test_an_order_lapses_only_after_its_last_moment() -> None:
    ready = an_order(OrderState.READY, collect_by=AFTER)
    counter = frozenset({Side.COUNTER})
    with pytest.raises(StepOutOfTurn):
        rules.state_after(ready, Step.LAPSE, sides=counter, at=AFTER)
    late = AFTER + timedelta(seconds=1)
    after = rules.state_after(ready, Step.LAPSE, sides=counter, at=late)
    assert after == OrderState.UNCOLLECTED


def test_fresh_goods_are_kept_for_two_days_others_for_seven() -> None:
    assert rules.last_day(TODAY, has_perishables=True) == TODAY + timedelta(days=2)
    assert rules.last_day(TODAY, has_perishables=False) == TODAY + timedelta(days=7)


@pytest.mark.parametrize(
    ("best_before", "is_good"),
    [(None, True), (TODAY, True), (TODAY - timedelta(days=1), False)],
)
def test_a_batch_is_sold_up_to_its_last_day(
    best_before: date | None, *, is_good: bool
) -> None:
    assert rules.is_sellable(a_batch(best_before), TODAY) is is_good


def test_first_to_expire_goes_first_and_what_keeps_for_ever_last() -> None:
    never = a_batch(None)
    later = a_batch(TODAY + timedelta(days=9))
    soon = a_batch(TODAY, reserved=3)
    gone = a_batch(TODAY - timedelta(days=1))

    picked = rules.pick([never, later, soon, gone], 8, TODAY)

    assert picked == [(soon.id, 2), (later.id, 5), (never.id, 1)]


@pytest.mark.parametrize(("quantity", "said"), [(6, "Only 5"), (100, "Only 5")])
def test_too_many_says_how_many_are_left(quantity: int, said: str) -> None:
    with pytest.raises(OutOfStock, match=said):
        rules.pick([a_batch(None)], quantity, TODAY)


def test_nothing_left_says_so() -> None:
    with pytest.raises(OutOfStock, match="sold out"):
        rules.pick([a_batch(None, reserved=5)], 1, TODAY)


@pytest.mark.parametrize(
    ("registration", "category", "may"),
    [
        (Registration.LICENSED, GoodCategory.PREPARED_FOOD, True),
        (Registration.LICENSED, GoodCategory.CRAFT, True),
        (Registration.EXEMPT_OWN_FARM, GoodCategory.FARM_PRODUCE, True),
        (Registration.EXEMPT_OWN_FARM, GoodCategory.PREPARED_FOOD, False),
        (Registration.EXEMPT_OWN_FARM, GoodCategory.CRAFT, False),
        (Registration.EXEMPT_HANDICRAFT, GoodCategory.CRAFT, True),
        (Registration.EXEMPT_HANDICRAFT, GoodCategory.FARM_PRODUCE, False),
        (Registration.EXEMPT_PETTY, GoodCategory.FARM_PRODUCE, True),
        (Registration.EXEMPT_PETTY, GoodCategory.PREPARED_FOOD, False),
        (Registration.EXEMPT_PETTY, GoodCategory.DRINK, False),
    ],
)
def test_food_needs_a_licence(
    registration: Registration, category: GoodCategory, *, may: bool
) -> None:
    if may:
        rules.ensure_may_sell(registration, category)
        return
    with pytest.raises(GoodInvalid):
        rules.ensure_may_sell(registration, category)


def test_a_licensed_workshop_names_its_licence() -> None:
    with pytest.raises(GoodInvalid) as refused:
        rules.ensure_workshop(Registration.LICENSED, None)
    assert refused.value.field == "licence_no"
    rules.ensure_workshop(Registration.LICENSED, "JY133")
    rules.ensure_workshop(Registration.EXEMPT_PETTY, None)


@pytest.mark.parametrize(
    ("is_perishable", "is_made", "policy"),
    [
        (False, False, ReturnPolicy.SEVEN_DAYS),
        (True, False, ReturnPolicy.NONE_PERISHABLE),
        (True, True, ReturnPolicy.NONE_PERISHABLE),
        (False, True, ReturnPolicy.NONE_MADE_TO_ORDER),
    ],
)
def test_fresh_and_made_to_order_goods_are_not_taken_back(
    policy: ReturnPolicy, *, is_perishable: bool, is_made: bool
) -> None:
    found = rules.return_policy(is_perishable=is_perishable, is_made_to_order=is_made)
    assert found == policy


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"made_on": TODAY + timedelta(days=1)}, "made_on"),
        ({"best_before": TODAY - timedelta(days=1)}, "best_before"),
        ({"is_perishable": True, "best_before": None}, "best_before"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 100001}, "quantity"),
    ],
)
def test_batches_that_cannot_be(changes: dict[str, object], field: str) -> None:
    batch = {
        "made_on": TODAY,
        "best_before": TODAY,
        "quantity": 1,
        "is_perishable": False,
        "day": TODAY,
    } | changes
    with pytest.raises(GoodInvalid) as refused:
        rules.ensure_batch(**batch)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_points_add_up_unless_one_good_is_for_cash_only() -> None:
    def good(points: str | None) -> Good:
        return Good(
            workshop_id=uuid4(),
            title="x",
            unit="1",
            category=GoodCategory.CRAFT,
            price_cny=Decimal(1),
            points_price=Decimal(points) if points else None,
            return_policy=ReturnPolicy.SEVEN_DAYS,
            state=GoodState.LISTED,
            created_at=NOON,
        )

    one, two, cash = good("1.50"), good("4"), good(None)
    lines = {one.id: 3, two.id: 1, cash.id: 1}
    assert rules.total_points([one, two], lines) == Decimal("8.50")
    with pytest.raises(OrderInvalid):
        rules.total_points([one, cash], lines)


@pytest.mark.parametrize(
    ("lines", "gross", "commission", "owed"),
    [
        ([("53.60", "8"), ("45.00", "8")], "98.60", "7.89", "90.71"),
        ([("26.80", "8")], "26.80", "2.14", "24.66"),
        ([("0.01", "8")], "0.01", "0.00", "0.01"),
        ([("10.00", "0")], "10.00", "0.00", "10.00"),
    ],
)
def test_a_sale_splits_to_the_cent(
    lines: list[tuple[str, str]], gross: str, commission: str, owed: str
) -> None:
    """Story L15 and its neighbours."""
    found = split_sale([(Decimal(total), Decimal(rate)) for total, rate in lines])
    assert found == (Decimal(gross), Decimal(commission), Decimal(owed))
