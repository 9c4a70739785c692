"""Decisions about places: which kind stands under which, and when one is open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from app.kernel.i18n import msg
from app.kernel.permissions import Held, Permission, roles_with
from app.places.errors import PlaceInvalid
from app.places.models import (
    FunctionCategory,
    OpeningException,
    Place,
    PlaceKind,
    Tier,
)

LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        PlaceKind.DISTRICT: msg("District"),
        PlaceKind.TOWN: msg("Town"),
        PlaceKind.CENTRE: msg("Centre"),
        PlaceKind.STATION: msg("Station"),
        PlaceKind.REST_STOP: msg("Rest stop"),
        PlaceKind.PARTNER_VENUE: msg("Partner venue"),
        Tier.BASIC: msg("Basic tier"),
        Tier.ENHANCED: msg("Enhanced tier"),
        Tier.HUB: msg("Hub tier"),
        FunctionCategory.INDUSTRY_LED: msg("Industry-led"),
        FunctionCategory.ELDERLY_CHILD: msg("Elderly and children"),
        FunctionCategory.SEAFARER_FRIENDLY: msg("Seafarer-friendly"),
        FunctionCategory.BUSINESS_DISTRICT: msg("Business district"),
        FunctionCategory.VILLAGE_RESIDENT: msg("Village and residents"),
    }
)

WEEKDAYS = (
    msg("Monday"),
    msg("Tuesday"),
    msg("Wednesday"),
    msg("Thursday"),
    msg("Friday"),
    msg("Saturday"),
    msg("Sunday"),
)
"""Words of the weekdays, Monday first."""

CLOSED_IN_ADVANCE_MAX = timedelta(days=400)
SPANS_PER_DAY_MAX = 4
_SPAN = re.compile(
    r"(?P<h1>\d{1,2})[:：](?P<m1>\d{2})\s*(?:-|–|—|~|～|至|to)\s*"
    r"(?P<h2>\d{1,2})[:：](?P<m2>\d{2})"
)


class Opens(Protocol):
    """From–to on one weekday: a row of `OpeningHours`, or what was read of it."""

    @property
    def weekday(self) -> int:
        """Monday is 0."""

    @property
    def opens_at(self) -> time:
        """From, on the wall clock."""

    @property
    def closes_at(self) -> time:
        """To, on the wall clock."""


Span = tuple[int, time, time]
"""(weekday from Monday 0, opens, closes) on the wall clock."""

STANDS_UNDER: Mapping[PlaceKind, frozenset[PlaceKind | None]] = MappingProxyType(
    {
        PlaceKind.DISTRICT: frozenset({None}),
        PlaceKind.TOWN: frozenset({PlaceKind.DISTRICT}),
        PlaceKind.CENTRE: frozenset({PlaceKind.DISTRICT, PlaceKind.TOWN}),
        PlaceKind.STATION: frozenset({PlaceKind.CENTRE}),
        PlaceKind.REST_STOP: frozenset({PlaceKind.CENTRE, PlaceKind.TOWN}),
        PlaceKind.PARTNER_VENUE: frozenset({PlaceKind.CENTRE, PlaceKind.TOWN}),
    }
)


def ensure_stands_under(kind: PlaceKind, parent: Place | None) -> None:
    """Refuse a place under the wrong kind of parent (P03, P04).

    Raises:
        PlaceInvalid: a station without its centre, a centre under a station, ….
    """
    if (parent.kind if parent else None) not in STANDS_UNDER[kind]:
        raise PlaceInvalid(
            msg("A place of this kind cannot stand under that one."), field="parent"
        )


def is_open_at(
    place: Place,
    hours: Iterable[Opens],
    exceptions: Iterable[OpeningException],
    wall_clock: datetime,
) -> bool:
    """Say whether a place is open at a wall-clock moment (P21).

    An exception for the day replaces the week's hours; without times it is shut.
    """
    if place.closed_at is not None:
        return False
    clock = wall_clock.time().replace(tzinfo=None)
    for exception in exceptions:
        if exception.day == wall_clock.date():
            return (
                exception.opens_at is not None
                and exception.closes_at is not None
                and exception.opens_at <= clock < exception.closes_at
            )
    if place.is_open_all_day:
        return True
    return any(
        one.weekday == wall_clock.weekday() and one.opens_at <= clock < one.closes_at
        for one in hours
    )


@dataclass(frozen=True)
class Doors:
    """Whether a place is open, and what the clock says next.

    Attributes:
        is_open: Open at the moment asked about.
        until: When it closes, if it is open and does not stay open all day.
        opens_at: When it opens next, within a week, if it is shut.
        opens_on: The day of that.
        reason: Why it is shut today, when somebody said why.
    """

    is_open: bool
    until: time | None = None
    opens_at: time | None = None
    opens_on: date | None = None
    reason: str | None = None


def doors_at(
    place: Place,
    hours: Iterable[Opens],
    exceptions: Iterable[OpeningException],
    wall_clock: datetime,
) -> Doors:
    """Return how a place's doors stand at a wall-clock moment (P21)."""
    hours, exceptions = list(hours), list(exceptions)
    today, clock = wall_clock.date(), wall_clock.time().replace(tzinfo=None)
    spans = spans_on(place, hours, exceptions, today)
    for opens, closes in spans:
        if opens <= clock < closes:
            return Doors(is_open=True, until=None if closes == time.max else closes)
    reason = next((one.reason for one in exceptions if one.day == today), None)
    for ahead in range(8):
        day = today + timedelta(days=ahead)
        for opens, _ in spans_on(place, hours, exceptions, day):
            if ahead or opens > clock:
                return Doors(is_open=False, opens_at=opens, opens_on=day, reason=reason)
    return Doors(is_open=False, reason=reason)


def spans_on(
    place: Place,
    hours: Iterable[Opens],
    exceptions: Iterable[OpeningException],
    day: date,
) -> list[tuple[time, time]]:
    """Return when a place is open on *day*, the exception before the week."""
    if place.closed_at is not None:
        return []
    for exception in exceptions:
        if exception.day == day:
            if exception.opens_at is None or exception.closes_at is None:
                return []
            return [(exception.opens_at, exception.closes_at)]
    if place.is_open_all_day:
        return [(time.min, time.max)]
    return sorted(
        (one.opens_at, one.closes_at) for one in hours if one.weekday == day.weekday()
    )


def spans_written(weekday: int, text: str | None, *, field: str) -> list[Span]:
    """Return the spans of one weekday as somebody wrote them.

    "08:30-11:30, 14:00-17:30" is two; an empty text is a day off.

    Raises:
        PlaceInvalid: it cannot be read, closes before it opens, or overlaps.
    """
    spans: list[Span] = []
    for part in filter(None, re.split(r"[,，;；、]", (text or "").strip())):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise PlaceInvalid(
                msg("Please write times like 08:30-11:30, 14:00-17:30."), field=field
            )
        try:
            opens = time(int(found["h1"]), int(found["m1"]))
            closes = time(int(found["h2"]), int(found["m2"]))
        except ValueError:
            raise PlaceInvalid(
                msg("Please write times like 08:30-11:30, 14:00-17:30."), field=field
            ) from None
        if opens >= closes:
            raise PlaceInvalid(
                msg("Closing time must be after opening time."), field=field
            )
        if spans and opens < spans[-1][2]:
            raise PlaceInvalid(msg("These times overlap."), field=field)
        spans.append((weekday, opens, closes))
    if len(spans) > SPANS_PER_DAY_MAX:
        raise PlaceInvalid(msg("At most four times a day, please."), field=field)
    return spans


def ensure_may_close(day: date, today: date) -> None:
    """Refuse closing a day that is over, or too far ahead to be meant.

    Raises:
        PlaceInvalid: says which.
    """
    if day < today:
        raise PlaceInvalid(msg("This day is over."), field="day")
    if day > today + CLOSED_IN_ADVANCE_MAX:
        raise PlaceInvalid(msg("This day is too far ahead."), field="day")


def may_manage(
    held: Iterable[Held], place_id: UUID, ancestor_ids: Iterable[UUID]
) -> bool:
    """Say whether roles held today reach a place: its own, or from above (P03)."""
    carrying = roles_with(Permission.MANAGE_PLACE)
    reached = {None, place_id, *ancestor_ids}
    return any(one.role in carrying and one.place_id in reached for one in held)
