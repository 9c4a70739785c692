"""The counter and the settling: codes, what waits, two people for a payout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import select

from app import people, wallet, workshops
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.kernel.permissions import Role
from app.workshops.desk import desk_items
from app.workshops.models import Order, Payout
from tests.app.workshops.shop import Shop, bring_to_counter, open_shop, order
from tests.cast import BEGINNING, Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


@pytest.fixture
def shop(db: Database, cast: Cast) -> Shop:
    with db.transaction() as session:
        return open_shop(session, cast)


@pytest.fixture
def ready(db: Database, cast: Cast, shop: Shop) -> tuple[UUID, str]:
    """Lin's order, ready at the centre for a few days more: its id and code."""
    with db.transaction() as session:
        placed = bring_to_counter(session, cast, order(session, cast, shop).id)
        placed.collect_by = now() + timedelta(days=3)
        return placed.id, placed.pickup_code or ""


def test_a_wrong_code_finds_nothing(
    cast: Cast, ready: tuple[UUID, str], client_of: ClientOf
) -> None:
    sun = client_of(cast.sun)
    assert ready
    for code, sentence in (("ZZZZZZ", "No order"), ("", "fill this in")):
        answer = sun.send("/counter/code", code=code)
        assert answer.status_code == 422
        assert sentence in text_of(answer)


def test_a_clerk_of_another_place_does_not_find_it(
    db: Database, cast: Cast, ready: tuple[UUID, str], client_of: ClientOf
) -> None:
    with db.transaction() as session:
        people.assign_role(
            session, person_id=cast.pan, role=Role.STATION_WORKER,
            place_id=cast.other_centre, starts_on=BEGINNING.date(), at=BEGINNING,
            by=None,
        )  # fmt: skip
    pan = client_of(cast.pan)
    order_id, code = ready

    assert pan.send("/counter/code", code=code).status_code == 422
    assert pan.send(f"/orders/{order_id}/hand-over", code=code).status_code == 404


def test_her_husband_cannot_hand_it_over(
    db: Database, cast: Cast, shop: Shop, ready: tuple[UUID, str], client_of: ClientOf
) -> None:
    order_id, code = ready

    answer = client_of(cast.zhou).swap(f"/orders/{order_id}/hand-over", code=code)

    assert answer.status_code == 403
    assert "for you or your family" in text_of(answer)
    with db.reading() as session:
        assert wallet.owed_to_workshop(session, shop.workshop).posted == 0


def test_handing_over_twice_records_once(
    db: Database, cast: Cast, shop: Shop, ready: tuple[UUID, str], client_of: ClientOf
) -> None:
    sun = client_of(cast.sun)
    order_id, code = ready
    url = f"/orders/{order_id}/hand-over"

    first = sun.swap(url, "one-key", code=code)
    again = sun.swap(url, "one-key", code=code)
    late = sun.swap(url, "another-key", code=code)

    assert (first.status_code, again.status_code, late.status_code) == (200, 200, 409)
    with db.reading() as session:
        owed = wallet.owed_to_workshop(session, shop.workshop).posted
        assert owed == Decimal("90.71")


def test_what_was_not_collected_is_on_the_desk_and_goes_back(
    app: Flask, db: Database, cast: Cast, ready: tuple[UUID, str], client_of: ClientOf
) -> None:
    order_id, _ = ready
    with app.test_request_context(), db.reading() as session:
        today = day_of(now())
        assert desk_items(session, actor_id=cast.sun, on=today) == []
    with db.transaction() as session:
        session.get_one(Order, order_id).collect_by = now() - timedelta(hours=1)
    with app.test_request_context(), db.reading() as session:
        (item,) = desk_items(session, actor_id=cast.sun, on=today)
        assert desk_items(session, actor_id=cast.lin, on=today) == []

    sun = client_of(cast.sun)
    assert "Not collected in time" in sun.get("/counter").text
    assert sun.swap(item.actions[0].url).status_code == 200

    with db.reading() as session:
        assert session.get_one(Order, order_id).state == "uncollected"


def test_a_payout_waits_for_a_second_person(
    app: Flask, db: Database, cast: Cast, shop: Shop, ready: tuple[UUID, str],
    client_of: ClientOf,
) -> None:  # fmt: skip
    with db.transaction() as session:
        people.assign_role(
            session, person_id=cast.shen, role=Role.LEDGER_ADMIN, place_id=None,
            starts_on=BEGINNING.date(), at=BEGINNING, by=None,
        )  # fmt: skip
        workshops.hand_over(session, ready[0], code=ready[1], by=cast.sun, at=now())
    jin, shen = client_of(cast.jin), client_of(cast.shen)
    propose = f"/workshops/{shop.workshop}/payouts"
    too_much = jin.send(propose, amount="90.72", place_id=cast.centre)
    assert too_much.status_code == 409
    assert "Only ¥90.71" in text_of(too_much)
    assert jin.send(propose, amount="90.71", place_id=cast.centre).status_code == 303
    with db.reading() as session:
        payout = session.exec(select(Payout)).one()
    with app.test_request_context(), db.reading() as session:
        today = day_of(now())
        assert desk_items(session, actor_id=cast.jin, on=today) == []
        (item,) = desk_items(session, actor_id=cast.shen, on=today)
        assert item.id == payout.id

    assert jin.send(f"/payouts/{payout.id}/approval").status_code == 403
    assert "Yes, pay it out" in shen.get("/settlements").text
    assert shen.send(f"/payouts/{payout.id}/approval").status_code == 303

    with db.reading() as session:
        assert wallet.owed_to_workshop(session, shop.workshop).posted == 0
    assert "Paid out lately" in shen.get("/settlements").text
