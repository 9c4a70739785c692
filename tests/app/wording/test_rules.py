"""What a line may say, and what the search makes of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wording import rules
from app.wording.errors import LineInvalid
from app.wording.models import LineKind, SearchLine
from app.wording.rules import SYNONYMS
from search_index.vocabulary import thesaurus_with
from tests.cast import NOON

NOBODY = UUID(int=0)
PAGE = "0f0e0d0c-0b0a-4908-8706-050403020100"


def line(
    kind: LineKind, asked: str, found: str | None = None, **more: object
) -> SearchLine:
    return SearchLine(
        kind=kind, asked=asked, found=found, added_by=NOBODY, added_at=NOON, **more
    )


def test_words_stand_between_commas_of_any_script_each_once() -> None:
    assert rules.words_of("剃头，剪头发, 剃頭、haircut", name="asked") == (
        "剃頭", "剪头发", "haircut",
    )  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " , ，",
        "…",
        "a>b",
        "#x",
        "~ a",
        "长" * 41,
        ",".join("甲乙丙丁戊己庚辛壬"),
        "カット",
        "理发, привет",
        "ß",
    ],
)
def test_what_is_no_line_of_words_is_refused(typed: str) -> None:
    with pytest.raises(LineInvalid):
        rules.words_of(typed, name="asked")


@pytest.mark.parametrize(
    ("typed", "document"),
    [
        (f"http://fair.test/fair/{PAGE}", f"offering:{PAGE}"),
        (f"/volunteering/posts/{PAGE}?lang=en", f"post:{PAGE}"),
        (f" /goods/{PAGE.upper()} ", f"goods:{PAGE}"),
        (f"https://fair.test/rewards/{PAGE}#top", f"reward:{PAGE}"),
    ],
)
def test_a_target_is_the_address_of_a_page(typed: str, document: str) -> None:
    assert rules.document_of(typed) == document


@pytest.mark.parametrize(
    "typed",
    ["", "理发", "/fair/", f"/desk/people/{PAGE}", f"/fair/{PAGE}/slots", "/fair/1"],
)
def test_other_addresses_are_no_target(typed: str) -> None:
    with pytest.raises(LineInvalid):
        rules.document_of(typed)


def test_a_word_does_not_lead_to_itself_in_another_script() -> None:
    with pytest.raises(LineInvalid):
        rules.ensure_apart(["剃頭"], ["理发", "剃头"])


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(sorted(SYNONYMS)))
def test_whatever_is_taken_can_be_read(asked: str, found: str, kind: LineKind) -> None:
    """Each question reads every line: what passes the form must pass the thesaurus."""
    try:
        words = rules.words_of(asked, name="asked"), rules.words_of(found, name="found")
    except LineInvalid:
        return
    one = line(kind, *(", ".join(side) for side in words))

    assert thesaurus_with(rules.wording_of([one], on=NOON.date()).synonyms)


@pytest.mark.parametrize("gap", ["\u2028", "\x85", "\x0b", "\u3000"])
def test_no_sign_ends_a_line_in_the_middle(gap: str) -> None:
    (word,) = rules.words_of(f"推{gap}头", name="asked")

    assert word == "推 头"


def test_no_more_than_three_come_first_for_a_question() -> None:
    pins = [line(LineKind.PIN, "理髮", f"offering:{n}") for n in range(rules.PINS_MAX)]

    rules.ensure_room_for_pin(pins[1:], "理发")
    with pytest.raises(LineInvalid):
        rules.ensure_room_for_pin(pins, "理发")


def test_every_kind_of_line_is_read_by_the_search() -> None:
    wording = rules.wording_of(
        [
            line(LineKind.EQUAL, "推头", "理发, haircut"),
            line(LineKind.KINDS, "曲艺", "评弹"),
            line(LineKind.RELATED, "晒被子", "洗衣"),
            line(LineKind.STOP, "那边, 这头"),
            line(LineKind.PIN, "理髮", "offering:1"),
            line(LineKind.PIN, "理发", "offering:2", until=date(2026, 5, 1)),
            line(LineKind.PIN, "理发", "offering:3", until=date(2026, 4, 30)),
            line(LineKind.CHECK, "理发", "offering:4"),
        ],
        on=date(2026, 5, 1),
    )

    assert wording.synonyms == ("推头, 理发, haircut", "曲艺 > 评弹", "~ 晒被子, 洗衣")
    assert thesaurus_with(wording.synonyms).others("推头")
    assert wording.stop == ("那边", "这头")
    assert dict(wording.pins) == {"理发": ("offering:1", "offering:2")}


@pytest.mark.parametrize(
    ("typed", "times", "kept"),
    [
        ("理发", 2, None),
        (" 理发\x01 ", 3, "理发"),
        ("打 13800138000", 9, None),
        ("a@b.cn", 9, None),
        ("长" * 99, 3, "长" * 80),
    ],
)
def test_words_are_kept_when_several_ask_and_nobody_is_in_them(
    typed: str, times: int, kept: str | None
) -> None:
    assert rules.words_to_keep(typed, times) == kept


def test_what_is_expected_is_worth_its_place() -> None:
    assert rules.worth("b", ["a", "b"]) == 0.5
    assert rules.worth("c", ["a", "b"]) == 0
