"""Decisions about places: which kind stands under which, and when one is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from app.kernel.i18n import msg
from app.places.errors import PlaceInvalid
from app.places.models import (
    OpeningException,
    OpeningHours,
    Place,
    PlaceKind,
)

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
    hours: Iterable[OpeningHours],
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
