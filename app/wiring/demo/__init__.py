"""The demo town: a district one can walk through, the same at every run.

It is built through the same actions as a person's click, so no row slips past the
rules. Everything happens in one transaction: interrupted, nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from app.people import Person
from app.wiring.demo import books, life, rota, shops, stalls, town
from app.wiring.demo.town import CAST, Town

Tick = Callable[[str, int], None]
"""Hears (what is being done, how many steps of it were done)."""


@dataclass(frozen=True)
class Size:
    """How big a town is."""

    volunteers: int
    skilled: int
    workshops: int
    goods: int
    shifts_per_centre: int
    people_per_shift: int
    resources: int = 0
    bookings: int = 0


SIZES = {
    "small": Size(48, 16, 14, 27, 0, 0, bookings=20),
    "district": Size(5500, 312, 74, 600, 12, 15, bookings=400),
    "load": Size(5500, 312, 74, 600, 12, 15, resources=7200, bookings=12600),
}


def is_there(session: Session) -> bool:
    """Say whether the demo town was built here already."""
    first = CAST[0][0]
    return (
        session.exec(select(Person).where(Person.external_id == first)).first()
        is not None
    )


def build(
    session: Session, size: Size, *, at: datetime, timezone: str, tick: Tick
) -> Town:
    """Build the town; the caller commits.

    Args:
        session: The open transaction.
        size: How big.
        at: Now; the town's history ends today.
        timezone: The wall clock of the town.
        tick: Told of progress.
    """
    zone = ZoneInfo(timezone)
    built = Town(session, today=at.astimezone(zone).date(), zone=zone)
    tick("places and programmes", 1)
    town.build_places(built, centres=12 if size is SIZES["small"] else 34)
    town.adopt_programmes(built)
    tick("people", 1)
    town.settle_staff(built)
    town.settle_people(built, volunteers=size.volunteers, skilled=size.skilled)
    session.flush()
    town.admit_partners(built)
    stalls.open_centres(built)
    session.flush()
    tick("stalls", 1)
    listed = stalls.open_stalls(built)
    hand_written = 16
    stalls.open_damaged(built)
    stalls.open_neighbours_stalls(built, built.skilled[hand_written:])
    more = stalls.open_resources(built, size.resources)
    tick("shops", 1)
    goods = shops.open_workshops(built, size.workshops, size.goods)
    shop = shops.fill_reward_shop(built)
    tick("shifts", 1)
    posts = rota.open_posts(built)
    rota.live_through_a_year(
        built,
        posts,
        shifts_per_centre=size.shifts_per_centre or 2,
        people_per_shift=size.people_per_shift or 3,
        tick=lambda n: tick("shifts", n),
    )
    rota.leave_hours_waiting(built, posts, people=6 if size.shifts_per_centre else 3)
    rota.plan_ahead(built, posts)
    rota.start_soon(built, posts, at=at)
    tick("everyday life", 1)
    life.happen(
        built,
        listed,
        goods,
        shop,
        resources=more,
        bookings_wanted=size.bookings,
        at=at,
    )
    books.keep(built, at=at)
    return built
