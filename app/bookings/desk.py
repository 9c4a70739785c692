"""What waits at the desk from bookings: requests nobody has answered."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import url_for
from sqlmodel import Session

from app import fair, people
from app.bookings import queries
from app.kernel.clock import now
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from app.web.filters import span
from app.web.words import localized


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
