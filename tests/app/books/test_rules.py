"""Who may do what with a proposal, in every state; which days are open."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.books import DayRefused, Proposal, ProposalKind, ProposalState
from app.books.errors import SamePerson, StepOutOfTurn
from app.books.rules import (
    LABELS,
    Step,
    days_of,
    ensure_open_day,
    state_after,
    steps_open_to,
)
from tests.cast import NOON, TODAY

PROPOSER, OTHER = uuid4(), uuid4()
WAITING = ProposalState.PROPOSED


def proposal(state: ProposalState = WAITING) -> Proposal:
    return Proposal(
        kind=ProposalKind.MONTH_CLOSE, month="2026-05", state=state, reason="",
        proposed_by=PROPOSER, proposed_at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize("state", list(ProposalState))
@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("actor", [PROPOSER, OTHER])
def test_only_a_second_person_decides_and_only_the_first_takes_back(
    state: ProposalState, step: Step, actor: object
) -> None:
    one = proposal(state)
    is_right = (step == Step.WITHDRAW) == (actor == PROPOSER)
    open_to = steps_open_to(one, actor, may_decide=True)

    assert (step in open_to) == (state == WAITING and is_right)
    if state != WAITING:
        with pytest.raises(StepOutOfTurn):
            state_after(one, step, actor)
    elif not is_right:
        with pytest.raises(SamePerson):
            state_after(one, step, actor)
    else:
        assert state_after(one, step, actor) != WAITING


def test_nobody_without_the_role_has_a_step() -> None:
    assert steps_open_to(proposal(), OTHER, may_decide=False) == ()


def test_every_kind_and_state_has_words() -> None:
    assert set(LABELS) == {*ProposalKind, *ProposalState}


@pytest.mark.parametrize(
    ("day", "closed_through", "is_open"),
    [
        (TODAY, None, True),
        (TODAY + timedelta(days=1), None, False),
        (date(2026, 5, 31), None, True),
        (date(2026, 5, 31), date(2026, 5, 31), False),
        (date(2026, 6, 1), date(2026, 5, 31), True),
    ],
)
def test_days_of_closed_months_and_days_to_come_are_refused(
    day: date, closed_through: date | None, is_open: bool
) -> None:
    if is_open:
        ensure_open_day(day, today=TODAY, closed_through=closed_through)
    else:
        with pytest.raises(DayRefused) as refusal:
            ensure_open_day(day, today=TODAY, closed_through=closed_through)
        assert refusal.value.field == "effective_on"


def test_a_month_has_its_days_and_nonsense_has_none() -> None:
    assert days_of("2028-02") == (date(2028, 2, 1), date(2028, 2, 29))
    assert days_of("2026-12") == (date(2026, 12, 1), date(2026, 12, 31))
    assert [days_of(text) for text in ("2026-13", "craft", "2026-1", "0000-01")] == [
        None
    ] * 4
