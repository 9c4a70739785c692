"""Measure relevance: documents, questions and grades come from a folder of their own.

A judged set is `docs.json` (documents) beside files of questions, each with a class, a
text, filters and grades 1 to 3 by document. Nothing of such a set is in this package.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from search_index.index import Index
from search_index.model import Document, Filters, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

DEPTH = 10  # answers that count
GOOD = 2  # the grade of an answer one is glad of
DOCUMENTS = "docs.json"
QUESTIONS = "public.json"
ALL = "all"
_LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Question:
    """One judged question; `grades` has the documents that answer it, at all."""

    id: str
    kind: str  # its class: what is difficult about it
    text: str
    grades: Mapping[str, int]
    filters: Mapping[str, Any] = field(default_factory=dict)


class Measures(NamedTuple):
    """How good answers are: 0 to 1, except `asked` and `empty`."""

    asked: int
    ndcg: float
    recall: float
    mrr: float
    empty: int  # questions that find nothing though something fits


def documents(folder: Path) -> list[Document]:
    """The documents of a set. Raises ValueError or KeyError for something else."""
    rows = json.loads((folder / DOCUMENTS).read_text(encoding="utf-8"))
    return [_document(row) for row in rows]


def _document(row: Mapping[str, Any]) -> Document:
    starts = row.get("starts")
    when = datetime.strptime(starts, _LOCAL).replace(tzinfo=UTC) if starts else None
    created = datetime.strptime(row["created"], "%Y-%m-%d").replace(tzinfo=UTC)
    return Document(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        body=row["body"],
        lang=row["lang"],
        category=row["category"],
        points=Decimal(str(row["points"] or 0)),
        place=row["station"],
        lat=row["lat"] or None,
        lon=row["lon"] or None,
        starts_at=int(when.timestamp()) if when else None,
        created_at=int(created.timestamp()),
        rating=row["rating"] or None,
        ratings=row["reviews"] or 0,
    )


def questions(file: Path) -> list[Question]:
    """The questions of a file. Raises ValueError or KeyError for something else."""
    return [
        Question(
            row["id"],
            row["class"],
            row["query"],
            row["relevance"],
            row.get("filters") or {},
        )
        for row in json.loads(file.read_text(encoding="utf-8"))
    ]


def ours(index: Index) -> Callable[[Question], list[str]]:
    """Ask an index that holds the documents of the set."""

    def search(question: Question) -> list[str]:
        wanted = question.filters
        filters = Filters(
            kind=(wanted["kind"],) if "kind" in wanted else (),
            category=(wanted["category"],) if "category" in wanted else (),
            place=(wanted["station"],) if "station" in wanted else (),
            max_points=wanted.get("max_points"),
        )
        page = index.search(Query(question.text, filters, limit=DEPTH))
        return [hit.id for hit in page.hits]

    return search


def whoosh_with_jieba(
    known: Iterable[Document], folder: Path
) -> Callable[[Question], list[str]] | None:
    """Ask what one would build first: Whoosh, jieba's analyser, any of the words.

    It is the reference that our figures are compared with; None where jieba, which
    only the developers' installation has, is missing.
    """
    try:
        import jieba
        from jieba.analyse import ChineseAnalyzer
    except ImportError:
        return None
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.tmp_dir = str(folder)  # its cache is marshalled: not in a shared folder
    from whoosh import fields, qparser
    from whoosh.index import create_in

    analyser = ChineseAnalyzer()
    schema = fields.Schema(
        id=fields.ID(stored=True),
        title=fields.TEXT(analyzer=analyser, field_boost=3.0),
        body=fields.TEXT(analyzer=analyser),
    )
    by_id = {document.id: document for document in known}
    index = create_in(str(folder), schema)
    writer = index.writer()
    for document in by_id.values():
        writer.add_document(id=document.id, title=document.title, body=document.body)
    writer.commit()
    parser = qparser.MultifieldParser(
        ["title", "body"], schema, group=qparser.OrGroup, plugins=()
    )

    def search(question: Question) -> list[str]:
        with index.searcher() as searcher:
            found = searcher.search(parser.parse(question.text), limit=None)
            keys = [hit["id"] for hit in found]
        kept = [key for key in keys if _fits(by_id[key], question.filters)]
        return kept[:DEPTH]

    return search


def _fits(document: Document, wanted: Mapping[str, Any]) -> bool:
    own = {
        "kind": document.kind,
        "category": document.category,
        "station": document.place,
    }
    same = all(wanted.get(name, value) == value for name, value in own.items())
    most = wanted.get("max_points")
    return same and (most is None or (document.points or 0) <= most)


def measure(
    asked: Iterable[Question], search: Callable[[Question], Sequence[str]]
) -> dict[str, Measures]:
    """Ask every question; the means by class, and over all."""
    rows: dict[str, list[Measures]] = defaultdict(list)
    for question in asked:
        one = measured(list(dict.fromkeys(search(question))), question.grades)
        rows[question.kind].append(one)
        rows[ALL].append(one)
    return {name: _mean(rows[name]) for name in sorted(rows, key=_all_last)}


def _all_last(name: str) -> tuple[bool, str]:
    return name == ALL, name


def measured(found: Sequence[str], grades: Mapping[str, int]) -> Measures:
    """How good the first ten answers to one question are."""
    got = [grades.get(key, 0) for key in found[:DEPTH]]
    best = _gain(sorted(grades.values(), reverse=True)[:DEPTH])
    good = {key for key, grade in grades.items() if grade >= GOOD}
    first = next((at for at, grade in enumerate(got, 1) if grade >= GOOD), None)
    return Measures(
        1,
        _gain(got) / best if best else 0.0,
        len(good & set(found[:DEPTH])) / min(len(good), DEPTH) if good else 0.0,
        1 / first if first else 0.0,
        int(not found and bool(grades)),
    )


def _gain(grades: Sequence[int]) -> float:
    return sum(float(2**grade - 1) / log2(at + 2) for at, grade in enumerate(grades))


def _mean(rows: Sequence[Measures]) -> Measures:
    count = len(rows)
    ndcg, recall, mrr = (
        sum(values) / count
        for values in zip(*((r.ndcg, r.recall, r.mrr) for r in rows), strict=True)
    )
    return Measures(count, ndcg, recall, mrr, sum(r.empty for r in rows))


def judge(
    folder: Path, file: Path
) -> tuple[dict[str, Measures], dict[str, Measures] | None]:
    """Ours and the reference (None without jieba), over one set in the same run."""
    known, asked = documents(folder), questions(file)
    with tempfile.TemporaryDirectory() as scratch:
        index = Index(Path(scratch) / "ours")
        index.rebuild(known, 0)
        mine = measure(asked, ours(index))
        (Path(scratch) / "theirs").mkdir()
        other = whoosh_with_jieba(known, Path(scratch) / "theirs")
        theirs = measure(asked, other) if other else None
    return mine, theirs
