"""Hours and closed days on a real database."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlmodel import select

from app import places
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.kernel.permissions import Held, Role
from app.places import actions
from app.places.errors import MayNotManage
from app.places.queries import hours_of, hours_of_all
from tests.cast import NOON, TODAY, Cast

STORM = date(2026, 6, 5)


def held(place_id: object) -> list[Held]:
    return [Held(Role.CENTRE_MANAGER, place_id)]  # type: ignore[arg-type]


def test_a_manager_writes_the_week_of_a_station_below(db: Database, cast: Cast) -> None:
    week = [(0, time(9), time(12)), (0, time(14), time(17))]

    with db.transaction() as session:
        actions.change_hours(
            session, cast.station, week, by=cast.ma, held=held(cast.centre), at=NOON
        )

    with db.reading() as session:
        kept, _ = hours_of(session, cast.station)
        doing = session.exec(select(Doing).where(Doing.verb == "place.hours")).one()
    assert [(one.weekday, one.opens_at, one.closes_at) for one in kept] == week
    assert doing.who_id == cast.ma


def test_a_manager_from_elsewhere_changes_nothing(db: Database, cast: Cast) -> None:
    with db.reading() as session:
        before = len(hours_of(session, cast.other_centre)[0])

    with pytest.raises(MayNotManage), db.transaction() as session:
        actions.change_hours(
            session, cast.other_centre, [], by=cast.ma, held=held(cast.centre), at=NOON
        )

    with db.reading() as session:
        assert len(hours_of(session, cast.other_centre)[0]) == before == 7


def test_closing_twice_keeps_the_last_reason_and_reopening_forgets_it(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        for reason in ("Rain", "Typhoon"):
            actions.close_day(
                session, cast.centre, STORM, reason, by=cast.ma,
                held=held(cast.centre), at=NOON, today=TODAY,
            )  # fmt: skip
    with db.reading() as session:
        _, closed = hours_of_all(session, since=TODAY)[cast.centre]
    assert [one.reason for one in closed] == ["Typhoon"]

    with db.transaction() as session:
        for _ in range(2):
            actions.reopen_day(
                session, cast.centre, STORM, by=cast.ma, held=held(cast.centre), at=NOON
            )
    with db.reading() as session:
        assert hours_of(session, cast.centre)[1] == []


def test_loading_a_place_twice_changes_nothing(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        before = places.place_for(session, cast.centre).model_dump()
        town = places.place_for(session, cast.town)
        places.add_place(
            session, code="C01", kind=places.PlaceKind.CENTRE,
            name="望潮社区党群服务中心", parent=town, at=NOON,
        )  # fmt: skip
    with db.reading() as session:
        assert places.place_for(session, cast.centre).model_dump() == before
