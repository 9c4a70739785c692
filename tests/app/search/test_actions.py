"""The index follows the outbox: found within one call, gone at once, rebuilt when lost."""

from __future__ import annotations

import shutil
from typing import cast as typed
from uuid import UUID

import pytest
from flask import Flask

from app import fair, search
from app.fair import Category, OfferingKind, PriceMode, ServiceNature
from app.kernel.db import Database
from app.search import Catalogue
from search_index import Query
from tests.cast import NOON, Cast


@pytest.fixture
def catalogue(app: Flask) -> Catalogue:
    return typed("Catalogue", app.extensions["fair_catalogue"])


@pytest.fixture
def haircut(db: Database, cast: Cast) -> UUID:
    with db.transaction() as session:
        offering = fair.load_offering(
            session,
            external_id="haircut",
            author_id=cast.wang,
            provider_id=cast.wang,
            place_id=cast.station,
            title="周三上午免费为老人理发",
            kind=OfferingKind.SERVICE,
            category=Category.ELDER_CARE,
            service_nature=ServiceNature.VOLUNTEER,
            price_mode=PriceMode.FREE,
            at=NOON,
        )
    return offering.id


def found(catalogue: Catalogue, words: str) -> list[str]:
    page = catalogue.index.search(Query(text=words))
    return [hit.id for hit in page.hits if hit.kind == "offering"]


def test_what_is_published_is_found_in_either_script(
    db: Database, catalogue: Catalogue, haircut: UUID
) -> None:
    search.catch_up(db, catalogue, at=NOON)

    for words in ("理发", "理髮", "免费理发", "lifa"):
        assert found(catalogue, words) == [f"offering:{haircut}"], words


def test_what_is_taken_away_is_gone_at_the_next_call(
    db: Database, catalogue: Catalogue, haircut: UUID, cast: Cast
) -> None:
    search.catch_up(db, catalogue, at=NOON)
    with db.transaction() as session:
        fair.take_down(
            session, haircut, by=cast.shen, at=NOON, reason="试一试，明天再上架"
        )

    search.catch_up(db, catalogue, at=NOON)

    assert found(catalogue, "理发") == []


def test_nothing_new_is_nothing_to_do(
    db: Database, catalogue: Catalogue, haircut: UUID
) -> None:
    assert haircut
    assert search.catch_up(db, catalogue, at=NOON) > 0
    assert search.catch_up(db, catalogue, at=NOON) == 0


def test_a_lost_index_is_rebuilt(
    db: Database, catalogue: Catalogue, haircut: UUID
) -> None:
    search.catch_up(db, catalogue, at=NOON)
    shutil.rmtree(catalogue.folder)
    lost = search.open_index(catalogue.folder, catalogue.timezone)

    search.catch_up(db, lost, at=NOON)

    assert found(lost, "理发") == [f"offering:{haircut}"]


def test_a_draft_is_found_by_nobody(
    db: Database, catalogue: Catalogue, cast: Cast
) -> None:
    with db.transaction() as session:
        fair.create_offering(
            session,
            author_id=cast.wang,
            place_id=cast.station,
            title="秘密草稿",
            kind=OfferingKind.SERVICE,
            category=Category.ELDER_CARE,
            service_nature=ServiceNature.VOLUNTEER,
            price_mode=PriceMode.FREE,
            at=NOON,
        )

    search.catch_up(db, catalogue, at=NOON)

    assert found(catalogue, "秘密草稿") == []
