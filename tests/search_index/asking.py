"""Small helpers of the search tests."""

from typing import Any

from search_index import Document, Index, Query


def doc(key: str, title: str, body: str = "", **more: Any) -> Document:
    """A document with a short id."""
    return Document(
        id=key, kind=more.pop("kind", "offering"), title=title, body=body, **more
    )


def found(index: Index, text: str, **more: Any) -> list[str]:
    """The ids a question finds, best first."""
    return [hit.id for hit in index.search(Query(text, **more)).hits]
