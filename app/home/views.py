"""The front page, help, about, privacy, and the style page of a demo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, current_app, render_template
from sqlmodel import Session

from app import (
    bookings,
    fair,
    places,
    programmes,
    rewards,
    volunteering,
    wallet,
    workshops,
)
from app.kernel.clock import day_of, now
from app.web.filters import from_local, local, local_today
from app.web.guards import find_me, public
from app.web.store import reading, settings

bp = Blueprint("home", __name__)

NEXT_DAYS = timedelta(days=7)
SHOWN = 6
STALLS: tuple[tuple[fair.Category, str, str], ...] = (
    (fair.Category.DAILY_REPAIR, "life", "scissors"),
    (fair.Category.ELDER_CARE, "care", "heart"),
    (fair.Category.CHILDREN, "child", "users"),
    (fair.Category.YOUTH, "youth", "moon"),
    (fair.Category.SEAFARER, "sea", "flag"),
    (fair.Category.CULTURE_SPORT, "culture", "book"),
    (fair.Category.LAW_FINANCE, "law", "info"),
    (fair.Category.SPACE_EQUIPMENT, "space", "home"),
    (fair.Category.POSTS_JOBS, "post", "whistle"),
    (fair.Category.INCLUSIVE, "life", "star"),
)
"""(category, tone, icon), in the order of the street."""
AHEAD = frozenset(
    {
        volunteering.ClaimState.CLAIMED,
        volunteering.ClaimState.CONFIRMED,
        volunteering.ClaimState.CHECKED_IN,
    }
)


@bp.get("/")
@public
def index() -> str:
    """Show the front of the street."""
    at = now()
    with reading() as session:
        coming = _coming(session, at)
        shifts = _open_shifts(session, at)
        teaser = [
            item
            for item in rewards.all_rewards(session)
            if item.kind != rewards.RewardKind.DONATION
        ][:4]
        all_places = places.all_places(session)
        context: dict[str, Any] = {
            "stalls": [
                (*stall, count)
                for stall, count in _stalls(fair.count_by_category(session))
            ],
            "inclusive": fair.count_published(session, is_inclusive=True),
            "coming": coming,
            "shifts": shifts,
            "rewards": teaser,
            "where": places.places_by_ids(
                session,
                [
                    *(slot_offering[1].place_id for slot_offering in coming),
                    *(shift.place_id for shift, _ in shifts),
                ],
            ),
            "numbers": _numbers(session, all_places),
            "mine": _mine(session, at),
            "tones": {category: tone for category, tone, _ in STALLS},
            "has": current_app.view_functions,
        }
    return render_template("home/index.html", **context)


@bp.get("/inclusive")
@public
def inclusive() -> str:
    """Show the items for everybody, stall by stall."""
    with reading() as session:
        found = fair.published_inclusive(session)
        soon = fair.next_free_starts(session, [one.id for one in found], at=now())
        where = places.places_by_ids(session, [one.place_id for one in found])
    stalls = [
        (category, tone, [one for one in found if one.category == category])
        for category, tone, _ in STALLS
    ]
    return render_template(
        "home/inclusive.html",
        stalls=[stall for stall in stalls if stall[2]],
        total=len(found),
        soon=soon,
        where=where,
    )


@bp.get("/help")
@public
def help_page() -> str:
    """Say how things are done here, in plain words."""
    return render_template("home/help.html", has=current_app.view_functions)


@bp.get("/about")
@public
def about() -> str:
    """Say what the fair is."""
    with reading() as session:
        adopted = programmes.all_programmes(session)
        rules = {one.id: programmes.latest_rule(session, one.id) for one in adopted}
    return render_template("home/about.html", programmes=adopted, rules=rules)


@bp.get("/privacy")
@public
def privacy() -> str:
    """Say what is kept of whom, and who sees it."""
    return render_template("home/privacy.html")


@bp.get("/style")
@public
def style() -> str:
    """Show every part of the design, in a demo only."""
    if not settings().demo:
        abort(404)
    return render_template("style/index.html")


def _stalls(
    counts: Mapping[fair.Category, int],
) -> list[tuple[tuple[fair.Category, str, str], int]]:
    return [(stall, counts.get(stall[0], 0)) for stall in STALLS]


def _coming(session: Session, at: datetime) -> list[tuple[fair.Slot, fair.Offering]]:
    """Return what has a free seat today; when that is little, this week."""
    tonight = from_local(local_today() + timedelta(days=1), time.min)
    today = fair.coming_slots(session, at=at, until=tonight, limit=SHOWN)
    if len(today) >= SHOWN // 2:
        return today
    return fair.coming_slots(session, at=at, until=at + NEXT_DAYS, limit=SHOWN)


def _open_shifts(
    session: Session, at: datetime
) -> list[tuple[volunteering.Shift, volunteering.Post]]:
    found = volunteering.open_shifts(session, at=at, limit=SHOWN * 4)
    free = [
        (shift, post) for shift, post in found if shift.claimed < shift.people_wanted
    ]
    return free[:4]


def _numbers(session: Session, all_places: list[places.Place]) -> dict[str, Any]:
    """Return figures that are counted this moment, none made up."""
    wall = local(now())
    hours = places.hours_of_all(session, since=wall.date(), weekday=wall.weekday())
    doors = [
        place
        for place in all_places
        if place.kind not in {places.PlaceKind.DISTRICT, places.PlaceKind.TOWN}
    ]
    issued = {one.unit: one for one in wallet.conservation(session)}
    return {
        "places": len(doors),
        "open": sum(
            places.is_open_at(place, *hours[place.id], wall) for place in doors
        ),
        "offerings": fair.count_published(session),
        "hours": issued["HOUR"].issued if "HOUR" in issued else None,
        "points": (
            issued["POINT"].by_kind.get("redeemed") if "POINT" in issued else None
        ),
    }


def _mine(session: Session, at: datetime) -> dict[str, Any] | None:
    """Return what lies ahead of the reader, when somebody is signed in."""
    person = find_me()
    if person is None:
        return None
    coming = bookings.upcoming_of(session, person.id, at=at)[:3]
    claims = [
        claim
        for claim in volunteering.claims_of(session, person.id, since=at)
        if claim.state in AHEAD
    ][:3]
    asked, _, begun = bookings.provider_queue(session, person.id, at=at)
    wanted: list[UUID] = [one.offering_id for one in coming]
    return {
        "bookings": coming,
        "offerings": fair.offerings_by_ids(session, wanted),
        "claims": claims,
        "to_answer": len(asked) + len(begun),
        "orders_to_do": [
            (workshop, len(workshops.orders_to_do(session, workshop.id, at=at)))
            for workshop in workshops.managed_workshops(
                session, person.id, on=day_of(at)
            )
        ],
        "balances": wallet.balances_of(session, person.id),
    }
