"""Services become documents: with their free times, ratings and whoever offers them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from app import bookings, fair, partners, people
from app.search.queries.parts import (
    Context,
    Where,
    card_of,
    epoch,
    languages_of,
    other_titles,
    price_in_points,
    texts_of,
    times_of,
)
from search_index import Document


def offering_ids(session: Session) -> list[UUID]:
    """Return the ids of published offerings."""
    live = fair.Offering.state == fair.OfferingState.PUBLISHED
    return list(session.exec(select(fair.Offering.id).where(live)))


def offering_documents(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    """Return the documents of those offerings that strangers may find."""
    rows = [
        row
        for row in fair.offerings_by_ids(session, ids).values()
        if row.state == fair.OfferingState.PUBLISHED
    ]
    where = Where(session, (row.place_id for row in rows), context)
    teams = partners.organisations_by_ids(
        session, (row.organisation_id for row in rows)
    )
    persons = people.people_by_ids(session, (row.provider_id for row in rows))
    free = _free_starts(session, [row.id for row in rows], context)
    ratings = bookings.ratings_of(session, (row.id for row in rows))
    documents = []
    for row in rows:
        team = teams.get(row.organisation_id) if row.organisation_id else None
        person = persons.get(row.provider_id) if row.provider_id else None
        if team is None or team.state == partners.OrganisationState.ACTIVE:
            offer = _Offer(row, *_names(team, person), team, ratings.get(row.id))
            documents.append(_document(offer, free.get(row.id, []), where, context))
    return documents


class _Offer(NamedTuple):
    """An offering with whoever offers it, by the names strangers may see."""

    row: fair.Offering
    who: str
    who_en: str
    team: partners.Organisation | None
    rating: bookings.Rating | None


def _document(
    offer: _Offer, starts: Sequence[datetime], where: Where, context: Context
) -> Document:
    row, who, who_en, team, rating = offer
    return Document(
        id=f"offering:{row.id}",
        kind="offering",
        title=row.title,
        body="\n".join(filter(None, (row.summary, row.body))),
        other_titles=other_titles(row),
        lang=row.language,
        category=row.category,
        audience=tuple(row.audiences),
        provider_source=team.source if team else "individual",
        service_nature=row.service_nature,
        price_mode=row.price_mode,
        points=price_in_points(row.price_mode, row.points),
        languages=languages_of(row, row.language),
        rating=float(rating.mean) if rating and rating.mean else None,
        ratings=rating.count if rating else 0,
        **where.fields(row.place_id),
        **times_of(starts, context.zone),
        created_at=epoch(row.published_at or row.created_at),
        version=row.version,
        words=tuple(filter(None, (who, who_en, row.summary_en))),
        card=card_of(
            url=f"/fair/{row.id}",
            external_id=row.external_id,
            tone=row.category,
            who=who,
            who_en=who_en,
            **texts_of(row, "title", "summary"),
            **where.card(row.place_id),
            price_mode=row.price_mode,
            nature=row.service_nature,
            points=row.points,
            cny=row.price_cny,
            unit=row.price_unit,
            next=epoch(starts[0]) if starts else None,
            stars=rating.mean if rating else None,
            ratings=rating.count if rating and rating.mean else None,
        ),
    )


def _names(
    team: partners.Organisation | None, person: people.Person | None
) -> tuple[str, str]:
    """Return who offers it, in Chinese and in English; a person masked."""
    if team is not None:
        return team.name, team.name_en or ""
    if person is None:
        return "", ""
    return _masked(person.display_name), _masked(person.display_name_en or "")


def _masked(name: str) -> str:
    """Return a person's name as strangers may see it (R-PI-12), and find it."""
    return people.masked_name(name) if name else ""


def _free_starts(
    session: Session, ids: Sequence[UUID], context: Context
) -> dict[UUID, list[datetime]]:
    """Return the coming free times of each offering, the soonest first."""
    slot = fair.Slot
    rows = session.execute(
        select(slot.offering_id, slot.starts_at)
        .where(col(slot.offering_id).in_(ids))
        .where(col(slot.starts_at) > context.at)
        .where(col(slot.taken) < col(slot.capacity))
        .where(col(slot.withdrawn_at).is_(None))
        .order_by(col(slot.starts_at))
    )
    found: dict[UUID, list[datetime]] = defaultdict(list)
    for offering_id, starts_at in rows:
        found[offering_id].append(starts_at)
    return found
