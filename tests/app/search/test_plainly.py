"""Searching the tables: all kinds, both scripts, the filters, bodies, no surprises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from app import fair, places
from app.fair import Audience, Category, PriceMode
from app.kernel.db import Database
from app.search.plainly import find_plainly, suggest_plainly
from app.search.queries import Context
from search_index import FACETS, Filters, Near, Page, Query
from tests.app.fair.world import TOMORROW, draft, published, slot_of
from tests.app.volunteering.world import a_post
from tests.app.workshops.shop import open_shop
from tests.cast import NOON, Cast

CONTEXT = Context(at=NOON, zone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def town(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        haircut = published(
            session, cast, title="周三上午免费为老人理发", body="请自带毛巾",
            audiences=["elderly"], category=Category.ELDER_CARE,
        )  # fmt: skip
        slot_of(session, haircut.id, start=TOMORROW)
        published(
            session, cast, title="雨伞换骨", title_en="Umbrella ribs",
            place_id=cast.other_centre, price_mode=PriceMode.FREE, points=None,
            programme_id=None,
        )  # fmt: skip
        published(session, cast, title="記帳輔導", title_en=None, summary="100%_好")
        draft(session, cast, title="秘密草稿理发")
        a_post(session, cast)
        open_shop(session, cast)


def ask(db: Database, text: str = "", **more: Any) -> Page:
    with db.reading() as session:
        return find_plainly(session, Query(text=text, **more), CONTEXT)


def titles(db: Database, text: str = "", **more: Any) -> list[str]:
    return [hit.title for hit in ask(db, text, **more).hits]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("理发", "周三上午免费为老人理发"),
        ("理髮", "周三上午免费为老人理发"),
        ("老人理发", "周三上午免费为老人理发"),
        ("毛巾", "周三上午免费为老人理发"),
        ("UMBRELLA", "雨伞换骨"),
        ("記帳", "記帳輔導"),
        ("辅导", "記帳輔導"),
        ("100%_", "記帳輔導"),
        ("送到家", "午餐送到家"),
        ("南埠老街", "南埠老街党群服务中心"),
        ("chopsticks", "chopsticks"),
    ],
)
def test_words_are_found_in_titles_and_bodies_of_all_kinds(
    db: Database, words: str, title: str
) -> None:
    assert titles(db, words)[0] == title


def test_an_old_one_that_holds_more_words_comes_before_newer_ones(
    db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many newer ones hold a word of it, they do not crowd it out."""
    monkeypatch.setattr("app.search.plainly.CANDIDATES", 3)
    with db.transaction() as session:
        published(session, cast, title="量血压第335098摊").created_at = NOON
        for number in range(5):
            later = NOON + timedelta(days=1)
            published(session, cast, title=f"量血压{number}").created_at = later

    assert titles(db, "量血压第335098摊")[0] == "量血压第335098摊"


def test_open_doors_languages_and_parts_of_days_are_filters_here_too(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        week = [(day, time(8, 30), time(17)) for day in range(7)]
        places.set_hours(session, cast.station, week)
    noon = NOON.astimezone(CONTEXT.zone)
    opened = Filters(is_open=True, kind=("offering",))

    assert "周三上午免费为老人理发" in titles(db, filters=opened, wall_clock=noon)
    assert titles(db, filters=opened, wall_clock=noon.replace(hour=23)) == []
    english = Filters(language=("en",), kind=("offering",))
    assert "雨伞换骨" in titles(db, filters=english)
    assert "記帳輔導" not in titles(db, filters=english)


def test_a_day_and_its_parts_want_one_free_time(db: Database) -> None:
    day = TOMORROW.astimezone(CONTEXT.zone).date().isoformat()
    offers = Filters(kind=("offering",), day=day)
    parts = ask(db, filters=offers, facets=("time",)).facets["time"]
    part = next(iter(parts))
    free = replace(offers, times=(part,))
    never = next(p for p in ("morning", "evening") if p not in parts)

    assert titles(db, filters=free) == ["周三上午免费为老人理发"]
    assert titles(db, filters=replace(offers, times=(never,))) == []
    assert ask(db, filters=free, facets=("day",)).facets["day"] == {day: 1}


@pytest.mark.parametrize("words", ["潜水艇", "%", "_", "'; DROP TABLE outbox; --", "*"])
def test_what_is_not_there_is_not_found(db: Database, words: str) -> None:
    assert "周三上午免费为老人理发" not in titles(db, words)


def test_drafts_are_found_by_nobody(db: Database) -> None:
    assert titles(db, "秘密草稿", filters=Filters(kind=("offering",))) == []


def test_every_filter_narrows(db: Database, cast: Cast) -> None:
    day = TOMORROW.astimezone(CONTEXT.zone).date().isoformat()
    haircut, umbrella = "周三上午免费为老人理发", "雨伞换骨"
    for filters, has, has_not in (
        (Filters(kind=("post",)), "午餐送到家", haircut),
        (Filters(category=("elder_care",)), haircut, umbrella),
        (Filters(audience=(str(Audience.ELDERLY),)), haircut, umbrella),
        (Filters(price_mode=("free",)), umbrella, haircut),
        (Filters(service_nature=("volunteer",)), haircut, "chopsticks"),
        (Filters(place=(str(cast.other_town),)), umbrella, haircut),
        (Filters(max_points=Decimal(4)), umbrella, haircut),
        (Filters(day=day), haircut, umbrella),
    ):
        found = titles(db, filters=filters, limit=50)
        assert has in found, filters
        assert has_not not in found, filters


def test_values_nobody_knows_find_nothing(db: Database) -> None:
    for filters in (Filters(category=("nonsense",)), Filters(kind=("person",))):
        assert ask(db, filters=filters).total == 0


def test_counts_leave_their_own_filter_aside(db: Database) -> None:
    found = ask(db, facets=FACETS, filters=Filters(category=("elder_care",)))

    assert found.total == 1
    assert found.facets["category"]["daily_repair"] == 2
    assert found.facets["kind"] == {"offering": 1}


def test_pages_do_not_overlap_and_sorting_is_kept(db: Database) -> None:
    first = titles(db, limit=5, sort="newest")
    second = titles(db, limit=5, offset=5, sort="newest")
    assert first + second == titles(db, limit=10, sort="newest")
    assert titles(db, sort="soonest")[0] == "周三上午免费为老人理发"
    near = Near(lat=30.21, lon=122.15, km=1.0)
    assert titles(db, sort="nearest", near=near)[0] in {
        "雨伞换骨", "南埠老街党群服务中心"
    }  # fmt: skip
    assert "周三上午免费为老人理发" not in titles(db, near=near, limit=50)


def test_a_full_time_is_not_offered(db: Database) -> None:
    with db.transaction() as session:
        slot = session.exec(select(fair.Slot)).one()
        slot.taken = slot.capacity
    page = ask(db, "理发", filters=Filters(kind=("offering",)))

    assert "next" not in page.hits[0].card


def test_completions_are_titles(db: Database) -> None:
    with db.reading() as session:
        found = suggest_plainly(session, "雨伞", CONTEXT)
        nothing = suggest_plainly(session, "  ", CONTEXT)

    assert [one.text for one in found] == ["雨伞换骨"]
    assert len(nothing) <= 8


def test_matches_are_marked_in_the_original_script(db: Database) -> None:
    hit = ask(db, "辅导").hits[0]

    assert "".join(text for text, _ in hit.title_marked) == "記帳輔導"
    assert any(is_match for _, is_match in hit.title_marked)


def test_past_moments_are_no_next_time(db: Database) -> None:
    later = Context(
        at=datetime.fromtimestamp(TOMORROW.timestamp(), UTC) + timedelta(days=9),
        zone=CONTEXT.zone,
    )
    with db.reading() as session:
        page = find_plainly(session, Query(text="理发"), later)

    assert "next" not in page.hits[0].card
