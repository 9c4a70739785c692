"""The demo town's ground: places, programmes, people with their roles, partners."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app import partners, people, places, programmes, wallet
from app.kernel.permissions import Role
from app.places import FunctionCategory, Place, PlaceKind, Tier
from app.programmes import Programme
from app.wiring.demo.names import person_name

DATA = Path(__file__).parent / "data"
SEED = 20260105
NAMESPACE = UUID("5c0f6c1e-20aa-4f4c-9f5b-2c4a7f6f0105")
CITY = (30.10, 122.05)
DEGREES_PER_STEP = 0.0004

CAST: tuple[tuple[str, str, str, Role, str | None], ...] = (
    ("1-volunteer", "林小满", "Lin Xiaoman", Role.VOLUNTEER, None),
    ("2-resident", "陈阿婆", "Granny Chen", Role.RESIDENT, None),
    ("3-skilled", "宽师傅", "Barber Kuan", Role.SKILLED_RESIDENT, None),
    ("4-partner", "潘小橘", "Pan Xiaoju", Role.PARTNER, None),
    ("5-workshop", "陶桃", "Tao Tao", Role.WORKSHOP_MANAGER, None),
    ("6-clerk", "孙小窗", "Sun at the desk", Role.STATION_WORKER, "C01"),
    ("7-manager", "马向海", "Ma, centre manager", Role.CENTRE_MANAGER, "C01"),
    ("8-town", "钱汇总", "Qian, town desk", Role.TOWN_DESK, "T1"),
    ("9-reviewer", "沈把关", "Shen, reviewer", Role.REVIEWER, None),
    ("9-reviewer-2", "顾复核", "Gu, second reviewer", Role.REVIEWER, None),
    ("a-ledger", "金细账", "Jin, ledger", Role.LEDGER_ADMIN, None),
    ("a-ledger-2", "严对账", "Yan, second ledger", Role.LEDGER_ADMIN, None),
)


@dataclass
class Town:
    """What has been built so far; later steps stand on it."""

    session: Session
    today: date
    zone: ZoneInfo
    random: Random = field(default_factory=lambda: Random(SEED))
    places: dict[str, Place] = field(default_factory=dict)
    programmes: dict[str, Programme] = field(default_factory=dict)
    cast: dict[str, UUID] = field(default_factory=dict)
    managers: dict[str, UUID] = field(default_factory=dict)
    clerks: dict[str, UUID] = field(default_factory=dict)
    organisations: dict[str, UUID] = field(default_factory=dict)
    volunteers: list[UUID] = field(default_factory=list)
    skilled: list[UUID] = field(default_factory=list)

    @property
    def beginning(self) -> datetime:
        """A year and a bit ago, when the town opened its fair."""
        return self.moment(self.today - timedelta(days=400), time(8))

    def moment(self, day: date, clock: time) -> datetime:
        """Return the UTC moment of a wall-clock day and time."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def centres(self) -> list[Place]:
        """Return the centres by code."""
        found = [p for p in self.places.values() if p.kind == PlaceKind.CENTRE]
        return sorted(found, key=lambda place: place.code)

    def stations_of(self, centre: Place) -> list[Place]:
        """Return a centre's stations by code."""
        found = [p for p in self.places.values() if p.parent_id == centre.id]
        return sorted(found, key=lambda place: place.code)


def known_id(name: str) -> UUID:
    """Return the id of a named thing of the demo town, the same at every run."""
    return uuid5(NAMESPACE, name)


def data(name: str) -> Any:
    """Return one of the hand-written lists."""
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def build_places(town: Town, *, centres: int) -> None:
    """Build the tree: a district, four towns, *centres* with their stations."""
    rows = data("places")
    session, at = town.session, town.beginning
    district = places.add_place(
        session, kind=PlaceKind.DISTRICT, parent=None, at=at, **rows["district"]
    )
    town.places[district.code] = district
    for row in rows["towns"]:
        town.places[row["code"]] = places.add_place(
            session, kind=PlaceKind.TOWN, parent=district, at=at, **_located(row)
        )
    for row in rows["centres"][:centres]:
        centre = places.add_place(
            session,
            code=row["code"],
            kind=PlaceKind.CENTRE,
            parent=town.places[row["town"]],
            category=FunctionCategory(row["category"]),
            tier=Tier(row["tier"]),
            at=at,
            phone=f"0580-{8000000 + int(row['code'][1:]) * 37}",
            address=f"{row['name'][:2]}路 {int(row['code'][1:]) * 3} 号",
            **_picked(
                _located(row),
                "name name_en area_m2 signature signature_en map_x map_y"
                " latitude longitude",
            ),
        )
        town.places[row["code"]] = centre
        _open_daily(town, centre, row)
    for row in rows["stations"]:
        if row["centre"] not in town.places:
            continue
        station = places.add_place(
            session,
            code=row["code"],
            kind=PlaceKind.STATION,
            parent=town.places[row["centre"]],
            is_open_all_day=row["all_day"],
            at=at,
            **_picked(_located(row), "name name_en map_x map_y latitude longitude"),
        )
        town.places[row["code"]] = station
        _open_daily(town, station, row)


def adopt_programmes(town: Town) -> None:
    """Adopt the love bank (10 points an hour) and the time circle (1 an hour)."""
    at = town.beginning
    for code, unit, name, english, per_hour, months in (
        ("love-bank", "POINT", "爱心银行", "Love Bank", 10, 24),
        ("time-circle", "TIME", "时光互助", "Time Circle", 1, None),
    ):
        programme = programmes.add_programme(
            town.session,
            code=code,
            unit=unit,
            name=name,
            name_en=english,
            issuer="望潮社区居民委员会",
            issuer_en="Wangchao Residents' Committee",
            at=at,
        )
        programmes.add_rule(
            town.session,
            programme,
            effective_on=at.date(),
            per_hour=Decimal(per_hour),
            lot_months=months,
            at=at,
        )
        wallet.open_programme_accounts(town.session, programme, at=at)
        town.programmes[code] = programme


def settle_staff(town: Town) -> None:
    """Let the cast move in, and a manager and a clerk into every centre."""
    for number, (name, chinese, english, role, code) in enumerate(CAST):
        town.cast[name] = _settle(
            town,
            name,
            chinese,
            display_name_en=english,
            phone=f"1390000{number:04d}",
            member_no=f"DEMO{number:04d}",
            is_cast=True,
            place_id=town.places["C01"].id,
            birth_on=date(1948 if name == "2-resident" else 1980, 3, 9),
        )
        give_role(town, town.cast[name], role, code)
    give_role(town, town.cast["1-volunteer"], Role.RESIDENT)
    give_role(town, town.cast["3-skilled"], Role.VOLUNTEER)
    for centre in town.centres():
        for book, role in (
            (town.managers, Role.CENTRE_MANAGER),
            (town.clerks, Role.STATION_WORKER),
        ):
            name = f"{role}-{centre.code}"
            book[centre.code] = _settle(
                town, name, person_name(town.random), place_id=centre.id
            )
            give_role(town, book[centre.code], role, centre.code)


def settle_people(town: Town, *, volunteers: int, skilled: int) -> None:
    """Let volunteers and skilled residents move in, spread over the places."""
    hand_written = data("skilled")
    homes = [p for p in town.places.values() if p.kind == PlaceKind.STATION]
    for number in range(skilled):
        row = hand_written[number] if number < len(hand_written) else None
        if number == 0:
            town.skilled.append(town.cast["3-skilled"])
            continue
        home = town.places[row["place"]] if row else town.random.choice(homes)
        person_id = _settle(
            town,
            f"skilled-{number:04d}",
            row["name"] if row else person_name(town.random),
            display_name_en=row["name_en"] if row else None,
            place_id=home.id,
        )
        give_role(town, person_id, Role.SKILLED_RESIDENT)
        town.skilled.append(person_id)
    town.volunteers.append(town.cast["1-volunteer"])
    for number in range(1, volunteers):
        home = town.random.choice(homes)
        person_id = _settle(
            town,
            f"volunteer-{number:05d}",
            person_name(town.random),
            place_id=home.id,
            birth_on=date(1946 + town.random.randrange(58), 1 + number % 12, 5),
        )
        give_role(town, person_id, Role.VOLUNTEER)
        town.volunteers.append(person_id)


def admit_partners(town: Town) -> None:
    """Admit the organisations, vetted by the reviewer; licences where needed."""
    for row in data("organisations"):
        organisation = partners.add_organisation(
            town.session,
            name=row["name"],
            name_en=row["name_en"],
            kind=partners.OrganisationKind(row["kind"]),
            source=partners.ProviderSource(row["source"]),
            external_id=row["code"],
            place_id=town.places[row["place"]].id,
            at=town.beginning,
        )
        town.session.flush()
        for name in (row["name"], *row["aliases"]):
            town.organisations[name] = organisation.id
        member = (
            town.cast["4-partner"]
            if row["code"] == "O02"
            else _settle(
                town,
                f"partner-{row['code']}",
                person_name(town.random),
                place_id=organisation.place_id,
            )
        )
        if row["code"] != "O02":
            give_role(town, member, Role.PARTNER)
        partners.add_member(
            town.session,
            organisation.id,
            member,
            at=town.beginning,
            by=None,
            role=partners.MemberRole.ADMIN,
        )
        town.organisations[f"member of {organisation.id}"] = member


def give_licence(
    town: Town, kind: partners.LicenceKind, organisation_id: UUID, number: str
) -> None:
    """Put a licence on file and let the reviewer see it."""
    licence = partners.add_licence(
        town.session,
        kind=kind,
        number=number,
        valid_from=town.beginning.date(),
        expires_on=town.today + timedelta(days=300),
        at=town.beginning,
        by=None,
        organisation_id=organisation_id,
    )
    town.session.flush()
    partners.see_licence(
        town.session, licence.id, by=town.cast["9-reviewer"], at=town.beginning
    )


def give_role(town: Town, person_id: UUID, role: Role, code: str | None = None) -> None:
    """Give a role from the beginning on."""
    people.assign_role(
        town.session,
        person_id=person_id,
        role=role,
        place_id=town.places[code].id if code else None,
        starts_on=town.beginning.date(),
        at=town.beginning,
        by=None,
    )


def _settle(town: Town, name: str, chinese: str, **details: Any) -> UUID:
    given = {"member_no": member_no(name)} | details
    person = people.register_person(
        town.session,
        display_name=chinese,
        external_id=name,
        person_id=known_id(name),
        at=town.beginning,
        **given,
    )
    return person.id


def member_no(name: str) -> str:
    """Return a card number that is the same at every run."""
    return f"{known_id(f'card of {name}').int % 32**8:08X}"[-8:]


def _located(row: dict[str, Any]) -> dict[str, Any]:
    x, y = row["map_x"], row["map_y"]
    return row | {
        "latitude": round(CITY[0] + (500 - y) * DEGREES_PER_STEP, 5),
        "longitude": round(CITY[1] + x * DEGREES_PER_STEP, 5),
    }


def _picked(row: dict[str, Any], names: str) -> dict[str, Any]:
    return {name: row[name] for name in names.split()}


def _open_daily(town: Town, place: Place, row: dict[str, Any]) -> None:
    opens = time.fromisoformat(row["opens"])
    closes = time.fromisoformat(row["closes"])
    places.set_hours(town.session, place.id, [(day, opens, closes) for day in range(7)])
