"""The life of a redemption, step by step, and who may have what."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from app.rewards import rules
from app.rewards.errors import (
    LimitReached,
    NotForYou,
    RewardInvalid,
    StepOutOfTurn,
    UndoOver,
)
from app.rewards.models import Redemption, RedemptionState, RewardItem, RewardKind
from app.rewards.rules import STEPS, Step
from tests.cast import NOON

EARLY = NOON + timedelta(minutes=9)
LATE = NOON + timedelta(minutes=11)
LAST_DAY = date(2026, 6, 17)
AFTER_LAST_DAY = datetime.combine(date(2026, 6, 18), NOON.timetz())


def a_redemption(state: RedemptionState) -> Redemption:
    return Redemption(
        reward_id=uuid4(), person_id=uuid4(), entered_by=uuid4(), points=Decimal(15),
        state=state, placed_at=NOON, effective_at=NOON + timedelta(minutes=10),
        collect_by=LAST_DAY,
    )  # fmt: skip


def a_reward(**changes: object) -> RewardItem:
    facts: dict[str, object] = {
        "kind": RewardKind.GOODS, "programme_id": uuid4(), "title": "雨伞",
        "points": Decimal(45), "created_at": NOON,
    }  # fmt: skip
    return RewardItem(**(facts | changes))


@pytest.mark.parametrize(("state", "step"), list(STEPS))
def test_each_listed_step_leads_where_the_table_says(
    state: RedemptionState, step: Step
) -> None:
    at = AFTER_LAST_DAY if step == Step.LAPSE else EARLY
    assert rules.state_after(a_redemption(state), step, at=at) == STEPS[state, step]


OUT_OF_TURN = [
    pair
    for pair in product(RedemptionState, Step)
    if pair not in STEPS and pair != (RedemptionState.READY, Step.UNDO)
]


@pytest.mark.parametrize(("state", "step"), OUT_OF_TURN)
def test_every_other_step_is_out_of_turn(state: RedemptionState, step: Step) -> None:
    with pytest.raises(StepOutOfTurn):
        rules.state_after(a_redemption(state), step, at=EARLY)


def test_after_ten_minutes_undo_is_over_and_cancel_is_open() -> None:
    placed = a_redemption(RedemptionState.PLACED)

    assert rules.steps_open_to_owner(placed, at=EARLY) == (Step.UNDO, Step.SEND_NOW)
    assert rules.steps_open_to_owner(placed, at=LATE) == (Step.CANCEL,)
    with pytest.raises(UndoOver, match="still cancel"):
        rules.state_after(placed, Step.UNDO, at=LATE)


def test_it_lapses_the_day_after_the_last_day_and_not_before() -> None:
    ready = a_redemption(RedemptionState.READY)
    on_last_day = datetime.combine(LAST_DAY, NOON.timetz())

    with pytest.raises(StepOutOfTurn):
        rules.state_after(ready, Step.LAPSE, at=on_last_day)
    lapsed = rules.state_after(ready, Step.LAPSE, at=AFTER_LAST_DAY)
    assert lapsed == RedemptionState.LAPSED


@pytest.mark.parametrize(
    ("reward", "facts", "refusal"),
    [
        (a_reward(suitable_for_minors=False), {"age": 17}, NotForYou),
        (a_reward(suitable_for_minors=False), {"age": 18}, None),
        (a_reward(suitable_for_minors=False), {"age": None}, None),
        (a_reward(), {"age": 59, "age_min": 60}, NotForYou),
        (a_reward(), {"age": 60, "age_min": 60}, None),
        (a_reward(hours_needed=100), {"hours": Decimal("99.99")}, NotForYou),
        (a_reward(hours_needed=100), {"hours": Decimal(100)}, None),
        (a_reward(limit_per_person=2), {"had": 2}, LimitReached),
        (a_reward(limit_per_person=2), {"had": 1}, None),
    ],
)
def test_a_reward_is_for_those_it_is_for(
    reward: RewardItem, facts: dict[str, object], refusal: type[Exception] | None
) -> None:
    told = {"age": 40, "age_min": None, "hours": Decimal(0), "had": 0} | facts
    if refusal is None:
        rules.ensure_may_have(reward, **told)  # type: ignore[arg-type]
    else:
        with pytest.raises(refusal):
            rules.ensure_may_have(reward, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("gift", [None, Decimal(0), Decimal("0.5"), Decimal(10_001)])
def test_a_gift_has_a_least_and_a_most(gift: Decimal | None) -> None:
    with pytest.raises(RewardInvalid):
        rules.points_of(a_reward(kind=RewardKind.DONATION, points=Decimal(1)), gift)


def test_only_a_donation_lets_the_giver_say_how_much() -> None:
    donation = a_reward(kind=RewardKind.DONATION, points=Decimal(1))
    assert rules.points_of(donation, Decimal(7)) == Decimal(7)
    assert rules.points_of(a_reward(), Decimal(7)) == Decimal(45)


def test_a_code_is_read_however_it_is_typed() -> None:
    assert rules.clean_code(" 6sm-yuy ") == "6SMYUY"
    assert rules.shown_code("6SMYUY") == "6SM YUY"
