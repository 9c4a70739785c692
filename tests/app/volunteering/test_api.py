"""Volunteering through the API: shifts for anybody, claims and records of one's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app import volunteering
from app.kernel.clock import now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.volunteering import Claim, ServiceRecord, Shift
from app.volunteering.rules import digits_for, window_at
from tests.app.volunteering.world import ZONE, a_post
from tests.cast import Cast
from tests.programs import Program, problem, program_of, stranger
from tests.web import sign_in

HOUR = timedelta(hours=1)


def make_shift(
    db: Database, cast: Cast, begins: timedelta, seats: int = 1, **post: Any
) -> UUID:
    """A shift of an hour that begins in so long."""
    starts_at = now() + begins
    with db.transaction() as session:
        made = a_post(session, cast, at=starts_at - timedelta(days=9), **post)
        return volunteering.add_shift(
            session,
            made.id,
            day=starts_at.astimezone(ZONE).date(),
            starts_at=starts_at,
            ends_at=starts_at + HOUR,
            people_wanted=seats,
            by=cast.ma,
            at=starts_at - timedelta(days=8),
        ).id


@pytest.fixture
def shift_id(db: Database, cast: Cast) -> UUID:
    """It begins in ten minutes and wants one."""
    return make_shift(db, cast, timedelta(minutes=10))


@pytest.fixture
def chen(app: Flask, cast: Cast) -> Program:
    return program_of(app, cast.chen)


def code(settings: Settings, place_id: UUID, at: datetime | None = None) -> str:
    return digits_for(settings.secret_key(), place_id, window_at(at or now()))


def let_an_hour_pass(db: Database, claim_id: str) -> None:
    with db.transaction() as session:
        claim = session.get_one(Claim, UUID(claim_id))
        for row in (claim, session.get_one(Shift, claim.shift_id)):
            row.starts_at -= timedelta(minutes=75)
            row.ends_at -= timedelta(minutes=75)
        assert claim.checked_in_at
        claim.checked_in_at -= timedelta(minutes=75)
        claim.claimed_at -= 2 * HOUR
        claim.effective_at -= 2 * HOUR


def claimed_of(db: Database, shift_id: UUID) -> int:
    with db.reading() as session:
        return session.get_one(Shift, shift_id).claimed


def test_anybody_sees_what_is_wanted_where_and_what_could_go_wrong(
    app: Flask, db: Database, cast: Cast, shift_id: UUID
) -> None:
    make_shift(db, cast, -2 * HOUR)
    anyone = stranger(app)

    (told,) = anyone.look("/shifts").json["items"]

    assert told["id"] == str(shift_id)
    assert told["title_en"] == "Lunch to the door"
    assert told["risk_note"]
    assert (told["people_wanted"], told["free"], told["state"]) == (1, 1, "open")
    assert anyone.look(f"/shifts/{shift_id}").json == told
    assert anyone.look("/shifts", place=cast.town).json["items"] == [told]
    assert anyone.look("/shifts", place=cast.other_town).json["items"] == []
    assert anyone.look("/shifts", day=told["day"]).json["items"] == [told]
    assert anyone.look("/shifts", day="2020-01-01").json["items"] == []
    problem(anyone.look(f"/shifts/{uuid4()}"), 404)
    assert set(problem(anyone.look("/shifts", day="soon"), 422)["errors"]) == {"day"}


def test_shifts_go_on_by_cursor_the_soonest_first(
    app: Flask, db: Database, cast: Cast
) -> None:
    made = [str(make_shift(db, cast, n * HOUR)) for n in (3, 1, 2)]
    anyone = stranger(app)

    first = anyone.look("/shifts", limit=2).json
    rest = anyone.look("/shifts", limit=2, cursor=first["next_cursor"]).json

    seen = [one["id"] for one in first["items"] + rest["items"]]
    assert seen == [made[1], made[2], made[0]]
    assert rest["next_cursor"] is None


def test_a_place_is_taken_once_with_one_key(
    app: Flask, db: Database, cast: Cast, chen: Program, shift_id: UUID
) -> None:
    first = chen.send(f"/shifts/{shift_id}/claims", key="c")
    again = chen.send(f"/shifts/{shift_id}/claims", key="c")

    assert first.status_code == again.status_code == 201
    assert first.json["id"] == again.json["id"]
    assert "undo" in first.json["steps"]
    assert claimed_of(db, shift_id) == 1
    other = make_shift(db, cast, 5 * HOUR)
    problem(chen.send(f"/shifts/{other}/claims", key="c"), 409)
    lin = program_of(app, cast.lin)
    assert (
        "last place" in problem(lin.send(f"/shifts/{shift_id}/claims"), 409)["detail"]
    )
    problem(lin.send(f"/shifts/{uuid4()}/claims"), 404)


def test_who_is_no_volunteer_takes_no_place(
    app: Flask, db: Database, cast: Cast, shift_id: UUID
) -> None:
    tao = program_of(app, cast.tao)
    answer = tao.send(f"/shifts/{shift_id}/claims")
    assert answer.status_code in (403, 409)
    problem(answer, answer.status_code)
    assert claimed_of(db, shift_id) == 0


def test_undo_and_withdrawal_free_the_place(
    db: Database, cast: Cast, chen: Program, shift_id: UUID
) -> None:
    first = chen.send(f"/shifts/{shift_id}/claims").json["id"]
    undone = chen.send(f"/claims/{first}/undo", key="u")
    assert undone.json["state"] == "undone"
    assert chen.send(f"/claims/{first}/undo", key="u").json["state"] == "undone"
    assert claimed_of(db, shift_id) == 0

    second = chen.send(f"/shifts/{shift_id}/claims").json["id"]
    with db.transaction() as session:
        session.get_one(Claim, UUID(second)).effective_at = now()
    gone = chen.send(f"/claims/{second}/withdrawal", reason="孩子发烧")

    assert gone.json["state"] == "withdrawn"
    assert claimed_of(db, shift_id) == 0
    assert len(chen.look("/claims").json["items"]) == 2


def test_coming_and_going_with_the_doors_code_makes_one_record(
    db: Database, cast: Cast, chen: Program, settings: Settings, shift_id: UUID
) -> None:
    claim = chen.send(f"/shifts/{shift_id}/claims").json["id"]
    wrong = chen.send(f"/claims/{claim}/arrival", code="000000x")
    came = chen.send(f"/claims/{claim}/arrival", code=code(settings, cast.station))
    let_an_hour_pass(db, claim)
    digits = code(settings, cast.station)
    left = chen.send(f"/claims/{claim}/departure", key="d", code=digits)
    again = chen.send(f"/claims/{claim}/departure", key="d", code=digits)

    assert problem(wrong, wrong.status_code)["detail"]
    assert wrong.status_code in (403, 409, 422)
    assert came.json["state"] == "checked_in"
    assert left.status_code == 200
    assert left.json["record_id"] == again.json["record_id"]
    (record,) = chen.look("/records").json["items"]
    assert record["id"] == left.json["record_id"]
    assert record["state"] == "pending_verification"
    assert record["hours"] is None
    assert chen.look(f"/records/{record['id']}").json == record


def test_claims_and_records_are_nobody_elses_business(
    app: Flask, db: Database, cast: Cast, chen: Program, settings: Settings,
    shift_id: UUID,
) -> None:  # fmt: skip
    claim = chen.send(f"/shifts/{shift_id}/claims").json["id"]
    chen.send(f"/claims/{claim}/arrival", code=code(settings, cast.station))
    let_an_hour_pass(db, claim)
    made = chen.send(f"/claims/{claim}/departure", code=code(settings, cast.station))
    record = made.json["record_id"]
    lin, ma = program_of(app, cast.lin), program_of(app, cast.ma)

    problem(lin.look(f"/claims/{claim}"), 404)
    problem(lin.send(f"/claims/{claim}/undo"), 404)
    problem(lin.send(f"/claims/{claim}/departure", code="123456"), 404)
    problem(lin.look(f"/records/{record}"), 404)
    assert lin.look("/claims").json["items"] == lin.look("/records").json["items"] == []
    assert ma.look(f"/records/{record}").status_code == 200
    with db.reading() as session:
        assert session.get_one(ServiceRecord, UUID(record)).person_id == cast.chen


def test_staff_verify_once_and_the_points_are_there(
    app: Flask, db: Database, cast: Cast, chen: Program, settings: Settings,
    shift_id: UUID,
) -> None:  # fmt: skip
    claim = chen.send(f"/shifts/{shift_id}/claims").json["id"]
    chen.send(f"/claims/{claim}/arrival", code=code(settings, cast.station))
    let_an_hour_pass(db, claim)
    made = chen.send(f"/claims/{claim}/departure", code=code(settings, cast.station))
    path = f"/records/{made.json['record_id']}"
    ma, hua = program_of(app, cast.ma), program_of(app, cast.hua)

    assert [
        f"/records/{one['id']}" for one in ma.look("/records/waiting").json["items"]
    ]
    assert program_of(app, cast.lin).look("/records/waiting").json["items"] == []
    problem(program_of(app, cast.lin).send(f"{path}/verification"), 404)
    problem(chen.send(f"{path}/verification"), 403)
    problem(hua.send(f"{path}/verification"), 403)
    silent = problem(ma.send(f"{path}/rejection"), 422)
    first = ma.send(f"{path}/verification", key="v")
    again = ma.send(f"{path}/verification", key="v")

    assert set(silent["errors"]) == {"reason"}
    assert first.json["state"] == again.json["state"] == "posted"
    assert first.json["hours"] == "1.00"
    balances = chen.look("/wallet").json["balances"]
    assert {one["unit"]: one["posted"] for one in balances}["POINT"] == "10.00"
    problem(ma.send(f"{path}/rejection", reason="too late"), 409)
    assert ma.look("/records/waiting").json["items"] == []


def test_who_may_come_in(app: Flask, cast: Cast, shift_id: UUID) -> None:
    reader = program_of(app, cast.chen, "read")
    for path in ("/claims", "/records"):
        problem(stranger(app).look(path), 401)
        problem(sign_in(app, cast.chen).get(f"/api/v1{path}"), 401)
    problem(stranger(app).send(f"/shifts/{shift_id}/claims"), 401)
    problem(reader.send(f"/shifts/{shift_id}/claims"), 403)
