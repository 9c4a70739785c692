"""Folding, cutting and marking never lose or change a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index import analysis, highlight

CHINESE = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5))
MIXED = st.text(alphabet="理髮发剪農(nóng)產品 ABCcut's，。ｆＦ①Ⅳ㈱é😀İß", max_size=60)
ANY = st.one_of(st.text(max_size=60), CHINESE, MIXED)
WORDS = st.lists(st.sampled_from(["理发", "发", "cut", "农产品", "品", "f", "a b"]))


@given(CHINESE)
def test_folding_keeps_the_length_of_chinese(text: str) -> None:
    assert len(analysis.fold(text)) == len(text)


@given(CHINESE)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = analysis.fold(text)
    assert analysis.fold(once) == once


@given(ANY)
def test_the_map_leads_back_into_the_text(text: str) -> None:
    folded, places = analysis.fold_with_map(text)
    assert len(folded) == len(places)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@given(ANY, WORDS)
def test_marking_never_changes_the_text(text: str, words: list[str]) -> None:
    marked = highlight.mark(text, words)
    assert "".join(piece for piece, _ in marked) == text
    assert all(piece for piece, _ in marked)


@given(ANY, WORDS, st.integers(5, 40))
def test_a_snippet_is_a_stretch_of_the_text(
    text: str, words: list[str], width: int
) -> None:
    pieces = [piece for piece, _ in highlight.snippet(text, words, width)]
    joined = "".join(pieces)
    assert joined in text or joined.strip("…") in text
    assert len(joined) <= width + 2


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("上門理髮服務", ["理发"], ["理髮"]),
        ("土產農(nóng)產品", ["农产品"], ["農(nóng)產品"]),
        ("Haircuts for all", ["haircut"], ["Haircuts"]),
        ("理发理发", ["理发"], ["理发理发"]),
        ("公益義剪", ["haircut"], []),
        ("社区治理发展沙龙", ["理发"], []),
        ("ＡＥＤ机", ["aed"], ["ＡＥＤ"]),
    ],
)
def test_marks_stand_on_the_original_script(
    text: str, words: list[str], marked: list[str]
) -> None:
    assert [piece for piece, hit in highlight.mark(text, words) if hit] == marked


@pytest.mark.parametrize(
    ("word", "stem"),
    [("aed", "aed"), ("haircuts", "haircut"), ("gas", "gas"), ("repairing", "repair")],
)
def test_short_words_keep_all_letters(word: str, stem: str) -> None:
    assert analysis.stem(word) == stem


@pytest.mark.parametrize(
    ("letters", "syllables"),
    [
        ("lifa", ("li", "fa")),
        ("yanglao", ("yang", "lao")),
        ("lvshi", ("lv", "shi")),
        ("hello", None),
        ("", ()),
    ],
)
def test_pinyin_is_cut_into_syllables(
    letters: str, syllables: tuple[str, ...] | None
) -> None:
    assert analysis.split_syllables(letters) == syllables
