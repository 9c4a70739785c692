"""What is new to a search somebody keeps, and whether a wish has come true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from app.search.rules import Asked, Wording
from search_index import Backend, IndexUnavailable, Query


@dataclass(frozen=True)
class Find:
    """One thing a kept search finds: its document's id, and its title to read."""

    id: str
    title: str


class Readable(Protocol):
    """What has an index: an installation's catalogue."""

    @property
    def index(self) -> Backend:
        """The index; may raise IndexUnavailable."""


def new_finds(
    catalogue: Readable,
    asked: Asked,
    *,
    since: datetime,
    language: str,
    origin: tuple[float, float] | None = None,
    limit: int = 50,
) -> list[Find] | None:
    """Return what was made after *since* and answers every word, the newest first.

    None when the index cannot be read just now.
    """
    question = asked.to_query(language, int(since.timestamp()), origin=origin)
    strict = replace(
        question,
        filters=replace(question.filters, since=int(since.timestamp())),
        sort="newest",
        limit=limit,
        offset=0,
        facets=(),
        now=None,
        is_strict=True,
    )
    try:
        page = catalogue.index.search(strict)
    except IndexUnavailable:
        return None
    suffix = {"en": "_en", "zh-Hant": "_zh_hant"}.get(language, "")
    return [
        Find(hit.id, hit.card.get(f"title{suffix}") or hit.title) for hit in page.hits
    ]


def first_page(
    catalogue: Readable, text: str, wording: Wording, limit: int = 10
) -> list[Find] | None:
    """Return what a question finds first in some wording; None without an index."""
    try:
        page = catalogue.index.search(wording.of(Query(text, limit=limit)))
    except IndexUnavailable:
        return None
    return [Find(hit.id, hit.title) for hit in page.hits]


def is_findable(catalogue: Readable, document_id: str) -> bool:
    """Say whether strangers find this document today."""
    try:
        hits = catalogue.index.search(Query(pinned=(document_id,), limit=1)).hits
    except IndexUnavailable:
        return False
    return [hit.id for hit in hits] == [document_id]


def fits_now(catalogue: Readable, text: str) -> int | None:
    """Return how many things answer every word today; None when nobody can say."""
    try:
        return catalogue.index.search(Query(text, limit=0, is_strict=True)).total
    except IndexUnavailable:
        return None
