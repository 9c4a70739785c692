"""Words an installation adds: synonyms, stop words, and results that come first."""

from pathlib import Path

import pytest

from search_index import Filters, Query, Vocabulary, open_backend
from search_index.backends import Backend
from search_index.vocabulary import thesaurus_with
from tests.search_index.asking import doc


@pytest.fixture(params=("whoosh", "memory", "tantivy"))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    found = open_backend(request.param, tmp_path)
    found.apply(
        [
            doc("cut", "公益理发日"),
            doc("sharp", "磨刀磨剪子"),
            doc("tea", "老茶馆评弹", category="culture"),
            doc("read", "老人读报"),
        ]
    )
    return found


def ids(engine: Backend, text: str, **more: object) -> list[str]:
    return [hit.id for hit in engine.search(Query(text, **more)).hits]  # type: ignore[arg-type]


def test_a_synonym_acts_at_once_and_only_where_it_is_given(engine: Backend) -> None:
    more = Vocabulary(lines=("推头, 理发",))

    assert ids(engine, "刀客") == []
    assert ids(engine, "刀客", vocabulary=Vocabulary(lines=("刀客, 磨刀",))) == [
        "sharp"
    ]
    assert "cut" in ids(engine, "推头", vocabulary=more)
    assert ids(engine, "刀客", vocabulary=more) == []


def test_one_way_leads_there_and_not_back(engine: Backend) -> None:
    more = Vocabulary(lines=("曲艺 > 评弹",))

    assert ids(engine, "曲艺", vocabulary=more) == ["tea"]
    engine.apply([doc("song", "曲艺专场")])
    assert "song" not in ids(engine, "评弹", vocabulary=more)


def test_a_stop_word_says_nothing_unless_it_is_alone(engine: Backend) -> None:
    more = Vocabulary(stop=("老人",))

    assert ids(engine, "老人 磨刀", vocabulary=more) == ["sharp"]
    assert ids(engine, "老人", vocabulary=more)[0] == "read"


def test_what_is_pinned_comes_first_in_its_order(engine: Backend) -> None:
    pins = ("tea", "sharp")

    assert ids(engine, "理发", pinned=pins)[:3] == ["tea", "sharp", "cut"]
    assert ids(engine, "量子", pinned=pins) == ["tea", "sharp"]
    assert ids(engine, "理发", pinned=pins, sort="newest") == ["cut"]


def test_what_is_pinned_must_pass_the_filters_and_be_there(engine: Backend) -> None:
    culture = Filters(category=("culture",))

    assert ids(engine, "理发", pinned=("sharp", "tea"), filters=culture) == ["tea"]
    assert ids(engine, "理发", pinned=("gone", "tea"))[0] == "tea"


def test_a_line_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="a group needs two words"):
        thesaurus_with(("推头",))
