"""Hours by table: what is written, when the doors stand open, who may change them."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from app.kernel.permissions import Held, Role
from app.places.errors import PlaceInvalid
from app.places.models import OpeningException, OpeningHours, Place, PlaceKind
from app.places.rules import (
    Doors,
    doors_at,
    ensure_may_close,
    ensure_stands_under,
    is_open_at,
    may_manage,
    spans_written,
)
from tests.cast import BEGINNING, known_id

WEDNESDAY = date(2026, 6, 3)
HERE, ABOVE, ELSEWHERE = known_id("here"), known_id("above"), known_id("elsewhere")


def a_place(kind: PlaceKind = PlaceKind.CENTRE, *, all_day: bool = False) -> Place:
    return Place(
        id=HERE, code="X", kind=kind, name="X", is_open_all_day=all_day,
        created_at=BEGINNING,
    )  # fmt: skip


def hours(weekday: int, opens: int, closes: int) -> OpeningHours:
    return OpeningHours(
        place_id=HERE, weekday=weekday, opens_at=time(opens), closes_at=time(closes)
    )


WEEK = [hours(2, 8, 11), hours(2, 14, 17), hours(3, 9, 17)]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (time(7), Doors(is_open=False, opens_at=time(8), opens_on=WEDNESDAY)),
        (time(8), Doors(is_open=True, until=time(11))),
        (time(11), Doors(is_open=False, opens_at=time(14), opens_on=WEDNESDAY)),
        (time(16, 59), Doors(is_open=True, until=time(17))),
        (time(17), Doors(is_open=False, opens_at=time(9), opens_on=date(2026, 6, 4))),
    ],
)
def test_the_doors_follow_the_week(clock: time, expected: Doors) -> None:
    wall = datetime.combine(WEDNESDAY, clock)

    assert doors_at(a_place(), WEEK, [], wall) == expected
    assert is_open_at(a_place(), WEEK, [], wall) == expected.is_open


def test_a_closed_day_wins_and_says_why() -> None:
    storm = OpeningException(place_id=HERE, day=WEDNESDAY, reason="Typhoon")

    doors = doors_at(a_place(), WEEK, [storm], datetime.combine(WEDNESDAY, time(9)))

    assert doors == Doors(
        is_open=False, opens_at=time(9), opens_on=date(2026, 6, 4), reason="Typhoon"
    )


def test_an_all_day_place_never_closes() -> None:
    for clock in (time(0), time(12), time(23, 59, 59)):
        wall = datetime.combine(WEDNESDAY, clock)
        assert doors_at(a_place(all_day=True), [], [], wall) == Doors(is_open=True)


def test_a_place_without_hours_is_shut_and_promises_nothing() -> None:
    wall = datetime.combine(WEDNESDAY, time(12))

    assert doors_at(a_place(), [], [], wall) == Doors(is_open=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, []),
        ("", []),
        ("08:30-11:30", [(0, time(8, 30), time(11, 30))]),
        ("8:30 – 11:30，14：00至17：30",
         [(0, time(8, 30), time(11, 30)), (0, time(14), time(17, 30))]),
    ],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(text: str, expected: list[object]) -> None:
    assert spans_written(0, text, field="day_0") == expected


@pytest.mark.parametrize(
    "text",
    ["always", "9-5", "25:00-26:00", "11:00-09:00", "09:00-09:00",
     "09:00-12:00, 11:00-13:00",
     "1:00-2:00,3:00-4:00,5:00-6:00,7:00-8:00,9:00-10:00"],
)  # fmt: skip
def test_unreadable_hours_are_refused_beside_their_day(text: str) -> None:
    with pytest.raises(PlaceInvalid) as refused:
        spans_written(0, text, field="day_0")
    assert refused.value.field == "day_0"


@pytest.mark.parametrize("day", [date(2026, 6, 2), date(2030, 1, 1)])
def test_past_and_far_days_cannot_be_closed(day: date) -> None:
    with pytest.raises(PlaceInvalid):
        ensure_may_close(day, WEDNESDAY)
    ensure_may_close(WEDNESDAY, WEDNESDAY)


@pytest.mark.parametrize(
    ("role", "place", "may"),
    [
        (Role.CENTRE_MANAGER, HERE, True),
        (Role.CENTRE_MANAGER, ABOVE, True),
        (Role.CENTRE_MANAGER, None, True),
        (Role.CENTRE_MANAGER, ELSEWHERE, False),
        (Role.STATION_WORKER, HERE, False),
        (Role.RESIDENT, None, False),
    ],
)
def test_who_manages_a_place(role: Role, place: object, may: bool) -> None:
    assert may_manage([Held(role, place)], HERE, [ABOVE]) is may  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "above"),
    [
        (PlaceKind.STATION, None),
        (PlaceKind.STATION, PlaceKind.TOWN),
        (PlaceKind.CENTRE, PlaceKind.STATION),
        (PlaceKind.DISTRICT, PlaceKind.TOWN),
    ],
)
def test_nothing_stands_under_the_wrong_parent(
    kind: PlaceKind, above: PlaceKind | None
) -> None:
    with pytest.raises(PlaceInvalid):
        ensure_stands_under(kind, a_place(above) if above else None)
