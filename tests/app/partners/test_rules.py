"""The life of a partner, by table."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest

from app.partners import (
    Licence,
    LicenceKind,
    NotYourStep,
    Organisation,
    OrganisationInvalid,
    OrganisationKind,
    OrganisationState,
    ProviderSource,
    Step,
    StepOutOfTurn,
    is_valid_on,
    rules,
)
from tests.cast import NOON

PAN, SHEN, LIN = uuid4(), uuid4(), uuid4()
TODAY = NOON.date()


def an_organisation(
    state: OrganisationState = OrganisationState.APPLIED,
) -> Organisation:
    return Organisation(
        name="海晏社工服务中心",
        kind=OrganisationKind.SOCIAL_ORGANISATION,
        source=ProviderSource.THIRD_PARTY,
        state=state,
        applied_by=PAN,
        created_at=NOON,
    )


@pytest.mark.parametrize(("state", "step"), list(product(OrganisationState, Step)))
def test_each_step_leads_where_the_table_says_or_is_out_of_turn(
    state: OrganisationState, step: Step
) -> None:
    organisation = an_organisation(state)
    if (state, step) in rules.STEPS:
        assert rules.state_after(organisation, step) == rules.STEPS[state, step]
        assert step in rules.steps_open_from(state)
    else:
        with pytest.raises(StepOutOfTurn):
            rules.state_after(organisation, step)
        assert step not in rules.steps_open_from(state)


@pytest.mark.parametrize(
    "state", [OrganisationState.DECLINED, OrganisationState.EXITED]
)
def test_what_is_over_is_over(state: OrganisationState) -> None:
    assert rules.steps_open_from(state) == ()


@pytest.mark.parametrize("by", [PAN, LIN])
def test_applicants_and_members_do_not_vet(by: UUID) -> None:
    with pytest.raises(NotYourStep):
        rules.ensure_vets_another(an_organisation(), [LIN], by)


def test_a_stranger_vets() -> None:
    rules.ensure_vets_another(an_organisation(), [LIN], SHEN)


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("reason", [None, " ", "no", "材料不全"])
def test_saying_no_needs_words(step: Step, reason: str | None) -> None:
    if step in rules.NEEDS_REASON and reason != "材料不全":
        with pytest.raises(OrganisationInvalid):
            rules.ensure_reason(step, reason)
    else:
        assert rules.ensure_reason(step, reason) == ((reason or "").strip() or None)


@pytest.mark.parametrize(
    ("day", "seen_by", "expected"),
    [
        (TODAY - timedelta(days=1), SHEN, False),
        (TODAY, SHEN, True),
        (TODAY + timedelta(days=30), SHEN, True),
        (TODAY + timedelta(days=31), SHEN, False),
        (TODAY, None, False),
    ],
)
def test_a_licence_counts_in_its_dates_and_only_when_seen(
    day: date, seen_by: UUID | None, expected: bool
) -> None:
    licence = Licence(
        person_id=PAN,
        kind=LicenceKind.FOOD,
        number="JY-1",
        valid_from=TODAY,
        expires_on=TODAY + timedelta(days=30),
        added_at=NOON,
        seen_by=seen_by,
    )
    assert is_valid_on(licence, day) is expected


def test_every_kind_has_its_source() -> None:
    assert set(rules.SOURCE_OF) == set(OrganisationKind)
