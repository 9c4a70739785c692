"""Tantivy finds the candidates, our arithmetic ranks them: past a million documents.

Tantivy counts, filters and proposes the best few hundred by the plan's own weights;
`evaluate` then scores exactly these as it does for Whoosh files. Totals and facets
are tantivy's. Distances are filtered and sorted among the nearest few thousand
candidates only. Nothing in the folder is unpickled.
"""

from __future__ import annotations

import json
import threading
import time
from math import log
from typing import TYPE_CHECKING, Any, cast

from search_index import folders
from search_index.backends.tables import FIELDS, Table, TableSnapshot
from search_index.evaluate import SPELLED, Answer, evaluate
from search_index.index import LOCK_SECONDS, LOOK_EVERY, Index
from search_index.lexicon import Lexicon
from search_index.model import FACETS, Filters, IndexUnavailable
from search_index.postings import reading
from search_index.rows import row
from search_index.whoosh_files import CURSOR_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from search_index.model import Document, Query
    from search_index.plan import Plan, Unit
    from search_index.segments import Snapshot

CANDIDATES = 500  # ranked exactly for "best"
SORTED_CANDIDATES = 5_000  # ... for any other order, and for distances
HEAP = 64 * 1024 * 1024
MOST_VALUES = 10_000  # different values of all facets together that are counted
ORDERS = {"newest": "created", "rated": "rating", "soonest": "starts"}


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in FIELDS:
        option = "freq" if name == "w" else "basic"
        builder.add_text_field(
            name, fast=name == "f", tokenizer_name="raw", index_option=option
        )
    for name in ("points", "created", "rating", "starts", "length"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("is", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("row", stored=True)
    return builder.build()


class TantivyIndex(Index):
    """One index in one folder; needs the `tantivy` extra."""

    def __init__(self, path: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        """Open or make it; writers wait at most `lock_seconds` for others."""
        try:
            import tantivy
        except ImportError as error:
            raise IndexUnavailable(
                "tantivy is not installed: pip install 'common-fair[tantivy]'"
            ) from error
        self._engine = tantivy
        self.path = path
        self._lock_seconds = lock_seconds
        self._understand_words()
        self._lock = threading.RLock()
        self._words: dict[str, int] = {}
        self._lexicon = Lexicon()
        self._held: _Held | None = None
        self._looked = 0.0
        folders.prepare(path)
        files = path / "tantivy"
        files.mkdir(mode=0o700, exist_ok=True)
        with reading():
            self._schema = _schema()
            self._files = tantivy.Index(self._schema, path=str(files))
            self._files.config_reader("manual")

    # -- reading ---------------------------------------------------------------

    def _look(self, *, now: bool = False) -> _Held:
        """The newest generation; looked for at most every 200 ms unless `now`."""
        with self._lock:
            held = self._held
            if held and not now and time.monotonic() - self._looked < LOOK_EVERY:
                return held
            self._looked = time.monotonic()
            with reading():
                self._files.reload()
                found = _Held(self._engine, self._schema, self._files.searcher())
                if held is None or held.name != found.name:
                    self._learn_words(found)
                    self._held = held = found
            return held

    def _learn_words(self, held: _Held) -> None:
        words = dict(held.searcher.terms_with_prefix("lex", ""))
        gone = {w: n for w, n in self._words.items() if words.get(w) != n}
        new = {w: n for w, n in words.items() if self._words.get(w) != n}
        self._lexicon.change([new], [gone])
        self._words = words

    def _snapshot(self, *, now: bool = False) -> Snapshot:
        return cast("Snapshot", self._look(now=now).snapshot(Table([])))

    @property
    def needs_rebuild(self) -> bool:
        """Whether the terms were made by another analysis or thesaurus."""
        made_with = self._look(now=True).mark.get("meta")
        return made_with is not None and made_with != folders.meta()

    def cursor(self) -> int:
        """The outbox position of the last commit."""
        return int(self._look(now=True).mark.get("cursor", 0))

    def versions(self) -> Iterator[tuple[str, int]]:
        """(id, version) of every document."""
        held = self._look(now=True)
        with reading():
            everything = held.term("is", "document")
            found = held.searcher.search(everything, limit=max(1, held.count))
            for _, address in found.hits:
                stored = held.row(address)
                yield stored["id"], stored["card"]["version"]

    def _answer(
        self,
        snapshot: Snapshot,  # noqa: ARG002 - tantivy looks for itself
        plan: Plan,
        query: Query,
    ) -> tuple[Snapshot, Answer]:
        held = self._look()
        with reading():
            return self._ranked(held, plan, query)

    def _ranked(self, held: _Held, plan: Plan, query: Query) -> tuple[Snapshot, Answer]:
        words = held.words(plan)
        masks = held.masks(query.filters)
        everything = held.every([words, *masks.values()])
        exact = query.sort == "best" and query.near is None
        limit = max(
            CANDIDATES if exact else SORTED_CANDIDATES, query.offset + query.limit
        )
        order = ORDERS.get(query.sort, "" if plan.units else "created")
        more = {"order_by_field": order} if order else {}
        found = held.searcher.search(everything, limit=limit, count=True, **more)
        wanted = {
            (a.field, t) for u in plan.units for a in u.alternatives for t in a.terms
        }
        rows = [held.row(address) for _, address in found.hits]
        snapshot = cast("Snapshot", held.snapshot(Table(rows, wanted)))
        answer = evaluate(snapshot, plan, query)
        facets = {
            name: held.counts(
                name, held.every([words, *(m for n, m in masks.items() if n != name)])
            )
            for name in query.facets
        }
        far = query.near is not None and query.near.km is not None
        total = answer.total if far or len(rows) == found.count else found.count
        return snapshot, Answer(total, answer.found, facets)

    # -- writing ---------------------------------------------------------------

    def apply(
        self,
        documents: Sequence[Document],
        gone: Sequence[str] = (),
        *,
        cursor: int | None = None,
    ) -> None:
        """Add or replace, delete, and move the cursor: one atomic commit."""
        rows = {document.id: row(document) for document in documents}
        for key in gone:
            rows.pop(key, None)
        if not rows and not gone and cursor is None:
            return
        with folders.locked(self.path, "write", self._lock_seconds), reading():
            mark = self._look(now=True).mark
            writer = self._files.writer(HEAP, 1)
            for key in {*rows, *gone}:
                writer.delete_documents_by_term("id", key)
            for found in rows.values():
                self._add(writer, found)
            self._mark(writer, mark, cursor)
            writer.commit()
            writer.wait_merging_threads()
        self._look(now=True)

    def rebuild(self, documents: Iterable[Document], cursor: int) -> None:
        """Everything anew in one commit; readers see the old until then."""
        folders.prepare(self.path)
        with folders.locked(self.path, "write", self._lock_seconds), reading():
            mark = self._look(now=True).mark
            writer = self._files.writer(HEAP, 1)
            try:
                writer.delete_all_documents()
                for document in documents:
                    writer.delete_documents_by_term("id", document.id)
                    self._add(writer, row(document))
                self._mark(writer, {**mark, "meta": None}, cursor)
                writer.commit()
            except BaseException:
                writer.rollback()
                raise
            writer.wait_merging_threads()
        self._look(now=True)

    def _add(self, writer: Any, found: dict[str, Any]) -> None:
        document = self._engine.Document()
        document.add_text("id", found["id"])
        document.add_text("is", "document")
        for name in FIELDS:
            for term in found[name]:
                document.add_text(name, term)
        for name in ("points", "created", "rating", "starts"):
            document.add_integer(name, found[name])
        document.add_integer("length", len(found["w"]))
        lean = {k: sorted(v) if isinstance(v, set) else v for k, v in found.items()}
        document.add_bytes("row", json.dumps(lean, ensure_ascii=False).encode())
        writer.add_document(document)

    def _mark(self, writer: Any, mark: dict[str, Any], cursor: int | None) -> None:
        """The document that carries cursor and generation, in the same commit."""
        new = {
            "cursor": mark.get("cursor", 0) if cursor is None else cursor,
            "generation": mark.get("generation", 0) + 1,
            "meta": mark.get("meta") or folders.meta(),
        }
        writer.delete_documents_by_term("id", CURSOR_ID)
        document = self._engine.Document()
        document.add_text("id", CURSOR_ID)
        document.add_bytes("row", json.dumps(new).encode())
        writer.add_document(document)


class _Held:
    """One generation, and the questions tantivy is asked about it."""

    def __init__(self, engine: Any, schema: Any, searcher: Any) -> None:
        self._query, self._occur, self._schema = engine.Query, engine.Occur, schema
        self.searcher = searcher
        marks = searcher.search(self.term("id", CURSOR_ID), limit=1).hits
        self.mark: dict[str, Any] = self.row(marks[0][1]) if marks else {}
        self.count: int = searcher.search(self.term("is", "document"), limit=1).count
        self.name = f"tantivy.{self.mark.get('generation', 0)}"
        mean = {"mean": {"avg": {"field": "length"}}}
        found = searcher.aggregate(self.term("is", "document"), mean)["mean"]["value"]
        self._average = max(1.0, found or 0.0)
        self._frequencies: dict[tuple[str, str], int] = {}

    def row(self, address: Any) -> dict[str, Any]:
        """A stored row."""
        stored = self.searcher.doc(address).get_first("row")
        return cast("dict[str, Any]", json.loads(bytes(stored)))

    def snapshot(self, table: Table) -> TableSnapshot:
        """Some rows, weighed by the figures of the whole."""
        return TableSnapshot(
            table,
            self.name,
            count=self.count,
            average_length=self._average,
            frequency=self.frequency,
        )

    def frequency(self, name: str, term: str) -> int:
        """In how many documents a term stands, deleted ones included."""
        found = self._frequencies.get((name, term))
        if found is None:
            found = self.searcher.doc_freq(name, term)
            self._frequencies[name, term] = found
        return found

    def term(self, name: str, term: str) -> Any:
        """Documents that hold a term."""
        option = "freq" if name == "w" else "basic"
        return self._query.term_query(self._schema, name, term, option)

    def every(self, parts: list[Any]) -> Any:
        """What all parts hold."""
        return self._query.boolean_query([(self._occur.Must, part) for part in parts])

    def words(self, plan: Plan) -> Any:
        """The plan; without units, every document."""
        if not plan.units:
            return self.term("is", "document")
        units = [(self._occur.Should, self._unit(unit)) for unit in plan.units]
        return self._query.boolean_query(units)

    def _unit(self, unit: Unit) -> Any:
        best = []
        for alternative in unit.alternatives:
            share = alternative.weight / len(alternative.terms)
            terms = [
                self._weighed(alternative.field, term, share)
                for term in alternative.terms
            ]
            best.append(self.every(terms))
        return self._query.disjunction_max_query(best)

    def _weighed(self, name: str, term: str, share: float) -> Any:
        """A term worth what `evaluate` makes of it, as nearly as tantivy can."""
        held = self.frequency(name, term)
        rarity = share * max(0.1, log(max(1, self.count) / (held + 1)) + 1)
        if name != "w":
            spelled = SPELLED if name in {"tp", "ti"} else 1.0
            return self._query.const_score_query(
                self.term(name, term), rarity * spelled
            )
        theirs = log(1 + max(0, self.count - held + 0.5) / (held + 0.5))
        return self._query.boost_query(
            self.term(name, term), rarity / max(0.01, theirs)
        )

    def masks(self, filters: Filters) -> dict[str, Any]:
        """What the filters ask, under the names of their facets."""
        found = {}
        for name in FACETS:
            values = getattr(filters, "times" if name == "time" else name)
            values = (values,) if isinstance(values, str) else values
            if values:
                terms = [
                    (self._occur.Should, self.term("f", f"{name}={v}")) for v in values
                ]
                part = self._query.boolean_query(terms)
                found[name] = self._query.const_score_query(part, 0.0)
        if filters.max_points is not None:
            kind = self._query.range_query(
                self._schema, "points", _integer(), None, int(filters.max_points * 100)
            )
            found["points"] = self._query.const_score_query(kind, 0.0)
        return found

    def counts(self, name: str, matches: Any) -> dict[str, int]:
        """How many of the matches have each value of a facet."""
        asked = {"f": {"terms": {"field": "f", "size": MOST_VALUES}}}
        buckets = self.searcher.aggregate(matches, asked)["f"]["buckets"]
        prefix = f"{name}="
        pairs = {
            b["key"].removeprefix(prefix): int(b["doc_count"])
            for b in buckets
            if b["key"].startswith(prefix)
        }
        return dict(sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])))


def _integer() -> Any:
    import tantivy

    return tantivy.FieldType.Integer
