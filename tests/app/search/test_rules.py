"""What an address asks for: read with care, written back the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.search.rules import PAGE_MAX, QUERY_MAX, Asked, page_url


def test_an_address_is_read_and_written_back_the_same() -> None:
    asked = Asked(
        text="理发",
        kind=("offering",),
        price=("free", "points"),
        max_points=Decimal(30),
        when=date(2026, 6, 3),
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
