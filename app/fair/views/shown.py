"""What the fair's pages show: gathered in one reading, without questions per row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import partners, people, places, programmes
from app.fair import queries, rules
from app.fair.actions.revisions import proposed
from app.fair.models import (
    Audience,
    Category,
    Offering,
    OfferingKind,
    OfferingState,
    PriceMode,
    Review,
    Revision,
    ServiceNature,
    Slot,
)
from app.fair.rules import Step
from app.fair.rules.words import FIELD_LABELS, NEXT_STEPS
from app.kernel.clock import day_of
from app.partners import LicenceKind, Organisation
from app.places import Place
from app.web.filters import money, points
from app.web.words import label, localized, translate


@dataclass(frozen=True)
class Shown:
    """One offering with everything a page says about it."""

    offering: Offering
    place: Place
    organisation: Organisation | None
    provider_name: str
    price: str
    slots: list[Slot] = field(default_factory=list)
    next_free: datetime | None = None
    steps: tuple[Step, ...] = ()
    revision: Revision | None = None
    reviews: list[Review] = field(default_factory=list)
    is_mine: bool = False
    may_take_down: bool = False

    @property
    def audiences(self) -> list[Audience]:
        """Return for whom it is, as members with words."""
        return [Audience(one) for one in self.offering.audiences]

    @property
    def next_step(self) -> str:
        """Return what comes next, for its provider."""
        return NEXT_STEPS[self.offering.state]


def show_offering(
    session: Session, offering: Offering, *, reader: UUID | None, at: datetime
) -> Shown:
    """Gather one offering's page for a reader, or for a stranger."""
    today = day_of(at)
    is_mine = reader is not None and (
        reader == offering.author_id
        or queries.is_provider(session, offering, reader, on=today)
    )
    may_remove = reader is not None and queries.may_take_down(
        session, offering, reader, on=today
    )
    slots = (
        queries.free_slots(session, offering.id, at=at)
        if offering.state == OfferingState.PUBLISHED
        else []
    )
    inside = is_mine or may_remove
    return Shown(
        offering=offering,
        **_around(session, offering),
        slots=slots,
        next_free=slots[0].starts_at if slots else None,
        steps=_own_steps(offering) if is_mine else (),
        revision=queries.waiting_revision(session, offering.id) if inside else None,
        reviews=queries.reviews_of(session, offering.id) if inside else [],
        is_mine=is_mine,
        may_take_down=may_remove and (offering.state, Step.TAKE_DOWN) in rules.STEPS,
    )


def show_mine(session: Session, reader: UUID, *, at: datetime) -> list[Shown]:
    """Gather the reader's own offerings, those that need them first."""
    mine = queries.offerings_of(session, reader, on=day_of(at))
    where = places.places_by_ids(session, [one.place_id for one in mine])
    teams = partners.organisations_by_ids(
        session, [one.organisation_id for one in mine]
    )
    who = people.people_by_ids(session, [one.provider_id for one in mine])
    waiting = queries.waiting_revisions_of(session, [one.id for one in mine])
    free = queries.next_free_starts(session, queries.live_ids(mine), at=at)
    shown = [
        Shown(
            offering=one,
            place=where[one.place_id],
            organisation=(team := teams.get(one.organisation_id or one.id)),
            provider_name=_provider_name(team, who.get(one.provider_id or one.id)),
            price=price_words(one, None),
            next_free=free.get(one.id),
            steps=_own_steps(one),
            revision=waiting.get(one.id),
            is_mine=True,
        )
        for one in mine
    ]
    return sorted(shown, key=lambda one: _URGENCY.get(one.offering.state, 5))


_URGENCY = {
    OfferingState.CHANGES_REQUESTED: 0,
    OfferingState.ASLEEP: 1,
    OfferingState.DRAFT: 2,
    OfferingState.SUBMITTED: 3,
    OfferingState.IN_REVIEW: 3,
    OfferingState.PUBLISHED: 4,
    OfferingState.ARCHIVED: 9,
}


def price_words(offering: Offering, programme: programmes.Programme | None) -> str:
    """Return the price as people read it: Free, 5 points, ¥12.80 per visit."""
    if offering.price_mode == PriceMode.POINTS:
        assert offering.points is not None
        if programme is None:
            said = translate("%(amount)s points", amount=points(offering.points))
        else:
            said = translate(
                "%(amount)s points (%(programme)s)",
                amount=points(offering.points),
                programme=localized(programme, "name"),
            )
    elif offering.price_mode == PriceMode.CNY:
        assert offering.price_cny is not None
        said = money(offering.price_cny)
    else:
        return label(PriceMode.FREE)
    return f"{said} / {offering.price_unit}" if offering.price_unit else said


def changes_of(
    session: Session, offering: Offering, revision: Revision
) -> list[tuple[str, str, str]]:
    """Return (what, as it is, as proposed) in words, for a reviewer."""
    return [
        (
            translate(FIELD_LABELS[name]),
            _in_words(session, name, getattr(offering, name)),
            _in_words(session, name, value),
        )
        for name, value in proposed(revision).items()
    ]


def choices(session: Session, reader: UUID, *, on: date) -> dict[str, Any]:
    """Return what the form's lists offer: places, organisations, programmes, …."""
    teams = partners.organisations_by_ids(
        session, partners.organisation_ids_of(session, reader, on=on)
    ).values()
    papers = partners.licences_of(session, person_id=reader)
    return {
        "kinds": _options(OfferingKind),
        "categories": _options(Category),
        "audiences": _options(Audience),
        "natures": _options(ServiceNature),
        "price_modes": _options(PriceMode),
        "licence_kinds": [
            one for one in _options(LicenceKind) if one[0] != "petty_exemption"
        ],
        "places": [
            (place.id, localized(place, "name")) for place in places.all_places(session)
        ],
        "organisations": [
            (team.id, localized(team, "name"))
            for team in teams
            if team.state == partners.OrganisationState.ACTIVE
        ],
        "programmes": [
            (one.id, localized(one, "name"))
            for one in programmes.all_programmes(session)
        ],
        "exemptions": [
            (one.id, one.number)
            for one in papers
            if one.kind == LicenceKind.PETTY_EXEMPTION and partners.is_valid_on(one, on)
        ],
    }


def _options(kind: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, label(member)) for member in kind]


def _around(session: Session, offering: Offering) -> dict[str, Any]:
    team = (
        partners.organisation_for(session, offering.organisation_id)
        if offering.organisation_id
        else None
    )
    person = (
        people.person_for(session, offering.provider_id)
        if offering.provider_id
        else None
    )
    programme = (
        programmes.programme_for(session, offering.programme_id)
        if offering.programme_id
        else None
    )
    return {
        "place": places.place_for(session, offering.place_id),
        "organisation": team,
        "provider_name": _provider_name(team, person),
        "price": price_words(offering, programme),
    }


def _provider_name(team: Organisation | None, person: people.Person | None) -> str:
    """Return who offers it; people are masked on public pages (R-PI-12)."""
    if team is not None:
        return localized(team, "name")
    return people.masked_name(person.display_name) if person is not None else ""


def _own_steps(offering: Offering) -> tuple[Step, ...]:
    return rules.steps_open_to(
        offering.state, is_provider=True, is_reviewer=False, is_manager=False
    )


def _in_words(session: Session, name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if name in _NAMED:
        return _NAMED[name](session, value)
    if isinstance(value, StrEnum):
        return label(value)
    return str(value)


_NAMED: Mapping[str, Callable[[Session, Any], str]] = {
    "audiences": lambda _, value: translate(", ").join(
        label(Audience(one)) for one in value
    ),
    "place_id": lambda session, one: localized(places.place_for(session, one), "name"),
    "programme_id": lambda session, one: localized(
        programmes.programme_for(session, one), "name"
    ),
    "organisation_id": lambda session, one: localized(
        partners.organisation_for(session, one), "name"
    ),
    "exemption_id": lambda session, one: partners.licence_for(session, one).number,
    "is_home_visit": lambda _, value: translate(
        "Comes to your home" if value else "At the place"
    ),
    "price_cny": lambda _, value: money(value),
    "points": lambda _, value: points(value),
}
"""How a field that is not its own word is said."""
