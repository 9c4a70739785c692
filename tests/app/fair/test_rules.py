"""The rules of the fair, by table: price, steps, seats, the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.fair import (
    Category,
    NotLive,
    NotYourStep,
    Offering,
    OfferingInvalid,
    OfferingKind,
    OfferingState,
    PriceMode,
    ServiceNature,
    Slot,
    SlotFull,
    SlotPast,
    StepOutOfTurn,
    rules,
)
from app.fair.rules import Step, words
from tests.cast import NOON

AUTHOR, OTHER, TEAM, BANK = uuid4(), uuid4(), uuid4(), uuid4()
HOUR = timedelta(hours=1)

ALLOWED = {
    (ServiceNature.VOLUNTEER, PriceMode.FREE),
    (ServiceNature.VOLUNTEER, PriceMode.POINTS),
    (ServiceNature.PUBLIC_BENEFIT_FREE, PriceMode.FREE),
    (ServiceNature.GOVERNMENT, PriceMode.FREE),
    (ServiceNature.LOW_FEE, PriceMode.CNY),
    (ServiceNature.MARKET, PriceMode.CNY),
}
PRICES: dict[PriceMode, dict[str, Any]] = {
    PriceMode.FREE: {},
    PriceMode.POINTS: {"points": Decimal(5), "programme_id": BANK},
    PriceMode.CNY: {"price_cny": Decimal("12.80")},
}


def an_offering(**changes: Any) -> Offering:
    fields: dict[str, Any] = {
        "kind": OfferingKind.SERVICE,
        "category": Category.DAILY_REPAIR,
        "service_nature": ServiceNature.VOLUNTEER,
        "price_mode": PriceMode.FREE,
        "author_id": AUTHOR,
        "provider_id": AUTHOR,
        "organisation_id": TEAM,
        "place_id": uuid4(),
        "title": "理发",
        "summary": "推子剪刀都带上",
        "state": OfferingState.PUBLISHED,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Offering(**(fields | changes))


@pytest.mark.parametrize(("nature", "mode"), list(product(ServiceNature, PriceMode)))
def test_only_the_listed_prices_go_with_a_nature(
    nature: ServiceNature, mode: PriceMode
) -> None:
    offering = an_offering(service_nature=nature, price_mode=mode, **PRICES[mode])
    if (nature, mode) in ALLOWED:
        rules.ensure_price(offering)
    else:
        with pytest.raises(OfferingInvalid) as refused:
            rules.ensure_price(offering)
        assert refused.value.field == "price_mode"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_mode": PriceMode.POINTS, "programme_id": BANK}, "points"),
        (
            {
                "price_mode": PriceMode.POINTS,
                "points": Decimal(0),
                "programme_id": BANK,
            },
            "points",
        ),
        ({"price_mode": PriceMode.POINTS, "points": Decimal(5)}, "programme_id"),
        ({"points": Decimal(5)}, "points"),
        ({"price_cny": Decimal(5)}, "price_cny"),
        (
            {"service_nature": ServiceNature.LOW_FEE, "price_mode": PriceMode.CNY},
            "price_cny",
        ),
        (
            {
                "service_nature": ServiceNature.LOW_FEE,
                "price_mode": PriceMode.CNY,
                "price_cny": Decimal(5),
                "organisation_id": None,
            },
            "organisation_id",
        ),
    ],
)
def test_a_price_that_is_not_whole_is_refused_at_its_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(OfferingInvalid) as refused:
        rules.ensure_price(an_offering(**changes))
    assert refused.value.field == field


def test_an_exemption_stands_in_for_the_organisation() -> None:
    rules.ensure_price(
        an_offering(
            service_nature=ServiceNature.LOW_FEE,
            price_mode=PriceMode.CNY,
            price_cny=Decimal(5),
            organisation_id=None,
            exemption_id=uuid4(),
        )
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"summary": None}, "summary"),
        ({"is_home_visit": True, "protection_note": "两人同行"}, "risk_note"),
        ({"is_home_visit": True, "risk_note": "地滑"}, "protection_note"),
    ],
)
def test_what_a_reader_could_not_judge_is_not_submitted(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(OfferingInvalid) as refused:
        rules.ensure_complete(an_offering(**changes))
    assert refused.value.field == field


@pytest.mark.parametrize(("state", "step"), list(product(OfferingState, Step)))
def test_each_step_leads_where_the_table_says_or_is_out_of_turn(
    state: OfferingState, step: Step
) -> None:
    offering = an_offering(state=state)
    if (state, step) in rules.STEPS:
        assert rules.state_after(offering, step) == rules.STEPS[state, step]
    else:
        with pytest.raises(StepOutOfTurn):
            rules.state_after(offering, step)


@pytest.mark.parametrize("state", list(OfferingState))
def test_every_open_step_belongs_to_exactly_one_kind_of_reader(
    state: OfferingState,
) -> None:
    def open_to(**who: bool) -> set[Step]:
        nobody = {"is_provider": False, "is_reviewer": False, "is_manager": False}
        return set(rules.steps_open_to(state, **(nobody | who)))

    provider = open_to(is_provider=True)
    reviewer = open_to(is_reviewer=True)
    manager = open_to(is_manager=True)
    assert not provider & reviewer
    assert not reviewer & manager
    assert provider | reviewer | manager == {
        step for start, step in rules.STEPS if start == state
    }
    assert open_to() == set()


@pytest.mark.parametrize(
    ("by", "is_close", "is_member"),
    [(AUTHOR, False, False), (OTHER, True, False), (OTHER, False, True)],
)
def test_only_strangers_review(by: UUID, is_close: bool, is_member: bool) -> None:
    with pytest.raises(NotYourStep):
        rules.ensure_reviews_another(
            an_offering(), by=by, is_close=is_close, is_member=is_member
        )


@pytest.mark.parametrize("step", sorted(rules.NEEDS_REASON))
@pytest.mark.parametrize("reason", [None, "", "   ", "no"])
def test_a_no_needs_its_reason(step: Step, reason: str | None) -> None:
    with pytest.raises(OfferingInvalid):
        rules.ensure_reason(step, reason)


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (None, None, OfferingState.PUBLISHED),
        (date(2026, 6, 4), None, OfferingState.APPROVED),
        (date(2026, 6, 3), date(2026, 6, 3), OfferingState.PUBLISHED),
        (None, date(2026, 6, 2), OfferingState.EXPIRED),
    ],
)
def test_the_calendar_says_whether_it_is_open(
    starts: date | None, ends: date | None, expected: OfferingState
) -> None:
    offering = an_offering(listed_from=starts, listed_until=ends)
    assert rules.state_on(offering, NOON.date()) == expected


@pytest.mark.parametrize(
    ("start", "end", "seats", "field"),
    [
        (NOON, NOON, 1, "ends"),
        (NOON, NOON - HOUR, 1, "ends"),
        (NOON, NOON + timedelta(hours=25), 1, "ends"),
        (NOON, NOON + HOUR, 0, "capacity"),
    ],
)
def test_an_impossible_time_is_refused(
    start: Any, end: Any, seats: int, field: str
) -> None:
    with pytest.raises(OfferingInvalid) as refused:
        rules.ensure_slot(start, end, seats)
    assert refused.value.field == field


SEATS: list[tuple[dict[str, Any], dict[str, Any], type[Exception]]] = [
    ({"state": state}, {}, NotLive)
    for state in OfferingState
    if state != OfferingState.PUBLISHED
] + [
    ({}, {"withdrawn_at": NOON}, NotLive),
    ({}, {"starts_at": NOON}, SlotPast),
    ({}, {"taken": 2}, SlotFull),
]


@pytest.mark.parametrize(("offering", "slot", "refusal"), SEATS)
def test_a_seat_that_cannot_be_taken_says_why(
    offering: dict[str, Any], slot: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        rules.ensure_seat(an_offering(**offering), a_slot(**slot), at=NOON)


def test_the_last_seat_can_be_taken() -> None:
    rules.ensure_seat(an_offering(), a_slot(taken=1), at=NOON)


def a_slot(**changes: Any) -> Slot:
    fields: dict[str, Any] = {
        "offering_id": uuid4(),
        "starts_at": NOON + HOUR,
        "ends_at": NOON + 2 * HOUR,
        "capacity": 2,
        "taken": 0,
    }
    return Slot(**(fields | changes))


def test_every_step_has_an_operation_and_every_state_a_next_step() -> None:
    assert set(words.OPERATIONS) == set(Step)
    assert set(words.NEXT_STEPS) == set(OfferingState)
    assert set(words.FIELD_LABELS) == rules.REVIEWED_FIELDS
