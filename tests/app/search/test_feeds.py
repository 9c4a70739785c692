"""Whatever changes what strangers find reaches the index, by one event or another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import cast as typed
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import Session

import app.wiring.tables
from app import (
    fair,
    partners,
    people,
    places,
    programmes,
    rewards,
    search,
    volunteering,
    workshops,
)
from app.fair import PriceMode, ServiceNature
from app.kernel.db import Database
from app.kernel.outbox import Event
from app.search import Catalogue
from app.search.queries import SOURCES, all_documents, documents_for
from app.search.rules import ALSO, FEEDS
from tests.app.fair.world import TOMORROW, published, slot_of
from tests.app.volunteering.world import a_post, a_shift, wall
from tests.app.workshops.shop import open_shop
from tests.cast import BEGINNING, NOON, Cast

assert app.wiring.tables  # knows every event

SILENT = {
    "LicenceChanged": "the fair hears it and says OfferingChanged",
    "PointsExpireSoon": "nobody finds points",
    "RecordRejected": "nobody finds records",
    "ShiftCancelled": "PostChanged is said beside it",
    "SomethingNewFits": "what is new was written already",
}
"""Events that change no document, and why."""


@dataclass
class World:
    """One of each kind in the index, and what they stand on."""

    cast: Cast
    haircut: UUID
    slot: UUID
    repairs: UUID
    team: UUID
    post: UUID
    shift: UUID
    stool: UUID


@pytest.fixture
def catalogue(app: Flask) -> Catalogue:
    return typed("Catalogue", app.extensions["fair_catalogue"])


@pytest.fixture
def world(db: Database, cast: Cast, catalogue: Catalogue) -> World:
    with db.transaction() as session:
        haircut = published(session, cast)
        slot = slot_of(session, haircut.id)
        team = _team(session, cast)
        repairs = fair.load_offering(
            session,
            external_id="repairs",
            author_id=cast.pan,
            organisation_id=team.id,
            place_id=cast.station,
            title="修雨伞",
            kind=fair.OfferingKind.SERVICE,
            category=fair.Category.DAILY_REPAIR,
            service_nature=ServiceNature.VOLUNTEER,
            price_mode=PriceMode.FREE,
            at=NOON,
        )
        post = a_post(session, cast)
        shift = a_shift(session, post, cast, wall(14), wall(16), people_wanted=1)
        shop = open_shop(session, cast)
        _reward(session, cast, "毛巾")
    search.rebuild(db, catalogue, at=NOON)
    return World(
        cast, haircut.id, slot.id, repairs.id, team.id, post.id, shift.id, shop.stool
    )


def _team(session: Session, cast: Cast, **changes: object) -> partners.Organisation:
    wanted: dict[str, object] = {"name": "修补社", "place_id": cast.centre} | changes
    return partners.add_organisation(
        session,
        kind=partners.OrganisationKind.SOCIAL_ORGANISATION,
        external_id="team",
        at=NOON,
        **wanted,  # type: ignore[arg-type]
    )


def _reward(session: Session, cast: Cast, title: str) -> object:
    return rewards.add_reward(
        session,
        kind=rewards.RewardKind.GOODS,
        programme=programmes.programme_for(session, cast.love_bank),
        title=title,
        points=Decimal(3),
        at=NOON,
    )


def _place(session: Session, world: World, **changes: object) -> object:
    centre = places.place_for(session, world.cast.centre)
    wanted: dict[str, object] = {"name": centre.name} | changes
    return places.add_place(
        session,
        code=centre.code,
        kind=centre.kind,
        parent=places.place_for(session, world.cast.town),
        at=NOON,
        **wanted,  # type: ignore[arg-type]
    )


def _take_seat(session: Session, world: World) -> object:
    return fair.take_seat(session, world.slot, at=NOON)


def _claim(session: Session, world: World) -> object:
    return volunteering.claim_shift(
        session, world.shift, person_id=world.cast.chen, at=NOON
    )


Act = Callable[[Session, World], object]
CHANGES: dict[str, tuple[Act, tuple[str, ...]]] = {
    "a place is renamed": (
        lambda session, world: _place(session, world, name="新名字"),
        ("place", "offering", "organisation"),
    ),
    "a place closes for good": (
        lambda session, world: _place(session, world, closed_at=NOON),
        ("place",),
    ),
    "a partner is renamed": (
        lambda session, world: _team(session, world.cast, name="补伞社"),
        ("organisation", "offering"),
    ),
    "a partner is suspended": (
        lambda session, world: _team(
            session, world.cast, state=partners.OrganisationState.SUSPENDED
        ),
        ("organisation", "offering"),
    ),
    "somebody is renamed": (
        lambda session, world: people.rename_person(
            session, people.person_for(session, world.cast.wang), "黄老师傅", at=NOON
        ),
        ("offering",),
    ),
    "an offering is paused": (
        lambda session, world: fair.pause(
            session, world.haircut, by=world.cast.wang, at=NOON
        ),
        ("offering",),
    ),
    "an offering is taken down": (
        lambda session, world: fair.take_down(
            session, world.haircut, by=world.cast.shen, at=NOON, reason="试一试再上架"
        ),
        ("offering",),
    ),
    "the last seat is taken": (_take_seat, ("offering",)),
    "a time is added": (
        lambda session, world: slot_of(
            session, world.haircut, start=TOMORROW + timedelta(days=3)
        ),
        ("offering",),
    ),
    "a time is withdrawn": (
        lambda session, world: fair.withdraw_slot(
            session, world.slot, by=world.cast.wang, at=NOON
        ),
        ("offering",),
    ),
    "a post ends": (
        lambda session, world: volunteering.end_post(
            session, world.post, by=world.cast.ma, at=NOON
        ),
        ("post",),
    ),
    "a shift is called off": (
        lambda session, world: volunteering.cancel_shift(
            session, world.shift, reason="台风", by=world.cast.ma, at=NOON
        ),
        ("post",),
    ),
    "the last place of a shift is taken": (_claim, ("post",)),
    "a good is paused": (
        lambda session, world: workshops.pause_good(
            session, world.stool, by=world.cast.tao, at=BEGINNING
        ),
        ("goods",),
    ),
    "a reward is added": (
        lambda session, world: _reward(session, world.cast, "雨伞"),
        ("reward",),
    ),
}
"""What happens → the kinds of documents it changes, among others."""


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reaches_every_document_that_shows_it(
    db: Database, catalogue: Catalogue, world: World, name: str
) -> None:
    act, kinds = CHANGES[name]
    before = dict(catalogue.index.versions())
    with db.transaction() as session:
        act(session, world)

    search.catch_up(db, catalogue, at=NOON)

    after = dict(catalogue.index.versions())
    changed = {key for key, _ in before.items() ^ after.items()}
    assert {key.partition(":")[0] for key in changed} >= set(kinds)
    assert search.check(db, catalogue, at=NOON).ids == ()


def test_what_is_given_back_can_be_found_again(
    db: Database, catalogue: Catalogue, world: World
) -> None:
    before = dict(catalogue.index.versions())
    with db.transaction() as session:
        _take_seat(session, world)
        claim = volunteering.claim_shift(
            session, world.shift, person_id=world.cast.chen, at=NOON
        )
    search.catch_up(db, catalogue, at=NOON)
    assert dict(catalogue.index.versions()) != before

    with db.transaction() as session:
        fair.give_seat_back(session, world.slot, at=NOON)
        volunteering.undo_claim(session, claim.id, by=world.cast.chen, at=NOON)
    search.catch_up(db, catalogue, at=NOON)

    assert dict(catalogue.index.versions()) == before


def test_a_time_that_begins_is_no_longer_offered(
    db: Database, catalogue: Catalogue, world: World
) -> None:
    key = f"offering:{world.haircut}"
    before = dict(catalogue.index.versions())[key]
    search.catch_up(db, catalogue, at=TOMORROW - timedelta(minutes=1))
    assert dict(catalogue.index.versions())[key] == before

    later = TOMORROW + timedelta(seconds=1)
    search.catch_up(db, catalogue, at=later)

    assert dict(catalogue.index.versions())[key] != before
    assert search.check(db, catalogue, at=later).ids == ()


def test_every_event_feeds_the_index_or_says_why_not() -> None:
    real = {name for name, kind in Event.kinds.items() if kind.__module__[:4] == "app."}

    assert set(FEEDS) | set(SILENT) == real
    assert not set(FEEDS) & set(SILENT)


def test_events_name_what_there_is() -> None:
    for name, (kind, field) in FEEDS.items():
        assert kind in {*SOURCES, ""}
        assert field in Event.kinds[name].__dataclass_fields__  # type: ignore[attr-defined]
    assert all(set(kinds) <= set(SOURCES) for kinds in ALSO.values())
    assert set(ALSO) <= set(FEEDS)


def test_a_document_is_the_same_alone_and_among_others(
    db: Database, catalogue: Catalogue, world: World
) -> None:
    """Otherwise one that was fed would differ from one that was built."""
    assert world
    context = catalogue.context(NOON)
    with db.reading() as session:
        for together in all_documents(session, context):
            kind, _, number = together.id.partition(":")
            alone, _ = documents_for(session, {kind: [UUID(number)]}, context)
            assert alone == [together]
