"""One plan, several engines: they answer alike."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from search_index import FACETS, Document, Filters, IndexUnavailable, Near, Query
from search_index.backends import Backend, open_backend
from tests.search_index import judged
from tests.search_index.asking import doc

OTHERS = ("memory", "tantivy")
ALIKE = 0.95  # of the judged questions
ASKED = [
    "理发",
    "lifa",
    "haircut",
    "老人 上门",
    "东港",
    "咖啡",
    "wifi",
    "磨刀",
    "lf",
    "理法",
]


def _town() -> list:
    what = ["理发", "磨刀", "咖啡", "修伞", "陪诊", "上门服务", "wifi 借用", "书法"]
    whom = ["老人", "孩子", "骑手", "东港居民"]
    return [
        doc(f"d{n}", f"{what[n % 8]}·{whom[n // 8 % 4]}", "周末 haircut" * (n % 3),
            category="life" if n % 2 else "elder", points=n, created_at=n)
        for n in range(60)
    ]  # fmt: skip


@pytest.fixture(params=("whoosh", *OTHERS))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    return open_backend(request.param, tmp_path / request.param)


def test_a_change_is_one_step_and_seen_at_once(engine: Backend) -> None:
    engine.apply([doc("a", "理发", version=3), doc("b", "磨刀")], cursor=7)
    assert (engine.count(), engine.cursor()) == (2, 7)
    engine.apply([doc("b", "理发")], ["a"], cursor=8)
    assert [h.id for h in engine.search(Query("理发")).hits] == ["b"]
    assert [h.id for h in engine.search(Query("磨刀")).hits] == []
    assert (engine.count(), engine.cursor()) == (1, 8)
    assert dict(engine.versions()) == {"b": 0}


def test_a_document_both_given_and_gone_is_gone(engine: Backend) -> None:
    engine.apply([doc("a", "理发")], ["a"])
    assert engine.count() == 0


def test_a_bad_document_changes_nothing(engine: Backend) -> None:
    engine.apply([doc("a", "理发")], cursor=1)
    with pytest.raises(ValueError, match="not a document id"):
        engine.apply([doc("b", "磨刀"), doc("_c", "x")], ["a"], cursor=2)
    assert (dict(engine.versions()), engine.cursor()) == ({"a": 0}, 1)


def test_a_rebuild_leaves_nothing_old(engine: Backend) -> None:
    engine.apply([doc("a", "理发")], cursor=1)
    engine.rebuild([doc("b", "磨刀")], 5)
    assert (dict(engine.versions()), engine.cursor()) == ({"b": 0}, 5)
    assert engine.search(Query("理发")).total == 0
    assert engine.is_healthy


@pytest.mark.parametrize("other", OTHERS)
def test_totals_facets_and_filters_agree(other: str, tmp_path: Path) -> None:
    ours = open_backend("whoosh", tmp_path / "w")
    theirs = open_backend(other, tmp_path / "t")
    for engine in (ours, theirs):
        engine.apply(_town())
    for text in ("", *ASKED):
        for filters in (
            Filters(),
            Filters(category=("life",)),
            Filters(max_points=20, kind=("offering", "goods")),
        ):
            asked = Query(text, filters, facets=("kind", "category"))
            a, b = ours.search(asked), theirs.search(asked)
            assert (a.total, a.facets, a.did_you_mean) == (
                b.total, b.facets, b.did_you_mean
            ), text  # fmt: skip
    assert ours.suggest("li") == theirs.suggest("li")


def _clock(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


HARD = [
    Query("理发", Filters(day="2026-06-03", times=("evening",))),
    Query("", Filters(day="2026-06-03")),
    Query("", Filters(times=("morning", "weekend"), language=("en",))),
    Query("老人", Filters(is_open=True), wall_clock=_clock(2026, 6, 3, 10, 30)),
    Query("", Filters(is_open=True), wall_clock=_clock(2026, 6, 4, 10, 30)),
    Query("", wall_clock=_clock(2026, 6, 3, 7, 0)),
    Query("上门服务", Filters(place=("p1",), since=10)),
    Query("磨刀", near=Near(29.9, 122.1, km=0.5), rings=(0.3, 1.0)),
    Query("", near=Near(29.9, 122.1), sort="nearest", rings=(0.3, 1.0)),
    Query("给老人理发", is_strict=True),
    Query("理发 量子", is_strict=True),
    *(Query("老人", sort=sort) for sort in ("newest", "soonest", "rated", "points")),
]


@pytest.mark.parametrize("other", OTHERS)
def test_every_filter_facet_and_order_agrees(other: str, tmp_path: Path) -> None:
    ours = open_backend("whoosh", tmp_path / "w")
    theirs = open_backend(other, tmp_path / "t")
    for engine in (ours, theirs):
        engine.apply([_furnished(n, one) for n, one in enumerate(_town())])
    for asked in HARD:
        a, b = (
            engine.search(replace(asked, facets=FACETS, limit=100))
            for engine in (ours, theirs)
        )
        assert (a.total, a.facets) == (b.total, b.facets), asked
        assert {hit.id for hit in a.hits} == {hit.id for hit in b.hits}, asked
        if asked.sort != "best":
            assert [hit.id for hit in a.hits] == [hit.id for hit in b.hits], asked


def _furnished(number: int, document: Document) -> Document:
    """With times, doors, a place, a language and a price, each in its own rhythm."""
    days = ("2026-06-03", "2026-06-06")
    parts = ("morning", "evening", "weekend")
    return replace(
        document,
        slots=(f"{days[number % 2]}/{parts[number % 3]}", f"2026-06-09/{parts[0]}"),
        open=("2 0830-1700", "3 0900-1200", "2026-06-03 -")
        if number % 3
        else ("2 1000-1100",),
        languages=("zh-Hans", "en") if number % 4 else ("zh-Hans",),
        points=None if number % 7 == 0 else number,
        place=f"p{number % 5}",
        places=("town", f"p{number % 5}"),
        lat=29.9 + number / 10_000,
        lon=122.1,
        starts_at=1_800_000_000 + number * 60,
        rating=1 + number / 20,
        ratings=number,
    )


def test_damaged_tantivy_files_are_refused_then_made_anew(tmp_path: Path) -> None:
    open_backend("tantivy", tmp_path).apply([doc("a", "理发")], cursor=1)
    (tmp_path / "tantivy" / "meta.json").write_text("{")
    with pytest.raises(IndexUnavailable):
        open_backend("tantivy", tmp_path, create=False)
    engine = open_backend("tantivy", tmp_path)
    engine.rebuild([doc("b", "磨刀")], 2)
    assert open_backend("tantivy", tmp_path, create=False).cursor() == 2


def test_a_rebuild_is_a_new_version_a_change_is_not(engine: Backend) -> None:
    engine.rebuild([doc("b", "磨刀")], 2)
    before = engine.version
    engine.apply([doc("a", "理发")], cursor=3)
    assert engine.version == before
    engine.rebuild([doc("b", "磨刀")], 4)
    assert engine.version != before or before == "memory"


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown search engine"):
        open_backend("lucene", tmp_path)


@pytest.mark.skipif(
    not judged.FOLDER.is_dir(),
    reason=f"THE JUDGED SET IS NOT HERE: {judged.FOLDER}; agreement is NOT checked",
)
@pytest.mark.parametrize("other", OTHERS)
def test_the_top_ten_is_the_same_set(other: str, tmp_path: Path) -> None:
    """Alike: the same documents in the top ten; a tie at its edge may fall either way."""
    ours = open_backend("whoosh", tmp_path / "w")
    theirs = open_backend(other, tmp_path / "t")
    documents = judged.documents()
    for engine in (ours, theirs):
        engine.apply(documents)
    questions = json.loads((judged.FOLDER / "public.json").read_text(encoding="utf-8"))
    differ = [
        question["query"]
        for question in questions
        if not _alike(ours, theirs, Query(question["query"], limit=10))
    ]
    assert len(differ) <= (1 - ALIKE) * len(questions), differ


def _alike(ours: Backend, theirs: Backend, asked: Query) -> bool:
    left, right = ours.search(asked).hits, theirs.search(asked).hits
    if len(left) != len(right):
        return False
    edge = left[-1].score * (1 + 1e-5) if left else 0.0
    above = {hit.id for hit in left if hit.score > edge}
    return above <= {hit.id for hit in right} and all(
        hit.score >= left[-1].score * (1 - 1e-5) for hit in right
    )
