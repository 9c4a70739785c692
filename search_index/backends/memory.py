"""The reference: everything in dictionaries of one process, nothing on a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from search_index.backends.tables import Table, TableSnapshot
from search_index.index import Index
from search_index.lexicon import Lexicon
from search_index.rows import row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search_index.model import Document
    from search_index.segments import Snapshot


class MemoryIndex(Index):
    """Planned, evaluated and marked like the files; kept in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._understand_words()
        self._rows: dict[str, dict[str, Any]] = {}
        self._cursor = 0
        self._changes = 0
        self._lexicon = Lexicon()
        self._seen_table: TableSnapshot | None = None

    def _snapshot(self, *, now: bool = False) -> Snapshot:  # noqa: ARG002 - always new
        if self._seen_table is None:
            table = Table(list(self._rows.values()))
            self._seen_table = TableSnapshot(table, f"memory.{self._changes}")
            self._lexicon = Lexicon()
            self._lexicon.change([table.lexicon()], ())
        return cast("Snapshot", self._seen_table)

    @property
    def needs_rebuild(self) -> bool:
        """Never: it lives no longer than its analysis."""
        return False

    @property
    def version(self) -> str:
        """One for ever: nothing else feeds it."""
        return "memory"

    def cursor(self) -> int:
        """The outbox position of the last change."""
        return self._cursor

    def versions(self) -> Iterator[tuple[str, int]]:
        """(id, version) of every document."""
        for key, found in self._rows.items():
            yield key, found["card"]["version"]

    def apply(
        self,
        documents: Sequence[Document],
        gone: Sequence[str] = (),
        *,
        cursor: int | None = None,
    ) -> None:
        """Add, replace, delete; all or nothing."""
        rows = {document.id: row(document) for document in documents}
        for key in (*rows, *gone):
            self._rows.pop(key, None)
        self._rows |= {key: new for key, new in rows.items() if key not in set(gone)}
        self._cursor = self._cursor if cursor is None else cursor
        self._changes += 1
        self._seen_table = None

    def rebuild(self, documents: Iterable[Document], cursor: int) -> None:
        """Everything anew."""
        rows = {document.id: row(document) for document in documents}
        self._rows, self._cursor = rows, cursor
        self._changes += 1
        self._seen_table = None
