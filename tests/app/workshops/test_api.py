"""Workshops through the API: the shelf for anybody, orders for their sides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app import wallet, workshops
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.workshops.models import Good, Order
from tests.app.workshops.shop import Shop, open_shop
from tests.cast import Cast
from tests.programs import Program, problem, program_of, stranger


@pytest.fixture
def shop(db: Database, cast: Cast) -> Shop:
    with db.transaction() as session:
        return open_shop(session, cast)


@pytest.fixture
def lin(app: Flask, cast: Cast) -> Program:
    return program_of(app, cast.lin)


def basket(cast: Cast, shop: Shop, **changes: Any) -> dict[str, Any]:
    """Two pairs of chopsticks and a stool, to be paid at the centre."""
    lines = [
        {"good_id": str(shop.chopsticks), "quantity": 2},
        {"good_id": str(shop.stool), "quantity": 1},
    ]
    wanted = {"workshop_id": shop.workshop, "place_id": cast.centre, "lines": lines}
    return wanted | changes


def stools(shop: Shop, quantity: int = 1) -> list[dict[str, Any]]:
    return [{"good_id": str(shop.stool), "quantity": quantity}]


def left_of(db: Database, good_id: UUID) -> int:
    with db.reading() as session:
        return workshops.stock_of(session, [good_id], on=day_of(now()))[good_id]


def points_of(db: Database, person_id: UUID) -> Decimal:
    with db.reading() as session:
        return wallet.balances_of(session, person_id)["POINT"].available


def let_window_pass(db: Database, order_id: str) -> None:
    with db.transaction() as session:
        session.get_one(Order, UUID(order_id)).effective_at -= timedelta(minutes=11)


def test_the_shelf_says_what_it_costs_and_whether_a_licence_is_needed(
    app: Flask, db: Database, shop: Shop
) -> None:
    anyone = stranger(app)
    listed = anyone.look("/goods").json["items"]
    (stool,) = [one for one in listed if one["id"] == str(shop.stool)]

    assert len(listed) == 2
    assert (stool["price_cny"], stool["points_price"]) == ("45.00", "15.00")
    assert stool["left"] == 3
    assert stool["workshop"] == "桃源木竹坊"
    assert stool["registration"] == "exempt_handicraft"
    assert anyone.look(f"/goods/{shop.stool}").json == stool
    assert len(anyone.look("/goods", workshop=shop.workshop).json["items"]) == 2
    assert anyone.look("/goods", category="tea").json["items"] == []
    with db.transaction() as session:
        session.get_one(Good, shop.stool).state = workshops.GoodState.PAUSED
    problem(anyone.look(f"/goods/{shop.stool}"), 404)
    assert len(anyone.look("/goods").json["items"]) == 1
    problem(anyone.look("/goods", category="nothing"), 422)


def test_an_order_reserves_once_with_one_key(
    db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    first = lin.send("/orders", key="o", **basket(cast, shop))
    again = lin.send("/orders", key="o", **basket(cast, shop))
    other = lin.send("/orders", key="o", **basket(cast, shop, lines=stools(shop)))

    assert first.status_code == again.status_code == 201, first.text
    assert first.json["id"] == again.json["id"]
    problem(other, 409)
    assert first.json["total_cny"] == "98.60"
    assert "undo" in first.json["steps"]
    assert left_of(db, shop.chopsticks) == 10
    assert left_of(db, shop.stool) == 2
    assert lin.look("/orders").json["items"] == [
        lin.look(f"/orders/{first.json['id']}").json
    ]


def test_points_are_held_and_come_back_with_undo(
    db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    wanted = basket(cast, shop, lines=stools(shop), pay_with="points")
    made = lin.send("/orders", **wanted).json
    held = points_of(db, cast.lin)

    undone = lin.send(f"/orders/{made['id']}/undoing")

    assert made["total_points"] == "15.00"
    assert held == Decimal(5)
    assert undone.json["state"] == "undone"
    assert points_of(db, cast.lin) == Decimal(20)
    assert left_of(db, shop.stool) == 3
    problem(lin.send(f"/orders/{made['id']}/undoing"), 409)


def test_the_last_one_goes_to_one_and_nothing_is_half_done(
    db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    lines = [{"good_id": str(shop.chopsticks), "quantity": 1}, *stools(shop, 4)]
    problem(lin.send("/orders", **basket(cast, shop, lines=lines)), 409)
    assert left_of(db, shop.chopsticks) == 12
    assert left_of(db, shop.stool) == 3


def test_the_workshop_confirms_packs_or_says_no_with_a_reason(
    app: Flask, db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    tao = program_of(app, cast.tao)
    one, two = (
        lin.send("/orders", **basket(cast, shop, lines=stools(shop))).json["id"]
        for _ in range(2)
    )
    problem(tao.look(f"/orders/{one}"), 404)
    for made in (one, two):
        let_window_pass(db, made)

    confirmed = tao.send(f"/orders/{one}/confirmation")
    packed = tao.send(f"/orders/{one}/packing")
    late = lin.send(f"/orders/{one}/cancellation")
    silent = tao.send(f"/orders/{two}/rejection")
    no = tao.send(f"/orders/{two}/rejection", reason="木料没到")

    assert confirmed.json["state"] == "confirmed"
    assert packed.json["state"] == "packed"
    problem(late, 409)
    assert set(problem(silent, 422)["errors"]) == {"reason"}
    assert (no.json["state"], no.json["reason"]) == ("rejected", "木料没到")
    assert left_of(db, shop.stool) == 2


def test_only_the_resident_reads_the_pickup_code(
    app: Flask, db: Database, cast: Cast, shop: Shop, lin: Program
) -> None:
    made = lin.send("/orders", **basket(cast, shop)).json["id"]
    let_window_pass(db, made)
    with db.transaction() as session:
        workshops.confirm_order(session, UUID(made), by=cast.tao, at=now())
        workshops.pack_order(session, UUID(made), by=cast.tao, at=now())
        workshops.receive_order(session, UUID(made), by=cast.sun, at=now())

    told = [
        program_of(app, who).look(f"/orders/{made}").json["pickup_code"]
        for who in (cast.lin, cast.tao, cast.sun)
    ]

    assert told[0]
    assert told[1:] == [None, None]


def test_an_order_is_nobody_elses_business(
    app: Flask, cast: Cast, shop: Shop, lin: Program
) -> None:
    made = lin.send("/orders", **basket(cast, shop)).json["id"]
    chen = program_of(app, cast.chen)

    problem(chen.look(f"/orders/{made}"), 404)
    problem(chen.send(f"/orders/{made}/undoing"), 404)
    problem(chen.send("/orders", **basket(cast, shop, resident_id=cast.lin)), 403)
    assert chen.look("/orders").json["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": "stool"}, "lines"),
        ({"lines": [{"good_id": str(uuid4()), "quantity": 0}]}, "lines"),
        ({"lines": [{"good_id": str(uuid4()), "quantity": 10**30}]}, "lines"),
        ({"pay_with": "card"}, "pay_with"),
        ({"place_id": "here"}, "place_id"),
        ({"workshop_id": None}, "workshop_id"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(
    cast: Cast, shop: Shop, lin: Program, changes: dict[str, Any], field: str
) -> None:
    told = problem(lin.send("/orders", **basket(cast, shop, **changes)), 422)
    assert set(told["errors"]) == {field}


def test_a_good_is_named_once(cast: Cast, shop: Shop, lin: Program) -> None:
    twice = basket(cast, shop, lines=stools(shop) + stools(shop))
    assert set(problem(lin.send("/orders", **twice), 422)["errors"]) == {"lines"}


def test_who_may_come_in(app: Flask, cast: Cast, shop: Shop) -> None:
    problem(stranger(app).look("/orders"), 401)
    problem(stranger(app).send("/orders", **basket(cast, shop)), 401)
    reader = program_of(app, cast.lin, "read")
    problem(reader.send("/orders", **basket(cast, shop)), 403)
