"""Days and moments at the ends of the calendar are refused, and break nothing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from app.kernel.db import Database
from app.web.api import to_cursor
from tests.app.fair.world import published
from tests.app.volunteering.world import a_post, a_shift, wall
from tests.cast import Cast
from tests.programs import program_of
from tests.web import Client

ENDS = ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00")
"""Moments that leave the calendar on their way to UTC."""
SOMEBODY = UUID(int=1)


@pytest.mark.parametrize("moment", ENDS)
@pytest.mark.parametrize(
    "path", ["/bookings/?when=past&before=", "/rewards/mine?before="]
)
def test_a_pager_link_at_the_end_of_time_reads_as_the_first_page(
    client_of: Callable[..., Client], cast: Cast, path: str, moment: str
) -> None:
    assert client_of(cast.lin).get(path + moment.replace("+", "%2B")).status_code == 200


@pytest.mark.parametrize("moment", ENDS)
@pytest.mark.parametrize("path", ["/bookings", "/orders", "/shifts", "/goods"])
def test_a_cursor_at_the_end_of_time_is_none_of_ours(
    app: Flask, cast: Cast, path: str, moment: str
) -> None:
    program = program_of(app, cast.lin)
    answer = program.look(path, cursor=to_cursor(f"{moment} {SOMEBODY}"))

    assert answer.status_code == 422
    assert "cursor" in answer.json["errors"]


@pytest.mark.parametrize("day", ["9999-12-31", "9998-12-31", "0001-01-01"])
def test_shifts_are_not_published_at_the_ends_of_the_calendar(
    db: Database, client_of: Callable[..., Client], cast: Cast, day: str
) -> None:
    with db.transaction() as session:
        post = a_post(session, cast)
    answer = client_of(cast.ma).send(
        f"/volunteering/desk/posts/{post.id}/shifts",
        first_day=day, starts="09:00", ends="11:00", people_wanted="2",
        weekdays=["0", "6"], weeks="60",
    )  # fmt: skip

    assert answer.status_code == 422
    assert "Please enter a date." in answer.text


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_times_are_not_offered_at_the_ends_of_the_calendar(
    db: Database, client_of: Callable[..., Client], cast: Cast, day: str
) -> None:
    with db.transaction() as session:
        offering = published(session, cast)
    answer = client_of(cast.wang).send(
        f"/fair/{offering.id}/slots", day=day, starts="09:00", ends="10:00", weeks="2"
    )

    assert answer.status_code == 422
    assert "Please enter a date." in answer.text


def test_a_time_with_a_zone_is_no_time_on_the_wall(
    db: Database, client_of: Callable[..., Client], cast: Cast
) -> None:
    with db.transaction() as session:
        post = a_post(session, cast)
        shift = a_shift(session, post, cast, wall(9), wall(11))
    answer = client_of(cast.sun).send(
        f"/volunteering/desk/shifts/{shift.id}/sheet",
        person="CAST0002", came="09:00Z", left="10:00",
    )  # fmt: skip

    assert answer.status_code == 422
    assert "Please enter a time, such as 09:30." in answer.text
