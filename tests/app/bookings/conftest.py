"""What can be booked in tests: Wang's haircut for points, and a free course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app import fair, partners
from app.fair import Category, OfferingKind, PriceMode, ServiceNature
from app.fair.models import Offering, OfferingState
from app.kernel.clock import now
from app.kernel.db import Database
from app.partners import OrganisationKind, OrganisationState, ProviderSource
from app.partners.models import Membership, Organisation
from tests.cast import BEGINNING, NOON, Cast

START = NOON + timedelta(days=2)
"""Friday noon."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Menu:
    """Ids by name: the haircut (5 points) at two times, the team's free course."""

    haircut: UUID
    friday: UUID
    later: UUID
    course: UUID
    course_time: UUID
    real_time: UUID
    """A haircut tomorrow by the clock of this computer, for pages."""


@pytest.fixture
def menu(db: Database, cast: Cast) -> Menu:
    soon = now() + timedelta(days=1)
    with db.transaction() as session:
        team = Organisation(
            kind=OrganisationKind.TEAM, source=ProviderSource.RESIDENT_UNIT,
            state=OrganisationState.ACTIVE, name="晚晴志愿队", created_at=BEGINNING,
        )  # fmt: skip
        session.add(team)
        session.flush()
        session.add(
            Membership(
                organisation_id=team.id, person_id=cast.pan, starts_on=BEGINNING.date()
            )
        )
        haircut = _offering(
            cast, title="上门理发", title_en="Haircut", provider_id=cast.wang,
            price_mode=PriceMode.POINTS, points=Decimal(5),
            programme_id=cast.love_bank, author_id=cast.wang,
        )  # fmt: skip
        course = _offering(
            cast, title="手机课", title_en="Phone course", organisation_id=team.id,
            author_id=cast.pan, capacity=3,
        )  # fmt: skip
        session.add(haircut)
        session.add(course)
        session.flush()
        friday, later, real = _times(
            session, haircut, [START, START + HOUR, soon], at=NOON
        )
        (course_time,) = _times(session, course, [START + HOUR / 2], at=NOON)
        assert partners.is_member(session, team.id, cast.pan, on=NOON.date())
        return Menu(haircut.id, friday, later, course.id, course_time, real)


def _offering(cast: Cast, **facts: object) -> Offering:
    usual = {
        "kind": OfferingKind.SERVICE, "service_nature": ServiceNature.VOLUNTEER,
        "price_mode": PriceMode.FREE, "category": Category.DAILY_REPAIR,
        "place_id": cast.centre, "state": OfferingState.PUBLISHED,
        "created_at": BEGINNING, "changed_at": BEGINNING, "published_at": BEGINNING,
    }  # fmt: skip
    return Offering(**(usual | facts))


def _times(
    session: object, offering: Offering, starts: list[datetime], *, at: datetime
) -> list[UUID]:
    spans = [(start, start + HOUR) for start in starts]
    made = fair.add_slots(session, offering.id, spans, by=None, at=at)  # type: ignore[arg-type]
    by_start = {slot.starts_at: slot.id for slot in made}
    return [by_start[start] for start in starts]


@pytest.fixture
def seats(db: Database) -> Callable[[UUID], int]:
    """`seats(slot_id)`: how many seats of a time are taken."""

    def count(slot_id: UUID) -> int:
        with db.reading() as session:
            return fair.slot_for(session, slot_id).taken

    return count
