"""How the piles lie, and how much must be asked before people are listed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.desk.errors import AskForMore
from app.desk.rules import PILE_SHOWN, ensure_enough_asked, masked_phone, piles
from app.web.desk_items import DeskItem, DeskKind
from tests.cast import NOON, known_id

HERE, THERE = known_id("here"), known_id("there")


def waits(
    name: str, kind: DeskKind, *, hours: int = 1, place_id: UUID = HERE
) -> DeskItem:
    return DeskItem(
        kind=kind, id=known_id(name), title=name, url="/", place_id=place_id,
        since=NOON - timedelta(hours=hours),
    )  # fmt: skip


def test_piles_come_in_their_order_with_the_oldest_on_top() -> None:
    found = piles(
        [
            waits("young listing", DeskKind.LISTING),
            waits("young record", DeskKind.RECORD),
            waits("old record", DeskKind.RECORD, hours=30),
        ],
        None,
    )

    assert [(pile.kind, [item.title for item in pile.items]) for pile in found] == [
        (DeskKind.RECORD, ["old record", "young record"]),
        (DeskKind.LISTING, ["young listing"]),
    ]


def test_only_one_places_work_is_shown_when_asked_for() -> None:
    found = piles(
        [
            waits("here", DeskKind.PICKUP),
            waits("there", DeskKind.PICKUP, place_id=THERE),
        ],
        frozenset({THERE}),
    )

    assert [item.title for pile in found for item in pile.items] == ["there"]


def test_a_high_pile_is_cut_and_counted() -> None:
    high = [waits(f"n{n}", DeskKind.RECORD) for n in range(PILE_SHOWN + 3)]

    (pile,) = piles(high, None)

    assert (len(pile.shown), pile.more) == (PILE_SHOWN, 3)


@pytest.mark.parametrize("words", ["", "  ", "a", "13", "1380"])
def test_too_little_lists_nobody(words: str) -> None:
    with pytest.raises(AskForMore) as refused:
        ensure_enough_asked(words)
    assert refused.value.field == "words"


@pytest.mark.parametrize("words", ["林", "Lin", "13800000000", "CAST0000"])
def test_a_name_or_a_whole_number_is_enough(words: str) -> None:
    assert ensure_enough_asked(f" {words} ") == words


def test_the_desk_sees_the_end_of_a_number() -> None:
    assert masked_phone("13800000012") == "···0012"
    assert masked_phone(None) is None
