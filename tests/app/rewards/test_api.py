"""Rewards through the API: the shop for anybody, redemptions of one's own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app import wallet
from app.kernel.db import Database
from app.rewards import Redemption, StockLot
from tests.app.rewards.conftest import Shop
from tests.cast import Cast
from tests.programs import Program, problem, program_of, stranger


@pytest.fixture
def lin(app: Flask, cast: Cast) -> Program:
    return program_of(app, cast.lin)


def books(db: Database, cast: Cast, shop: Shop) -> tuple[Decimal, int]:
    """Lin's free points, and how many bottles are set aside."""
    with db.reading() as session:
        points = wallet.balances_of(session, cast.lin)["POINT"].available
        return points, session.get_one(StockLot, shop.lot).reserved


def test_anybody_sees_what_can_be_had_where(app: Flask, cast: Cast, shop: Shop) -> None:
    listed = stranger(app).look("/rewards").json["items"]
    (liquid,) = [one for one in listed if one["id"] == str(shop.liquid)]

    assert len(listed) == 3
    assert liquid["points"] == "15.00"
    assert liquid["stock"] == [{"place_id": str(cast.station), "free": 3}]
    assert stranger(app).look(f"/rewards/{shop.liquid}").json == liquid
    problem(stranger(app).look(f"/rewards/{uuid4()}"), 404)


def test_a_redemption_sets_aside_once_and_comes_back_with_undo(
    db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    path = f"/rewards/{shop.liquid}/redemptions"
    first = lin.send(path, key="r", place_id=cast.station)
    again = lin.send(path, key="r", place_id=cast.station)
    other = lin.send(path, key="r", place_id=cast.centre)

    assert first.status_code == again.status_code == 201, first.text
    assert first.json["id"] == again.json["id"]
    assert first.json["pickup_code"] is None
    problem(other, 409)
    assert books(db, cast, shop) == (Decimal(5), 1)

    undone = lin.send(f"/redemptions/{first.json['id']}/undo")

    assert undone.json["state"] == "undone"
    assert books(db, cast, shop) == (Decimal(20), 0)


def test_after_ten_minutes_undo_is_refused_and_cancelling_works(
    db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    path = f"/rewards/{shop.liquid}/redemptions"
    made = lin.send(path, place_id=cast.station).json["id"]
    with db.transaction() as session:
        found = session.get_one(Redemption, UUID(made))
        found.effective_at -= timedelta(minutes=11)

    problem(lin.send(f"/redemptions/{made}/undo"), 409)
    off = lin.send(f"/redemptions/{made}/cancellation")

    assert off.json["state"] == "cancelled"
    assert books(db, cast, shop) == (Decimal(20), 0)


def test_sending_now_brings_the_code_for_the_person_only(
    app: Flask, cast: Cast, shop: Shop, lin: Program
) -> None:
    path = f"/rewards/{shop.liquid}/redemptions"
    made = lin.send(path, place_id=cast.station).json["id"]

    sent = lin.send(f"/redemptions/{made}/sending").json
    clerk = program_of(app, cast.sun).look(f"/redemptions/{made}").json

    assert sent["state"] == "ready"
    assert sent["pickup_code"]
    assert clerk["pickup_code"] is None
    assert clerk["steps"] == []


def test_too_few_points_and_the_wrong_place_change_nothing(
    app: Flask, db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    path = f"/rewards/{shop.liquid}/redemptions"
    problem(program_of(app, cast.chen).send(path, place_id=cast.station), 409)
    problem(lin.send(path, place_id=cast.other_centre), 409)
    nowhere = problem(lin.send(path), 422)

    assert set(nowhere["errors"]) == {"place_id"}
    assert books(db, cast, shop) == (Decimal(20), 0)


def test_a_redemption_is_nobody_elses_business(
    app: Flask, cast: Cast, shop: Shop, lin: Program
) -> None:
    path = f"/rewards/{shop.liquid}/redemptions"
    made = lin.send(path, place_id=cast.station).json["id"]
    chen = program_of(app, cast.chen)

    problem(chen.look(f"/redemptions/{made}"), 404)
    problem(chen.send(f"/redemptions/{made}/undo"), 404)
    problem(chen.send(path, place_id=cast.station, resident_id=cast.lin), 403)
    assert chen.look("/redemptions").json["items"] == []
    assert len(lin.look("/redemptions").json["items"]) == 1


def test_who_may_come_in(app: Flask, cast: Cast, shop: Shop) -> None:
    path = f"/rewards/{shop.liquid}/redemptions"
    problem(stranger(app).look("/redemptions"), 401)
    problem(stranger(app).send(path, place_id=cast.station), 401)
    problem(program_of(app, cast.lin, "read").send(path, place_id=cast.station), 403)
