"""The search through the API: public, exact about what it cannot read."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app import search
from app.fair import Category, PriceMode, ServiceNature
from app.kernel.clock import now
from app.kernel.db import Database
from tests.app.fair.world import draft, published, slot_of
from tests.cast import Cast
from tests.programs import Program, problem, stranger


def feed(app: Flask, db: Database) -> None:
    search.rebuild(db, app.extensions["fair_catalogue"], at=now())


@pytest.fixture
def anyone(app: Flask, db: Database, cast: Cast) -> Program:
    """Somebody before a catalogue of three offerings and a draft."""
    with db.transaction() as session:
        haircut = published(session, cast, external_id="O-1")
        slot_of(session, haircut.id, start=now() + timedelta(days=1))
        published(
            session, cast, external_id="O-2", title="修自行车", title_en="Bicycles",
            summary="补胎换链", place_id=cast.other_centre, points=Decimal(2),
        )  # fmt: skip
        published(
            session, cast, external_id="O-3", title="太极拳课", title_en="Tai chi",
            summary="每天早上", category=Category.CULTURE_SPORT,
            service_nature=ServiceNature.PUBLIC_BENEFIT_FREE,
            price_mode=PriceMode.FREE, points=None, programme_id=None,
            audiences=["elderly"],
        )  # fmt: skip
        draft(session, cast, external_id="O-9", title="理发草稿")
    feed(app, db)
    return stranger(app)


def part_of(start: datetime) -> str:
    hour = (start + timedelta(hours=8)).hour
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def found(anyone: Program, **asked: Any) -> list[str | None]:
    answer = anyone.look("/search", kind="offering", **asked)
    assert answer.status_code == 200, answer.text
    return [one["external_id"] for one in answer.json["items"]]


def test_what_is_found_is_told_with_its_own_id_and_place(
    anyone: Program, cast: Cast
) -> None:
    answer = anyone.look("/search", q="理发", kind="offering")

    told = answer.json
    assert told["total"] == 1
    (one,) = told["items"]
    assert one["external_id"] == "O-1"
    assert one["kind"] == "offering"
    assert one["title"] == "周三理发"
    assert one["snippet"]
    assert one["place"] == "Wangchao Community Centre"
    assert one["place_id"] == str(cast.centre)
    assert one["url"] == f"/fair/{one['id']}"
    assert (one["price_mode"], one["points"]) == ("points", "5.00")
    assert one["next_free"].endswith("Z")
    assert one["provider"] == "王*宽"
    assert "王阿宽" not in answer.text
    assert told["facets"]["category"] == {"daily_repair": 1}
    assert told["facets"]["price"] == {"points": 1}
    assert told["facets"]["nature"] == {"volunteer": 1}
    assert told["did_you_mean"] is None


def test_every_filter_narrows(anyone: Program, cast: Cast) -> None:
    tomorrow = (now() + timedelta(days=1, hours=8)).date()
    assert set(found(anyone)) == {"O-1", "O-2", "O-3"}
    assert found(anyone, category="culture_sport") == ["O-3"]
    assert set(found(anyone, category="culture_sport,daily_repair")) == {
        "O-1", "O-2", "O-3",
    }  # fmt: skip
    assert found(anyone, audience="elderly") == ["O-3"]
    assert found(anyone, price="free") == ["O-3"]
    assert found(anyone, nature="public_benefit_free") == ["O-3"]
    assert found(anyone, max_points="3", price="points") == ["O-2"]
    assert found(anyone, place=cast.other_town) == ["O-2"]
    assert found(anyone, place="T2") == ["O-2"]
    assert found(anyone, when=tomorrow.isoformat()) == ["O-1"]
    assert found(anyone, when="tomorrow") == ["O-1"]
    assert found(anyone, when="2020-01-01") == []
    part = part_of(now() + timedelta(days=1))
    other = "morning" if part != "morning" else "evening"
    assert found(anyone, when=f"{tomorrow},{part}") == ["O-1"]
    assert found(anyone, when=[tomorrow.isoformat(), other]) == []
    assert set(found(anyone, source="individual")) == {"O-1", "O-2", "O-3"}
    assert found(anyone, source="department") == []
    assert found(anyone, language="en", q="Bicycles") == ["O-2"]
    assert found(anyone, language="zh-Hant") == []
    kinds = anyone.look("/search", kind=["place", "offering"], limit=100).json
    assert {one["kind"] for one in kinds["items"]} == {"place", "offering"}


def test_nearest_first_says_how_far(anyone: Program) -> None:
    asked = {"near": "30.21,122.15", "sort": "nearest", "kind": "offering"}
    told = anyone.look("/search", **asked).json

    assert told["items"][0]["external_id"] == "O-2"
    far = [one["distance_km"] for one in told["items"]]
    assert far[0] < 0.1
    assert far == sorted(far)
    assert found(anyone, near="30.21,122.15,1") == ["O-2"]


def test_places_are_found_by_the_id_they_were_loaded_with(anyone: Program) -> None:
    told = anyone.look("/search", q="海棠苑", kind="place").json
    assert [one["external_id"] for one in told["items"]] == ["S001"]


def test_pages_go_on_by_cursor_and_meet_everything_once(anyone: Program) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(5):
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = anyone.look("/search", **asked).json
        seen += [f"{one['kind']}:{one['id']}" for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert cursor is None
    assert len(seen) == len(set(seen)) == page["total"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "person"),
        ("category", "gambling"),
        ("audience", "nobody"),
        ("price", "barter"),
        ("nature", "odd"),
        ("place", "Z9"),
        ("when", "someday"),
        ("when", "2026-02-30"),
        ("when", "2026-06-03,2026-06-04"),
        ("open", "later"),
        ("source", "nobody"),
        ("language", "fr"),
        ("near", "here"),
        ("near", "91,0"),
        ("near", "nan,nan"),
        ("near", "1,2,-3"),
        ("near", "1,2,3,4"),
        ("sort", "random"),
        ("limit", "0"),
        ("limit", "1000"),
        ("max_points", "-1"),
        ("max_points", "NaN"),
        ("cursor", "x"),
        ("cursor", "LTE6LTE"),
        ("q", "x" * 201),
    ],
)
def test_what_cannot_be_read_is_said_by_name(
    anyone: Program, name: str, value: str
) -> None:
    told = problem(anyone.look("/search", **{name: value}), 422)
    assert set(told["errors"]) == {name}


def test_nearest_wants_to_know_where(anyone: Program) -> None:
    told = problem(anyone.look("/search", sort="nearest"), 422)
    assert set(told["errors"]) == {"near"}


@pytest.mark.parametrize(
    "odd", ["\x00", "*", "(", "title:x", "' OR 1=1 --", "🎈", "%", "AND"]
)
def test_odd_questions_are_answered(anyone: Program, odd: str) -> None:
    assert anyone.look("/search", q=odd).status_code == 200


def test_a_place_that_cannot_be_is_refused(anyone: Program) -> None:
    problem(anyone.look("/search", place="T2\x00x"), 422)


def test_what_is_typed_is_completed(anyone: Program) -> None:
    told = anyone.look("/suggest", q="周三").json["items"]
    assert "周三理发" in [one["text"] for one in told]
    problem(anyone.look("/suggest"), 422)
    problem(anyone.look("/suggest", q="x" * 41), 422)


def test_without_an_index_the_tables_answer_and_it_is_said(
    app: Flask, anyone: Program
) -> None:
    catalogue = app.extensions["fair_catalogue"]
    assert anyone.look("/search", q="理发").json["notice"] is None
    catalogue.opened = None
    shutil.rmtree(catalogue.folder)
    catalogue.folder.write_text("in the way")

    answer = anyone.look("/search", q="理发")
    completed = anyone.look("/suggest", q="理发")

    assert answer.status_code == completed.status_code == 200
    assert "being rebuilt" in answer.json["notice"]
    assert [one["title"] for one in answer.json["items"]] == ["周三理发"]
    assert [one["text"] for one in completed.json["items"]] == ["周三理发"]
