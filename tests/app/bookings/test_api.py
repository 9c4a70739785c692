"""Bookings through the API: keys, sides, refusals, and whose business it is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlmodel import col, select

from app import wallet
from app.bookings import Booking
from app.fair import Slot
from app.kernel.clock import now
from app.kernel.db import Database
from tests.app.fair.world import published, slot_of
from tests.cast import Cast
from tests.programs import API, Program, problem, program_of, stranger
from tests.web import sign_in


@pytest.fixture
def slot(db: Database, cast: Cast) -> UUID:
    """Wang's haircut in two days, for 5 points, one seat."""
    with db.transaction() as session:
        offering = published(session, cast)
        return slot_of(session, offering.id, start=now() + timedelta(days=2)).id


@pytest.fixture
def lin(app: Flask, cast: Cast) -> Program:
    return program_of(app, cast.lin)


@pytest.fixture
def wang(app: Flask, cast: Cast) -> Program:
    return program_of(app, cast.wang)


def points_of(db: Database, person_id: UUID) -> tuple[Decimal, Decimal]:
    with db.reading() as session:
        found = wallet.balances_of(session, person_id)["POINT"]
        return found.held, found.available


def let_window_pass(db: Database) -> None:
    with db.transaction() as session:
        for one in session.exec(select(Booking)):
            one.effective_at -= timedelta(minutes=11)


def let_it_begin(db: Database) -> None:
    """Move the booking into the past, so that it can be over."""
    with db.transaction() as session:
        for one in session.exec(select(Booking)):
            one.starts_at -= timedelta(days=3)
            one.ends_at -= timedelta(days=3)


def test_a_booking_holds_the_points_and_is_told_in_full(
    db: Database, cast: Cast, lin: Program, slot: UUID
) -> None:
    answer = lin.send("/bookings", slot_id=slot, note="请带推子")

    assert answer.status_code == 201
    told = answer.json
    assert told["state"] == "requested"
    assert told["side"] == "resident"
    assert told["steps"] == ["undo", "send_now"]
    assert told["points"] == "5.00"
    assert told["starts_at"].endswith("Z")
    assert points_of(db, cast.lin) == (Decimal(5), Decimal(15))
    assert lin.look(f"/bookings/{told['id']}").json == told
    assert lin.look("/bookings").json == {"items": [told], "next_cursor": None}


def test_the_same_key_books_once_and_another_body_is_refused(
    db: Database, cast: Cast, lin: Program, slot: UUID
) -> None:
    first = lin.send("/bookings", key="k1", slot_id=slot)
    again = lin.send("/bookings", key="k1", slot_id=slot)
    other = lin.send("/bookings", key="k1", slot_id=slot, note="other")

    assert first.status_code == again.status_code == 201
    assert first.json["id"] == again.json["id"]
    problem(other, 409)
    with db.reading() as session:
        assert len(session.exec(select(Booking)).all()) == 1
        assert session.get_one(Slot, slot).taken == 1
    assert points_of(db, cast.lin) == (Decimal(5), Decimal(15))


def test_the_last_seat_goes_to_one_and_the_books_stay(
    app: Flask, db: Database, cast: Cast, lin: Program, slot: UUID
) -> None:
    assert lin.send("/bookings", slot_id=slot).status_code == 201
    chen = program_of(app, cast.chen)

    told = problem(chen.send("/bookings", slot_id=slot), 409)

    assert "taken" in told["detail"]
    assert points_of(db, cast.chen) == (Decimal(0), Decimal(0))


def test_undo_frees_seat_and_points_and_a_replay_changes_nothing(
    db: Database, cast: Cast, lin: Program, slot: UUID
) -> None:
    made = lin.send("/bookings", slot_id=slot).json["id"]

    undone = lin.send(f"/bookings/{made}/undo", key="u")
    again = lin.send(f"/bookings/{made}/undo", key="u")

    assert undone.status_code == again.status_code == 200
    assert undone.json["state"] == again.json["state"] == "undone"
    assert points_of(db, cast.lin) == (Decimal(0), Decimal(20))
    problem(lin.send(f"/bookings/{made}/undo"), 409)


def test_the_provider_answers_once_it_can_no_longer_be_undone(
    db: Database, cast: Cast, lin: Program, wang: Program, slot: UUID
) -> None:
    made = lin.send("/bookings", slot_id=slot).json["id"]
    problem(wang.look(f"/bookings/{made}"), 404)
    problem(wang.send(f"/bookings/{made}/confirmation"), 404)
    let_window_pass(db)

    problem(lin.send(f"/bookings/{made}/confirmation"), 403)
    agreed = wang.send(f"/bookings/{made}/confirmation")
    early = wang.send(f"/bookings/{made}/completion")
    let_it_begin(db)
    done = wang.send(f"/bookings/{made}/completion")

    no_stars = lin.send(f"/bookings/{made}/rating", stars=6)
    rated = lin.send(f"/bookings/{made}/rating", stars=5)
    assert set(problem(no_stars, 422)["errors"]) == {"stars"}
    assert rated.json["stars"] == 5
    problem(lin.send(f"/bookings/{made}/rating", stars=1), 409)
    assert agreed.json["state"] == "confirmed"
    assert agreed.json["side"] == "provider"
    problem(early, 409)
    assert done.json["state"] == "completed"
    assert points_of(db, cast.lin) == (Decimal(0), Decimal(15))


def test_declining_wants_a_reason_and_frees_the_points(
    db: Database, cast: Cast, lin: Program, wang: Program, slot: UUID
) -> None:
    made = lin.send("/bookings", slot_id=slot).json["id"]
    let_window_pass(db)

    silent = problem(wang.send(f"/bookings/{made}/refusal"), 422)
    said = wang.send(f"/bookings/{made}/refusal", reason="那天赶集")

    assert set(silent["errors"]) == {"reason"}
    assert said.json["state"] == "declined"
    assert lin.look(f"/bookings/{made}").json["reason"] == "那天赶集"
    assert points_of(db, cast.lin) == (Decimal(0), Decimal(20))


def test_both_sides_may_call_it_off(
    db: Database, cast: Cast, lin: Program, slot: UUID
) -> None:
    made = lin.send("/bookings", slot_id=slot).json["id"]
    sent = lin.send(f"/bookings/{made}/sending")

    off = lin.send(f"/bookings/{made}/cancellation", reason="感冒了")

    assert "cancel" in sent.json["steps"]
    assert off.json["state"] == "cancelled"
    assert points_of(db, cast.lin) == (Decimal(0), Decimal(20))


def test_a_booking_is_nobody_elses_business(
    app: Flask, cast: Cast, lin: Program, slot: UUID
) -> None:
    made = lin.send("/bookings", slot_id=slot).json["id"]
    chen = program_of(app, cast.chen)

    problem(chen.look(f"/bookings/{made}"), 404)
    problem(chen.send(f"/bookings/{made}/undo"), 404)
    problem(chen.send(f"/bookings/{made}/cancellation"), 404)
    problem(chen.look(f"/bookings/{uuid4()}"), 404)
    assert chen.look("/bookings").json["items"] == []


def test_booking_for_somebody_else_is_for_clerks(
    app: Flask, cast: Cast, slot: UUID
) -> None:
    chen, sun = program_of(app, cast.chen), program_of(app, cast.sun)

    problem(chen.send("/bookings", slot_id=slot, resident_id=cast.lin), 403)
    made = sun.send("/bookings", slot_id=slot, resident_id=cast.lin)

    assert made.status_code == 201, made.text
    assert program_of(app, cast.lin).look("/bookings").json["items"]


def test_who_may_come_in(app: Flask, cast: Cast, slot: UUID) -> None:
    reader = program_of(app, cast.lin, "read")
    writer = program_of(app, cast.lin, "write")
    body = {"slot_id": str(slot)}

    problem(stranger(app).send("/bookings", slot_id=slot), 401)
    problem(stranger(app).look("/bookings"), 401)
    problem(reader.send("/bookings", slot_id=slot), 403)
    problem(writer.look("/bookings"), 403)
    problem(Program(app, "fair_nonsense").look("/bookings"), 401)
    keyless = problem(writer.post(f"{API}/bookings", json=body), 422)
    assert set(keyless["errors"]) == {"Idempotency-Key"}


def test_a_session_cookie_opens_no_door_of_the_api(
    app: Flask, cast: Cast, slot: UUID
) -> None:
    browser = sign_in(app, cast.lin)
    assert browser.get("/bookings/").status_code == 200

    problem(browser.get(f"{API}/bookings"), 401)
    sent = browser.post(
        f"{API}/bookings",
        json={"slot_id": str(slot)},
        headers={"Idempotency-Key": "k"},
    )

    problem(sent, 401)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"slot_id"}),
        ({"slot_id": "tomorrow"}, {"slot_id"}),
        ({"slot_id": 7}, {"slot_id"}),
        ({"slot_id": [], "note": "x" * 301}, {"slot_id", "note"}),
        ({"slot_id": str(UUID(int=1)), "note": {"a": 1}}, {"note"}),
        ({"slot_id": str(UUID(int=1)), "resident_id": "me"}, {"resident_id"}),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(
    lin: Program, body: dict[str, object], fields: set[str]
) -> None:
    told = problem(lin.send("/bookings", **body), 422)
    assert set(told["errors"]) == fields


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"slot_id": "\\u0000"}', "application/json", 400),
        (b"slot_id=1", "application/x-www-form-urlencoded", 415),
        (b"hello", "text/plain", 415),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    lin: Program, data: bytes, kind: str, status: int
) -> None:
    answer = lin.post(
        f"{API}/bookings",
        data=data,
        content_type=kind,
        headers={"Idempotency-Key": str(uuid4())},
    )
    problem(answer, status)


def test_an_unknown_time_is_not_found(lin: Program) -> None:
    problem(lin.send("/bookings", slot_id=uuid4()), 404)


def test_pages_go_on_by_cursor_and_meet_every_booking_once(
    db: Database, cast: Cast, lin: Program
) -> None:
    with db.transaction() as session:
        offering = published(session, cast, price_mode="free", points=None)
        slots = [
            slot_of(session, offering.id, start=now() + timedelta(days=2, hours=2 * n))
            for n in range(5)
        ]
        ids = [one.id for one in slots]
    made = [lin.send("/bookings", slot_id=one).json["id"] for one in ids]
    with db.transaction() as session:
        moment = now()
        for one in session.exec(select(Booking).order_by(col(Booking.id)).limit(3)):
            one.requested_at = moment  # several at the same moment

    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = lin.look("/bookings", **asked).json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert cursor is None
    assert sorted(seen) == sorted(made)
    for bad in ("x", "####", "MjAyNg", "a" * 150):
        told = problem(lin.look("/bookings", cursor=bad), 422)
        assert set(told["errors"]) == {"cursor"}
    for limit in (0, 101, "many"):
        assert set(problem(lin.look("/bookings", limit=limit), 422)["errors"]) == {
            "limit"
        }
