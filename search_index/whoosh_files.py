"""The only module that writes Whoosh files, and the schema they follow.

Whoosh-Reloaded is used as a file format: ordinary W3 segments that any Whoosh 2.7
reads. Its field types make one object per word and its pool sorts five-tuples; the
few classes here replace just that (four times faster, same files). Compound files
are never written: Whoosh copies them into memory at every open.
"""

from __future__ import annotations

import json
import os
import zlib
from array import array
from collections import Counter
from itertools import groupby
from math import log
from pathlib import Path
from pickle import dumps
from typing import TYPE_CHECKING, Any

from whoosh import analysis, columns, fields, formats
from whoosh.codec import whoosh3
from whoosh.filedb.filestore import FileStorage
from whoosh.index import _DEF_INDEX_NAME, TOC, FileIndex
from whoosh.reading import SegmentReader
from whoosh.util.numeric import byte_to_length, length_to_byte

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMA_VERSION = 1
CURSOR_ID = "_cursor"  # the document that carries the outbox position
COLUMNS = {  # name → struct code, as `Row.numbers` fills them
    "points": "i",  # hundredths of a point
    "starts": "I",  # seconds, 0 = no date
    "created": "I",
    "lat": "i",  # 1e-5 degrees; NOWHERE when unknown
    "lon": "i",
    "rating": "i",  # hundredths, 0 = none
    "ratings": "i",
    "lang": "i",  # 1 Chinese, 2 English, 3 both
}
NOWHERE = 2**31 - 1
BLOCK = 1024  # postings per block
MERGE_AT = 8  # so many segments of one size class become one of the next
MERGE_CLASSES = 2  # segments above 8^3 documents wait for a rebuild
_BYTE_TO_LENGTH = [byte_to_length(b) for b in range(256)]
Item = tuple[str, bytes, int, float, bytes]
Group = tuple[str, bytes, list[int], list[float]]


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field of ready-made terms; with `freq` their counts and the length are kept.

    Pickled into every index: renaming or moving it makes old indexes unreadable.
    """

    def __init__(self, *, freq: bool = False) -> None:
        """Keep frequencies when `freq`."""
        super().__init__(
            format=formats.Existence(),
            analyzer=analysis.IDAnalyzer(),
            scorable=freq,
            stored=False,
        )
        self.freq = freq

    def index(
        self, value: Iterable[str], **_: object
    ) -> list[tuple[bytes, int, float, bytes]]:
        """Whoosh's hook: (term, frequency, weight, no payload)."""
        if self.freq:
            counts = Counter(value).items()
            return [(t.encode(), n, float(n), b"") for t, n in counts]
        return [(t.encode(), 1, 1.0, b"") for t in set(value)]


def schema() -> Any:
    """The lean schema: no NUMERIC field, which costs 8 to 16 postings per document."""
    numbers = {
        name: fields.COLUMN(columns.NumericColumn(code, default=0))
        for name, code in COLUMNS.items()
    }
    return fields.Schema(
        id=fields.ID(stored=True, unique=True),
        card=fields.STORED,
        w=Terms(freq=True),  # words
        g=Terms(),  # bigrams and single characters
        tp=Terms(),  # pinyin of the title
        ti=Terms(),  # initials of the title
        lex=Terms(),  # words as people write them, with their pinyin
        f=Terms(),  # facet=value
        **numbers,
    )


class Pool:
    """Collects postings by term; documents arrive in order, so only terms are sorted."""

    def __init__(self) -> None:
        """Start empty."""
        self.terms: dict[tuple[str, bytes], tuple[list[int], list[float]]] = {}
        self.fieldnames: set[str] = set()

    def add(self, item: Item) -> None:
        """Take one posting."""
        field, text, doc, weight, _ = item
        found = self.terms.get((field, text))
        if found is None:
            found = self.terms[field, text] = ([], [])
            self.fieldnames.add(field)
        found[0].append(doc)
        found[1].append(weight)

    def iter_postings(self) -> Groups:
        """All postings, grouped."""
        return Groups(self.terms)

    def cleanup(self) -> None:
        """Let go of everything."""
        self.terms = {}


class Groups:
    """Postings grouped by term; iterating gives Whoosh's single postings."""

    def __init__(
        self, terms: dict[tuple[str, bytes], tuple[list[int], list[float]]]
    ) -> None:
        """Wrap the pool's terms."""
        self._terms = terms

    def groups(self) -> Iterator[Group]:
        """(field, term, documents, weights) in the order of the term file."""
        for field, text in sorted(self._terms):
            yield field, text, *self._terms[field, text]

    def __iter__(self) -> Iterator[Item]:
        """Single postings, for Whoosh's own code."""
        for field, text, docs, weights in self.groups():
            for doc, weight in zip(docs, weights, strict=True):
                yield field, text, doc, weight, b""


def _grouped(items: Iterable[Item]) -> Iterator[Group]:
    for (field, text), group in groupby(items, key=lambda i: (i[0], i[1])):
        pairs = [(doc, weight) for _, _, doc, weight, _ in group]
        yield field, text, [d for d, _ in pairs], [w for _, w in pairs]


class FieldWriter(whoosh3.W3FieldWriter):  # type: ignore[misc]
    """Writes whole posting lists; Whoosh's own looks up a length for each posting."""

    def add_postings(self, schema: Any, lengths: Any, items: Any) -> None:
        """Whoosh's hook: all postings of the segment, in order."""
        groups = items.groups() if isinstance(items, Groups) else _grouped(items)
        last = None
        sizes: array[int] | None = None
        for field, text, docs, weights in groups:
            if field != last:
                kind = schema[field]
                self.start_field(field, kind)
                last, sizes = field, None
                prefix = whoosh3.pack_ushort(self._fieldid)
                if kind.scorable and lengths:
                    name = whoosh3._lenfield(field)  # noqa: SLF001
                    column = lengths._cached_reader(  # noqa: SLF001
                        name, whoosh3.LENGTHS_COLUMN
                    )
                    sizes = None if column is None else array("B", column)
            info = self._write_list(docs, weights, sizes)
            self._tindex.add(prefix + text, info.to_bytes())
        self._infield = False

    def _write_list(
        self, docs: list[int], weights: list[float], sizes: array[int] | None
    ) -> Any:
        start = self._postfile.tell()
        out = [whoosh3.WHOOSH3_HEADER_MAGIC]
        shortest: int | None = None
        longest = 0
        for at in range(0, len(docs), BLOCK):
            ids, heavy = docs[at : at + BLOCK], weights[at : at + BLOCK]
            low, high = _length_range(ids, sizes)
            if low is not None:
                shortest = low if shortest is None else min(shortest, low)
            longest = max(longest, high)
            block = _block(ids, heavy, low, high)
            size = -len(block[0]) - len(block[1])
            last = at + BLOCK >= len(docs)
            out += [whoosh3.pack_int(size if last else -size), *block]
        data = b"".join(out)
        self._postfile.write(data)
        info = whoosh3.W3TermInfo()
        info._weight, info._df = sum(weights), len(docs)  # noqa: SLF001
        info._minlength, info._maxlength = shortest, longest  # noqa: SLF001
        info._maxweight = max(weights)  # noqa: SLF001
        info._minid, info._maxid = docs[0], docs[-1]  # noqa: SLF001
        info.set_extent(start, len(data))
        return info


def _length_range(
    ids: list[int], sizes: array[int] | None
) -> tuple[int | None, int]:
    known = [] if sizes is None else [sizes[i] for i in ids if i < len(sizes)]
    if not known:
        return None, 0
    return _BYTE_TO_LENGTH[min(known)], _BYTE_TO_LENGTH[max(known)]


def _block(
    ids: list[int], weights: list[float], low: int | None, high: int
) -> tuple[bytes, bytes]:
    deltas = (ids[0], *(b - a for a, b in zip(ids, ids[1:], strict=False)))
    heavy, light = max(weights), min(weights)
    packed: object = tuple(weights)
    if heavy == light:
        packed = None if heavy == 1.0 else float(heavy)
    data = dumps((deltas, packed, None), 2)
    lengths = (length_to_byte(low or 0), length_to_byte(high))
    return dumps((len(ids), ids[-1], heavy, 0, *lengths), 2), data


class Codec(whoosh3.W3Codec):  # type: ignore[misc]
    """Whoosh's W3 codec with our field writer."""

    def __init__(self) -> None:
        """Large blocks, no compression."""
        super().__init__(blocklimit=BLOCK, compression=0)

    def field_writer(self, storage: Any, segment: Any) -> FieldWriter:
        """Whoosh's hook."""
        return FieldWriter(self, storage, segment)


class Storage(FileStorage):  # type: ignore[misc]
    """A folder whose segments are on the disk, with checksums, before the TOC says so.

    Whoosh never syncs: after a power cut its TOC may name files that are not there.
    """

    def __init__(self, folder: Path) -> None:
        """Use the folder; it must exist."""
        super().__init__(str(folder), supports_mmap=False)
        self._fresh: set[str] = set()

    def create_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Whoosh's hook: remember what a commit writes."""
        self._fresh.add(name)
        return super().create_file(name, *args, **kwargs)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:  # noqa: FBT001,FBT002
        """Whoosh's hook: the TOC appears by one rename, after everything else."""
        if newname.endswith(".toc"):
            self._settle(oldname)
        super().rename_file(oldname, newname, safe=safe)
        sync_folder(Path(self.folder))

    def _settle(self, toc: str) -> None:
        sums: dict[str, dict[str, int]] = {}
        folder = Path(self.folder)
        for name in sorted(self._fresh):
            path = folder / name
            if path.exists() and name != toc:
                segment = name.partition(".")[0]
                sums.setdefault(segment, {})[name] = zlib.crc32(path.read_bytes())
                sync_file(path)
        for segment, files in sums.items():
            path = folder / f"{segment}.sums"
            path.write_text(json.dumps(files))
            sync_file(path)
        sync_file(folder / toc)
        self._fresh.clear()


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


sync_folder = sync_file


def create(folder: Path) -> None:
    """Write an empty index into an existing folder."""
    storage = Storage(folder)
    TOC.create(storage, schema(), _DEF_INDEX_NAME)


def _tiered(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge when eight segments of one small size class have gathered.

    Without an upper bound every policy re-merges everything, sooner or later.
    """
    classes: dict[int, list[Any]] = {}
    for segment in segments:
        size = max(1, segment.doc_count_all())
        classes.setdefault(int(log(size, MERGE_AT)), []).append(segment)
    taken: list[Any] = []
    for size in sorted(classes):
        if len(classes[size]) < MERGE_AT or size > MERGE_CLASSES:
            break
        taken += classes[size]
    for segment in taken:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [s for s in segments if s not in taken]


def write(
    folder: Path, rows: Iterable[dict[str, Any]], gone: Iterable[str], *, merge: bool
) -> None:
    """One commit: delete `gone` and the old versions of `rows`, add `rows`.

    The caller holds the write lock. Raises whatever Whoosh raises; nothing is
    visible to readers unless this returns.
    """
    index = FileIndex(Storage(folder), indexname=_DEF_INDEX_NAME)
    writer = index.writer(codec=Codec(), compound=False)
    writer.pool = Pool()
    try:
        added = list(rows)
        _delete(writer, {row["id"] for row in added} | set(gone))
        for row in added:
            writer.add_document(**row)
        if merge:
            writer.commit(mergetype=_tiered)
        else:
            writer.commit(merge=False)
    except BaseException:
        _abandon(writer)
        raise


def _delete(writer: Any, ids: set[str]) -> None:
    base = 0
    for segment in writer.segments:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        try:
            for key in ids:
                if ("id", key) in reader:
                    for doc in reader.postings("id", key).all_ids():
                        writer.delete_document(base + doc)
        finally:
            reader.close()
        base += segment.doc_count_all()


def _abandon(writer: Any) -> None:
    """Cancel; a failed commit of 2.7.5 would otherwise keep the lock for good."""
    try:
        if not writer.is_closed:
            writer.cancel()
    except Exception:  # noqa: BLE001 - the first error is the one to report
        if writer.writelock:
            writer.writelock.release()
