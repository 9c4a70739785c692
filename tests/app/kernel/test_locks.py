"""A lock shows the row as it is now, whatever the session read before."""

from __future__ import annotations

from sqlalchemy import text

from app.kernel.db import Database
from app.places import Place
from tests.cast import Cast


def test_a_locked_row_is_read_anew(db: Database, cast: Cast) -> None:
    """Given a row read without a lock, when it changes underneath and is then read
    with one, then the new value is there, and an own change is not lost.
    """
    with db.transaction() as session:
        place = session.get_one(Place, cast.centre)
        place.area_m2 = 100
        session.flush()
        session.connection().execute(text("UPDATE place SET area_m2 = area_m2 + 1"))

        locked = session.get(Place, cast.centre, with_for_update=True)
        assert locked is place
        assert place.area_m2 == 101
        place.area_m2 += 1
        assert session.get_one(Place, cast.centre, with_for_update=True).area_m2 == 102
        session.rollback()
