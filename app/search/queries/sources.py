"""Every kind of document: what there is of it, and what it says now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session

from app.search.queries import offerings, others, sites
from app.search.queries.parts import Context
from app.search.rules import fingerprint, is_public
from search_index import Document

BATCH = 1000


@dataclass(frozen=True)
class Source:
    """Where one kind of document comes from.

    `ids` lists everything strangers may find; `documents` returns those of the given
    ids that may be found (the others are gone from the index).
    """

    kind: str
    ids: Callable[[Session], list[UUID]]
    documents: Callable[[Session, Sequence[UUID], Context], list[Document]]


def all_documents(session: Session, context: Context) -> Iterator[Document]:
    """Return every document there should be."""
    for source in SOURCES.values():
        ids = source.ids(session)
        for start in range(0, len(ids), BATCH):
            some = source.documents(session, ids[start : start + BATCH], context)
            yield from _sealed(some)


def documents_for(
    session: Session, wanted: Mapping[str, Iterable[UUID]], context: Context
) -> tuple[list[Document], list[str]]:
    """Return (documents, ids that are gone) for the named things, as they are now."""
    found: list[Document] = []
    gone: list[str] = []
    for kind, ids in wanted.items():
        asked = list(dict.fromkeys(ids))
        documents = _sealed(SOURCES[kind].documents(session, asked, context))
        found += documents
        there = {document.id for document in documents}
        gone += [key for one in asked if (key := f"{kind}:{one}") not in there]
    return found, gone


def _sealed(documents: Iterable[Document]) -> list[Document]:
    """Let out what strangers may find, with a fingerprint to be checked by."""
    return [
        replace(document, version=fingerprint(document))
        for document in documents
        if is_public(document)
    ]


SOURCES: Mapping[str, Source] = {
    source.kind: source
    for source in (
        Source("offering", offerings.offering_ids, offerings.offering_documents),
        Source("place", sites.place_ids, sites.place_documents),
        Source("organisation", sites.organisation_ids, sites.organisation_documents),
        Source("goods", others.good_ids, others.good_documents),
        Source("post", others.post_ids, others.post_documents),
        Source("reward", others.reward_ids, others.reward_documents),
    )
}
