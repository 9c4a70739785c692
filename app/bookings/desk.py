"""What the desk has of bookings: requests nobody has answered, and all to look up."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import url_for
from sqlmodel import Session

from app import fair, people
from app.bookings import queries
from app.kernel.clock import day_of, now
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.desk_finds import FINDS_MAX, Find, FindKind, every_language
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from app.web.filters import span
from app.web.words import label, localized


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return requests at the actor's places that still wait for an answer."""
    reach = people.permitted_place_ids(
        session, actor_id, Permission.ACT_FOR_RESIDENT, on=on
    )
    if reach is not None and not reach:
        return []
    found = [
        one
        for one in queries.unanswered_at(session, reach, at=now())
        if actor_id not in (one.resident_id, one.entered_by)
    ]
    offerings = fair.offerings_by_ids(session, {one.offering_id for one in found})
    who = people.people_by_ids(session, {one.resident_id for one in found})
    return [
        DeskItem(
            kind=DeskKind.BOOKING,
            id=one.id,
            title=f"{who[one.resident_id].display_name} · "
            + localized(offerings[one.offering_id], "title"),
            detail=span(one.starts_at, one.ends_at),
            since=one.effective_at,
            url=url_for("bookings.show", booking_id=one.id),
            fragment_url=url_for("bookings.show", booking_id=one.id),
            place_id=one.place_id,
            actions=(
                DeskAction(
                    label=msg("Agree for the provider"),
                    op="booking.confirm",
                    url=url_for("bookings.confirm", booking_id=one.id),
                    confirm=msg("Only after you have spoken with the provider."),
                ),
            ),
        )
        for one in found
    ]


def desk_finds(session: Session, *, actor_id: UUID, on: date) -> list[Find]:
    """Return the bookings at the actor's places, for the staff's search."""
    reach = people.permitted_place_ids(
        session, actor_id, Permission.ACT_FOR_RESIDENT, on=on
    )
    if reach is not None and not reach:
        return []
    rows = queries.latest_at(session, reach, at=now(), limit=FINDS_MAX)
    offerings = fair.offerings_by_ids(session, {one.offering_id for one in rows})
    who = people.people_by_ids(session, {one.resident_id for one in rows})
    return [
        Find(
            kind=FindKind.BOOKING,
            id=one.id,
            title=f"{who[one.resident_id].display_name} · "
            + localized(offerings[one.offering_id], "title"),
            detail=f"{label(one.state)} · {span(one.starts_at, one.ends_at)}",
            day=day_of(one.starts_at),
            url=url_for("bookings.show", booking_id=one.id),
            place_id=one.place_id,
            names=every_language(who[one.resident_id], "display_name"),
            texts=every_language(offerings[one.offering_id], "title"),
        )
        for one in rows
    ]
