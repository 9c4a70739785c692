"""Rows become documents: what strangers may find, in every language it is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app import fair, partners, people, places, rewards, volunteering, workshops
from app.search.rules import fingerprint, is_public
from search_index import Document

BATCH = 1000
DAYS_AHEAD = 40
EVENING_FROM = 18
SATURDAY = 5

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """Where one kind of document comes from.

    `ids` lists everything strangers may find; `documents` returns those of the given
    ids that may be found (the others are gone from the index).
    """

    kind: str
    ids: Callable[[Session], list[UUID]]
    documents: Callable[[Session, Sequence[UUID], Context], list[Document]]


@dataclass(frozen=True)
class Context:
    """What documents need besides their rows: the moment and the wall clock."""

    at: datetime
    zone: ZoneInfo


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


# -- offerings -------------------------------------------------------------------


def _offering_ids(session: Session) -> list[UUID]:
    live = fair.Offering.state == fair.OfferingState.PUBLISHED
    return list(session.exec(select(fair.Offering.id).where(live)))


def _offerings(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    rows = [
        row
        for row in fair.offerings_by_ids(session, ids).values()
        if row.state == fair.OfferingState.PUBLISHED
    ]
    where = _Where(session, (row.place_id for row in rows))
    teams = partners.organisations_by_ids(
        session, (row.organisation_id for row in rows)
    )
    persons = people.people_by_ids(session, (row.provider_id for row in rows))
    free = _free_starts(session, [row.id for row in rows], context)
    documents = []
    for row in rows:
        team = teams.get(row.organisation_id) if row.organisation_id else None
        person = persons.get(row.provider_id) if row.provider_id else None
        if team is not None and team.state != partners.OrganisationState.ACTIVE:
            continue
        who = team.name if team else _masked(person.display_name if person else "")
        who_en = (
            team.name_en
            if team
            else _masked((person.display_name_en if person else None) or "")
        ) or ""
        starts = free.get(row.id, [])
        documents.append(
            Document(
                id=f"offering:{row.id}",
                kind="offering",
                title=row.title,
                body="\n".join(filter(None, (row.summary, row.body))),
                other_titles=_others(row),
                lang=row.language,
                category=row.category,
                audience=tuple(row.audiences),
                provider_source=team.source if team else "individual",
                service_nature=row.service_nature,
                price_mode=row.price_mode,
                points=row.points or 0,
                **where.fields(row.place_id),
                **_times(starts, context.zone),
                created_at=_epoch(row.published_at or row.created_at),
                version=row.version,
                words=tuple(filter(None, (who, who_en, row.summary_en))),
                card=_card(
                    url=f"/fair/{row.id}",
                    external_id=row.external_id,
                    tone=row.category,
                    who=who,
                    who_en=who_en,
                    **_texts(row, "title", "summary"),
                    **where.card(row.place_id),
                    price_mode=row.price_mode,
                    nature=row.service_nature,
                    points=row.points,
                    cny=row.price_cny,
                    unit=row.price_unit,
                    next=_epoch(starts[0]) if starts else None,
                ),
            )
        )
    return documents


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


# -- places and organisations ----------------------------------------------------


def _place_ids(session: Session) -> list[UUID]:
    return [place.id for place in places.all_places(session)]


def _places(session: Session, ids: Sequence[UUID], context: Context) -> list[Document]:
    del context
    rows = [
        row
        for row in places.places_by_ids(session, ids).values()
        if row.closed_at is None
    ]
    # With what is above them: a document must not depend on which others come along.
    where = _Where(session, (one for row in rows for one in (row.id, row.parent_id)))
    return [
        Document(
            id=f"place:{row.id}",
            kind="place",
            title=row.name,
            body="\n".join(filter(None, (row.signature, row.about))),
            other_titles=_others(row, "name"),
            category=row.category or "",
            **where.fields(row.id),
            created_at=_epoch(row.created_at),
            words=tuple(filter(None, (row.signature_en, row.address))),
            card=_card(
                url=f"/places/{row.id}",
                external_id=row.code,
                tone="place",
                **_texts(row, "name", "signature", into=("title", "summary")),
                **where.card(row.parent_id or row.id),
                tier=row.tier,
            ),
        )
        for row in rows
    ]


def _organisation_ids(session: Session) -> list[UUID]:
    return [row.id for row in partners.active_organisations(session)]


def _organisations(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    del context
    rows = [
        row
        for row in partners.organisations_by_ids(session, ids).values()
        if row.state == partners.OrganisationState.ACTIVE
    ]
    where = _Where(session, (row.place_id for row in rows))
    return [
        Document(
            id=f"organisation:{row.id}",
            kind="organisation",
            title=row.name,
            body=row.about or "",
            other_titles=_others(row, "name"),
            provider_source=row.source,
            **where.fields(row.place_id),
            created_at=_epoch(row.created_at),
            card=_card(
                url=f"/partners/{row.id}",
                external_id=row.external_id,
                tone="law",
                **_texts(row, "name", "about", into=("title", "summary")),
                **where.card(row.place_id),
            ),
        )
        for row in rows
    ]


# -- goods, posts, rewards -------------------------------------------------------


def _good_ids(session: Session) -> list[UUID]:
    listed = workshops.Good.state == workshops.GoodState.LISTED
    return list(session.exec(select(workshops.Good.id).where(listed)))


def _goods(session: Session, ids: Sequence[UUID], context: Context) -> list[Document]:
    del context
    good = workshops.Good
    rows = session.exec(
        select(good, workshops.Workshop)
        .where(col(good.workshop_id) == workshops.Workshop.id)
        .where(col(good.id).in_(ids))
        .where(good.state == workshops.GoodState.LISTED)
        .where(col(workshops.Workshop.closed_at).is_(None))
    ).all()
    where = _Where(session, (shop.place_id for _, shop in rows))
    return [
        Document(
            id=f"goods:{row.id}",
            kind="goods",
            title=row.title,
            body=row.summary or "",
            other_titles=_others(row),
            category="goods",
            price_mode="cny",
            points=row.points_price or 0,
            **where.fields(shop.place_id),
            created_at=_epoch(row.created_at),
            version=row.version,
            words=tuple(filter(None, (shop.name, shop.name_en))),
            card=_card(
                url=f"/goods/{row.id}",
                external_id=row.external_id,
                tone="goods",
                who=shop.name,
                who_en=shop.name_en,
                **_texts(row, "title", "summary"),
                **where.card(shop.place_id),
                price_mode="cny",
                cny=row.price_cny,
                points=row.points_price,
                unit=row.unit,
            ),
        )
        for row, shop in rows
    ]


def _post_ids(session: Session) -> list[UUID]:
    return volunteering.published_post_ids(session)


def _posts(session: Session, ids: Sequence[UUID], context: Context) -> list[Document]:
    rows = volunteering.published_posts(session, ids)
    where = _Where(session, (row.place_id for row in rows))
    starts = volunteering.open_starts(session, [row.id for row in rows], at=context.at)
    return [
        Document(
            id=f"post:{row.id}",
            kind="post",
            title=row.title,
            body=row.what,
            other_titles=_others(row),
            category="posts_jobs",
            service_nature="volunteer",
            price_mode="free",
            **where.fields(row.place_id),
            **_times(starts.get(row.id, []), context.zone),
            created_at=_epoch(row.created_at),
            card=_card(
                url=f"/volunteering/posts/{row.id}",
                external_id=row.external_id,
                tone="posts_jobs",
                **_texts(row, "title", "what", into=("title", "summary")),
                **where.card(row.place_id),
                nature="volunteer",
                next=_epoch(starts[row.id][0]) if starts.get(row.id) else None,
            ),
        )
        for row in rows
    ]


def _reward_ids(session: Session) -> list[UUID]:
    return [row.id for row in rewards.all_rewards(session)]


def _rewards(session: Session, ids: Sequence[UUID], context: Context) -> list[Document]:
    del context
    wanted = set(ids)
    return [
        Document(
            id=f"reward:{row.id}",
            kind="reward",
            title=row.title,
            body=row.summary or "",
            other_titles=_others(row),
            price_mode="points",
            points=row.points,
            created_at=_epoch(row.created_at),
            card=_card(
                url=f"/rewards/{row.id}",
                external_id=row.external_id,
                tone="inclusive",
                **_texts(row, "title", "summary"),
                price_mode="points",
                points=row.points,
            ),
        )
        for row in rewards.all_rewards(session)
        if row.id in wanted
    ]


SOURCES: Mapping[str, Source] = {
    source.kind: source
    for source in (
        Source("offering", _offering_ids, _offerings),
        Source("place", _place_ids, _places),
        Source("organisation", _organisation_ids, _organisations),
        Source("goods", _good_ids, _goods),
        Source("post", _post_ids, _posts),
        Source("reward", _reward_ids, _rewards),
    )
}


# -- shared ----------------------------------------------------------------------


class _Where:
    """The places of some documents: the place, what is above it, where it lies."""

    def __init__(self, session: Session, ids: Iterable[UUID | None]) -> None:
        self._places = places.places_by_ids(session, ids)

    def fields(self, place_id: UUID | None) -> dict[str, Any]:
        place = self._places.get(place_id) if place_id else None
        if place is None:
            return {}
        above = tuple(part for part in place.path.split("/") if part)
        return {
            "place": str(place.id),
            "places": (*above, str(place.id)),
            "lat": place.latitude,
            "lon": place.longitude,
        }

    def card(self, place_id: UUID | None) -> dict[str, Any]:
        place = self._places.get(place_id) if place_id else None
        if place is None:
            return {}
        return {
            "place_id": place.id,
            "place": place.name,
            "place_en": place.name_en,
            "place_zh_hant": place.name_zh_hant,
        }


def _others(row: Any, name: str = "title") -> tuple[str, ...]:
    texts = (getattr(row, f"{name}_en"), getattr(row, f"{name}_zh_hant", None))
    return tuple(text for text in texts if text)


def _texts(row: Any, *names: str, into: Sequence[str] | None = None) -> dict[str, Any]:
    """Return a row's texts in every language, under the card's names."""
    texts: dict[str, Any] = {}
    for name, target in zip(names, into or names, strict=True):
        for suffix in ("", "_en", "_zh_hant"):
            texts[target + suffix] = getattr(row, name + suffix, None)
    return texts


def _times(starts: Sequence[datetime], zone: ZoneInfo) -> dict[str, Any]:
    """Return the days with a free time, evening and weekend, the soonest."""
    if not starts:
        return {}
    local = [start.astimezone(zone) for start in starts]
    kinds = set()
    if any(one.hour >= EVENING_FROM for one in local):
        kinds.add("evening")
    if any(one.weekday() >= SATURDAY for one in local):
        kinds.add("weekend")
    days = dict.fromkeys(one.date().isoformat() for one in local)
    return {
        "days": tuple(days)[:DAYS_AHEAD],
        "times": tuple(sorted(kinds)),
        "starts_at": _epoch(starts[0]),
    }


def _card(**values: Any) -> dict[str, str]:
    return {
        name: str(value) for name, value in values.items() if value not in (None, "")
    }


def _epoch(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
