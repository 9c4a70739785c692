"""Which words are a wish, when a search is looked through, how needs are gathered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.wishes import rules
from app.wishes.errors import TooManySearches, WishUnreadable
from app.wishes.models import KeptSearch, Wish
from tests.cast import NOON, TODAY, known_id


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("修收音机", "修收音机"),
        ("  修 \n 收音机\t", "修 收音机"),
        ("3 楼换灯泡 2 次", "3 楼换灯泡 2 次"),
        ("长" * 200, "长" * rules.WORDS_MAX),
        ("ｗｉｆｉ", "wifi"),
    ],
)
def test_words_are_kept_tidy(typed: str, kept: str) -> None:
    assert rules.words_of_wish(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "?!…", "\u200b\u200b", "打我电话 138 0013 8000", "me@example.org 修伞",
     "+86-138-0013-8000", "１３８００１３８０００"],
)  # fmt: skip
def test_nothing_and_somebody_are_no_wish(typed: str) -> None:
    with pytest.raises(WishUnreadable):
        rules.words_of_wish(typed)


def test_nobody_keeps_more_searches_than_one_can_look_through() -> None:
    rules.ensure_room(rules.KEPT_MAX - 1)
    with pytest.raises(TooManySearches):
        rules.ensure_room(rules.KEPT_MAX)


def test_a_search_looks_back_a_little_but_never_before_it_was_kept() -> None:
    search = KeptSearch(
        person_id=known_id("lin"), name="x", line="q=x", kept_at=NOON, looked_at=NOON
    )
    assert rules.looks_from(search) == NOON
    search.looked_at = NOON + timedelta(days=1)
    assert rules.looks_from(search) == search.looked_at - rules.LOOKED_BACK


@pytest.mark.parametrize(
    ("told_on", "due"),
    [(None, True), (TODAY - timedelta(days=1), True), (TODAY, False)],
)
def test_once_a_day_is_enough(told_on: date | None, due: bool) -> None:
    search = KeptSearch(
        person_id=known_id("lin"), name="x", line="q=x", kept_at=NOON, looked_at=NOON,
        told_on=told_on,
    )  # fmt: skip
    assert rules.is_due(search, TODAY) is due


def test_needs_are_gathered_by_words_the_most_frequent_first() -> None:
    yesterday = TODAY - timedelta(days=1)
    needs = rules.needs_of(
        [
            Wish(key="修伞", day=TODAY, words="修傘", times=1),
            Wish(key="遛狗", day=TODAY, words="遛狗", times=2),
            Wish(key="修伞", day=yesterday, words="修伞", times=4),
        ]
    )
    assert needs == [
        rules.Need("修傘", 5, 2, yesterday, TODAY),
        rules.Need("遛狗", 2, 1, TODAY, TODAY),
    ]


@pytest.mark.parametrize(
    ("typed", "days"), [("7", 7), ("365", 365), (None, 90), ("8", 90), ("x", 90)]
)
def test_the_list_looks_back_a_season_unless_asked(
    typed: str | None, days: int
) -> None:
    assert rules.span_asked(typed) == days
