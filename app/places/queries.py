"""Reading places: one, the tree, what lies above and below, hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from app.kernel.i18n import msg
from app.places.errors import PlaceNotFound
from app.places.models import OpeningException, OpeningHours, Place
from app.places.rules import Opens


def place_for(session: Session, place_id: UUID) -> Place:
    """Return the place.

    Raises:
        PlaceNotFound: there is none with this id.
    """
    found = session.get(Place, place_id)
    if found is None:
        raise PlaceNotFound(msg("We do not know this place."))
    return found


def find_place_by_code(session: Session, code: str) -> Place | None:
    """Return the place with this code, or None."""
    if "\x00" in code:  # from an address; PostgreSQL does not even look for it
        return None
    return session.exec(select(Place).where(Place.code == code)).first()


def places_by_ids(session: Session, ids: Iterable[UUID | None]) -> Mapping[UUID, Place]:
    """Return the places with these ids, by id."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Place).where(col(Place.id).in_(wanted)))
    return {place.id: place for place in rows}


def all_places(session: Session) -> list[Place]:
    """Return the whole open tree, parents before children, by code."""
    rows = session.exec(
        select(Place).where(col(Place.closed_at).is_(None)).order_by(Place.code)
    )
    return sorted(rows, key=lambda place: (place.path.count("/"), place.code))


def ancestor_ids(session: Session, place_id: UUID) -> tuple[UUID, ...]:
    """Return the ids of everything above, the topmost first."""
    path = session.exec(select(Place.path).where(Place.id == place_id)).first()
    return tuple(UUID(part) for part in (path or "").split("/") if part)


def descendant_ids(session: Session, place_id: UUID) -> frozenset[UUID]:
    """Return the ids of everything below."""
    rows = session.exec(
        select(Place.id).where(col(Place.path).contains(f"/{place_id}/"))
    )
    return frozenset(rows)


def is_within(session: Session, place_id: UUID, root_id: UUID) -> bool:
    """Say whether a place is *root_id* or lies below it."""
    return place_id == root_id or root_id in ancestor_ids(session, place_id)


def hours_of(
    session: Session, place_id: UUID
) -> tuple[list[OpeningHours], list[OpeningException]]:
    """Return a place's week and its exceptions."""
    week = session.exec(
        select(OpeningHours)
        .where(OpeningHours.place_id == place_id)
        .order_by(col(OpeningHours.weekday), col(OpeningHours.opens_at))
    )
    exceptions = session.exec(
        select(OpeningException)
        .where(OpeningException.place_id == place_id)
        .order_by(col(OpeningException.day))
    )
    return list(week), list(exceptions)


class Opening(NamedTuple):
    """From–to on one weekday, read without the weight of an entity."""

    weekday: int
    opens_at: time
    closes_at: time


Hours = tuple[Sequence[Opens], list[OpeningException]]
"""A place's week and its exceptions."""


def hours_of_all(
    session: Session,
    *,
    since: date,
    weekday: int | None = None,
    ids: Iterable[UUID] | None = None,
) -> Mapping[UUID, Hours]:
    """Return every place's week and its exceptions from *since* on, in two queries.

    With *weekday* (Monday is 0), of the week that day only; with *ids*, of those
    places only. A place without either reads as ([], []).
    """
    wanted = None if ids is None else list(ids)
    week = select(
        col(OpeningHours.place_id),
        col(OpeningHours.weekday),
        col(OpeningHours.opens_at),
        col(OpeningHours.closes_at),
    ).order_by(col(OpeningHours.weekday), col(OpeningHours.opens_at))
    if weekday is not None:
        week = week.where(OpeningHours.weekday == weekday)
    others = select(OpeningException).where(col(OpeningException.day) >= since)
    if wanted is not None:
        week = week.where(col(OpeningHours.place_id).in_(wanted))
        others = others.where(col(OpeningException.place_id).in_(wanted))
    found: defaultdict[UUID, tuple[list[Opens], list[OpeningException]]]
    found = defaultdict(lambda: ([], []))
    for place_id, day, opens_at, closes_at in session.exec(week):
        found[place_id][0].append(Opening(day, opens_at, closes_at))
    for other in session.exec(others):
        found[other.place_id][1].append(other)
    return found


def children_of(session: Session, place_id: UUID | None) -> list[Place]:
    """Return the open places right under one, by code; under None, the topmost."""
    rows = session.exec(
        select(Place)
        .where(Place.parent_id == place_id, col(Place.closed_at).is_(None))
        .order_by(Place.code)
    )
    return list(rows)
