"""Tantivy finds the candidates, our arithmetic ranks them: past a million documents.

Tantivy counts, filters and proposes the best few hundred by the plan's own weights;
`evaluate` then scores exactly these as it does for Whoosh files. Totals and facets
are tantivy's; within a walk everything is ranked and counted by `evaluate`, as long as
that is no more than a few thousand. Nothing in the folder is unpickled.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from search_index import folders
from search_index.backends.tables import FIELDS, Table
from search_index.backends.tantivy_held import Held
from search_index.evaluate import Answer, evaluate
from search_index.index import LOCK_SECONDS, LOOK_EVERY, Index
from search_index.lexicon import Lexicon
from search_index.model import IndexUnavailable
from search_index.postings import reading
from search_index.rows import row
from search_index.whoosh_files import CURSOR_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from search_index.model import Document, Query
    from search_index.plan import Plan
    from search_index.segments import Snapshot

CANDIDATES = 500  # ranked exactly for "best"
SORTED_CANDIDATES = 5_000  # ... for any other order, and for distances
FOLDER = "tantivy"
HEAP = 64 * 1024 * 1024
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
    for name in ("points", "created", "rating", "starts", "lat", "lon", "length"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("is", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("row", stored=True)
    return builder.build()


class TantivyIndex(Index):
    """One index in one folder; needs the `tantivy` extra."""

    def __init__(
        self, path: Path, *, create: bool = True, lock_seconds: float = LOCK_SECONDS
    ) -> None:
        """Open it; with `create` make a missing or damaged one anew, empty.

        Writers wait at most `lock_seconds` for others.
        """
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
        self._held: Held | None = None
        self._looked = 0.0
        self._schema = _schema()
        if create:
            folders.prepare(path)
        elif not (path / FOLDER / "meta.json").exists():
            raise IndexUnavailable("There is no index here.")
        try:
            self._open_files()
        except IndexUnavailable:
            if not create:
                raise
            shutil.rmtree(path / FOLDER, ignore_errors=True)
            self._open_files()

    def _open_files(self) -> None:
        (self.path / FOLDER).mkdir(mode=0o700, exist_ok=True)
        with reading():
            files = str(self.path / FOLDER)
            self._files = self._engine.Index(self._schema, path=files)
            self._files.config_reader("manual")
        self._look(now=True)

    # -- reading ---------------------------------------------------------------

    def _look(self, *, now: bool = False) -> Held:
        """The newest generation; looked for at most every 200 ms unless `now`."""
        with self._lock:
            held = self._held
            if held and not now and time.monotonic() - self._looked < LOOK_EVERY:
                return held
            self._looked = time.monotonic()
            with reading():
                self._files.reload()
                found = Held(self._engine, self._schema, self._files.searcher())
                if held is None or held.name != found.name:
                    self._learn_words(found)
                    self._held = held = found
            return held

    def _learn_words(self, held: Held) -> None:
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

    @property
    def version(self) -> str:
        """A name that every rebuild makes anew."""
        return str(self._look(now=True).mark.get("built", ""))

    def cursor(self) -> int:
        """The outbox position of the last commit."""
        return int(self._look(now=True).mark.get("cursor", 0))

    def versions(self) -> Iterator[tuple[str, int]]:
        """(id, version) of every document."""
        held = self._look(now=True)
        with reading():
            everything = held.term("is", "document")
            found = held.searcher.search(everything, limit=max(1, held.size))
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

    def _ranked(self, held: Held, plan: Plan, query: Query) -> tuple[Snapshot, Answer]:
        words = held.words(plan, query)
        masks = held.masks(query)
        if "near" in masks:  # few lie within a walk: rank and count them all ourselves
            around = held.every([words, held.around(query)])
            found = held.searcher.search(around, limit=SORTED_CANDIDATES, count=True)
            if found.count <= SORTED_CANDIDATES:
                snapshot = self._candidates(held, plan, found)
                return snapshot, evaluate(snapshot, plan, query)
        exact = query.sort == "best" and query.near is None
        limit = max(
            CANDIDATES if exact else SORTED_CANDIDATES, query.offset + query.limit
        )
        order = ORDERS.get(query.sort, "" if plan.units else "created")
        more = {"order_by_field": order} if order else {}
        everything = held.every([words, *masks.values()])
        found = held.searcher.search(everything, limit=limit, count=True, **more)
        snapshot = self._candidates(held, plan, found)
        answer = evaluate(snapshot, plan, query)
        facets = {
            name: answer.facets[name]
            if name == "near"
            else held.counts(name, words, masks, query)
            for name in query.facets
        }
        is_whole = found.count <= limit
        total = answer.total if is_whole else found.count
        return snapshot, Answer(total, answer.found, facets)

    def _candidates(self, held: Held, plan: Plan, found: Any) -> Snapshot:
        """What tantivy proposes, as a table that `evaluate` can read."""
        wanted = {
            (a.field, t) for u in plan.units for a in u.alternatives for t in a.terms
        }
        rows = [held.row(address) for _, address in found.hits]
        return cast("Snapshot", held.snapshot(Table(rows, wanted)))

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
                built = {"generation": mark.get("generation", 0)}
                self._mark(writer, built, cursor)
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
        for name in ("points", "created", "rating", "starts", "lat", "lon"):
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
            "built": mark.get("built") or secrets.token_hex(8),
        }
        writer.delete_documents_by_term("id", CURSOR_ID)
        document = self._engine.Document()
        document.add_text("id", CURSOR_ID)
        document.add_bytes("row", json.dumps(new).encode())
        writer.add_document(document)
