"""What the desk sees of bookings: requests nobody has answered."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import bookings
from app.bookings.desk import desk_items
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from tests.app.bookings.conftest import Menu
from tests.app.bookings.test_views import ClientOf, book, shift
from tests.cast import Cast
from tests.web import text_of


def test_the_desk_lists_requests_nobody_answered(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    address = book(client_of(cast.lin), menu.real_time)
    sun = client_of(cast.sun)
    assert "林小满 · Haircut" not in text_of(sun.get("/desk/"))
    shift(db, address, timedelta(minutes=11))

    assert "林小满 · Haircut" in text_of(sun.get("/desk/"))
    assert sun.swap(f"{address}/confirmation").status_code == 200
    with db.reading() as session:
        asked, agreed, _ = bookings.provider_queue(session, cast.wang, at=now())
    assert (len(asked), len(agreed)) == (0, 1)


def test_ones_own_request_and_other_places_are_not_on_the_pile(
    app: Flask, db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    sun = client_of(cast.sun)
    address = book(sun, menu.real_time, resident_id=str(cast.lin))
    shift(db, address, timedelta(minutes=11))

    with app.test_request_context(), db.reading() as session:
        on = day_of(now())
        piles = {
            who: len(desk_items(session, actor_id=getattr(cast, who), on=on))
            for who in ("sun", "ma", "chen", "qian")
        }
    assert piles == {"sun": 0, "ma": 1, "chen": 0, "qian": 0}
