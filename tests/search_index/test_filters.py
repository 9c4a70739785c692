"""Filters, facet counts and sorting against a plain in-memory reference."""

import random
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from search_index import Document, Filters, Index, Near, Query
from search_index.model import FACETS

R = random.Random(7)
TREE = {"t1": (), "c1": ("t1",), "c2": ("t1",), "s1": ("c1", "t1"), "s2": ("c2", "t1")}
DAYS = ["2026-05-01", "2026-05-02", "2026-05-03"]
PARTS = ["morning", "evening", "weekend"]
CLOCK = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
"""A Friday (4) that is a holiday for some."""
SPANS = ["4 0800-1130", "4 0930-1000", "4 1300-2400", "0 0000-2400"]
EXCEPTIONS = [(), (), (f"{DAYS[0]} -",), (f"{DAYS[0]} -", f"{DAYS[0]} 0900-0931")]
HERE = Near(30.5, 121.5)
RINGS = (20.0, 45.0)
FIELDS = {  # facet → (filter name, values of a document)
    "kind": ("kind", lambda d: {d.kind}),
    "category": ("category", lambda d: {d.category}),
    "audience": ("audience", lambda d: set(d.audience)),
    "place": ("place", lambda d: {d.place, *d.places}),
    "price_mode": ("price_mode", lambda d: {d.price_mode}),
    "service_nature": ("service_nature", lambda d: {d.service_nature}),
    "provider_source": ("provider_source", lambda d: {d.provider_source}),
    "day": ("day", lambda d: {slot.split("/")[0] for slot in d.slots}),
    "time": ("times", lambda d: {slot.split("/")[1] for slot in d.slots}),
    "language": ("language", lambda d: set(d.languages)),
}


def a_document(number: int) -> Document:
    place = R.choice(list(TREE))
    return Document(
        id=f"d{number:03}",
        kind=R.choice(["offering", "goods", "post"]),
        title=R.choice(["上门理发", "周末修伞", "理发与修伞"]),
        category=R.choice(["life", "elder", ""]),
        audience=tuple(R.sample(["elderly", "children", "all"], R.randrange(3))),
        price_mode=R.choice(["free", "points"]),
        service_nature=R.choice(["volunteer", "low_fee"]),
        provider_source=R.choice(["team", "person"]),
        points=R.choice([None, *[Decimal(R.randrange(0, 400)) / 4] * 5]),
        place=place,
        places=TREE[place],
        lat=None if number % 9 == 0 else 30 + R.random(),
        lon=None if number % 9 == 0 else 121 + R.random(),
        slots=tuple(
            f"{R.choice(DAYS)}/{R.choice(PARTS)}" for _ in range(R.randrange(4))
        ),
        languages=tuple(R.sample(["zh-Hans", "en"], R.randrange(3))),
        open=(*R.sample(SPANS, R.randrange(3)), *R.choice(EXCEPTIONS)),
        starts_at=R.choice([None, R.randrange(10**9, 2 * 10**9)]),
        created_at=R.randrange(10**9, 2 * 10**9),
        rating=R.choice([None, 3.5, 4.5, 5.0]),
        ratings=R.randrange(30),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, list[Document]]:
    """300 documents in several segments; every third was changed, some are gone."""
    index = Index(tmp_path_factory.mktemp("filters") / "index")
    first = [a_document(n) for n in range(320)]
    for at in range(0, 320, 40):
        index.apply(first[at : at + 40], cursor=at)
    changed = [a_document(n) for n in range(0, 300, 3)]
    index.apply(changed, [f"d{n:03}" for n in range(300, 320)])
    now = {d.id: d for d in first[:300]} | {d.id: d for d in changed}
    return index, list(now.values())


def is_open(document: Document) -> bool:
    spans = [span.split() for span in document.open]
    today = [span for when, span in spans if when == DAYS[0]]
    usual = [span for when, span in spans if when == "4"]
    return any(span != "-" and span[:4] <= "0930" < span[5:] for span in today or usual)


def is_free(document: Document, filters: Filters) -> bool:
    """One and the same free time fits the day and the part."""
    return any(f"{filters.day}/{part}" in document.slots for part in filters.times)


def passes(document: Document, filters: Filters, *, but: str = "") -> bool:
    """The reference: what a filter means, one document at a time."""
    if filters.is_open and but != "open" and not is_open(document):
        return False
    both = filters.day and filters.times and but not in ("day", "time")
    if both and not is_free(document, filters):
        return False
    if filters.since is not None and document.created_at <= filters.since:
        return False
    for facet, (name, values) in FIELDS.items():
        wanted = getattr(filters, name) or ()
        wanted = {wanted} if isinstance(wanted, str) else set(wanted)
        if facet != but and wanted and not wanted & values(document):
            return False
    if filters.max_points is None or but == "points":
        return True
    return document.points is not None and document.points <= filters.max_points


def counted(document: Document, facet: str, filters: Filters) -> set[str]:
    """The values a document counts for, as the other half of a free time allows."""
    if facet == "day" and filters.times:
        pairs = [slot.split("/") for slot in document.slots]
        return {day for day, part in pairs if part in filters.times}
    if facet == "time" and filters.day:
        pairs = [slot.split("/") for slot in document.slots]
        return {part for day, part in pairs if day == filters.day}
    values: set[str] = FIELDS[facet][1](document)
    return {value for value in values if value}


def some_filters() -> Filters:
    def pick(*values: str) -> tuple[str, ...]:
        return tuple(R.sample(values, R.choice([0, 0, 1, 2])))

    return Filters(
        kind=pick("offering", "goods", "post"),
        category=pick("life", "elder"),
        audience=pick("elderly", "children", "all"),
        place=pick("t1", "c1", "s2"),
        price_mode=pick("free", "points"),
        service_nature=pick("volunteer", "low_fee"),
        max_points=R.choice([None, None, 10, Decimal("50.25")]),
        day=R.choice([None, None, *DAYS]),
        times=pick("evening", "weekend"),
        language=pick("en", "zh-Hans"),
        is_open=R.random() < 0.2,
        since=R.choice([None, None, 1_200_000_000]),
    )


@pytest.mark.parametrize("_", range(60))
def test_totals_and_counts_are_true(
    world: tuple[Index, list[Document]], _: int
) -> None:
    """A facet's counts ignore its own filter, and only its own."""
    index, documents = world
    filters = some_filters()
    word = R.choice(["", "理发", "修伞"])
    matching = [d for d in documents if word in d.title]

    page = index.search(
        Query(
            word,
            filters,
            near=HERE,
            limit=1000,
            facets=FACETS,
            wall_clock=CLOCK,
            rings=RINGS,
        )
    )

    wanted = {d.id for d in matching if passes(d, filters)}
    assert {hit.id for hit in page.hits} == wanted
    assert page.total == len(wanted)
    for facet in FIELDS:
        counts: Counter[str] = Counter()
        for document in matching:
            if passes(document, filters, but=facet):
                counts.update(counted(document, facet, filters))
        assert page.facets[facet] == dict(counts), facet
    open_now = [d for d in matching if passes(d, filters, but="open") and is_open(d)]
    assert page.facets["open"] == ({"now": len(open_now)} if open_now else {})
    cheap = [d for d in matching if passes(d, filters, but="points")]
    assert page.facets["points"].get("30", 0) == sum(
        d.points is not None and d.points <= 30 for d in cheap
    )
    far = [hit.km for hit in page.hits if hit.km is not None]
    for ring in RINGS:
        assert page.facets["near"].get(str(ring), 0) == sum(km <= ring for km in far)


def test_only_what_answers_every_word_is_strictly_found(index: Index) -> None:
    index.apply(
        [
            Document("both", "offering", "老人上门理发"),
            Document("one", "offering", "老人食堂"),
        ]
    )
    assert {h.id for h in index.search(Query("理发 老人")).hits} == {"both", "one"}
    strict = index.search(Query("理发 老人", is_strict=True))
    assert [h.id for h in strict.hits] == ["both"]
    assert strict.total == 1
    run_together = index.search(Query("给老人理发", is_strict=True))
    assert [h.id for h in run_together.hits] == ["both"]


def test_what_points_do_not_buy_is_under_no_number_of_points(index: Index) -> None:
    index.apply(
        [
            Document("sold", "goods", "雨伞", points=None),
            Document("given", "reward", "雨伞", points=45),
        ]
    )
    few = index.search(Query(filters=Filters(max_points=60), facets=("points",)))
    assert [h.id for h in few.hits] == ["given"]
    assert few.facets["points"] == {"60": 1, "100": 1}
    by_points = index.search(Query(sort="points")).hits
    assert [h.id for h in by_points] == ["given", "sold"]


def test_a_place_contains_what_lies_below_it(
    world: tuple[Index, list[Document]],
) -> None:
    index, documents = world

    page = index.search(Query(filters=Filters(place=("c1",)), limit=1000))

    assert {h.id for h in page.hits} == {
        d.id for d in documents if d.place in {"c1", "s1"}
    }


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("newest", lambda d: -d.created_at),
        ("points", lambda d: 2**40 if d.points is None else d.points),
        ("soonest", lambda d: d.starts_at or 2**40),
        (
            "rated",
            lambda d: (
                -(32 + (d.rating or 0) * d.ratings * bool(d.rating))
                / (8 + d.ratings * bool(d.rating))
            ),
        ),
    ],
)
def test_sorting_follows_the_value(
    world: tuple[Index, list[Document]], sort: Any, key: Any
) -> None:
    index, documents = world
    by_id = {d.id: d for d in documents}

    hits = index.search(Query(sort=sort, limit=1000)).hits

    keys = [float(key(by_id[hit.id])) for hit in hits]
    assert keys == pytest.approx(sorted(keys), rel=1e-9)


def test_the_nearest_come_first_and_the_far_stay_out(index: Index) -> None:
    index.apply(
        [
            Document("far", "offering", "理发", lat=30.5, lon=121.5),
            Document("near", "offering", "理发", lat=30.01, lon=121.0),
            Document("nowhere", "offering", "理发"),
            Document("here", "offering", "理发", lat=30.0, lon=121.0),
        ]
    )
    around = Query("理发", near=Near(30.0, 121.0), sort="nearest")
    within = Query("理发", near=Near(30.0, 121.0, km=5), sort="nearest")

    hits = index.search(around).hits
    assert [hit.id for hit in hits] == ["here", "near", "far", "nowhere"]
    assert [hit.km for hit in hits[:3]] == pytest.approx([0, 1.11, 73.6], rel=0.02)
    assert hits[3].km is None
    assert [hit.id for hit in index.search(within).hits] == ["here", "near"]


def test_what_is_over_falls_behind_when_the_time_is_known(index: Index) -> None:
    index.apply(
        [
            Document("over", "offering", "周末理发", starts_at=1_000),
            Document(
                "open", "offering", "这个周末请老师傅来给街坊理发", starts_at=9_000
            ),
        ]
    )
    assert next(h.id for h in index.search(Query("理发", now=5_000)).hits) == "open"
    soonest = index.search(Query("理发", now=5_000, sort="soonest")).hits
    assert [h.id for h in soonest] == ["open", "over"]


def test_no_name_outranks_a_matching_word(index: Index) -> None:
    """Ratings and freshness together raise a score by less than a quarter."""
    index.apply(
        [
            Document(
                "famous",
                "offering",
                "修伞",
                "也会理发",
                rating=5.0,
                ratings=500,
                created_at=10**9,
            ),
            Document("plain", "offering", "理发", "也会修伞", rating=1.0, ratings=500),
        ]
    )
    assert next(h.id for h in index.search(Query("理发", now=10**9)).hits) == "plain"
