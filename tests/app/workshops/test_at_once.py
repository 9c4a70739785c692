"""A basket sent from two tabs at the same moment becomes one order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import select

from app import workshops
from app.kernel.db import Database
from app.workshops import Order, PayWith
from app.workshops.errors import OrderInvalid
from tests.app.workshops.shop import open_shop
from tests.cast import NOON, Cast


def test_a_basket_is_ordered_once(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        shop = open_shop(session, cast)
        workshops.put_in_basket(session, cast.lin, shop.chopsticks, 2)
    start = Barrier(3)

    def send(_tab: int) -> str:
        start.wait()
        try:
            with db.transaction() as session:
                workshops.order_basket(
                    session, person_id=cast.lin, workshop_id=shop.workshop,
                    place_id=cast.centre, pay_with=PayWith.CASH, at=NOON,
                )  # fmt: skip
        except OrderInvalid:
            return "empty"
        return "ordered"

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(send, range(3)))

    assert sorted(said) == ["empty", "empty", "ordered"]
    with db.reading() as session:
        assert len(session.exec(select(Order)).all()) == 1
