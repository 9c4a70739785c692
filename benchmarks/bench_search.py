"""Search 10,000 synthetic listings with us and with stock Whoosh, in the same run.

`python -m benchmarks.bench_search [documents] [--no-stock]` prints medians and ratios.
Stock means the schema one would write first: TEXT words, KEYWORD facets, a NUMERIC
price, `search(or-query, filter=range, groupedby=...)`. Both get the same words; our
full search also understands (thesaurus, pinyin, slips), sorts by quality and marks.
Building is compared with a stock schema of the very fields and terms ours has.
"""

import argparse
import random
import statistics
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
from search_index.rows import row
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
CHANGES = 100
BUILT_BY_STOCK = 10_000


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


def stock_full_index(folder: Path, documents: list[Document]) -> None:
    """The fields we have, as one would write them with what Whoosh offers."""
    words = whoosh_analysis.SpaceSeparatedTokenizer()
    numbers = ("points", "starts", "created", "lat", "lon", "rating", "ratings")
    schema = fields.Schema(
        id=fields.ID(stored=True, unique=True),
        card=fields.STORED,
        w=fields.TEXT(analyzer=words, phrase=False),
        **{name: fields.KEYWORD() for name in ("g", "tp", "ti", "lex", "f")},
        **{name: fields.NUMERIC(sortable=True, signed=True) for name in numbers},
    )
    writer = create_in(str(folder), schema).writer(limitmb=512)
    for document in documents:
        terms = row(document)
        writer.add_document(
            id=terms["id"],
            card=terms["card"],
            **{n: " ".join(terms[n]) for n in ("w", "g", "tp", "ti", "lex", "f")},
            **{name: terms[name] for name in numbers},
        )
    writer.commit()


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


def main(count: int, *, with_stock: bool = True) -> list[Figure]:
    """Print the figures; return the line for the table."""
    documents = list(listings(count))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = time.perf_counter()
        ours = Index(folder / "ours")
        ours.rebuild(documents, 1)
        rate = count / (time.perf_counter() - before)
        size = sum(f.stat().st_size for f in (folder / "ours").rglob("*"))
        print(f"{count} documents: {size / count:.0f} bytes each, {size / 1e9:.2f} GB")
        _build(documents, folder, rate)
        figures = _ask(ours, documents, folder if with_stock else None)
        _complete(ours)
        _change(ours, documents)
    return figures


def _build(documents: list[Document], folder: Path, rate: float) -> None:
    """Both build rates; stock indexes the same terms in the fields it has."""
    some = documents[:BUILT_BY_STOCK]
    (folder / "same").mkdir()
    before = time.perf_counter()
    stock_full_index(folder / "same", some)
    theirs = len(some) / (time.perf_counter() - before)
    print(
        f"build: stock, the same fields ({len(some)} documents) {theirs:.0f} a second,"
        f" ours (synced) {rate:.0f}: {rate / theirs:.1f} x"
    )


def _ask(ours: Index, documents: list[Document], folder: Path | None) -> list[Figure]:
    """Three words, a filter, three facets; and the full search of the same words."""
    chance = random.Random(2)
    asked = [
        [chance.choice(WHAT), chance.choice(WHOM), chance.choice(WHEN)]
        for _ in range(ROUNDS)
    ]
    filters = Filters(max_points=50)
    facets = ("kind", "category", "place")
    snapshot = ours._snapshot()  # noqa: SLF001 - measured without its plan

    def full(words: list[str]) -> object:
        return ours.search(Query(" ".join(words), filters, facets=facets, limit=10))

    def bare(words: list[str]) -> object:
        units = [Unit(w, (Alternative("w", (w,), 1.0),)) for w in words]
        asking = Query("", filters, facets=facets, limit=10)
        return evaluate(snapshot, Plan(tuple(units), (), ""), asking)

    runs = [("ours: the same three words", bare), ("ours: full search", full)]
    if folder is not None:
        (folder / "stock").mkdir()
        stock = stock_index(folder / "stock", documents)
        searcher = stock.searcher()  # type: ignore[attr-defined]
        cheap = query.NumericRange("points", None, 50)

        def theirs(words: list[str]) -> object:
            either = query.Or([query.Term("text", w) for w in words])
            found = searcher.search(
                either, limit=10, filter=cheap, groupedby=list(facets)
            )
            return [found.groups(name) for name in facets]

        runs.insert(0, ("stock Whoosh: or + range filter + 3 facets", theirs))
    # One after the other: what a question leaves in the processor's cache is its own.
    times = [medians([run], asked)[0] for _, run in runs]
    print(f"{ROUNDS} questions; ms CPU median / p95 / times faster")
    for (name, _), (middle, high) in zip(runs, times, strict=True):
        print(f"{name:45} {middle:8.2f} {high:8.2f} {times[0][0] / middle:8.1f}x")
    return [
        Figure(
            f"search, {len(documents)} documents", times[-1][0], times[0][0], "ms CPU",
            "stock Whoosh, same words, filter, facets",
        )
    ]  # fmt: skip


def _complete(ours: Index) -> None:
    """Suggestions after one character, two letters, initials, syllables."""
    beginnings = [
        *(w[:1] for w in (*WHAT, *WHOM, *PLACES)),
        *("li", "mo", "sh", "zh", "lf", "xs", "lifa", "shuf", "dao", "老人", "理"),
    ]
    middle, high = medians([lambda one: ours.suggest("".join(one))], beginnings)[0]  # type: ignore[arg-type]
    print(f"{'ours: suggestions':45} {middle:8.2f} {high:8.2f}")


def _change(ours: Index, documents: list[Document]) -> None:
    """From the call to the moment another reader's look would find it: wall time."""
    took = []
    for number in range(CHANGES):
        before = time.perf_counter()
        ours.apply([documents[number]], cursor=number + 1)
        took.append((time.perf_counter() - before) * 1e3)
    high = sorted(took)[int(len(took) * 0.95)]
    print(
        f"{'ours: one change, synced and visible, ms wall':45}"
        f" {statistics.median(took):8.2f} {high:8.2f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_search")
    parser.add_argument("documents", type=int, nargs="?", default=10_000)
    parser.add_argument(
        "--no-stock",
        action="store_true",
        help="ours alone: stock takes long at a million",
    )
    given = parser.parse_args()
    main(given.documents, with_stock=not given.no_stock)
