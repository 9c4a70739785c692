"""What an address asks for: read with care, written back the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.search.rules import (
    PAGE_MAX,
    QUERY_MAX,
    Asked,
    fold_key,
    is_worth_completing,
    line_to_keep,
    page_url,
)


def test_an_address_is_read_and_written_back_the_same() -> None:
    asked = Asked(
        text="理发",
        kind=("offering",),
        price=("free", "points"),
        max_points=Decimal(30),
        when=date(2026, 6, 3),
        source=("department",),
        language=("en",),
        is_open=True,
        walk=8,
        start="a-place",
        near=(30.123, -122.5),
        is_grouped=True,
        sort="soonest",
        page=2,
    )
    url = page_url("/search", asked)
    pairs: dict[str, list[str]] = {}
    from urllib.parse import parse_qsl

    for name, value in parse_qsl(url.split("?", 1)[1]):
        pairs.setdefault(name, []).append(value)

    assert Asked.read(pairs) == asked


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"page": ["-1"]}, Asked()),
        ({"page": ["999999999999"]}, Asked()),
        ({"page": ["99999"]}, Asked(page=PAGE_MAX)),
        ({"page": ["²"]}, Asked()),
        ({"sort": ["price; drop"]}, Asked()),
        ({"max_points": ["NaN"]}, Asked()),
        ({"max_points": ["-3"]}, Asked()),
        ({"when": ["tomorrow"]}, Asked()),
        ({"walk": ["9"]}, Asked()),
        ({"open": ["yes"]}, Asked()),
        ({"near": ["91,0"]}, Asked()),
        ({"near": ["nan,1"]}, Asked()),
        ({"near": ["1e999,1"]}, Asked()),
        ({"near": ["1,2,3"]}, Asked()),
        ({"near": ["30.12345,122.98765"]}, Asked(near=(30.123, 122.988))),
        ({"q": ["\x00理发\x00"]}, Asked(text="理发")),
        ({"q": ["长" * 900]}, Asked(text="长" * QUERY_MAX)),
    ],
)
def test_what_cannot_be_read_is_left_out(
    values: dict[str, list[str]], expected: Asked
) -> None:
    assert Asked.read(values) == expected


def test_a_choice_is_added_and_taken_away() -> None:
    asked = Asked(category=("children",), page=3)

    more = asked.toggled("category", "youth")

    assert more.category == ("children", "youth")
    assert more.page == 1
    assert more.toggled("category", "children").category == ("youth",)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (Asked(text="a b", page=3, sort="newest", is_grouped=True), "q=a+b"),
        (Asked(near=(1.0, 2.0), walk=8), ""),
        (Asked(start="p", near=(1.0, 2.0), walk=8), "walk=8&from=p"),
        (Asked(kind=("post",), time=("evening",)), "kind=post&time=evening"),
    ],
)
def test_what_is_kept_of_a_search_says_nothing_of_where_somebody_is(
    asked: Asked, line: str
) -> None:
    assert line_to_keep(asked) == line
    assert line_to_keep(Asked.read_line(line)) == line


@pytest.mark.parametrize(
    ("typed", "is_enough"), [("理", True), ("l", False), ("lf", True), ("", False)]
)
def test_one_character_or_two_letters_are_worth_completing(
    typed: str,
    is_enough: bool,
) -> None:
    assert is_worth_completing(typed) is is_enough


def test_wishes_in_either_script_width_and_case_are_one() -> None:
    assert fold_key("修 傘!") == fold_key("修伞") == "修伞"
    assert fold_key("ＷｉＦｉ") == fold_key("wifi")
