"""What happens to places: they are added, their hours set, a day closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete, select

from app.kernel import doings
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Held
from app.places import rules
from app.places.errors import MayNotManage, PlaceInvalid
from app.places.events import PlaceChanged
from app.places.models import OpeningException, OpeningHours, Place, PlaceKind
from app.places.queries import ancestor_ids, find_place_by_code, place_for


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


def change_hours(
    session: Session,
    place_id: UUID,
    week: Iterable[rules.Span],
    *,
    by: UUID,
    held: Iterable[Held],
    at: datetime,
) -> Place:
    """Let who manages a place write its week anew.

    Raises:
        MayNotManage: no role of theirs reaches this place.
        PlaceInvalid: a day closes before it opens.
    """
    place = _managed(session, place_id, held)
    set_hours(session, place_id, week)
    doings.note(session, who=by, verb="place.hours", about=f"place:{place_id}", at=at)
    publish(session, PlaceChanged(at=at, place_id=place_id))
    return place


def close_day(
    session: Session,
    place_id: UUID,
    day: date,
    reason: str,
    *,
    by: UUID,
    held: Iterable[Held],
    at: datetime,
    today: date,
) -> OpeningException:
    """Let who manages a place keep it shut on a day; said twice, the last counts.

    Raises:
        MayNotManage: no role of theirs reaches this place.
        PlaceInvalid: the day is over or too far ahead.
    """
    _managed(session, place_id, held)
    rules.ensure_may_close(day, today)
    found = session.exec(
        select(OpeningException).where(
            OpeningException.place_id == place_id, OpeningException.day == day
        )
    ).first()
    closure = found or OpeningException(place_id=place_id, day=day)
    closure.opens_at = closure.closes_at = None
    closure.reason = reason
    session.add(closure)
    doings.note(
        session, who=by, verb="place.close", about=f"place:{place_id}", at=at,
        detail=f"{day.isoformat()} {reason}",
    )  # fmt: skip
    publish(session, PlaceChanged(at=at, place_id=place_id))
    session.flush()
    return closure


def reopen_day(
    session: Session,
    place_id: UUID,
    day: date,
    *,
    by: UUID,
    held: Iterable[Held],
    at: datetime,
) -> None:
    """Let a closed day have its usual hours again; once is enough.

    Raises:
        MayNotManage: no role of theirs reaches this place.
    """
    _managed(session, place_id, held)
    session.exec(
        delete(OpeningException).where(
            col(OpeningException.place_id) == place_id,
            col(OpeningException.day) == day,
        )
    )
    doings.note(
        session, who=by, verb="place.reopen", about=f"place:{place_id}", at=at,
        detail=day.isoformat(),
    )  # fmt: skip
    publish(session, PlaceChanged(at=at, place_id=place_id))


def _managed(session: Session, place_id: UUID, held: Iterable[Held]) -> Place:
    place = place_for(session, place_id)
    if not rules.may_manage(held, place_id, ancestor_ids(session, place_id)):
        raise MayNotManage(msg("Your role does not reach this place."))
    return place
