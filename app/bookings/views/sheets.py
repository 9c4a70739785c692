"""A booking with everything around it, as a page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import fair, partners, people, places
from app.bookings import queries, rules
from app.bookings.models import Booking
from app.bookings.rules import Side, Step
from app.kernel.clock import now
from app.places import Place
from app.web.guards import me
from app.web.links import find_url
from app.web.words import localized


@dataclass(frozen=True)
class Sheet:
    """One booking as a page shows it: the rows around it, and what can be done."""

    booking: Booking
    offering: fair.Offering
    offering_url: str | None
    place: Place
    provider: str
    resident: str
    actor: str
    side: Side
    steps: tuple[Step, ...]
    phone: str | None = None


def sheet_of(session: Session, booking_id: UUID, *, phone: str | None = None) -> Sheet:
    """Return one booking as its reader may see it, *phone* after a look at it."""
    at = now()
    booking = queries.booking_for(session, booking_id, reader=me().id, at=at)
    side = queries.side_of(session, booking, me().id, at=at)
    assert side is not None
    return sheets_of(session, [(booking, side)], at=at, phone=phone)[0]


def sheets_of(
    session: Session,
    found: Sequence[tuple[Booking, Side]],
    *,
    at: datetime,
    phone: str | None = None,
) -> list[Sheet]:
    """Return bookings as pages show them; five queries, however many there are."""
    bookings = [one for one, _ in found]
    offerings = fair.offerings_by_ids(session, {one.offering_id for one in bookings})
    where = places.places_by_ids(session, {one.place_id for one in bookings})
    who = people.people_by_ids(session, _people_in(bookings))
    teams = partners.organisations_by_ids(
        session, {one.organisation_id for one in bookings}
    )
    return [
        Sheet(
            booking=one,
            offering=offerings[one.offering_id],
            offering_url=find_url("fair.show", offering_id=one.offering_id),
            place=where[one.place_id],
            provider=provider_name(one.organisation_id, one.provider_id, teams, who),
            resident=who[one.resident_id].display_name,
            actor=who[one.entered_by].display_name,
            side=side,
            steps=rules.steps_open_to(one, side, at=at),
            phone=phone,
        )
        for one, side in found
    ]


def _people_in(bookings: Iterable[Booking]) -> set[UUID]:
    found: set[UUID] = set()
    for one in bookings:
        found |= {one.resident_id, one.entered_by}
        if one.provider_id is not None:
            found.add(one.provider_id)
    return found


def provider_name(
    organisation_id: UUID | None, provider_id: UUID | None, teams: Any, who: Any
) -> str:
    """Return who offers it: the organisation, else the person."""
    if organisation_id in teams:
        return localized(teams[organisation_id], "name")
    return str(who[provider_id].display_name) if provider_id in who else ""
