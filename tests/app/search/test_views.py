"""The search page: words, filters, fragments, odd input, and no index at all."""

from __future__ import annotations

import shutil
from typing import cast as typed

import pytest
from flask import Flask

from app import fair, search
from app.fair import Category, OfferingKind, PriceMode, ServiceNature
from app.kernel.clock import now
from app.kernel.db import Database
from app.search import Catalogue
from tests.cast import NOON, Cast
from tests.web import Client, text_of


@pytest.fixture(autouse=True)
def offerings(app: Flask, db: Database, cast: Cast) -> Catalogue:
    with db.transaction() as session:
        for number, (title, place, category) in enumerate(
            [
                ("上门理发", cast.station, Category.ELDER_CARE),
                ("雨伞换骨", cast.other_centre, Category.DAILY_REPAIR),
            ]
        ):
            fair.load_offering(
                session,
                external_id=f"o{number}",
                author_id=cast.wang,
                provider_id=cast.wang,
                place_id=place,
                title=title,
                kind=OfferingKind.SERVICE,
                category=category,
                service_nature=ServiceNature.VOLUNTEER,
                price_mode=PriceMode.FREE,
                at=NOON,
            )
    catalogue = typed("Catalogue", app.extensions["fair_catalogue"])
    search.catch_up(db, catalogue, at=now())
    return catalogue


def test_a_guest_finds_by_words_and_sees_them_marked(client: Client) -> None:
    answer = client.get("/search?q=理发")

    assert answer.status_code == 200
    assert "理发</mark>" in answer.text
    assert "雨伞换骨" not in answer.text


def test_a_place_counts_with_everything_below_it(client: Client, cast: Cast) -> None:
    answer = client.get(f"/search?kind=offering&place={cast.town}")

    assert "上门" in answer.text
    assert "雨伞换骨" not in answer.text


def test_choices_show_true_counts_beside_them(client: Client) -> None:
    page = text_of(client.get("/search"))

    assert "Elderly care and company 1" in page
    assert "Daily life and repair 1" in page


def test_htmx_gets_the_results_alone(client: Client) -> None:
    answer = client.get("/search?q=理发", headers={"HX-Request": "true"})

    assert answer.text.lstrip().startswith('<div id="results"')
    assert "<html" not in answer.text


def test_nothing_found_says_what_to_do_next(client: Client) -> None:
    page = text_of(client.get("/search?q=潜水艇"))

    assert "Nothing fits yet" in page
    assert "See everything" in page


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "%E9%95%BF" * 800,
        "q=*&page=-5",
        "q=%00%ff",
        "category=nonsense&audience=x&price=%27%3B&nature=1&time=never",
        "place=not-an-id&when=2026-13-45&max_points=1e999&sort=[]",
        "page=99999999999999999999",
    ],
)
def test_odd_addresses_are_answered(client: Client, query: str) -> None:
    assert client.get(f"/search?{query}").status_code == 200


def test_without_an_index_the_tables_are_searched_and_it_is_said(
    client: Client, app: Flask, offerings: Catalogue
) -> None:
    shutil.rmtree(offerings.folder)
    offerings.folder.write_text("not a folder")
    app.extensions["fair_catalogue"] = search.open_index(
        offerings.folder, offerings.timezone
    )

    answer = client.get("/search?q=理发")

    assert answer.status_code == 200
    assert "being rebuilt" in answer.text
    assert "上门<mark>理发</mark>" in answer.text
    assert "雨伞换骨" not in answer.text


def test_suggestions_follow_the_typing(client: Client) -> None:
    assert "上门理发" in client.get("/search/suggestions?q=上门").text
