"""Decisions of volunteering, by table: no database, no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.volunteering import rules
from app.volunteering.errors import (
    EvidenceMissing,
    NotQualified,
    NotYourVerdict,
    Overlaps,
    StepOutOfTurn,
    TooLate,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Method,
    Post,
    RecordKind,
    RecordState,
    RiskLevel,
    ServiceRecord,
    Shift,
    ShiftState,
)
from app.volunteering.rules import ClaimStep, Fit, Verdict
from tests.cast import NOON, TODAY, known_id

LIN, MA, SUN, QIAN = (known_id(name) for name in ("lin", "ma", "sun", "qian"))
START, END = NOON, NOON + timedelta(hours=2)
SECRET, PLACE, ELSEWHERE = b"a secret", known_id("here"), known_id("there")
CLAIMED_AT = START - timedelta(hours=5)


def a_shift(**changes: object) -> Shift:
    wanted: dict[str, object] = {
        "id": known_id("shift"), "post_id": known_id("post"), "place_id": PLACE,
        "day": TODAY, "starts_at": START, "ends_at": END, "people_wanted": 2,
        "claimed": 0, "state": ShiftState.OPEN, "created_at": CLAIMED_AT,
    }  # fmt: skip
    return Shift(**wanted | changes)


def a_post(**changes: object) -> Post:
    wanted: dict[str, object] = {
        "programme_id": known_id("p"), "place_id": PLACE, "title": "t", "what": "w",
        "risk_note": "r", "protection_note": "p", "beneficiaries": "b",
        "organising_unit": "o", "person_in_charge": "c", "created_at": CLAIMED_AT,
    }  # fmt: skip
    return Post(**wanted | changes)


def a_claim(state: ClaimState = ClaimState.CLAIMED, **changes: object) -> Claim:
    wanted: dict[str, object] = {
        "shift_id": known_id("shift"), "person_id": LIN, "place_id": PLACE,
        "starts_at": START, "ends_at": END, "state": state,
        "claimed_at": CLAIMED_AT, "effective_at": CLAIMED_AT + timedelta(minutes=10),
        "checked_in_at": START if state is ClaimState.CHECKED_IN else None,
    }  # fmt: skip
    return Claim(**wanted | changes)


def a_record(state: RecordState, kind: RecordKind, **changes: object) -> ServiceRecord:
    wanted: dict[str, object] = {
        "person_id": LIN, "entered_by": SUN, "shift_id": known_id("shift"),
        "state": state, "kind": kind, "minutes": 60, "starts_at": START,
        "ends_at": END, "method": Method.STATION_SCAN,
    }  # fmt: skip
    return ServiceRecord(**wanted | changes)


# ---- claims

OPEN_STEPS = {
    (ClaimState.CLAIMED, 5): {ClaimStep.UNDO, ClaimStep.SEND_NOW, ClaimStep.WITHDRAW},
    (ClaimState.CLAIMED, 15): {ClaimStep.WITHDRAW},
    (ClaimState.CONFIRMED, 15): {ClaimStep.WITHDRAW},
    (ClaimState.CLAIMED, 280): {ClaimStep.WITHDRAW, ClaimStep.CHECK_IN},
    (ClaimState.CONFIRMED, 310): {ClaimStep.WITHDRAW, ClaimStep.CHECK_IN},
    (ClaimState.CONFIRMED, 420): set(),
    (ClaimState.CHECKED_IN, 300): set(),
    (ClaimState.CHECKED_IN, 310): {ClaimStep.CHECK_OUT},
    (ClaimState.CHECKED_IN, 530): {ClaimStep.CHECK_OUT},
    (ClaimState.CHECKED_IN, 545): set(),
}
"""State and minutes since the claim; the shift is 300 to 420 minutes after it."""


@pytest.mark.parametrize(("state", "minutes"), list(OPEN_STEPS))
def test_the_steps_open_to_a_volunteer(state: ClaimState, minutes: int) -> None:
    at = CLAIMED_AT + timedelta(minutes=minutes)
    assert (
        set(rules.steps_open_to(a_claim(state), LIN, at)) == OPEN_STEPS[state, minutes]
    )
    assert rules.steps_open_to(a_claim(state), MA, at) == ()


@pytest.mark.parametrize(
    "state",
    sorted(
        set(ClaimState)
        - {ClaimState.CLAIMED, ClaimState.CONFIRMED, ClaimState.CHECKED_IN}
    ),
)
def test_nothing_is_open_when_a_claim_is_over(state: ClaimState) -> None:
    for minutes in (5, 290, 310):
        at = CLAIMED_AT + timedelta(minutes=minutes)
        assert rules.steps_open_to(a_claim(state), LIN, at) == ()
        for step in ClaimStep:
            with pytest.raises(StepOutOfTurn):
                rules.ensure_claim(a_claim(state), step, by=LIN, at=at)


@pytest.mark.parametrize(
    ("shift", "post", "shown", "mine", "fit"),
    [
        ({}, {}, frozenset(), [], Fit.FREE),
        ({"claimed": 2}, {}, frozenset(), [], Fit.FULL),
        ({}, {"min_age": 70}, frozenset(), [], Fit.TOO_YOUNG),
        ({}, {"needs": "first aid"}, frozenset(), [], Fit.NEEDS_PROOF),
        ({}, {"needs": "first aid"}, frozenset({"first aid"}), [], Fit.FREE),
        ({"claimed": 2}, {}, frozenset(), [ClaimState.CONFIRMED], Fit.MINE),
        ({}, {}, frozenset(), [ClaimState.WITHDRAWN], Fit.FREE),
    ],
)
def test_how_a_shift_fits(
    shift: dict[str, object],
    post: dict[str, object],
    shown: frozenset[str],
    mine: list[ClaimState],
    fit: Fit,
) -> None:
    found = rules.fit_of(
        a_shift(**shift),
        a_post(**post),
        birth_on=date(1958, 3, 9),
        shown=shown,
        mine=[a_claim(state) for state in mine],
    )
    assert found is fit


def test_a_shift_beside_another_claim_is_busy() -> None:
    other = a_claim(ClaimState.CONFIRMED, shift_id=known_id("other shift"))
    found = rules.fit_of(
        a_shift(), a_post(), birth_on=None, shown=frozenset(), mine=[other]
    )
    assert found is Fit.BUSY


@pytest.mark.parametrize(
    ("birth_on", "fine"),
    [
        (TODAY.replace(year=TODAY.year - 18), True),
        (TODAY.replace(year=TODAY.year - 18) + timedelta(days=1), False),
        (None, False),
    ],
)
def test_ages_count_on_the_day_of_the_shift(birth_on: date | None, fine: bool) -> None:
    post = a_post(min_age=18, risk_level=RiskLevel.HIGH, insurance_policy_no="P")
    if fine:
        rules.ensure_old_enough(post, birth_on, TODAY)
    else:
        with pytest.raises(NotQualified):
            rules.ensure_old_enough(post, birth_on, TODAY)


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        (-1, ShiftState.OPEN),
        (0, ShiftState.IN_PROGRESS),
        (119, ShiftState.IN_PROGRESS),
        (120, ShiftState.FINISHED),
    ],
)
def test_a_shift_moves_with_the_clock(minutes: int, state: ShiftState) -> None:
    at = START + timedelta(minutes=minutes)
    assert rules.shown_state(a_shift(), at) is state
    called_off = a_shift(state=ShiftState.CANCELLED)
    assert rules.shown_state(called_off, at) is ShiftState.CANCELLED


# ---- minutes


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (0, 120 * 60, 120),
        (-1800, 125 * 60, 120),
        (59, 119 * 60, 118),
        (0, 59, 0),
        (60, 119, 0),
        (-600, -60, 0),
        (130 * 60, 140 * 60, 0),
    ],
)
def test_minutes_are_whole_and_inside_the_shift(
    came: int, left: int, minutes: int
) -> None:
    given = rules.minutes_given(
        a_shift(), START + timedelta(seconds=came), START + timedelta(seconds=left)
    )
    assert given == minutes


@given(
    came=st.integers(-10_000, 20_000),
    stayed=st.integers(0, 30_000),
)
def test_nobody_is_credited_more_than_they_gave(came: int, stayed: int) -> None:
    start = START + timedelta(seconds=came)
    minutes = rules.minutes_given(a_shift(), start, start + timedelta(seconds=stayed))
    assert 0 <= minutes <= min(120, stayed // 60)


@pytest.mark.parametrize(
    ("start", "end", "common"),
    [(-60, 0, 0), (120, 180, 0), (90, 150, 30), (-30, 15, 15), (30, 60, 30)],
)
def test_overlap_is_said_in_minutes(start: int, end: int, common: int) -> None:
    window = (START + timedelta(minutes=start), START + timedelta(minutes=end))
    others = [a_claim(ClaimState.CONFIRMED)]
    if common == 0:
        rules.ensure_no_overlap(*window, others)
        return
    with pytest.raises(Overlaps) as refused:
        rules.ensure_no_overlap(*window, others)
    assert refused.value.values == {"minutes": common}


# ---- records


@pytest.mark.parametrize(
    ("days", "by_volunteer", "kind"),
    [
        (0, False, RecordKind.CAPTURED),
        (2, False, RecordKind.CAPTURED),
        (3, False, RecordKind.SUPPLEMENTED),
        (30, False, RecordKind.SUPPLEMENTED),
        (0, True, RecordKind.SUPPLEMENTED),
    ],
)
def test_late_entries_are_supplements(
    days: int, by_volunteer: bool, kind: RecordKind
) -> None:
    at = END + timedelta(days=days, hours=1)
    found = rules.kind_of_entry(END, at=at, late_days=30, by_volunteer=by_volunteer)
    assert found is kind


def test_after_the_programmes_days_nothing_is_entered() -> None:
    with pytest.raises(TooLate):
        rules.kind_of_entry(
            END, at=END + timedelta(days=31), late_days=30, by_volunteer=False
        )


@pytest.mark.parametrize(
    ("reason", "evidence", "field"), [(None, "x", "reason"), ("x", None, "evidence")]
)
def test_a_supplement_says_why_and_proves_it(
    reason: str | None, evidence: str | None, field: str
) -> None:
    rules.ensure_evidence(RecordKind.CAPTURED, reason, evidence)
    with pytest.raises(EvidenceMissing) as refused:
        rules.ensure_evidence(RecordKind.SUPPLEMENTED, reason, evidence)
    assert refused.value.field == field


FREE = Verdict(
    by=MA, may_verify=True, may_verify_long=True, is_close=False, is_organiser=False
)
FIRST, SECOND = RecordState.PENDING_VERIFICATION, RecordState.AWAITING_SECOND
CAPTURED, ADDED = RecordKind.CAPTURED, RecordKind.SUPPLEMENTED


@pytest.mark.parametrize(
    ("state", "kind", "verdict", "fine"),
    [
        (FIRST, CAPTURED, FREE, True),
        (RecordState.SUPPLEMENT_REQUESTED, ADDED, FREE, True),
        (FIRST, CAPTURED, replace(FREE, may_verify_long=False), True),
        (FIRST, CAPTURED, replace(FREE, may_verify=False), False),
        (FIRST, CAPTURED, replace(FREE, by=LIN), False),
        (FIRST, CAPTURED, replace(FREE, by=SUN), False),
        (FIRST, CAPTURED, replace(FREE, is_close=True), False),
        (FIRST, CAPTURED, replace(FREE, is_organiser=True), True),
        (SECOND, CAPTURED, FREE, True),
        (SECOND, CAPTURED, replace(FREE, may_verify=False), True),
        (SECOND, CAPTURED, replace(FREE, may_verify_long=False), False),
        (SECOND, CAPTURED, replace(FREE, by=QIAN), False),
        (SECOND, CAPTURED, replace(FREE, by=LIN), False),
        (SECOND, CAPTURED, replace(FREE, by=SUN), False),
        (SECOND, CAPTURED, replace(FREE, is_close=True), False),
        (SECOND, CAPTURED, replace(FREE, is_organiser=True), True),
        (SECOND, ADDED, replace(FREE, is_organiser=True), False),
    ],
)
def test_who_may_decide(
    state: RecordState, kind: RecordKind, verdict: Verdict, fine: bool
) -> None:
    """Qian gave the first yes, where there is one; Sun typed it in; Lin served."""
    record = a_record(state, kind, verifier_id=QIAN if state is SECOND else None)
    if fine:
        rules.ensure_may_decide(record, verdict)
    else:
        with pytest.raises(NotYourVerdict):
            rules.ensure_may_decide(record, verdict)


@pytest.mark.parametrize("state", [RecordState.POSTED, RecordState.REJECTED])
def test_what_is_decided_stays_decided(state: RecordState) -> None:
    with pytest.raises(StepOutOfTurn):
        rules.ensure_may_decide(a_record(state, CAPTURED), FREE)


# ---- the door's code


def code(at: datetime, place: UUID = PLACE) -> str:
    return rules.digits_for(SECRET, place, rules.window_at(at))


MINUTE = datetime(2026, 6, 3, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "fits"),
    [(0, True), (59, True), (60, True), (119, True), (120, False), (-1, False)],
)
def test_a_code_is_good_for_its_minute_and_the_next(seconds: int, fits: bool) -> None:
    shown, link = (
        code(MINUTE),
        rules.link_code_for(SECRET, PLACE, rules.window_at(MINUTE)),
    )
    at = MINUTE + timedelta(seconds=seconds)
    for typed in (shown, f"{shown[:3]} {shown[3:]}", link):
        found = rules.find_window(SECRET, PLACE, typed, at=at)
        assert (found == rules.window_at(MINUTE)) is fits


def test_a_code_is_of_its_place_and_secret() -> None:
    typed = rules.link_code_for(SECRET, PLACE, rules.window_at(MINUTE))
    assert rules.find_window(SECRET, ELSEWHERE, typed, at=MINUTE) is None
    assert rules.find_window(b"another", PLACE, typed, at=MINUTE) is None


@pytest.mark.parametrize(
    "typed", ["", "12345", "一二三四五六", "１２３４５６", "x" * 400]
)
def test_odd_codes_fit_nothing(typed: str) -> None:
    assert rules.find_window(SECRET, PLACE, typed, at=MINUTE) is None
