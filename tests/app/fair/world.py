"""What the fair's tests begin with: an offering in any state, with times."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import fair, people
from app.fair import (
    Category,
    Offering,
    OfferingKind,
    PriceMode,
    ServiceNature,
    Slot,
)
from app.kernel.permissions import Role
from tests.cast import NOON, Cast

TOMORROW = NOON + timedelta(days=1)
HOUR = timedelta(hours=1)


def draft(session: Session, cast: Cast, **changes: Any) -> Offering:
    """Wang's haircut: volunteer service for 5 points, a draft."""
    fields: dict[str, Any] = {
        "author_id": cast.wang,
        "place_id": cast.centre,
        "title": "周三理发",
        "title_en": "Wednesday haircuts",
        "summary": "推子剪刀都带上",
        "kind": OfferingKind.SERVICE,
        "category": Category.DAILY_REPAIR,
        "service_nature": ServiceNature.VOLUNTEER,
        "price_mode": PriceMode.POINTS,
        "points": Decimal(5),
        "programme_id": cast.love_bank,
        "at": NOON,
    }
    return fair.create_offering(session, **(fields | changes))


def in_review(session: Session, cast: Cast, **changes: Any) -> Offering:
    """The same, taken for review by Shen."""
    offering = draft(session, cast, **changes)
    fair.submit(session, offering.id, by=offering.author_id, at=NOON)
    return fair.take_for_review(session, offering.id, by=cast.shen, at=NOON)


def published(session: Session, cast: Cast, **changes: Any) -> Offering:
    """The same, approved by Shen."""
    offering = in_review(session, cast, **changes)
    return fair.approve(session, offering.id, by=cast.shen, at=NOON)


def slot_of(
    session: Session, offering_id: UUID, *, start: datetime = TOMORROW, seats: int = 1
) -> Slot:
    """A time of an hour."""
    return fair.add_slots(
        session, offering_id, [(start, start + HOUR)], by=None, at=NOON, capacity=seats
    )[0]


def give_role(session: Session, person_id: UUID, role: Role, **more: Any) -> None:
    """Give somebody of the cast another role, everywhere unless told."""
    people.assign_role(
        session,
        person_id=person_id,
        role=role,
        place_id=more.pop("place_id", None),
        starts_on=NOON.date(),
        at=NOON,
        by=None,
        **more,
    )
