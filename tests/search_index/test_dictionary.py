"""The dictionary leads from English to Chinese, and only to words that are there."""

import pytest

from search_index import Index, dictionary
from search_index.dictionary import FIRST, LATER, singulars
from tests.search_index.asking import doc, found


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("squid", "鱿鱼"),
        ("squids", "鱿鱼"),
        ("blind date", "相亲"),
        ("locksmith", "锁匠"),
        ("accounting", "会计"),
    ],
)
def test_english_words_have_chinese_ones(english: str, chinese: str) -> None:
    assert chinese in dict(dictionary.load().chinese(tuple(english.split())))


def test_a_first_meaning_is_worth_more_than_a_later_one() -> None:
    shares = dictionary.load().chinese(("accounting",))

    assert {share for _, share in shares} == {FIRST, LATER}
    assert [share for _, share in shares] == sorted(
        (s for _, s in shares), reverse=True
    )


def test_words_of_one_meaning_are_alike() -> None:
    assert "馒头" in dict(dictionary.load().alike("馍馍"))
    assert "馍馍" not in dict(dictionary.load().alike("馍馍"))


def test_what_it_does_not_know_has_no_companions() -> None:
    assert dictionary.load().chinese(("qwertyuiop",)) == ()
    assert dictionary.load().alike("甪直鬻") == ()


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("berries", ("berries", "berry")),
        ("brushes", ("brushes", "brush")),
        ("cups", ("cups", "cup")),
        ("glass", ("glass",)),
    ],
)
def test_plurals_lead_to_their_singular(word: str, forms: tuple[str, ...]) -> None:
    assert singulars(word) == forms


def test_english_finds_what_no_line_of_the_thesaurus_names(index: Index) -> None:
    index.apply([doc("bell", "修好的门铃"), doc("other", "公益理发日")])

    assert found(index, "doorbell") == ["bell"]


def test_words_the_index_has_not_are_no_part_of_a_plan(index: Index) -> None:
    index.apply([doc("other", "公益理发日")])

    assert found(index, "doorbell") == []


def test_a_resident_word_finds_its_equal_by_meaning(index: Index) -> None:
    """晴雨伞 stands in no thesaurus line; the dictionary calls it a parasol."""
    known = dict(dictionary.load().alike("阳伞"))
    index.apply([doc(word, f"出借{word}") for word in list(known)[:1]])

    assert found(index, "阳伞") == list(known)[:1]
