"""Volunteering on a real database: places, presence, records, credit."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app import people, volunteering, wallet
from app.kernel.db import Database
from app.kernel.errors import Invalid
from app.people import MayNot
from app.volunteering import ClaimState, RecordState, ShiftState
from app.volunteering.errors import (
    ClaimedAlready,
    ClaimNotFound,
    EvidenceMissing,
    NotQualified,
    NotTheTime,
    NotYourVerdict,
    Overlaps,
    ShiftClosed,
    ShiftFull,
    ShiftInvalid,
    StepOutOfTurn,
    TooLate,
    UndoOver,
    WrongDoorCode,
)
from app.volunteering.models import Method, RecordKind, RiskLevel
from app.volunteering.queries import roster
from tests.app.volunteering.world import (
    MORNING,
    SECRET,
    ZONE,
    a_claim,
    a_post,
    a_record,
    a_shift,
    code_at,
    wall,
)
from tests.cast import TODAY, Cast

EVENING = wall(20)


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    with db.transaction() as opened:
        yield opened


def posted(session: Session, person: UUID, unit: str) -> Decimal:
    return wallet.balances_of(session, person)[unit].posted


# ---- posts and shifts


def test_work_with_danger_needs_insurance_and_adults(
    session: Session, cast: Cast
) -> None:
    for missing in (
        {"min_age": 18},
        {"insurance_policy_no": "P-1"},
        {"insurance_policy_no": "P-1", "min_age": 16},
    ):
        with pytest.raises(Invalid):
            a_post(session, cast, risk_level=RiskLevel.HIGH, **missing)
    post = a_post(
        session,
        cast,
        risk_level=RiskLevel.HIGH,
        min_age=18,
        insurance_policy_no="P-1",
    )
    session.flush()
    with pytest.raises(IntegrityError, match="danger"):
        session.execute(text("UPDATE volunteer_post SET insurance_policy_no = NULL"))
    assert post.id


def test_only_who_manages_the_place_publishes(session: Session, cast: Cast) -> None:
    for stranger in (cast.lin, cast.sun, cast.shen):
        with pytest.raises(MayNot):
            a_post(session, cast, by=stranger)
    with pytest.raises(MayNot):
        a_post(session, cast, place_id=cast.other_centre)


def test_a_weekly_rota_leaves_out_what_is_past_and_is_made_once(
    session: Session, cast: Cast
) -> None:
    post = a_post(session, cast)
    wanted = {
        "weekdays": {2, 5},
        "starts": wall(23).time(),
        "ends": wall(1).time(),
        "first_day": TODAY - timedelta(days=7),
        "weeks": 3,
        "people_wanted": 2,
        "zone": ZONE,
        "by": cast.ma,
        "at": MORNING,
    }
    made = volunteering.add_weekly_shifts(session, post.id, **wanted)
    session.flush()
    again = volunteering.add_weekly_shifts(session, post.id, **wanted)

    assert [shift.day - TODAY for shift in made] == [
        timedelta(days=n) for n in (0, 3, 7, 10)
    ]
    assert {s.ends_at - s.starts_at for s in made} == {timedelta(hours=2)}
    assert [shift.id for shift in again] == [shift.id for shift in made]


@pytest.mark.parametrize(
    ("starts", "ends"), [((5, 0), (6, 0)), ((9, 0), (9, 0)), ((7, 0), (23, 59))]
)
def test_a_shift_is_ahead_forward_and_of_human_length(
    session: Session, cast: Cast, starts: tuple[int, int], ends: tuple[int, int]
) -> None:
    post = a_post(session, cast)
    with pytest.raises(ShiftInvalid):
        a_shift(session, post, cast, wall(*starts), wall(*ends))


def test_calling_a_shift_off_frees_everybody(session: Session, cast: Cast) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    volunteering.cancel_shift(
        session, claim.shift_id, reason="台风", by=cast.ma, at=MORNING
    )

    assert claim.state is ClaimState.CANCELLED
    assert claim.let_go_reason == "台风"
    other = a_claim(session, cast, cast.lin, wall(9, 30), 60)
    assert other.state is ClaimState.CLAIMED
    with pytest.raises(ShiftClosed):
        volunteering.claim_shift(
            session, claim.shift_id, person_id=cast.chen, at=MORNING
        )


# ---- claims


def test_the_last_place_goes_to_one(session: Session, cast: Cast) -> None:
    post = a_post(session, cast)
    shift = a_shift(session, post, cast, wall(9), wall(11), people_wanted=1)
    claim = volunteering.claim_shift(session, shift.id, person_id=cast.lin, at=MORNING)
    assert (shift.claimed, shift.state) == (1, ShiftState.FULL)

    with pytest.raises(ShiftFull):
        volunteering.claim_shift(session, shift.id, person_id=cast.chen, at=MORNING)
    volunteering.withdraw_claim(session, claim.id, by=cast.lin, at=MORNING)
    assert (shift.claimed, shift.state) == (0, ShiftState.OPEN)
    volunteering.claim_shift(session, shift.id, person_id=cast.chen, at=MORNING)


def test_the_database_counts_places_too(session: Session, cast: Cast) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    session.flush()
    with pytest.raises(IntegrityError, match="claimed"):
        session.execute(
            text("UPDATE shift SET claimed = people_wanted + 1 WHERE id = :id"),
            {"id": claim.shift_id.hex},
        )


def test_nobody_is_in_two_places_at_once(session: Session, cast: Cast) -> None:
    """L7, at the claim: 09:00-11:00 here, 10:30-12:00 at another place."""
    a_claim(session, cast, cast.lin, wall(9), 120)
    post = a_post(session, cast)
    shift = a_shift(session, post, cast, wall(10, 30), wall(12))

    with pytest.raises(Overlaps, match="30 minutes"):
        volunteering.claim_shift(session, shift.id, person_id=cast.lin, at=MORNING)
    assert shift.claimed == 0
    beside = a_shift(session, post, cast, wall(11), wall(12))
    volunteering.claim_shift(session, beside.id, person_id=cast.lin, at=MORNING)


def test_the_database_refuses_two_places_at_once_too(
    session: Session, cast: Cast
) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    post = a_post(session, cast)
    shift = a_shift(session, post, cast, wall(10), wall(12))
    session.add(
        volunteering.Claim(
            shift_id=shift.id,
            person_id=claim.person_id,
            place_id=shift.place_id,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            claimed_at=MORNING,
            effective_at=MORNING,
        )
    )
    with pytest.raises(IntegrityError, match="overlapping"):
        session.flush()
    session.rollback()


def test_a_shift_is_claimed_once(session: Session, cast: Cast) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    with pytest.raises(ClaimedAlready):
        volunteering.claim_shift(
            session, claim.shift_id, person_id=cast.lin, at=MORNING
        )


def test_only_volunteers_claim_and_joining_is_one_step(
    session: Session, cast: Cast
) -> None:
    with pytest.raises(NotQualified, match="register"):
        a_claim(session, cast, cast.tao, wall(9), 60)
    volunteering.join_as_volunteer(session, cast.tao, at=MORNING)
    volunteering.join_as_volunteer(session, cast.tao, at=MORNING)
    assert a_claim(session, cast, cast.tao, wall(9), 60).person_id == cast.tao


def test_age_and_papers_are_gates(session: Session, cast: Cast) -> None:
    grown = a_post(session, cast, min_age=60)
    shift = a_shift(session, grown, cast, wall(9), wall(10))
    with pytest.raises(NotQualified, match="60"):
        volunteering.claim_shift(session, shift.id, person_id=cast.chen, at=MORNING)
    volunteering.claim_shift(session, shift.id, person_id=cast.lin, at=MORNING)

    trained = a_post(session, cast, needs="急救证")
    other = a_shift(session, trained, cast, wall(14), wall(15))
    with pytest.raises(NotQualified, match="急救证"):
        volunteering.claim_shift(session, other.id, person_id=cast.lin, at=MORNING)
    volunteering.add_qualification(
        session, person_id=cast.lin, kind="急救证", expires_on=TODAY,
        by=cast.sun, at=MORNING,
    )  # fmt: skip
    volunteering.claim_shift(session, other.id, person_id=cast.lin, at=MORNING)
    later = a_shift(session, trained, cast, wall(9, days=1), wall(10, days=1))
    with pytest.raises(NotQualified):
        volunteering.claim_shift(session, later.id, person_id=cast.lin, at=MORNING)


@pytest.mark.parametrize(("minutes", "fine"), [(9, True), (10, False), (11, False)])
def test_a_claim_is_undone_within_ten_minutes(
    session: Session, cast: Cast, minutes: int, fine: bool
) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    at = MORNING + timedelta(minutes=minutes)
    if fine:
        volunteering.undo_claim(session, claim.id, by=cast.lin, at=at)
        assert claim.state is ClaimState.UNDONE
    else:
        with pytest.raises(UndoOver):
            volunteering.undo_claim(session, claim.id, by=cast.lin, at=at)
        volunteering.withdraw_claim(session, claim.id, by=cast.lin, at=at)
        assert claim.state is ClaimState.WITHDRAWN


def test_the_station_sees_a_claim_when_it_can_no_longer_be_undone(
    session: Session, cast: Cast
) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    assert roster(session, claim.shift_id, at=MORNING) == []
    with pytest.raises(StepOutOfTurn):
        volunteering.scan_in(session, [claim.id], by=cast.sun, at=MORNING)
    volunteering.send_claim_now(session, claim.id, by=cast.lin, at=MORNING)
    assert roster(session, claim.shift_id, at=MORNING) == [claim]


def test_another_persons_claim_is_unknown(session: Session, cast: Cast) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    for step in (
        volunteering.undo_claim,
        volunteering.withdraw_claim,
        volunteering.send_claim_now,
    ):
        with pytest.raises(ClaimNotFound):
            step(session, claim.id, by=cast.chen, at=MORNING)


# ---- at the door


def test_the_same_code_scanned_twice_makes_one_record(
    session: Session, cast: Cast
) -> None:
    """L13: replayed scans change nothing, and the hours are posted once."""
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    came, left = wall(9, 1), wall(11, 5)

    def scan(go: object, moment: object, at: object) -> object:
        return go(  # type: ignore[operator]
            session, claim.id, code=code_at(cast.station, moment),
            secret=SECRET, by=cast.lin, at=at,
        )  # fmt: skip

    for seconds in (0, 3, 70):
        scan(volunteering.check_in_by_code, came, came + timedelta(seconds=seconds))
    records = [
        scan(volunteering.check_out_by_code, left, left + timedelta(seconds=seconds))
        for seconds in (0, 5, 65)
    ]

    assert claim.checked_in_at == came
    assert len({record.id for record in records}) == 1  # type: ignore[attr-defined]
    record = records[0]
    assert (record.minutes, record.method) == (119, Method.ROTATING_QR)  # type: ignore[attr-defined]
    before = posted(session, cast.lin, "POINT")
    volunteering.verify_record(session, record.id, by=cast.ma, at=EVENING)  # type: ignore[attr-defined]
    with pytest.raises(StepOutOfTurn):
        volunteering.verify_record(session, record.id, by=cast.ma, at=EVENING)  # type: ignore[attr-defined]
    assert posted(session, cast.lin, "POINT") - before == Decimal(15)


@pytest.mark.parametrize(
    ("place", "shown_at", "at"),
    [
        ("station", wall(9), wall(9, 2)),
        ("station", wall(9, 1), wall(9)),
        ("centre", wall(9), wall(9)),
    ],
)
def test_old_future_and_foreign_codes_are_refused(
    session: Session, cast: Cast, place: str, shown_at: object, at: object
) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    code = code_at(getattr(cast, place), shown_at)  # type: ignore[arg-type]
    with pytest.raises(WrongDoorCode):
        volunteering.check_in_by_code(
            session,
            claim.id,
            code=code,
            secret=SECRET,
            by=cast.lin,
            at=at,  # type: ignore[arg-type]
        )
    assert claim.checked_in_at is None


def test_checking_in_is_for_its_time(session: Session, cast: Cast) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    for at in (wall(8, 29), wall(11)):
        with pytest.raises(NotTheTime):
            volunteering.check_in_by_code(
                session, claim.id, code=code_at(cast.station, at),
                secret=SECRET, by=cast.lin, at=at,
            )  # fmt: skip
    at = wall(8, 30)
    volunteering.check_in_by_code(
        session, claim.id, code=code_at(cast.station, at),
        secret=SECRET, by=cast.lin, at=at,
    )  # fmt: skip
    with pytest.raises(NotTheTime):
        volunteering.check_out_by_code(
            session, claim.id, code=code_at(cast.station, wall(9)),
            secret=SECRET, by=cast.lin, at=wall(9),
        )  # fmt: skip


def test_the_station_scans_a_team_in_and_out(session: Session, cast: Cast) -> None:
    post = a_post(session, cast)
    shift = a_shift(session, post, cast, wall(9), wall(11))
    claims = volunteering.claim_together(
        session, shift.id, [cast.lin, cast.chen], at=MORNING
    )
    ids = [claim.id for claim in claims]
    with pytest.raises(MayNot):
        volunteering.scan_in(session, ids, by=cast.shen, at=wall(8, 50))
    volunteering.scan_in(session, ids, by=cast.sun, at=wall(8, 50))
    records = volunteering.scan_out(session, ids, by=cast.sun, at=wall(11, 30))

    assert {record.minutes for record in records} == {120}
    assert {record.entered_by for record in records} == {cast.sun}


def test_a_missing_checkout_is_put_right_with_a_reason(
    session: Session, cast: Cast
) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    volunteering.scan_in(session, [claim.id], by=cast.sun, at=wall(9))
    volunteering.close_finished(session, wall(14))
    assert claim.state is ClaimState.MISSING_CHECKOUT

    for left in (wall(8), wall(15)):
        with pytest.raises(Invalid):
            volunteering.fix_checkout(
                session, claim.id, left_at=left, reason="忘了", by=cast.sun,
                at=wall(14),
            )  # fmt: skip
    record = volunteering.fix_checkout(
        session, claim.id, left_at=wall(10, 40), reason="忘了签退", by=cast.sun,
        at=wall(14),
    )  # fmt: skip
    assert (record.minutes, record.reason) == (100, "忘了签退")
    with pytest.raises(NotYourVerdict):
        volunteering.verify_record(session, record.id, by=cast.sun, at=EVENING)


def test_time_passes_over_shifts_and_claims(session: Session, cast: Cast) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    shift = volunteering.shift_for(session, claim.shift_id)
    volunteering.close_finished(session, MORNING + timedelta(minutes=10))
    assert claim.state is ClaimState.CONFIRMED
    volunteering.close_finished(session, wall(9))
    assert shift.state is ShiftState.IN_PROGRESS
    volunteering.close_finished(session, wall(13))
    assert (claim.state, shift.state) == (ClaimState.NO_SHOW, ShiftState.RECONCILED)


# ---- records


def test_story_l1(session: Session, cast: Cast) -> None:
    """2 h 05 + 1 h 29 + 0 h 50: minutes 264, HOUR 3.5, POINT 35.00."""
    records = [
        a_record(session, cast, cast.chen, start, minutes)
        for start, minutes in ((wall(7), 125), (wall(10), 89), (wall(13), 50))
    ]
    done = volunteering.verify_records(
        session, [record.id for record in records], by=cast.ma, at=EVENING
    )

    assert len(done.posted) == 3
    assert sum(record.minutes for record in records) == 264
    assert posted(session, cast.chen, "HOUR") == Decimal("3.5")
    assert posted(session, cast.chen, "POINT") == Decimal("35.00")
    assert {record.state for record in records} == {RecordState.POSTED}
    assert wallet.verify_book(session).ok


def test_overlapping_hours_are_refused_story_l7(session: Session, cast: Cast) -> None:
    a_record(session, cast, cast.chen, wall(9), 120)
    other = a_post(session, cast)
    shift = a_shift(session, other, cast, wall(10, 30), wall(12))

    with pytest.raises(Overlaps, match="30 minutes"):
        volunteering.enter_hours(
            session, shift.id, person_id=cast.chen, came_at=wall(10, 30),
            left_at=wall(12), by=cast.sun, at=EVENING,
        )  # fmt: skip


def test_a_long_day_waits_for_a_second_yes_story_l8(
    session: Session, cast: Cast
) -> None:
    """9 h 40 in one day: credited 9.5 only after the town's second approval."""
    record = a_record(session, cast, cast.chen, wall(8), 580)
    volunteering.verify_record(session, record.id, by=cast.ma, at=EVENING)

    assert record.state is RecordState.AWAITING_SECOND
    assert posted(session, cast.chen, "HOUR") == 0
    for no_second in (cast.ma, cast.sun):
        with pytest.raises(NotYourVerdict):
            volunteering.verify_record(session, record.id, by=no_second, at=EVENING)
    volunteering.verify_record(session, record.id, by=cast.qian, at=EVENING)

    assert record.state is RecordState.POSTED
    assert record.second_approver_id == cast.qian
    assert posted(session, cast.chen, "HOUR") == Decimal("9.5")
    assert posted(session, cast.chen, "POINT") == Decimal(95)


def test_two_short_records_of_a_long_day_count_together(
    session: Session, cast: Cast
) -> None:
    records = [
        a_record(session, cast, cast.chen, start, 300) for start in (wall(7), wall(13))
    ]
    done = volunteering.verify_records(
        session, [record.id for record in records], by=cast.ma, at=EVENING
    )
    assert len(done.waiting) == 2
    assert posted(session, cast.chen, "POINT") == 0


def test_supplements_come_in_time_with_proof_story_l12(
    session: Session, cast: Cast
) -> None:
    post = a_post(session, cast)
    shift = a_shift(session, post, cast, wall(9), wall(11))
    sheet = {
        "person_id": cast.chen,
        "came_at": wall(9),
        "left_at": wall(11),
        "by": cast.sun,
        "reason": "停电，用纸登记",
    }
    with pytest.raises(TooLate):
        volunteering.enter_hours(
            session, shift.id, **sheet, evidence="签到表 12", at=wall(12, days=31)
        )
    late = wall(12, days=29)
    with pytest.raises(EvidenceMissing):
        volunteering.enter_hours(session, shift.id, **sheet, at=late)
    record = volunteering.enter_hours(
        session, shift.id, **sheet, evidence="签到表 12", at=late
    )
    assert record.kind is RecordKind.SUPPLEMENTED

    volunteering.verify_record(session, record.id, by=cast.zhou, at=late)
    assert record.state is RecordState.AWAITING_SECOND
    assert posted(session, cast.chen, "POINT") == 0
    volunteering.verify_record(session, record.id, by=cast.shen, at=late)
    totals = volunteering.totals_of(session, cast.chen)
    assert totals[RecordKind.SUPPLEMENTED] == (120, Decimal("2.00"))
    assert totals[RecordKind.CAPTURED] == (0, Decimal("0.00"))


def test_a_volunteer_asks_for_forgotten_hours_of_a_claimed_shift(
    session: Session, cast: Cast
) -> None:
    claim = a_claim(session, cast, cast.lin, wall(9), 120)
    volunteering.close_finished(session, wall(14))
    ask = {
        "came_at": wall(9), "left_at": wall(11), "reason": "手机没电",
        "evidence": "孙窗口在场", "at": wall(15),
    }  # fmt: skip
    with pytest.raises(ClaimNotFound):
        volunteering.enter_hours(
            session, claim.shift_id, person_id=cast.chen, by=cast.chen, **ask
        )
    record = volunteering.enter_hours(
        session, claim.shift_id, person_id=cast.lin, by=cast.lin, **ask
    )
    assert record.state is RecordState.SUPPLEMENT_REQUESTED
    assert claim.state is ClaimState.CHECKED_OUT


@pytest.mark.parametrize(
    ("volunteer", "verifier"),
    [
        ("ma", "ma"),
        ("lin", "zhou"),
        ("chen", "hua"),
        ("chen", "sun"),
        ("chen", "lin"),
        ("chen", "shen"),
        ("chen", "jin"),
    ],
)
def test_who_must_not_verify(
    session: Session, cast: Cast, volunteer: str, verifier: str
) -> None:
    """Nobody for themselves, their household, relatives, or without the role."""
    person = getattr(cast, volunteer)
    volunteering.join_as_volunteer(session, person, at=MORNING)
    record = a_record(session, cast, person, wall(9), 60)
    before = posted(session, person, "POINT")

    with pytest.raises(NotYourVerdict):
        volunteering.verify_record(
            session, record.id, by=getattr(cast, verifier), at=EVENING
        )
    assert record.state is RecordState.PENDING_VERIFICATION
    assert posted(session, person, "POINT") == before


def test_the_database_knows_who_must_not_verify(session: Session, cast: Cast) -> None:
    record = a_record(session, cast, cast.chen, wall(9), 60)
    session.flush()
    with pytest.raises(IntegrityError, match="not_ones_"):
        session.execute(
            text("UPDATE service_record SET verifier_id = person_id WHERE id = :id"),
            {"id": record.id.hex},
        )


def test_a_batch_names_what_it_refused_and_does_the_rest(
    session: Session, cast: Cast
) -> None:
    good = a_record(session, cast, cast.chen, wall(9), 60)
    own = a_record(session, cast, cast.lin, wall(9), 60)
    done = volunteering.verify_records(
        session, [good.id, own.id], by=cast.zhou, at=EVENING
    )
    assert [record.id for record in done.posted] == [good.id]
    assert list(done.refused) == [own.id]
    claim_state = volunteering.claims_of(session, cast.chen, since=MORNING)[0].state
    assert claim_state is ClaimState.DONE


def test_minutes_too_few_for_credit_are_kept_and_post_nothing(
    session: Session, cast: Cast
) -> None:
    record = a_record(session, cast, cast.chen, wall(9), 29)
    volunteering.verify_record(session, record.id, by=cast.ma, at=EVENING)
    assert (record.state, record.minutes) == (RecordState.POSTED, 29)
    assert record.ledger_transaction is None
    assert posted(session, cast.chen, "HOUR") == 0


def test_a_rejected_record_frees_the_time_and_says_why(
    session: Session, cast: Cast
) -> None:
    record = a_record(session, cast, cast.chen, wall(9), 60)
    volunteering.reject_record(
        session, record.id, reason="不在现场", by=cast.ma, at=EVENING
    )
    assert record.reject_reason == "不在现场"
    assert posted(session, cast.chen, "POINT") == 0
    sheet = volunteering.enter_hours(
        session, record.shift_id, person_id=cast.chen, came_at=wall(9),
        left_at=wall(10), by=cast.sun, at=EVENING,
    )  # fmt: skip
    assert sheet.kind is RecordKind.CAPTURED


# ---- at the same time


def test_ten_at_once_on_the_last_place_give_one_claim(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        post = a_post(session, cast)
        shift = a_shift(session, post, cast, wall(9), wall(11), people_wanted=1)
        crowd = []
        for number in range(10):
            person = people.register_person(
                session, display_name=f"志愿者{number}", at=MORNING
            )
            session.flush()
            volunteering.join_as_volunteer(session, person.id, at=MORNING)
            crowd.append(person.id)

    def claim(person_id: UUID) -> bool:
        try:
            with db.transaction() as own:
                volunteering.claim_shift(own, shift.id, person_id=person_id, at=MORNING)
        except ShiftFull:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(claim, crowd)) == 1
    with db.reading() as session:
        assert volunteering.shift_for(session, shift.id).claimed == 1


def test_one_person_at_two_places_at_once_gets_one(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        post = a_post(session, cast)
        shifts = [
            a_shift(session, post, cast, wall(9, minute), wall(11)).id
            for minute in range(8)
        ]

    def claim(shift_id: UUID) -> bool:
        try:
            with db.transaction() as own:
                volunteering.claim_shift(own, shift_id, person_id=cast.chen, at=MORNING)
        except (Overlaps, IntegrityError):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, shifts)) == 1


def test_two_verifiers_at_once_post_once(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        record_id = a_record(session, cast, cast.chen, wall(9), 60).id

    def verify(by: UUID) -> bool:
        try:
            with db.transaction() as own:
                volunteering.verify_record(own, record_id, by=by, at=EVENING)
        except StepOutOfTurn:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(verify, [cast.ma, cast.zhou, cast.ma, cast.zhou])) == 1
    with db.reading() as session:
        assert posted(session, cast.chen, "POINT") == Decimal(10)
