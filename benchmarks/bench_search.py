"""Search 10,000 synthetic listings with us and with stock Whoosh, in the same run.

`python -m benchmarks.bench_search [documents]` prints medians and ratios. Stock means
the schema one would write first: TEXT words, KEYWORD facets, a NUMERIC price,
`search(or-query, filter=range, groupedby=...)`. Both get the same words; our full
search also understands (thesaurus, pinyin, slips), sorts by quality and marks.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from whoosh import analysis as whoosh_analysis
from whoosh import fields, query
from whoosh.index import create_in

from benchmarks.report import Figure
from search_index import Document, Filters, Index, Query, analysis
from search_index.evaluate import evaluate
from search_index.units import Alternative, Plan, Unit

PLACES = [
    "望潮",
    "新桥",
    "石浪",
    "青屿",
    "桂花里",
    "灯塔",
    "南埠",
    "松岭",
    "云岭",
    "溪头",
]
WHEN = ["周一", "周末", "每月", "夜间", "清晨", "暑期", "节前", "午休"]
WHAT = [
    "理发",
    "修伞",
    "磨刀",
    "缝补",
    "家电维修",
    "陪诊",
    "送餐",
    "助浴",
    "血压测量",
    "绘本故事",
    "作业辅导",
    "手机课堂",
    "太极拳",
    "广场舞",
    "书法",
    "咖啡",
    "茶席",
    "烘焙",
    "法律咨询",
    "邻里调解",
    "社保代办",
    "搬家",
    "绿植养护",
    "旧物交换",
    "轮椅借用",
    "竹编",
    "草编",
    "土鸡蛋",
    "绿茶",
    "海苔",
]
WHOM = ["老人", "孩子", "青年", "骑手", "船员", "新居民", "残疾人", "全职妈妈"]
MORE = [
    "自带毛巾",
    "先到先得",
    "电话预约",
    "免费",
    "成本价",
    "护士在场",
    "雨天顺延",
    "请提前十分钟到",
    "志愿者上门",
    "限二十人",
    "材料另付",
    "需要健康证",
]
KINDS, CATEGORIES = ("offering", "goods", "post"), ("life", "elder", "child", "learn")
ROUNDS = 60


def listings(count: int) -> Iterator[Document]:
    """Short listings, about as long as real ones."""
    chance = random.Random(1)
    for number in range(count):
        what = chance.choice(WHAT)
        yield Document(
            id=f"d{number}",
            kind=chance.choice(KINDS),
            title=f"{chance.choice(WHEN)}{what}·{chance.choice(WHOM)}优先",
            body=f"{chance.choice(PLACES)}党群服务中心{chance.choice(WHEN)}{what},"
            + ",".join(chance.sample(MORE, 5))
            + f",适合{chance.choice(WHOM)},编号{number}。",
            category=chance.choice(CATEGORIES),
            place=chance.choice(PLACES),
            points=chance.randrange(100),
            created_at=10**9 + number,
        )


def stock_index(folder: Path, documents: list[Document]) -> object:
    words = whoosh_analysis.SpaceSeparatedTokenizer()
    schema = fields.Schema(
        id=fields.ID(stored=True, unique=True),
        title=fields.STORED,
        text=fields.TEXT(analyzer=words),
        kind=fields.ID(sortable=True),
        category=fields.ID(sortable=True),
        place=fields.ID(sortable=True),
        points=fields.NUMERIC(sortable=True),
    )
    index = create_in(str(folder), schema)
    writer = index.writer(limitmb=512)
    for document in documents:
        terms = analysis.terms(f"{document.title} {document.body}")
        writer.add_document(
            id=document.id,
            title=document.title,
            text=" ".join(terms.words),
            kind=document.kind,
            category=document.category,
            place=document.place,
            points=int(document.points),
        )
    writer.commit()
    return index


def medians(
    runs: Sequence[Callable[[list[str]], object]], asked: list[list[str]]
) -> list[tuple[float, float]]:
    """Median and 95th percentile of each run in milliseconds of CPU.

    Every question goes to each in turn; the first round warms up.
    """
    times: list[list[float]] = [[] for _ in runs]
    for is_warm in (False, True):
        for words in asked:
            for run, took in zip(runs, times, strict=True):
                before = time.process_time()
                run(words)
                if is_warm:
                    took.append((time.process_time() - before) * 1e3)
    return [
        (statistics.median(took), sorted(took)[int(len(took) * 0.95)]) for took in times
    ]


def main(count: int) -> list[Figure]:
    """Print the figures; return the line for the table."""
    documents = list(listings(count))
    chance = random.Random(2)
    asked = [
        [chance.choice(WHAT), chance.choice(WHOM), chance.choice(WHEN)]
        for _ in range(ROUNDS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        before = time.perf_counter()
        ours = Index(Path(folder) / "ours")
        ours.rebuild(documents, 1)
        ours_built = time.perf_counter() - before

        stock_folder = Path(folder) / "stock"
        stock_folder.mkdir()
        before = time.perf_counter()
        stock = stock_index(stock_folder, documents)
        stock_built = time.perf_counter() - before

        filters = Filters(max_points=50)
        facets = ("kind", "category", "place")

        def full(words: list[str]) -> object:
            return ours.search(Query(" ".join(words), filters, facets=facets, limit=10))

        snapshot = ours._snapshot()  # noqa: SLF001 - measured without its plan

        def bare(words: list[str]) -> object:
            units = [Unit(w, (Alternative("w", (w,), 1.0),)) for w in words]
            asking = Query("", filters, facets=facets, limit=10)
            return evaluate(snapshot, Plan(tuple(units), (), ""), asking)

        with stock.searcher() as searcher:  # type: ignore[attr-defined]
            cheap = query.NumericRange("points", None, 50)

            def theirs(words: list[str]) -> object:
                either = query.Or([query.Term("text", w) for w in words])
                found = searcher.search(
                    either, limit=10, filter=cheap, groupedby=list(facets)
                )
                return [found.groups(name) for name in facets]

            stock_times, bare_times, full_times = medians([theirs, bare, full], asked)
        rows = [
            ("stock Whoosh: or + range filter + 3 facets", stock_times),
            ("ours: the same three words", bare_times),
            ("ours: full search (plan, synonyms, marks)", full_times),
        ]
        print(
            f"{count} documents, {ROUNDS} questions; ms CPU median / p95 / times faster"
        )
        for name, (middle, high) in rows:
            ratio = stock_times[0] / middle
            print(f"{name:45} {middle:8.2f} {high:8.2f} {ratio:8.1f}x")
        suggested = medians([lambda words: ours.suggest(words[0][:1])], asked)[0]
        print(
            f"{'ours: suggest after one character':45} {suggested[0]:8.2f} {suggested[1]:8.2f}"
        )
        commits = []
        for number in range(20):
            before = time.perf_counter()
            ours.apply([documents[number]], cursor=number)
            commits.append((time.perf_counter() - before) * 1e3)
        print(
            f"{'ours: one change, synced and visible':45} {statistics.median(commits):8.2f} {max(commits):8.2f}"
        )
        print(
            f"build: stock (words only) {count / stock_built:.0f} documents/s, "
            f"ours (words, pairs, pinyin, synced) {count / ours_built:.0f}"
        )
    return [
        Figure(
            f"search, {count} documents", rows[2][1][0], stock_times[0], "ms CPU",
            "stock Whoosh, same words, filter, facets",
        )
    ]  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
