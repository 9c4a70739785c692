"""The only module that reads Whoosh files: immutable segments, decoded to numpy.

A segment never changes after its commit; only the set of its deleted documents
does, and that lives in the table of contents. So everything decoded is kept with the
segment, and a new generation only swaps the deletions. `Searcher.refresh()` is never
used: in 2.7.5 it brings deleted documents back.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import threading
import time
import zlib
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.codec import whoosh3
from whoosh.index import _DEF_INDEX_NAME, TOC
from whoosh.util.numeric import byte_to_length

from search_index.model import IndexUnavailable
from search_index.whoosh_files import COLUMNS, CURSOR_ID, Codec, Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
CACHE_BYTES = 64 * 1024 * 1024  # decoded posting lists of one snapshot's segments
OPEN_TRIES = 40  # a commit may delete a segment between reading the TOC and opening
OPEN_PAUSE = 0.005  # seconds
_LENGTHS = np.array([byte_to_length(b) for b in range(256)], dtype=np.float32)
_DTYPES = {"i": ">i4", "I": ">u4"}
_NO_IDS: Ids = np.zeros(0, np.int32)
_NO_FLOATS: Floats = np.zeros(0, np.float32)


class Postings(NamedTuple):
    """Documents that hold a term, ascending, and how often."""

    ids: Ids
    counts: Floats


NOTHING = Postings(_NO_IDS, _NO_FLOATS)


class Facet(NamedTuple):
    """A facet of a segment: value names, and one (document, value) pair per row."""

    names: list[str]
    ids: Ids
    codes: Ids


@contextmanager
def reading() -> Iterator[None]:
    """Damaged files fail in every imaginable way; outside they have one name."""
    try:
        yield
    except IndexUnavailable:
        raise
    except Exception as error:
        raise IndexUnavailable(f"The index cannot be read: {error!r}") from error


class Cache:
    """Decoded posting lists, least recently used out first, bounded by bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        """Hold at most `limit` bytes."""
        self._limit = limit
        self._bytes = 0
        self._lists: OrderedDict[tuple[str, str, str], Postings] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str, str]) -> Postings | None:
        """The list, now the most recently used."""
        with self._lock:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
            return found

    def put(self, key: tuple[str, str, str], postings: Postings) -> None:
        """Keep a list, and let go of old ones."""
        with self._lock:
            if key not in self._lists:
                self._bytes += _weight(postings)
            self._lists[key] = postings
            while self._bytes > self._limit and len(self._lists) > 1:
                _, old = self._lists.popitem(last=False)
                self._bytes -= _weight(old)


def _weight(postings: Postings) -> int:
    return postings.ids.nbytes + postings.counts.nbytes + 200


class Segment:
    """One immutable segment, all its files open, its columns in memory."""

    def __init__(self, folder: Path, segment: Any, cache: Cache) -> None:
        """Open and check every file; raises OSError or IndexUnavailable."""
        self.name: str = segment.segment_id()
        self.size: int = segment.doc_count_all()
        self.length_total: int = segment._fieldlengths.get("w", 0)  # noqa: SLF001
        self._cache = cache
        self._lock = threading.Lock()
        self._facets: dict[str, Facet] = {}
        self._lexicon: dict[str, int] | None = None
        _verify(folder, self.name)
        storage = Storage(folder)
        self._docs = whoosh3.W3PerDocReader(storage, segment)
        self._terms = Codec().terms_reader(storage, segment)
        self._stored = self._docs._cached_reader(  # noqa: SLF001
            "_stored", whoosh3.STORED_COLUMN
        )
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
                found = self._decode(field, term.encode())
            self._cache.put(key, found)
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
        data = self._terms._postfile.get(offset, length)  # noqa: SLF001
        found = _blocks(data)
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
                np.concatenate(lists) if lists else _NO_IDS,
                np.repeat(np.arange(len(lists), dtype=np.int32), [*map(len, lists)])
                if lists
                else _NO_IDS,
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


def _blocks(data: bytes) -> Postings:
    stream = io.BytesIO(data)
    if stream.read(4) != whoosh3.WHOOSH3_HEADER_MAGIC:
        raise IndexUnavailable("A posting list does not begin where it should.")
    ids, counts = [], []
    last = False
    while not last:
        size = int.from_bytes(stream.read(4), "big", signed=True)
        last = size < 0
        end = stream.tell() + abs(size)
        _, _, _, packed, _, _ = pickle.load(stream)  # noqa: S301 - our own 0700 folder
        rest = stream.read(end - stream.tell())
        raw = zlib.decompress(rest) if packed else rest
        deltas, weights, _ = pickle.loads(raw)  # noqa: S301
        ids.append(np.cumsum(np.array(deltas, np.int32), dtype=np.int32))
        filled = np.empty(len(deltas), np.float32)
        filled[:] = 1.0 if weights is None else weights
        counts.append(filled)
    return Postings(np.concatenate(ids), np.concatenate(counts))


class Leaf(NamedTuple):
    """A segment as one generation sees it: which documents are alive."""

    segment: Segment
    live: Mask
    cursor: int | None  # the outbox position, in the one segment that carries it


class Snapshot:
    """What readers see between two commits; immutable, swapped as a whole."""

    def __init__(self, folder: Path, generation: int, leaves: list[Leaf]) -> None:
        """Count once what every question needs."""
        self.folder = folder
        self.generation = generation
        self.leaves = leaves
        self.count = sum(int(leaf.live.sum()) for leaf in leaves)
        everything = sum(leaf.segment.size for leaf in leaves)
        total = sum(leaf.segment.length_total for leaf in leaves)
        self.average_length = max(1.0, total / max(1, everything))
        self._frequencies: dict[tuple[str, str], int] = {}

    @property
    def name(self) -> str:
        """A word that changes with every change."""
        return f"{self.folder.name}.{self.generation}"

    def frequency(self, field: str, term: str) -> int:
        """In how many documents a term stands, deleted ones included."""
        key = (field, term)
        found = self._frequencies.get(key)
        if found is None:
            found = sum(len(x.segment.postings(field, term).ids) for x in self.leaves)
            self._frequencies[key] = found
        return found

    def cursor(self) -> int:
        """The outbox position of the last commit, 0 before the first."""
        found = [leaf.cursor for leaf in self.leaves if leaf.cursor is not None]
        return max(found, default=0)


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
        for attempt in range(OPEN_TRIES):
            try:
                return _open(folder, cache, known)
            except FileNotFoundError:
                if attempt == OPEN_TRIES - 1:
                    raise
                time.sleep(OPEN_PAUSE)
    raise AssertionError("unreachable")


def _open(folder: Path, cache: Cache, known: dict[str, Segment]) -> Snapshot:
    toc = TOC.read(Storage(folder), _DEF_INDEX_NAME)
    leaves = []
    for raw in toc.segments:
        segment = known.get(raw.segment_id()) or Segment(folder, raw, cache)
        live = np.ones(segment.size, np.bool_)
        deleted = np.fromiter(raw.deleted_docs(), np.int64)
        live[deleted] = False
        leaves.append(_leaf(segment, live))
    return Snapshot(folder, toc.generation, leaves)


def _leaf(segment: Segment, live: Mask) -> Leaf:
    """The document that carries the outbox position is taken out of sight."""
    cursor = None
    for doc in segment.postings("id", CURSOR_ID).ids:
        if live[doc]:
            cursor = int(segment.stored(int(doc))["card"]["cursor"])
            live[doc] = False
    return Leaf(segment, live, cursor)
