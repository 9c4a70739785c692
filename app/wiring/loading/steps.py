"""Row by row into the fair, through the same actions as everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, select

from app import fair, partners, people, places, programmes, wallet, workshops
from app.kernel.clock import day_of
from app.kernel.errors import Refusal
from app.kernel.permissions import Role
from app.people import Person
from app.wiring.loading.files import Problem, Row
from app.wiring.loading.rows import (
    GoodRow,
    OfferingRow,
    OrganisationRow,
    PersonRow,
    PlaceRow,
    is_damaged,
)

OFFICE = "office"
"""External id of the person in whose name loaded rows are entered."""
BEST_BEFORE = timedelta(days=7)

RowModel = TypeVar("RowModel", bound=BaseModel)


@dataclass
class Loaded:
    """What came of a load: rows taken by section, and what could not be."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


class _Wrong(Exception):
    """A field of a row refers to nothing, or cannot be taken."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def load(
    session: Session,
    rows: list[Row],
    *,
    at: datetime,
    tick: Callable[[int], None] = lambda _n: None,
) -> Loaded:
    """Take *rows*; a bad one is left out and named. The caller decides to commit."""
    loaded = Loaded()
    for row in rows:
        try:
            with session.begin_nested():
                STEPS[row.section](session, row.values, at)
                session.flush()
        except ValidationError as refused:
            loaded.problems += [_problem(row, error) for error in refused.errors()]
        except _Wrong as wrong:
            loaded.problems.append(
                Problem(row.file, row.number, wrong.name, str(wrong))
            )
        except Refusal as refusal:
            loaded.problems.append(
                Problem(row.file, row.number, refusal.field, str(refusal))
            )
        else:
            loaded.counts[row.section] += 1
        tick(1)
    return loaded


def _problem(row: Row, error: Any) -> Problem:
    name = ".".join(str(part) for part in error["loc"]) or None
    reason = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        reason = "there is no such column"
    return Problem(row.file, row.number, name, reason)


def _place(session: Session, values: Mapping[str, Any], at: datetime) -> None:
    row = PlaceRow.model_validate(values)
    parent = _place_named(session, row.parent, "parent") if row.parent else None
    details = row.model_dump(exclude={"external_id", "kind", "parent", "name"})
    places.add_place(
        session,
        code=row.external_id,
        kind=row.kind,
        name=row.name,
        parent=parent,
        at=at,
        **details,
    )


def _organisation(session: Session, values: Mapping[str, Any], at: datetime) -> None:
    row = OrganisationRow.model_validate(values)
    place = _place_named(session, row.place, "place") if row.place else None
    partners.add_organisation(
        session,
        name=row.name,
        name_en=row.name_en,
        kind=row.kind,
        external_id=row.external_id,
        place_id=place.id if place else None,
        at=at,
    )


def _person(session: Session, values: Mapping[str, Any], at: datetime) -> None:
    row = PersonRow.model_validate(values)
    place = _place_named(session, row.place, "place") if row.place else None
    found = _person_named(session, row.external_id)
    if found is not None:
        people.rename_person(session, found, row.display_name, at=at)
        return
    person = people.register_person(
        session,
        display_name=row.display_name,
        external_id=row.external_id,
        phone=row.phone,
        birth_on=row.birth_on,
        place_id=place.id if place else None,
        at=at,
    )
    session.flush()
    people.assign_role(
        session,
        person_id=person.id,
        role=Role.VOLUNTEER if row.is_volunteer else Role.RESIDENT,
        place_id=None,
        starts_on=day_of(at),
        at=at,
        by=None,
    )


def _offering(session: Session, values: Mapping[str, Any], at: datetime) -> None:
    row = OfferingRow.model_validate(values)
    place = _place_named(session, row.place, "place")
    strange = sorted(set(row.audiences) - {str(member) for member in fair.Audience})
    if strange:
        raise _Wrong("audiences", f"there is no audience “{strange[0]}”")
    office = _office(session, at)
    programme_id: UUID | None = None
    if row.price == fair.PriceMode.POINTS:
        programme_id = _love_bank(session, at).id
    fair.load_offering(
        session,
        external_id=row.external_id,
        author_id=office,
        at=at,
        kind=row.kind,
        service_nature=row.nature,
        price_mode=row.price,
        points=row.points,
        price_cny=row.price_cny,
        price_unit=row.price_unit,
        programme_id=programme_id,
        category=row.category,
        audiences=row.audiences,
        place_id=place.id,
        title=row.title,
        title_en=row.title_en,
        title_zh_hant=row.title_zh_hant,
        summary=row.summary,
        summary_en=row.summary_en,
        body=row.body,
        language=row.language,
        capacity=row.capacity,
        needs_check=is_damaged(row.title, row.summary, row.body),
        **_provider(session, row.provider, office),
    )


def _good(session: Session, values: Mapping[str, Any], at: datetime) -> None:
    row = GoodRow.model_validate(values)
    shop = workshops.find_workshop(session, row.workshop)
    if shop is None:
        if not row.workshop_name or not row.place:
            raise _Wrong(
                "workshop",
                f"there is no workshop “{row.workshop}”;"
                " give workshop_name and place to open it",
            )
        shop = workshops.add_workshop(
            session,
            name=row.workshop_name,
            kind=row.workshop_kind,
            registration=row.registration,
            licence_no=row.licence_no,
            operator=row.workshop_name,
            place_id=_place_named(session, row.place, "place").id,
            external_id=row.workshop,
            at=at,
        )
    is_new = workshops.find_good(session, row.external_id) is None
    good = workshops.add_good(
        session,
        shop.id,
        title=row.title,
        title_en=row.title_en,
        summary=row.summary,
        unit=row.unit,
        price_cny=row.price_cny,
        points_price=row.points_price,
        category=row.category,
        is_perishable=row.is_perishable,
        external_id=row.external_id,
        by=None,
        at=at,
    )
    if is_new:
        workshops.list_good(session, good.id, by=None, at=at)
        if row.stock:
            workshops.add_batch(
                session,
                good.id,
                made_on=day_of(at),
                best_before=day_of(at) + BEST_BEFORE if row.is_perishable else None,
                quantity=row.stock,
                by=None,
                at=at,
            )


STEPS: Mapping[str, Callable[[Session, Mapping[str, Any], datetime], None]] = {
    "places": _place,
    "organisations": _organisation,
    "people": _person,
    "offerings": _offering,
    "goods": _good,
}


def _place_named(session: Session, code: str | None, name: str) -> places.Place:
    found = places.find_place_by_code(session, code or "")
    if found is None:
        raise _Wrong(name, f"there is no place “{code}”")
    return found


def _love_bank(session: Session, at: datetime) -> programmes.Programme:
    """Return the programme that points are of; the first file that needs it opens it.

    Ten points an hour that last two years, until the office says otherwise.
    """
    found = programmes.find_programme(session, "love-bank")
    if found is not None:
        return found
    bank = programmes.add_programme(
        session, code="love-bank", unit="POINT", name="爱心银行", name_en="Love Bank",
        issuer="站点办公室", issuer_en="The station office", at=at,
    )  # fmt: skip
    programmes.add_rule(
        session, bank, effective_on=day_of(at), per_hour=Decimal(10), lot_months=24,
        at=at,
    )  # fmt: skip
    wallet.open_programme_accounts(session, bank, at=at)
    return bank


def _person_named(session: Session, external_id: str) -> Person | None:
    return session.exec(select(Person).where(Person.external_id == external_id)).first()


def _office(session: Session, at: datetime) -> UUID:
    found = _person_named(session, OFFICE)
    if found is None:
        found = people.register_person(
            session, display_name="服务台", external_id=OFFICE, at=at
        )
        session.flush()
    return found.id


def _provider(
    session: Session, external_id: str | None, office: UUID
) -> dict[str, Any]:
    """Return who offers it: an organisation, a person, or the office itself."""
    if external_id is None:
        return {"organisation_id": None, "provider_id": office}
    team = partners.find_organisation(session, external_id)
    if team is not None:
        return {"organisation_id": team.id, "provider_id": None}
    person = _person_named(session, external_id)
    if person is None:
        raise _Wrong("provider", f"there is no organisation or person “{external_id}”")
    return {"organisation_id": None, "provider_id": person.id}
