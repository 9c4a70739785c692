"""The index as its users see it: apply, search, suggest, rebuild."""

from __future__ import annotations

import os
import shutil
import threading
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_index import analysis, folders, highlight, thesaurus
from search_index.evaluate import Answer, Found, evaluate, kilometres
from search_index.lexicon import Lexicon
from search_index.model import (
    FACETS,
    Document,
    Hit,
    IndexUnavailable,
    Page,
    Query,
    Suggestion,
)
from search_index.plan import Plan, understand
from search_index.postings import Cache, reading
from search_index.rows import cursor_row, row
from search_index.segments import Snapshot, latest_generation, open_snapshot
from search_index.stopwords import is_telling
from search_index.vocabulary import stop_words, thesaurus_with
from search_index.whoosh_files import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LOOK_EVERY = 0.2  # seconds between looks for a new generation
LOCK_SECONDS = 10.0
BATCH = 20_000  # documents of one commit in a rebuild; about 600 MB
MAX_LIMIT = 1000
SUGGESTED_TITLES = 3


class Index:
    """One index in one folder. Readers may be many threads and processes.

    With `create` a missing index is made, empty. Without it the index must be there
    and readable, or IndexUnavailable is raised. A damaged index raises it at every
    use; `rebuild` is the remedy and works on any folder.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        create: bool = True,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        """Open the index in `path`; writers wait at most `lock_seconds` for others."""
        self.path = Path(path)
        self._lock_seconds = lock_seconds
        folders.ensure_package()
        self._understand_words()
        self._lock = threading.RLock()
        self._forget()
        if create:
            folders.prepare(self.path)
            if not folders.exists(self.path):
                with folders.locked(self.path, "write", lock_seconds):
                    if not folders.exists(self.path):
                        folders.activate(self.path, folders.new_version(self.path))
        else:
            self._snapshot()

    def _understand_words(self) -> None:
        """Load what questions are understood by; every engine needs it."""
        self._thesaurus = thesaurus.load()
        analysis.learn_words(self._thesaurus.chinese_words())
        analysis.split_syllables("warm")  # builds its table now, not in a question

    def _forget(self) -> None:
        """Drop everything read: at the start, and in a child after a fork."""
        self._process = os.getpid()
        self._cache = Cache()
        self._lexicon = Lexicon()
        self._seen: Snapshot | None = None
        self._broken: IndexUnavailable | None = None
        self._looked = 0.0

    # -- reading ---------------------------------------------------------------

    def _snapshot(self, *, now: bool = False) -> Snapshot:
        """The newest generation; looked for at most every 200 ms unless `now`."""
        if self._process != os.getpid():  # a fork may have copied a held lock
            self._lock = threading.RLock()
            self._forget()
        seen = self._seen
        fresh = time.monotonic() - self._looked < LOOK_EVERY
        if seen is not None and fresh and not now:
            return seen
        with self._lock:
            seen = self._seen
            fresh = time.monotonic() - self._looked < LOOK_EVERY
            if seen is not None and fresh and not now:  # another thread looked
                return seen
            if self._broken is not None and fresh and not now:
                raise IndexUnavailable(str(self._broken))  # do not hammer the files
            self._looked = time.monotonic()
            try:
                found = self._open(seen)
            except IndexUnavailable as error:
                self._broken, self._seen = error, None
                raise
            self._broken = None
            if found is not seen:
                self._cache.fit(found.count)
                self._learn(found, seen)
                self._seen = found
            return found

    def _open(self, seen: Snapshot | None) -> Snapshot:
        for _ in range(3):  # a swap and a sweep may pass between the steps
            folder = folders.current(self.path)
            if folder is None:
                raise IndexUnavailable("There is no index here.")
            folders.ensure_private(self.path)
            try:
                with reading():
                    newest = latest_generation(folder)
                if seen and seen.folder == folder and seen.generation == newest:
                    return seen
                folders.meta_of(folder)
                return open_snapshot(folder, self._cache, seen)
            except IndexUnavailable:
                if folders.current(self.path) == folder:
                    raise
        raise IndexUnavailable("The index changes faster than it can be opened.")

    def _learn(self, found: Snapshot, seen: Snapshot | None) -> None:
        if seen is None or seen.folder != found.folder:
            self._lexicon, seen = Lexicon(), None
        before = {x.segment.name: x.segment for x in seen.leaves} if seen else {}
        after = {x.segment.name: x.segment for x in found.leaves}
        self._lexicon.change(
            [s.lexicon() for name, s in after.items() if name not in before],
            [s.lexicon() for name, s in before.items() if name not in after],
        )

    @property
    def is_healthy(self) -> bool:
        """Whether the index can be read and was analysed as questions are now."""
        try:
            self._snapshot(now=True)
            stale = self.needs_rebuild
        except IndexUnavailable:
            return False
        return not stale

    @property
    def needs_rebuild(self) -> bool:
        """Whether the terms were made by another analysis or thesaurus."""
        folder = folders.current(self.path)
        return folder is None or folders.meta_of(folder) != folders.meta()

    @property
    def version(self) -> str:
        """The name of the live version; every rebuild makes a new one."""
        return self._snapshot(now=True).folder.name

    def count(self) -> int:
        """How many documents there are."""
        return self._snapshot().count

    def cursor(self) -> int:
        """The outbox position of the last commit; 0 before the first."""
        return self._snapshot(now=True).cursor()

    def versions(self) -> Iterator[tuple[str, int]]:
        """(id, version) of every document, to compare with the tables."""
        for leaf in self._snapshot(now=True).leaves:
            for doc in leaf.live.nonzero()[0]:
                stored = leaf.segment.stored(int(doc))
                yield stored["id"], stored["card"]["version"]

    def search(self, query: Query) -> Page:
        """Answer a question. Raises ValueError for an unknown facet or sort."""
        _check(query)
        snapshot = self._snapshot()
        plan = self._plan(query, snapshot)
        if query.text.strip() and not plan.units and not query.pinned:
            empty = {name: dict[str, int]() for name in query.facets}
            return Page(0, (), empty, None, snapshot.name)
        snapshot, answer = self._answer(snapshot, plan, query)
        hits = _hits(snapshot, plan, query, answer)
        meant = did_you_mean(query.text, plan)
        return Page(answer.total, hits, answer.facets, meant, snapshot.name)

    def _answer(
        self, snapshot: Snapshot, plan: Plan, query: Query
    ) -> tuple[Snapshot, Answer]:
        """What matches, and the snapshot its numbers are of; engines differ here."""
        return snapshot, evaluate(snapshot, plan, query)

    def _plan(self, query: Query, snapshot: Snapshot) -> Plan:
        added = query.vocabulary
        return understand(
            query.text,
            self._lexicon,
            thesaurus_with(added.lines) if added.lines else self._thesaurus,
            snapshot.frequency,
            stop_words(added.stop),
        )

    def suggest(
        self, prefix: str, limit: int = 8, *, lang: str = "zh-Hans"
    ) -> tuple[Suggestion, ...]:
        """Completions: words (also by pinyin and initials), then titles."""
        folded = analysis.fold(prefix[:40]).strip()
        if not folded or limit <= 0:
            return ()
        self._snapshot()
        plain = "".join(analysis.strip_tones(folded).split())
        words = self._lexicon.starting(plain, limit * 3)
        words = [w for w in words if w != folded and is_telling(w)]
        page = self.search(Query(text=prefix[:40], limit=20))
        titles = dict.fromkeys(
            (hit.title, hit.kind)
            for hit in page.hits
            if analysis.reads_like(hit.title, folded, plain)
        )
        room = min(len(titles), SUGGESTED_TITLES)
        rows = [Suggestion(analysis.in_script(w, lang), "word") for w in words]
        rows = rows[: max(0, limit - room)]
        rows += [Suggestion(title, kind) for title, kind in titles]
        return tuple(rows[:limit])

    # -- writing ---------------------------------------------------------------

    def apply(
        self,
        documents: Sequence[Document],
        gone: Sequence[str] = (),
        *,
        cursor: int | None = None,
    ) -> None:
        """Add or replace `documents` and delete `gone`, in one atomic commit.

        `cursor` is stored in the same commit. When a document is given twice the
        last one counts; a document both given and gone is gone. Raises
        IndexUnavailable when the index is damaged or another writer stays too long,
        ValueError for a bad document; then nothing has changed.
        """
        latest = {document.id: document for document in documents}
        for key in gone:
            latest.pop(key, None)
        rows = [row(document) for document in latest.values()]
        if cursor is not None:
            rows.append(cursor_row(cursor))
        if not rows and not gone:
            return
        with folders.locked(self.path, "write", self._lock_seconds):
            folder = folders.current(self.path)
            if folder is None:
                raise IndexUnavailable("There is no index here.")
            folders.meta_of(folder)
            with reading():
                stale = {row["id"] for row in rows} | set(gone)
                write(folder, rows, stale, merge=True)
        self._snapshot(now=True)

    def rebuild(self, documents: Iterable[Document], cursor: int) -> None:
        """Build anew beside the live index and swap; readers never notice.

        `cursor` is the outbox position the documents were read at. Meanwhile `apply`
        may go on: what it wrote after `cursor` is to be applied again. When a document
        is given twice the last one counts. Raises IndexUnavailable when another
        rebuild is running; whatever `documents` raises leaves the old index in place.
        """
        folders.prepare(self.path)
        with folders.locked(self.path, "rebuild", self._lock_seconds):
            folder = folders.new_version(self.path)
            try:
                _fill(folder, documents, cursor)
                open_snapshot(folder, Cache())
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            with folders.locked(self.path, "write", self._lock_seconds):
                folders.activate(self.path, folder)
            folders.sweep(self.path, keep=folder)
        self._snapshot(now=True)


def _fill(folder: Path, documents: Iterable[Document], cursor: int) -> None:
    """Write a fresh version in batches; nothing merges, so it stays linear."""
    waiting = iter(documents)
    seen: set[str] = set()
    while batch := list(islice(waiting, BATCH)):
        latest = {document.id: document for document in batch}
        rows = (row(document) for document in latest.values())
        write(folder, rows, seen & latest.keys(), merge=False)
        seen |= latest.keys()
    write(folder, [cursor_row(cursor)], (), merge=False)


def _check(query: Query) -> None:
    unknown = set(query.facets) - set(FACETS)
    if unknown:
        raise ValueError(f"unknown facets: {', '.join(sorted(unknown))}")
    if query.sort not in {"best", "nearest", "soonest", "newest", "rated", "points"}:
        raise ValueError(f"unknown sort: {query.sort}")
    if not 0 <= query.limit <= MAX_LIMIT or query.offset < 0:
        raise ValueError(f"limit is 0 to {MAX_LIMIT}, offset is not negative")


def _hits(
    snapshot: Snapshot, plan: Plan, query: Query, answer: Answer
) -> tuple[Hit, ...]:
    words = highlight.wanted(plan)
    return tuple(_hit(snapshot, found, plan, words, query) for found in answer.found)


def _hit(
    snapshot: Snapshot, found: Found, plan: Plan, words: tuple[str, ...], query: Query
) -> Hit:
    leaf = snapshot.leaves[found.leaf]
    stored: dict[str, Any] = leaf.segment.stored(found.doc)
    with reading():
        card = stored["card"]
        title, body = card["title"], card["body"]
        kind, shown = card["kind"], card["card"]
    marks, seen = highlight.spans(title, words)
    body_marks, body_seen = highlight.spans(body, words)
    near = query.near
    return Hit(
        id=stored["id"],
        kind=kind,
        score=found.score,
        title=title,
        title_marked=highlight.pieces(title, marks, 0, len(title)),
        snippet=highlight.stretch(body, body_marks),
        card=shown,
        why=tuple(word for word in seen or body_seen if len(word) > 1)[:3],
        reasons=highlight.reasons(plan, seen, body_seen),
        km=kilometres(leaf, found.doc, near) if near else None,
        words=words,
    )


def did_you_mean(text: str, plan: Plan) -> str | None:
    """The question as it was understood, when that differs from what was typed."""
    meant = analysis.fold(text.strip())
    for typed, understood in plan.notes:
        if typed in meant:
            meant = meant.replace(typed, understood)
        elif typed == analysis.strip_tones(meant).replace(" ", ""):
            meant = understood
    return meant if meant != analysis.fold(text.strip()) else None
