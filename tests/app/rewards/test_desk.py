"""The counter for rewards: codes, stock, and the desk's pile."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from app import rewards
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.rewards import Redemption
from app.rewards.desk import desk_items
from tests.app.rewards.conftest import Shop
from tests.app.rewards.test_views import ClientOf, redeem
from tests.cast import Cast
from tests.web import text_of


def test_the_clerk_hands_over_by_code(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin, sun = client_of(cast.lin), client_of(cast.sun)
    address = redeem(lin, cast, shop.liquid)
    lin.send(f"{address}/sending")
    with db.reading() as session:
        code = session.get_one(Redemption, UUID(address.rsplit("/", 1)[1])).pickup_code

    wrong = sun.swap("/rewards/desk/hand-overs", code="22222222")
    assert wrong.status_code == 422
    assert "Nothing waits here under this code" in text_of(wrong)
    assert wrong.text.lstrip().startswith('<div class="stack" id="rewards-counter"')

    right = sun.send("/rewards/desk/hand-overs", code=f" {str(code).lower()} ")
    assert right.status_code == 303
    assert "handed over" in text_of(lin.get(address))
    book = text_of(lin.get("/wallet/"))
    assert "Washing liquid Spent" in book


def test_the_counter_is_for_those_who_hand_over(
    client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin, sun, ma = (client_of(who) for who in (cast.lin, cast.sun, cast.ma))
    assert lin.get("/rewards/desk/").status_code == 403
    assert lin.send("/rewards/desk/hand-overs", code="ABC234").status_code == 403
    assert sun.get("/rewards/desk/stock").status_code == 403
    assert ma.get("/rewards/desk/stock").status_code == 200


def test_the_manager_takes_stock_in_only_at_her_places(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    ma = client_of(cast.ma)
    stock = {
        "reward_id": str(shop.liquid),
        "quantity": "5",
        "funding_source": "fair_proceeds",
    }

    elsewhere = ma.send("/rewards/desk/stock", place_id=str(cast.other_centre), **stock)
    assert elsewhere.status_code == 403
    none = ma.send(
        "/rewards/desk/stock", **(stock | {"quantity": "0"}), place_id=str(cast.station)
    )
    assert none.status_code == 422
    here = ma.send("/rewards/desk/stock", place_id=str(cast.station), **stock)
    assert here.status_code == 303
    with db.reading() as session:
        free = rewards.free_stock(session, [shop.liquid])[shop.liquid]
    assert [(one.place_id, one.free) for one in free] == [(cast.station, 8)]


@pytest.mark.parametrize(("who", "count"), [("sun", 1), ("ma", 1), ("lin", 0)])
def test_the_desk_lists_what_waits_at_ones_places(
    app: Flask, db: Database, client_of: ClientOf, cast: Cast, shop: Shop,
    who: str, count: int,
) -> None:  # fmt: skip
    lin = client_of(cast.lin)
    address = redeem(lin, cast, shop.liquid)
    lin.send(f"{address}/sending")

    with app.test_request_context(), db.reading() as session:
        found = desk_items(session, actor_id=getattr(cast, who), on=day_of(now()))

    assert len(found) == count
    assert all("林小满 · 洗衣液" in one.title for one in found)
    assert all(str(one.id) in address for one in found)


def test_a_new_reward_needs_a_name_and_points(
    client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    ma = client_of(cast.ma)
    fields = {"kind": "benefit", "title": "停车券半天", "points": "15"}

    for wrong in ({"title": ""}, {"points": "-1"}, {"points": "1.005"}, {"kind": "x"}):
        assert ma.send("/rewards/desk/items", **(fields | wrong)).status_code == 422
    assert ma.send("/rewards/desk/items", **fields).status_code == 303
    assert "停车券半天" in text_of(ma.get("/rewards/"))
