"""The cast: neighbours who never change character, and the little town they live in.

Lin is a resident and volunteer with 20 points. Wang is a barber, a skilled resident.
Chen is a volunteer. Zhou is Lin's husband, of one household, and manages the centre's
station; Hua is Chen's sister. Sun works at the desk of the station, Ma manages the
centre, Qian sits at the town desk, Shen reviews for the district, Jin keeps the
ledger, Tao runs the Peach Workshop, Pan is the partner's person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID, uuid5

from sqlmodel import Session

from app import people, places, programmes, wallet
from app.kernel.permissions import Role
from app.places import FunctionCategory, PlaceKind, Tier

NAMESPACE = UUID("6d1f0c9e-8a53-4a55-9a53-0a8f0e4b7a10")
TODAY = date(2026, 6, 3)
"""A Wednesday."""
NOON = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)
"""Twelve o'clock on the wall of the town."""
BEGINNING = datetime(2025, 1, 1, 0, 0, tzinfo=UTC)


def known_id(name: str) -> UUID:
    """Return the id of a named thing in the little town, the same in every run."""
    return uuid5(NAMESPACE, name)


@dataclass(frozen=True)
class Cast:
    """Ids by name."""

    # people
    lin: UUID
    wang: UUID
    chen: UUID
    zhou: UUID
    hua: UUID
    sun: UUID
    ma: UUID
    qian: UUID
    shen: UUID
    jin: UUID
    tao: UUID
    pan: UUID
    # places: a district with two towns; the centre with its station, and another
    district: UUID
    town: UUID
    other_town: UUID
    centre: UUID
    station: UUID
    other_centre: UUID
    # programmes
    love_bank: UUID
    time_circle: UUID


PEOPLE: tuple[tuple[str, str, date | None], ...] = (
    ("lin", "林小满", date(1958, 3, 9)),
    ("wang", "王阿宽", date(1971, 6, 1)),
    ("chen", "陈向晚", date(1990, 11, 20)),
    ("zhou", "周立秋", date(1956, 1, 30)),
    ("hua", "陈花", date(1993, 4, 4)),
    ("sun", "孙窗口", None),
    ("ma", "马中心", None),
    ("qian", "钱镇台", None),
    ("shen", "沈审核", None),
    ("jin", "金账目", None),
    ("tao", "陶桃", None),
    ("pan", "潘伙伴", None),
)


def people_the_town(session: Session) -> Cast:
    """Build the little town through the same actions as everybody."""
    home = _build_places(session)
    for number, (name, display_name, birth_on) in enumerate(PEOPLE):
        people.register_person(
            session,
            display_name=display_name,
            phone=f"1380000{number:04d}",
            external_id=name,
            birth_on=birth_on,
            place_id=home["centre"],
            is_cast=True,
            person_id=known_id(name),
            member_no=f"CAST{number:04d}",
            at=BEGINNING,
        )
    session.flush()
    for name in ("lin", "zhou"):
        people.set_household(session, known_id(name), known_id("household of lin"))
    people.add_relative(session, known_id("chen"), known_id("hua"), "sibling")
    _assign_roles(session, home)
    loves = _adopt_programmes(session)
    for name, _, _ in PEOPLE:
        wallet.open_wallet(session, known_id(name), at=BEGINNING)
    cast = Cast(**{name: known_id(name) for name, _, _ in PEOPLE}, **home, **loves)
    _give_points(session, cast)
    return cast


def _build_places(session: Session) -> dict[str, UUID]:
    district = places.add_place(
        session, code="D", kind=PlaceKind.DISTRICT, name="海屿区", parent=None,
        name_en="Haiyu District", at=BEGINNING,
    )  # fmt: skip
    town, other_town = (
        places.add_place(
            session, code=code, kind=PlaceKind.TOWN, name=name, parent=district,
            name_en=english, at=BEGINNING,
        )
        for code, name, english in (
            ("T1", "望潮街道", "Wangchao"), ("T2", "南埠街道", "Nanbu"),
        )
    )  # fmt: skip
    centre = places.add_place(
        session, code="C01", kind=PlaceKind.CENTRE, name="望潮社区党群服务中心",
        name_en="Wangchao Community Centre", parent=town, tier=Tier.HUB,
        category=FunctionCategory.ELDERLY_CHILD, area_m2=3600, map_x=300, map_y=400,
        latitude=30.2, longitude=122.1, at=BEGINNING,
    )  # fmt: skip
    other = places.add_place(
        session, code="C04", kind=PlaceKind.CENTRE, name="南埠老街党群服务中心",
        name_en="Nanbu Old Street Centre", parent=other_town, tier=Tier.BASIC,
        category=FunctionCategory.BUSINESS_DISTRICT, map_x=600, map_y=500,
        latitude=30.21, longitude=122.15, at=BEGINNING,
    )  # fmt: skip
    station = places.add_place(
        session, code="S001", kind=PlaceKind.STATION, name="海棠苑党群驿站",
        name_en="Crab-apple Court Station", parent=centre, map_x=320, map_y=440,
        at=BEGINNING,
    )  # fmt: skip
    week = [(day, time(7), time(21)) for day in range(7)]
    for place in (centre, other, station):
        places.set_hours(session, place.id, week)
    return {
        "district": district.id, "town": town.id, "other_town": other_town.id,
        "centre": centre.id, "station": station.id, "other_centre": other.id,
    }  # fmt: skip


def _assign_roles(session: Session, home: dict[str, UUID]) -> None:
    for name, role, place in (
        ("lin", Role.VOLUNTEER, None),
        ("wang", Role.SKILLED_RESIDENT, None),
        ("wang", Role.VOLUNTEER, None),
        ("chen", Role.VOLUNTEER, None),
        ("hua", Role.CENTRE_MANAGER, "centre"),
        ("zhou", Role.CENTRE_MANAGER, "centre"),
        ("sun", Role.STATION_WORKER, "centre"),
        ("ma", Role.CENTRE_MANAGER, "centre"),
        ("qian", Role.TOWN_DESK, "town"),
        ("shen", Role.REVIEWER, None),
        ("jin", Role.LEDGER_ADMIN, None),
    ):
        people.assign_role(
            session, person_id=known_id(name), role=role,
            place_id=home[place] if place else None,
            starts_on=BEGINNING.date(), at=BEGINNING, by=None,
        )  # fmt: skip


def _adopt_programmes(session: Session) -> dict[str, UUID]:
    love_bank = programmes.add_programme(
        session, code="love-bank", unit="POINT", name="爱心银行",
        name_en="Love Bank", issuer="望潮社区居民委员会", at=BEGINNING,
    )  # fmt: skip
    time_circle = programmes.add_programme(
        session, code="time-circle", unit="TIME", name="时光互助",
        name_en="Time Circle", issuer="望潮社区居民委员会", at=BEGINNING,
    )  # fmt: skip
    for programme, per_hour in ((love_bank, 10), (time_circle, 1)):
        programmes.add_rule(
            session, programme, effective_on=BEGINNING.date(),
            per_hour=Decimal(per_hour), at=BEGINNING,
        )  # fmt: skip
        wallet.open_programme_accounts(session, programme, at=BEGINNING)
    return {"love_bank": love_bank.id, "time_circle": time_circle.id}


def _give_points(session: Session, cast: Cast) -> None:
    """Lin gave two hours long ago: 2.00 HOUR and 20.00 POINT."""
    wallet.credit_hours(
        session,
        person_id=cast.lin,
        programme=programmes.programme_for(session, cast.love_bank),
        record_id=known_id("Lin's first record"),
        hours=Decimal(2),
        amount=Decimal(20),
        rule_version=1,
        at=BEGINNING,
        effective_on=BEGINNING.date(),
        entered_by=cast.sun,
        approved_by=cast.ma,
    )
