"""A question is data, never syntax: nothing typed may break or stall the search."""

import random
import time

import pytest

from search_index import Index, Query
from tests.search_index.asking import doc

PARTS = [
    "理发", "理髮", "农产品", "農(nóng)產品", "lifa", "haircuts", "AND", "OR NOT", "*", "?",
    '"', "'", "(", ")", "[a TO z]", "title:", "^2", "~", "\\", "/", "\x00", "\x1f", "=",
    "%", "_", "<script>", "🙂", "\u202e", "　", "\n", "zzzzqqq", "xianggangzhongwen", "9" * 30,
    "é", "ｆｕｌｌ", "ﬁ", "İ", "㍿", "\ud7ff", "\U0002f800", "的", "the", "kind=goods",
]  # fmt: skip


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index(tmp_path_factory.mktemp("fuzz") / "index")
    index.apply(
        [doc(f"d{n}", f"周末理发{n}", "代销農產品 haircuts") for n in range(50)]
    )
    return index


def test_five_hundred_odd_questions(fair: Index) -> None:
    chance = random.Random(11)
    for _ in range(500):
        parts = [chance.choice(PARTS) for _ in range(chance.randrange(1, 12))]
        text = chance.choice(["", " "]).join(parts)
        page = fair.search(Query(text, facets=("kind",)))
        assert 0 <= page.total <= 50
        fair.suggest(text)


def test_random_characters(fair: Index) -> None:
    chance = random.Random(12)
    for _ in range(200):
        points = [
            chance.choice(
                [chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)]
            )
            for _ in range(30)
        ]
        fair.search(Query("".join(map(chr, points))))


def test_only_the_first_two_hundred_characters_count(fair: Index) -> None:
    padding = "，" * 200
    assert fair.search(Query("理发" + padding + "核聚变")).total == 50
    assert fair.search(Query("核" * 3 + padding + "理发")).total == 0


@pytest.mark.parametrize(
    "text", ["理发" * 5000, "a b " * 5000, "lifa" * 5000, "发" * 9999]
)
def test_a_pasted_page_takes_bounded_time(fair: Index, text: str) -> None:
    before = time.process_time()
    fair.search(Query(text))
    assert time.process_time() - before < 1.0
