"""What happens to places: they are added, their hours set, a day closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete

from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.places import rules
from app.places.errors import PlaceInvalid
from app.places.events import PlaceChanged
from app.places.models import OpeningException, OpeningHours, Place, PlaceKind
from app.places.queries import find_place_by_code


def add_place(
    session: Session,
    *,
    code: str,
    kind: PlaceKind,
    name: str,
    parent: Place | None,
    at: datetime,
    **details: Any,
) -> Place:
    """Add a place, or change the one with this code; loading twice changes nothing.

    Raises:
        PlaceInvalid: it cannot stand under *parent*.
    """
    rules.ensure_stands_under(kind, parent)
    place = find_place_by_code(session, code)
    wanted = {
        "kind": kind,
        "name": name,
        "parent_id": parent.id if parent else None,
        "path": f"{parent.path}{parent.id}/" if parent else "/",
        **details,
    }
    if place is None:
        place = Place(code=code, created_at=at, **wanted)
    else:
        if all(getattr(place, key) == value for key, value in wanted.items()):
            return place
        for key, value in wanted.items():
            setattr(place, key, value)
    session.add(place)
    session.flush()
    publish(session, PlaceChanged(at=at, place_id=place.id))
    return place


def set_hours(
    session: Session, place_id: UUID, week: Iterable[tuple[int, time, time]]
) -> None:
    """Set a place's week: (weekday, opens, closes), Monday 0, on the wall clock.

    Raises:
        PlaceInvalid: a day closes before it opens.
    """
    session.exec(delete(OpeningHours).where(col(OpeningHours.place_id) == place_id))
    for weekday, opens_at, closes_at in week:
        if opens_at >= closes_at:
            raise PlaceInvalid(msg("Closing time must be after opening time."))
        session.add(
            OpeningHours(
                place_id=place_id,
                weekday=weekday,
                opens_at=opens_at,
                closes_at=closes_at,
            )
        )


def close_on(session: Session, place_id: UUID, day: date, reason: str) -> None:
    """Keep a place shut for a day (storm rule, holiday)."""
    session.add(OpeningException(place_id=place_id, day=day, reason=reason))
