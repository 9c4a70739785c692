"""Read the index: immutable segments, decoded to numpy, and what is alive in them.

A segment never changes after its commit; only the set of its deleted documents
does, and that lives in the table of contents. So everything decoded is kept with the
segment, and a new generation only swaps the deletions. `Searcher.refresh()` is never
used: in 2.7.5 it brings deleted documents back.
"""

# ruff: noqa: SLF001 - Whoosh is frozen at 2.7.5; its files are the interface
from __future__ import annotations

import json
import os
import threading
import time
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.codec import whoosh3
from whoosh.index import _DEF_INDEX_NAME, TOC
from whoosh.util.numeric import byte_to_length

from search_index.codec import Codec
from search_index.model import IndexUnavailable
from search_index.postings import (
    NOTHING,
    Cache,
    Floats,
    Ids,
    Mask,
    Postings,
    decode,
    reading,
)
from search_index.whoosh_files import COLUMNS, CURSOR_ID, Storage

OPEN_TRIES = 40  # a commit may delete a segment between reading the TOC and opening
OPEN_PAUSE = 0.005  # seconds
COUNTS_KEPT = 100_000  # terms whose counts are known without looking
LARGE = 1000  # documents: a segment that a commit hardly ever touches
_LENGTHS = np.array([byte_to_length(b) for b in range(256)], dtype=np.float32)
_DTYPES = {"i": ">i4", "I": ">u4"}


class Facet:
    """A facet of a segment: value names, and one (document, value) pair per row.

    Where no document has more than one value, `by_doc` has the value of each; one
    behind the last stands for none.
    """

    def __init__(self, names: list[str], ids: Ids, codes: Ids, size: int) -> None:
        """Turn the pairs around for a segment of `size` documents, if that may be."""
        self.names, self.ids, self.codes = names, ids, codes
        self.by_doc: Ids | None = None
        if len(np.unique(ids)) == len(ids):
            self.by_doc = np.full(size, len(names), np.int32)
            self.by_doc[ids] = codes

    def count(self, mask: Mask, docs: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many of some documents, given both ways, have each value."""
        values = len(self.names)
        if self.by_doc is not None:
            return np.bincount(self.by_doc[docs], minlength=values)[:values]
        return np.bincount(self.codes[mask[self.ids]], minlength=values)


class Segment:
    """One immutable segment, all its files open, its columns in memory."""

    def __init__(self, folder: Path, segment: Any, cache: Cache) -> None:
        """Open and check every file; raises OSError or IndexUnavailable."""
        self.name: str = segment.segment_id()
        self.size: int = segment.doc_count_all()
        self.length_total: int = segment._fieldlengths.get("w", 0)
        self._cache = cache
        self._lock = threading.Lock()
        self._facets: dict[str, Facet] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._lexicon: dict[str, int] | None = None
        _verify(folder, self.name)
        storage = Storage(folder)
        self._docs = whoosh3.W3PerDocReader(storage, segment)
        self._terms = Codec().terms_reader(storage, segment)
        self._stored = self._docs._cached_reader("_stored", whoosh3.STORED_COLUMN)
        if self._stored is None:
            raise FileNotFoundError(self.name)
        self.columns = {
            name: self._column(folder, segment, name, _DTYPES[code])
            for name, code in COLUMNS.items()
        }
        sizes = self._column(folder, segment, "_w_len", "u1").astype(np.uint8)
        self.lengths: Floats = _LENGTHS[sizes]

    def _column(self, folder: Path, segment: Any, name: str, code: str) -> Any:
        path = folder / whoosh3.W3Codec.column_filename(segment, name)
        full = np.zeros(self.size, np.dtype(code).newbyteorder("="))
        if path.exists():  # a column is not written while all values are defaults
            values = np.frombuffer(path.read_bytes(), dtype=code)[: self.size]
            full[: len(values)] = values
        return full

    def stored(self, doc: int) -> dict[str, Any]:
        """The stored fields of a document: id and card."""
        with reading(), self._lock:
            fields: dict[str, Any] = self._stored[doc]
            return fields

    def postings(self, field: str, term: str) -> Postings:
        """The documents of a term, from the cache when it was asked before."""
        key = (self.name, field, term)
        found = self._cache.get(key)
        if found is None:
            with reading(), self._lock:
                found = self._decode(field, term.encode(errors="surrogatepass"))
            self._cache.put(key, found)
        return found

    def frequency(self, key: tuple[str, str]) -> int:
        """In how many documents a (field, term) stands, deleted ones included."""
        found = self._counts.get(key)
        if found is None:
            found = len(self.postings(*key).ids)
            _remember(self._counts, key, found)
        return found

    def _decode(self, field: str, term: bytes) -> Postings:
        if (field, term) not in self._terms:
            return NOTHING
        info = self._terms.term_info(field, term)
        if info.is_inlined():
            ids, weights, _ = info.inlined_postings()
            return Postings(np.array(ids, np.int32), np.array(weights, np.float32))
        offset, length = info.extent()
        if isinstance(length, tuple):  # 2.7.5 forgets to unpack it
            length = length[0]
        data = self._terms._postfile.get(offset, length)
        found = decode(data)
        if len(found.ids) and int(found.ids[-1]) >= self.size:
            raise IndexUnavailable(f"A posting list of {self.name} is damaged.")
        return found

    def facet(self, name: str) -> Facet:
        """All values of a facet, gathered once from the filter terms."""
        found = self._facets.get(name)
        if found is None:
            prefix = f"{name}="
            terms = [t for t, _ in self._scan("f", prefix.encode())]
            lists = [self.postings("f", t).ids for t in terms]
            found = Facet(
                [t.removeprefix(prefix) for t in terms],
                np.concatenate(lists) if lists else NOTHING.ids,
                np.repeat(np.arange(len(lists), dtype=np.int32), [*map(len, lists)])
                if lists
                else NOTHING.ids,
                self.size,
            )
            self._facets[name] = found
        return found

    def lexicon(self) -> dict[str, int]:
        """The entries of the word list and their document counts."""
        if self._lexicon is None:
            self._lexicon = dict(self._scan("lex", b""))
        return self._lexicon

    def _scan(self, field: str, prefix: bytes) -> list[tuple[str, int]]:
        found = []
        with reading(), self._lock:
            if field not in self._terms.indexed_field_names():
                return []
            for (name, text), info in self._terms.items_from(field, prefix):
                if name != field or not text.startswith(prefix):
                    break
                found.append((text.decode(), info.doc_frequency()))
        return found


def _verify(folder: Path, name: str) -> None:
    sums = json.loads((folder / f"{name}.sums").read_text())
    for file, crc in sums.items():
        if zlib.crc32((folder / file).read_bytes()) != crc:
            raise IndexUnavailable(f"{file} is damaged.")


class Leaf(NamedTuple):
    """A segment as one generation sees it: which documents are alive."""

    segment: Segment
    live: Mask
    cursor: int | None  # the outbox position, in the one segment that carries it


class Snapshot:
    """What readers see between two commits; immutable, swapped as a whole."""

    def __init__(
        self,
        folder: Path,
        generation: int,
        leaves: list[Leaf],
        before: Snapshot | None = None,
    ) -> None:
        """Count once what every question needs; reuse what was counted `before`."""
        self.folder = folder
        self.generation = generation
        self.leaves = leaves
        self.count = sum(int(leaf.live.sum()) for leaf in leaves)
        everything = sum(leaf.segment.size for leaf in leaves)
        total = sum(leaf.segment.length_total for leaf in leaves)
        self.average_length = max(1.0, total / max(1, everything))
        self._frequencies: dict[tuple[str, str], int] = {}
        # A commit leaves the large segments as they are: so are their counts.
        self._large = [x.segment for x in leaves if x.segment.size >= LARGE]
        self._small = [x.segment for x in leaves if x.segment.size < LARGE]
        same = before is not None and before._large == self._large
        self._settled: dict[tuple[str, str], int] = {}
        if before is not None and same:
            self._settled = before._settled

    @property
    def name(self) -> str:
        """A word that changes with every change."""
        return f"{self.folder.name}.{self.generation}"

    def frequency(self, field: str, term: str) -> int:
        """In how many documents a term stands, deleted ones included."""
        key = (field, term)
        found = self._frequencies.get(key)
        if found is None:
            settled = self._settled.get(key)
            if settled is None:
                settled = sum(len(one.postings(field, term).ids) for one in self._large)
                _remember(self._settled, key, settled)
            found = settled + sum(one.frequency(key) for one in self._small)
            _remember(self._frequencies, key, found)
        return found

    def cursor(self) -> int:
        """The outbox position of the last commit, 0 before the first."""
        found = [leaf.cursor for leaf in self.leaves if leaf.cursor is not None]
        return max(found, default=0)


def _remember(
    counts: dict[tuple[str, str], int], key: tuple[str, str], count: int
) -> None:
    """Keep a count; whoever asks for ever new words fills no memory."""
    if len(counts) >= COUNTS_KEPT:
        counts.clear()
    counts[key] = count


def latest_generation(folder: Path) -> int:
    """The number of the newest TOC; -1 when there is none."""
    newest = -1
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(f"_{_DEF_INDEX_NAME}_") and name.endswith(".toc"):
                number = name[len(_DEF_INDEX_NAME) + 2 : -4]
                newest = max(newest, int(number) if number.isdigit() else -1)
    return newest


def open_snapshot(
    folder: Path, cache: Cache, before: Snapshot | None = None
) -> Snapshot:
    """Open the newest generation, keeping the open segments of `before`.

    Between reading the TOC and opening a segment, a commit may have merged it away:
    then the next TOC is already there, and we try again. Raises IndexUnavailable.
    """
    known: dict[str, Segment] = {}
    if before is not None and before.folder == folder:
        known = {leaf.segment.name: leaf.segment for leaf in before.leaves}
    with reading():
        failed = -1
        for _ in range(OPEN_TRIES):
            newest = latest_generation(folder)
            try:
                return _open(folder, cache, known, before)
            except FileNotFoundError:
                if failed == newest:  # nobody is writing: the files are lost
                    raise
                failed = newest
                time.sleep(OPEN_PAUSE)
    raise IndexUnavailable("The index changes faster than it can be opened.")


def _open(
    folder: Path, cache: Cache, known: dict[str, Segment], before: Snapshot | None
) -> Snapshot:
    toc = TOC.read(Storage(folder), _DEF_INDEX_NAME)
    leaves = []
    for raw in toc.segments:
        segment = known.get(raw.segment_id()) or Segment(folder, raw, cache)
        live = np.ones(segment.size, np.bool_)
        deleted = np.fromiter(raw.deleted_docs(), np.int64)
        live[deleted] = False
        leaves.append(_leaf(segment, live))
    return Snapshot(folder, toc.generation, leaves, before)


def _leaf(segment: Segment, live: Mask) -> Leaf:
    """The document that carries the outbox position is taken out of sight."""
    cursor = None
    for doc in segment.postings("id", CURSOR_ID).ids:
        if live[doc]:
            cursor = int(segment.stored(int(doc))["card"]["cursor"])
            live[doc] = False
    return Leaf(segment, live, cursor)
