"""The demo town's volunteering: posts, a year of verified shifts, what is to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from uuid import UUID

from app import volunteering
from app.places import Place
from app.wiring.demo.town import Town, data

GENERATED = (
    (
        "值班接待",
        "Welcome desk",
        "开门、接待、指路、记一行日志。",
        "Open up, welcome people, show the way.",
    ),
    (
        "环境小巡护",
        "Neighbourhood round",
        "走一圈，捡一捡，报一报。",
        "Walk a round, pick up, report.",
    ),
    (
        "邻里陪伴",
        "Neighbourly company",
        "陪独居老人说说话、走一走。",
        "A talk and a walk with people living alone.",
    ),
)
RISK = "户外走动时注意路滑和车辆；室内注意搬运扭伤。"
RISK_EN = "Slippery ground and traffic outside; lifting inside."
PROTECTION = "两人一组，站点备有急救包，穿志愿者马甲。"
PROTECTION_EN = "Two together, first-aid kit at the station, vests."
STARTS = (time(7, 0), time(9, 0), time(14, 0), time(18, 0))
LENGTHS = (125, 120, 180, 95, 240)

Step = Callable[[int], None]


def open_posts(town: Town) -> dict[str, list[volunteering.Post]]:
    """Open the hand-written posts and three at every centre; by centre code."""
    posts: dict[str, list[volunteering.Post]] = {}
    centres = town.centres()
    for number, centre in enumerate(centres):
        posts[centre.code] = [
            _post(town, f"P-{centre.code}-{k}", centre, *GENERATED[k])
            for k in range(2 if number % 2 else 3)
        ]
    rows = [row for row in data("listings") if row["kind"] == "post"]
    for number, row in enumerate(rows):
        centre = centres[(0, 3, 0, 3, 0, 1, 0, 10, 8)[number]]
        is_danger = "台风" in row["title"]
        posts[centre.code].append(
            _post(
                town,
                row["code"],
                centre,
                row["title"],
                row["title_en"],
                row["summary"],
                row["summary_en"],
                risky=is_danger,
            )
        )
    town.session.flush()
    return posts


def live_through_a_year(
    town: Town,
    posts: dict[str, list[volunteering.Post]],
    *,
    shifts_per_centre: int,
    people_per_shift: int,
    tick: Step,
) -> None:
    """Let every volunteer serve: claimed, scanned in and out, verified, credited."""
    centres = town.centres()
    groups = {
        centre.code: town.volunteers[n :: len(centres)]
        for n, centre in enumerate(centres)
    }
    for number in range(shifts_per_centre):
        for index, centre in enumerate(centres):
            group = groups[centre.code]
            first = number * people_per_shift
            people = [
                group[(first + k) % len(group)]
                for k in range(min(people_per_shift, len(group)))
            ]
            regular = town.cast["1-volunteer"]
            if centre.code == "C01" and number % 2 == 0 and regular not in people:
                people[0] = regular  # somebody with a passbook worth a look
            days_ago = 360 - (number * 355) // shifts_per_centre - index % 5
            post = posts[centre.code][number % 2]
            _serve(town, post, centre, people, days_ago, number + index)
            tick(1)


def _serve(
    town: Town,
    post: volunteering.Post,
    centre: Place,
    people: list[UUID],
    days_ago: int,
    number: int,
) -> None:
    session = town.session
    day = town.today - timedelta(days=max(days_ago, 3))
    starts = town.moment(day, STARTS[number % len(STARTS)])
    length = LENGTHS[number % len(LENGTHS)]
    ends = starts + timedelta(minutes=length)
    published = starts - timedelta(days=6)
    shift = volunteering.add_shift(
        session,
        post.id,
        day=day,
        starts_at=starts,
        ends_at=ends,
        people_wanted=len(people),
        at=published,
        by=None,
    )
    claims = volunteering.claim_together(
        session, shift.id, people, at=published + timedelta(days=1)
    )
    clerk, manager = town.clerks[centre.code], town.managers[centre.code]
    half = len(claims) // 2
    records = []
    for part, late in ((claims[:half], 0), (claims[half:], 3)):
        ids = [claim.id for claim in part]
        if not ids:
            continue
        volunteering.scan_in(
            session, ids, by=clerk, at=starts + timedelta(minutes=late)
        )
        records += volunteering.scan_out(
            session, ids, by=clerk, at=ends - timedelta(minutes=2 * late)
        )
    verified_at = town.moment(day + timedelta(days=1), time(9, 30))
    volunteering.verify_records(
        session, [record.id for record in records], by=manager, at=verified_at
    )


def plan_ahead(town: Town, posts: dict[str, list[volunteering.Post]]) -> None:
    """Publish the next two weeks, and leave yesterday's hours to be verified."""
    at = town.moment(town.today, time(0, 5))
    for centre_number, (_code, of_centre) in enumerate(posts.items()):
        for number, post in enumerate(of_centre):
            for week in range(2):
                day = town.today + timedelta(
                    days=1 + (centre_number + number * 3) % 7 + 7 * week
                )
                starts = town.moment(day, STARTS[(centre_number + number) % 4])
                volunteering.add_shift(
                    town.session,
                    post.id,
                    day=day,
                    starts_at=starts,
                    ends_at=starts + timedelta(hours=2),
                    people_wanted=2 + number,
                    at=at,
                    by=None,
                )


def start_soon(
    town: Town, posts: dict[str, list[volunteering.Post]], *, at: datetime
) -> None:
    """Open a shift that begins in a quarter of an hour: check-in can be tried now."""
    starts = at + timedelta(minutes=15 - at.minute % 5)
    starts = starts.replace(second=0, microsecond=0)
    volunteering.add_shift(
        town.session,
        posts["C01"][0].id,
        day=starts.astimezone(town.zone).date(),
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        people_wanted=4,
        at=at - timedelta(minutes=1),
        by=None,
    )


def leave_hours_waiting(
    town: Town, posts: dict[str, list[volunteering.Post]], *, people: int
) -> None:
    """Leave two days' hours at the first centre for its manager to verify."""
    session = town.session
    clerk = town.cast["6-clerk"]
    for days_ago in (2, 1):
        day = town.today - timedelta(days=days_ago)
        starts = town.moment(day, time(9, 0))
        shift = volunteering.add_shift(
            session,
            posts["C01"][0].id,
            day=day,
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            people_wanted=people,
            at=starts - timedelta(days=3),
            by=None,
        )
        group = [
            town.cast["1-volunteer"],
            *town.volunteers[1 + days_ago * 10 :][: people - 1],
        ]
        claims = volunteering.claim_together(
            session, shift.id, group, at=starts - timedelta(days=2)
        )
        ids = [claim.id for claim in claims]
        volunteering.scan_in(session, ids, by=clerk, at=starts)
        volunteering.scan_out(
            session, ids, by=clerk, at=starts + timedelta(minutes=118)
        )


def _post(
    town: Town,
    code: str,
    centre: Place,
    title: str,
    title_en: str,
    what: str,
    what_en: str,
    *,
    risky: bool = False,
) -> volunteering.Post:
    return volunteering.add_post(
        town.session,
        programme_id=town.programmes["love-bank"].id,
        place_id=centre.id,
        external_id=code,
        title=title,
        title_en=title_en,
        what=what,
        what_en=what_en,
        risk_note=RISK,
        risk_note_en=RISK_EN,
        protection_note=PROTECTION,
        protection_note_en=PROTECTION_EN,
        beneficiaries="辖区居民",
        beneficiaries_en="Residents of the neighbourhood",
        person_in_charge="中心值班长",
        risk_level=(
            volunteering.RiskLevel.HIGH if risky else volunteering.RiskLevel.LOW
        ),
        min_age=18 if risky else None,
        insurance_policy_no="HY-INS-2026-001" if risky else None,
        at=town.beginning,
        by=None,
    )
