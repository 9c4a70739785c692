"""The demo town's offerings: written, reviewed by somebody else, with their times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from app import fair, partners
from app.kernel.permissions import Role
from app.partners import LicenceKind, OrganisationKind, ProviderSource
from app.places import Place
from app.wiring.demo.town import Town, data, give_licence, give_role

WEEKS_AHEAD = 4
WEEKS_BACK = 6
COMPANY = "海屿社区发展公司"
RISK_AT_HOME = "上门服务，可能遇到行动不便、宠物或湿滑地面。"
PROTECTION_AT_HOME = "两人同行，出发和离开都向站点报备。"
HOURS = (time(9), time(10, 30), time(14), time(15, 30), time(18, 30), time(19))


def open_centres(town: Town) -> None:
    """Let every centre offer things itself: an organisation, its manager its voice."""
    for centre in town.centres():
        organisation = partners.add_organisation(
            town.session,
            name=centre.name,
            name_en=centre.name_en,
            kind=OrganisationKind.DEPARTMENT,
            source=ProviderSource.DEPARTMENT,
            external_id=f"centre-{centre.code}",
            place_id=centre.id,
            at=town.beginning,
        )
        town.session.flush()
        manager = town.managers[centre.code]
        give_role(town, manager, Role.PARTNER)
        partners.add_member(
            town.session,
            organisation.id,
            manager,
            at=town.beginning,
            by=None,
            role=partners.MemberRole.ADMIN,
        )
        town.organisations[centre.code] = organisation.id
        town.organisations[f"member of {organisation.id}"] = manager


DAMAGED = (
    (
        "农(nóng)产品代销点",
        "Farm produce on commission",
        "本区(qū)合作社的土鸡蛋、红薯,每周二、五到货。",
    ),
    ("社区微心愿匯總?cè)罕娦枨?", "Small wishes, collected", "把小心愿写在纸条上。"),
    ("鄰裡互助站", "Neighbours help neighbours", "借梯子、收快递,喊一声就来。"),
)
"""Titles and texts as copies from web pages and wrong conversions leave them (1.16)."""


def open_stalls(town: Town) -> list[fair.Offering]:
    """Open the hand-written stalls: everything of the list that can be booked."""
    rows = [row for row in data("listings") if row["kind"] != "post"]
    return [_open_stall(town, number, row) for number, row in enumerate(rows)]


def open_damaged(town: Town) -> list[fair.Offering]:
    """Open three listings as an old system handed them over: with broken characters."""
    opened = []
    for number, centre in enumerate(town.centres()[: len(DAMAGED)]):
        title, title_en, summary = DAMAGED[number]
        row = {
            "code": f"D{number + 1:02d}",
            "title": title,
            "title_en": title_en,
            "summary": summary,
            "summary_en": None,
            "kind": "service",
            "category": "daily_repair",
            "nature": "public_benefit_free",
            "audiences": ["all"],
        }
        team = town.organisations[centre.code]
        offering = _open(town, row, centre, team, None, number)
        offering.needs_check = True
        opened.append(offering)
    return opened


def open_neighbours_stalls(town: Town, people: Sequence[UUID]) -> list[fair.Offering]:
    """Let each of these skilled residents offer one thing at a station near home."""
    tasks = data("neighbours")
    stations = [p for p in town.places.values() if p.code.startswith("S")]
    opened = []
    for number, person_id in enumerate(people):
        task = tasks[number % len(tasks)]
        place = stations[(number * 5) % len(stations)]
        is_free = number % 3 == 0
        row = {
            "code": f"N{number:04d}",
            "title": f"{place.name[:2]}·{task['title']}",
            "title_en": f"{task['title_en']} ({place.name_en})",
            "summary": task["summary"],
            "summary_en": task["summary_en"],
            "kind": "skilled_person",
            "category": task["category"],
            "nature": "volunteer",
            "audiences": ["all"],
            "points": None if is_free else (5, 10, 15, 20)[number % 4],
            "weekdays": task.get("weekdays", []),
        }
        opened.append(_open(town, row, place, None, person_id, number))
    return opened


def open_resources(town: Town, count: int) -> list[fair.Offering]:
    """Open *count* more plain stalls at the centres, for the load town."""
    centres = town.centres()
    tasks = data("neighbours")
    opened = []
    for number in range(count):
        task = tasks[number % len(tasks)]
        centre = centres[number % len(centres)]
        row = {
            "code": f"X{number:05d}",
            "title": f"{task['title']} · {centre.name[:2]}{number // 34 + 1}号",
            "title_en": f"{task['title_en']}, no. {number + 1}",
            "summary": task["summary"],
            "summary_en": task["summary_en"],
            "kind": "service",
            "category": task["category"],
            "nature": "public_benefit_free",
            "audiences": ["all"],
        }
        team = town.organisations[centre.code]
        opened.append(_open(town, row, centre, team, None, number))
    return opened


def _open_stall(town: Town, number: int, row: dict[str, Any]) -> fair.Offering:
    place = _place_of(town, row, number)
    skilled = {one["alias"]: one["code"] for one in data("skilled")}
    alias = row["provider"].removeprefix("理发师傅").removeprefix("钟表匠")
    if row["nature"] == "volunteer" and alias in skilled:
        index = int(skilled[alias][1:]) - 1
        return _open(town, row, place, None, town.skilled[index], number)
    team = town.organisations.get(row["provider"])
    if row["nature"] in {"low_fee", "market"} and team is None:
        team = town.organisations[COMPANY]
    if team is None:
        team = town.organisations[_centre_of(town, place).code]
    if row.get("licence"):
        kind = LicenceKind(row["licence"])
        on_file = partners.valid_licence(
            town.session, kind, on=town.today, organisation_id=team
        )
        if on_file is None:
            give_licence(town, kind, team, f"HY-{kind}-{number:03d}")
    return _open(town, row, place, team, None, number)


def _open(
    town: Town,
    row: dict[str, Any],
    place: Place,
    team: UUID | None,
    person_id: UUID | None,
    number: int,
) -> fair.Offering:
    """Write, hand in, review and publish one offering, and give it its times."""
    session = town.session
    author = person_id or town.organisations[f"member of {team}"]
    is_newer = row["code"].startswith("L")  # the hand-written ones greet a guest
    days = 280 + number if is_newer else 3 + number % 250
    written = town.beginning + timedelta(days=days)
    reviewer = town.cast["9-reviewer" if number % 2 else "9-reviewer-2"]
    is_home_visit = bool(row.get("home_visit"))
    offering = fair.create_offering(
        session,
        author_id=author,
        place_id=place.id,
        organisation_id=team,
        provider_id=person_id,
        external_id=row["code"],
        title=row["title"],
        title_en=row["title_en"],
        title_zh_hant=row.get("title_zh_hant"),
        summary=row["summary"],
        summary_en=row["summary_en"],
        summary_zh_hant=row.get("summary_zh_hant"),
        kind=fair.OfferingKind(row["kind"]),
        category=fair.Category(row["category"]),
        service_nature=fair.ServiceNature(row["nature"]),
        audiences=row["audiences"],
        is_inclusive=bool(row.get("inclusive")),
        is_home_visit=is_home_visit,
        risk_note=RISK_AT_HOME if is_home_visit else None,
        protection_note=PROTECTION_AT_HOME if is_home_visit else None,
        needs_licence=LicenceKind(row["licence"]) if row.get("licence") else None,
        capacity={"course": 12, "event": 40, "space": 1}.get(row["kind"], 2),
        at=written,
        **_price(town, row),
    )
    session.flush()
    fair.submit(session, offering.id, by=author, at=written + timedelta(hours=1))
    fair.take_for_review(
        session, offering.id, by=reviewer, at=written + timedelta(hours=20)
    )
    fair.approve(session, offering.id, by=reviewer, at=written + timedelta(hours=21))
    if row["kind"] != "info":
        _give_times(town, offering, number, row)
    return offering


def _price(town: Town, row: dict[str, Any]) -> dict[str, Any]:
    if row.get("points"):
        return {
            "price_mode": fair.PriceMode.POINTS,
            "points": Decimal(row["points"]),
            "programme_id": town.programmes["love-bank"].id,
        }
    if row.get("price_cny"):
        return {
            "price_mode": fair.PriceMode.CNY,
            "price_cny": Decimal(row["price_cny"]),
            "price_unit": row["unit"],
        }
    return {"price_mode": fair.PriceMode.FREE}


def _give_times(
    town: Town, offering: fair.Offering, number: int, row: dict[str, Any]
) -> None:
    """Give weekly times: some weeks back for the hand-written ones, four ahead.

    A stall whose title says "Thursday night" keeps its word (`weekdays`, `starts`).
    """
    said: list[int] = row.get("weekdays", [])
    clock = HOURS[number % len(HOURS)]
    if "starts" in row:
        clock = time.fromisoformat(row["starts"])
    weekday = said[number % len(said)] if said else number % 7
    ends = time(clock.hour + 1, clock.minute)
    is_hand_written = (
        offering.external_id is not None and offering.external_id[0] == "L"
    )
    if is_hand_written or str(offering.external_id)[0] == "X":
        past = _next_weekday(town.today - timedelta(weeks=WEEKS_BACK), weekday)
        days = [past + timedelta(weeks=week) for week in range(WEEKS_BACK - 1)]
        _add(town, offering, days, clock, ends, at=town.moment(past, time(0)))
    first = _next_weekday(town.today + timedelta(days=1), weekday)
    days = [first + timedelta(weeks=week) for week in range(WEEKS_AHEAD)]
    if is_hand_written and not said:
        other = _next_weekday(town.today + timedelta(days=1), (weekday + 3) % 7)
        days += [other + timedelta(weeks=week) for week in range(WEEKS_AHEAD)]
    _add(town, offering, days, clock, ends, at=town.moment(town.today, time(0)))


def _add(
    town: Town,
    offering: fair.Offering,
    days: list[date],
    starts: time,
    ends: time,
    *,
    at: datetime,
) -> None:
    spans = [(town.moment(day, starts), town.moment(day, ends)) for day in days]
    fair.add_slots(town.session, offering.id, spans, by=None, at=at)


def _next_weekday(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _place_of(town: Town, row: dict[str, Any], number: int) -> Place:
    for place in town.places.values():
        stem = row["provider"].removesuffix("中心").removesuffix("驿站")
        if stem and len(stem) > 1 and place.name.startswith(stem):
            return place
    for one in data("skilled"):
        if one["alias"] == row["provider"]:
            return town.places[one["place"]]
    for one in data("organisations"):
        if row["provider"] in (one["name"], *one["aliases"]):
            return town.places[one["place"]]
    centres = town.centres()
    return centres[(number * 7) % 12]


def _centre_of(town: Town, place: Place) -> Place:
    by_id = {one.id: one for one in town.centres()}
    found = by_id.get(place.id) or by_id.get(place.parent_id or place.id)
    return found or town.places["C01"]
