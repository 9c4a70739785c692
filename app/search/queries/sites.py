"""Places and partners become documents."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from app import partners, places
from app.search.queries.parts import (
    Context,
    Where,
    card_of,
    epoch,
    languages_of,
    other_titles,
    texts_of,
)
from search_index import Document


def place_ids(session: Session) -> list[UUID]:
    """Return the ids of places that are there."""
    return [place.id for place in places.all_places(session)]


def place_documents(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    """Return the documents of those places that strangers may find."""
    rows = [
        row
        for row in places.places_by_ids(session, ids).values()
        if row.closed_at is None
    ]
    # With what is above them: a document must not depend on which others come along.
    shown = (one for row in rows for one in (row.id, row.parent_id))
    where = Where(session, shown, context)
    return [
        Document(
            id=f"place:{row.id}",
            kind="place",
            title=row.name,
            body="\n".join(filter(None, (row.signature, row.about))),
            other_titles=other_titles(row, "name"),
            category=row.category or "",
            points=None,
            languages=languages_of(row, named="name"),
            **where.fields(row.id),
            created_at=epoch(row.created_at),
            words=tuple(filter(None, (row.signature_en, row.address))),
            card=card_of(
                url=f"/places/{row.id}",
                external_id=row.code,
                tone="place",
                **texts_of(row, "name", "signature", into=("title", "summary")),
                **where.card(row.parent_id or row.id),
                tier=row.tier,
            ),
        )
        for row in rows
    ]


def organisation_ids(session: Session) -> list[UUID]:
    """Return the ids of active partners."""
    return [row.id for row in partners.active_organisations(session)]


def organisation_documents(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    """Return the documents of those partners that strangers may find."""
    rows = [
        row
        for row in partners.organisations_by_ids(session, ids).values()
        if row.state == partners.OrganisationState.ACTIVE
    ]
    where = Where(session, (row.place_id for row in rows), context)
    return [
        Document(
            id=f"organisation:{row.id}",
            kind="organisation",
            title=row.name,
            body=row.about or "",
            other_titles=other_titles(row, "name"),
            provider_source=row.source,
            points=None,
            languages=languages_of(row, named="name"),
            **where.fields(row.place_id),
            created_at=epoch(row.created_at),
            card=card_of(
                url=f"/partners/{row.id}",
                external_id=row.external_id,
                tone="law",
                **texts_of(row, "name", "about", into=("title", "summary")),
                **where.card(row.place_id),
            ),
        )
        for row in rows
    ]
