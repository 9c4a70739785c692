"""The search page: words, filters, fragments, odd input, and no index at all."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from datetime import time
from typing import cast as typed
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlmodel import select

from app import fair, places, search
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
        "near=91,0&walk=8&from=nowhere",
        "near=nan,nan&walk=999&open=maybe&view=x&source=%00&language=xx",
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


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("上", "上门理发"),
        ("lifa", "理发"),
        ("elder", "category=elder_care"),
        ("shenghuo", "category=daily_repair"),
        ("海棠", "海棠苑"),
    ],
)
def test_suggestions_follow_the_typing(
    client: Client, typed: str, expected: str
) -> None:
    """Titles, words by pinyin, categories in two languages, places."""
    found = client.get("/search/suggestions", query_string={"q": typed}).text

    assert expected in found


@pytest.mark.parametrize("typed", ["", "l", " ", "\x00", "(", "x" * 900])
def test_too_little_to_complete_is_answered_with_nothing(
    client: Client, typed: str
) -> None:
    answer = client.get("/search/suggestions", query_string={"q": typed})

    assert answer.status_code == 200
    assert "<li>" not in answer.text


def test_a_browser_can_add_the_search(client: Client) -> None:
    assert 'rel="search"' in client.get("/").text
    answer = client.get("/opensearch.xml")
    assert answer.mimetype == "application/opensearchdescription+xml"
    assert "/search?q={searchTerms}" in answer.text
    ET.fromstring(answer.text)

    typed, texts = client.get("/search/completions?q=上门").json
    assert typed == "上门"
    assert "上门理发" in texts


def test_a_choice_becomes_a_chip_with_a_way_back(client: Client) -> None:
    page = client.get("/search?q=理发&category=elder_care&open=now&max_points=30").text
    chips = page.split('class="chips"')[1].split("</ul>")[0]

    for words in ("Elderly care and company", "Open now", "Up to 30 points"):
        assert words in chips
    assert chips.count("Take away") == 3
    assert "Clear all choices" in chips


def test_a_surprising_hit_says_why(client: Client) -> None:
    assert "Found by the sound: 理发" in text_of(
        client.get("/search?q=lifa&kind=offering")
    )
    assert "Found by" not in client.get("/search?q=理发&kind=offering").text


def test_results_can_stand_by_kind(client: Client) -> None:
    page = text_of(client.get("/search?view=grouped"))

    assert "Services 2" in page
    assert "Sites" in page
    assert "See all" in page


def test_a_walk_begins_at_a_place_and_says_how_far(client: Client, cast: Cast) -> None:
    start = client.get("/search/from?q=理发").text
    assert f"from={cast.centre}" in start

    page = text_of(client.get(f"/search?from={cast.centre}&walk=15"))
    assert "15 minutes on foot · Wangchao Community Centre" in page
    assert "Distance" in page
    assert "Nearest" in text_of(client.get(f"/search?from={cast.centre}"))
    assert "Nearest" not in text_of(client.get("/search"))


def test_a_position_is_rough_and_only_asked_for_here(client: Client) -> None:
    answer = client.get("/search?near=30.1234567,122.9876543&walk=8")

    assert "30.123,122.988" in answer.text
    assert "30.1234" not in answer.text.split('id="results"')[1]
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
    assert "geolocation=()" in client.get("/").headers["Permissions-Policy"]


def test_open_now_follows_the_doors(
    app: Flask, db: Database, client: Client, cast: Cast
) -> None:
    at = now().astimezone(ZoneInfo("Asia/Shanghai"))
    with db.transaction() as session:
        week = [(day, time.min, time(23, 59, 59)) for day in range(7)]
        places.set_hours(session, cast.station, week)
    search.rebuild(db, app.extensions["fair_catalogue"], at=now())
    page = text_of(client.get("/search?kind=offering&open=now"))
    assert "上门理发" in page
    assert "雨伞换骨" not in page

    with db.transaction() as session:
        places.close_on(session, cast.station, at.date(), "台风")
    search.rebuild(db, app.extensions["fair_catalogue"], at=now())
    assert "上门理发" not in text_of(client.get("/search?kind=offering&open=now"))


def test_a_hit_read_by_the_typed_word_needs_no_reason(
    app: Flask, db: Database, client: Client
) -> None:
    """The Chinese title leads there, but an English reader sees the word itself."""
    with db.transaction() as session:
        (row,) = [
            one
            for one in session.exec(select(fair.Offering))
            if one.external_id == "o0"
        ]
        row.title_en = "Haircuts at home"
        session.add(row)
    search.rebuild(db, app.extensions["fair_catalogue"], at=now())

    assert "Found by" not in client.get("/search?q=haircut&lang=en").text
    assert "按“" in client.get("/search?q=haircut&lang=zh-Hans").text


def test_what_was_meant_is_said_in_the_readers_script(client: Client) -> None:
    assert "理髮</a>?" in client.get("/search?q=理法&lang=zh-Hant").text
    assert "理发</a>?" in client.get("/search?q=理法&lang=zh-Hans").text
