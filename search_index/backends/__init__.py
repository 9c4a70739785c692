"""Engines that answer one plan: Whoosh files, dictionaries, tantivy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from search_index.model import Document, Page, Query, Suggestion


class Backend(Protocol):
    """What an engine does for the town; `Index` (Whoosh) is the default one."""

    @property
    def is_healthy(self) -> bool:
        """Whether it can be read and was analysed as questions are now."""

    @property
    def needs_rebuild(self) -> bool:
        """Whether the terms were made by another analysis or thesaurus."""

    def apply(
        self,
        documents: Sequence[Document],
        gone: Sequence[str] = (),
        *,
        cursor: int | None = None,
    ) -> None:
        """Add or replace, delete, and move the cursor: one atomic commit."""

    def rebuild(self, documents: Iterable[Document], cursor: int) -> None:
        """Everything anew; readers see the old until the new is whole."""

    def search(self, query: Query) -> Page:
        """Answer a question."""

    def suggest(
        self, prefix: str, limit: int = 8, *, lang: str = "zh-Hans"
    ) -> tuple[Suggestion, ...]:
        """Complete what is being typed."""

    @property
    def version(self) -> str:
        """A name that every rebuild makes anew."""

    def count(self) -> int:
        """How many documents there are."""

    def cursor(self) -> int:
        """The outbox position of the last commit; 0 before the first."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """(id, version) of every document, to compare with the tables."""


def open_backend(name: str, path: Path, *, create: bool = True) -> Backend:
    """The engine of this name ("whoosh", "memory" or "tantivy") in a folder.

    With `create` a missing index is made, empty. Raises ValueError for another name,
    IndexUnavailable when it cannot be opened.
    """
    if name == "whoosh":
        from search_index.index import Index

        return Index(path, create=create)
    if name == "memory":
        from search_index.backends.memory import MemoryIndex

        return MemoryIndex()
    if name == "tantivy":
        from search_index.backends.tantivy_files import TantivyIndex

        return TantivyIndex(path, create=create)
    raise ValueError(f"unknown search engine: {name}")
