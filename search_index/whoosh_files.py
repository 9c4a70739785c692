"""Write the index: the schema, the folder that survives a power cut, one commit.

Whoosh-Reloaded is used as a file format: ordinary W3 segments that any Whoosh 2.7
reads. Compound files are never written: Whoosh copies them into memory at every open.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import zlib
from array import array
from collections import Counter
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whoosh import analysis, columns, fields, formats
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import _DEF_INDEX_NAME, TOC, FileIndex
from whoosh.reading import SegmentReader

from search_index.codec import Codec, Pool

if TYPE_CHECKING:
    from collections.abc import Iterable

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
MERGE_AT = 8  # so many segments of one size class become one of the next
MERGE_CLASSES = 2  # segments above 8^3 documents wait for a rebuild


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field of ready-made terms; with `freq` their counts and the length are kept.

    Whoosh's own fields make an object per word. Pickled into every index: renaming
    or moving the class makes old indexes unreadable.
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


class _Mapped(StructFile):  # type: ignore[misc]
    """A file in memory by the system's paging: no position to share, none to close."""

    def get(self, position: int, length: int) -> bytes:
        return bytes(self.file[position : position + length])

    def get_array(self, position: int, typecode: str, length: int) -> array[Any]:
        values = array(typecode)
        values.frombytes(self.get(position, length * values.itemsize))
        if sys.byteorder == "little":
            values.byteswap()
        return values


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

    def open_file(self, name: str, **_: Any) -> Any:
        """Whoosh's hook: read mapped; nothing stays open, even when it is damaged."""
        with (Path(self.folder) / name).open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return BufferFile(b"", name)  # a column of nothing but defaults
            return _Mapped(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), name)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:  # noqa: FBT001, FBT002
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
    """One commit: delete `gone` (old versions of `rows` included), add `rows`.

    The caller holds the write lock. Raises whatever Whoosh raises; nothing is
    visible to readers unless this returns.
    """
    index = FileIndex(Storage(folder), indexname=_DEF_INDEX_NAME)
    writer = index.writer(codec=Codec(), compound=False)
    writer.pool = Pool()
    try:
        _delete(writer, set(gone))
        for row in rows:
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
