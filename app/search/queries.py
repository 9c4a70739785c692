"""Rows become documents: what strangers may find, in every language it is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from app import (
    bookings,
    fair,
    partners,
    people,
    places,
    rewards,
    volunteering,
    workshops,
)
from app.search.rules import Asked
from search_index import Document, Index, IndexUnavailable, Query

BATCH = 1000
DAYS_AHEAD = 40
NOON, EVENING = 12, 18
SATURDAY = 5
FOLLOWERS_MAX = 20_000
"""Things at one place that are written anew when the place changes."""

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
            yield from source.documents(session, ids[start : start + BATCH], context)


def documents_for(
    session: Session, wanted: Mapping[str, Iterable[UUID]], context: Context
) -> tuple[list[Document], list[str]]:
    """Return (documents, ids that are gone) for the named things, as they are now."""
    found: list[Document] = []
    gone: list[str] = []
    for kind, ids in _with_followers(session, wanted).items():
        asked = list(dict.fromkeys(ids))
        documents = SOURCES[kind].documents(session, asked, context)
        found += documents
        there = {document.id for document in documents}
        gone += [key for one in asked if (key := f"{kind}:{one}") not in there]
    return found, gone


def _with_followers(
    session: Session, wanted: Mapping[str, Iterable[UUID]]
) -> Mapping[str, Iterable[UUID]]:
    """Add what shows the name or the hours of a place or organisation that changed."""
    every = {kind: list(ids) for kind, ids in wanted.items()}
    offering, post, good, shop = (
        fair.Offering, volunteering.Post, workshops.Good, workshops.Workshop,
    )  # fmt: skip
    if at := every.get("place"):
        is_shop = col(good.workshop_id) == col(shop.id)
        for kind, ids in {
            "offering": select(offering.id).where(col(offering.place_id).in_(at)),
            "post": select(post.id).where(col(post.place_id).in_(at)),
            "goods": select(good.id)
            .join(shop, is_shop)
            .where(col(shop.place_id).in_(at)),
            "organisation": select(partners.Organisation.id).where(
                col(partners.Organisation.place_id).in_(at)
            ),
        }.items():
            every[kind] = [
                *every.get(kind, ()),
                *session.exec(ids.limit(FOLLOWERS_MAX)),
            ]
    if by := wanted.get("organisation"):
        theirs = select(offering.id).where(col(offering.organisation_id).in_(list(by)))
        every["offering"] = [
            *every.get("offering", ()),
            *session.exec(theirs.limit(FOLLOWERS_MAX)),
        ]
    return every


def find_plainly(session: Session, text: str, limit: int) -> list[fair.Offering]:
    """Search the table itself, for when there is no index: titles only."""
    like = f"%{text.replace('%', '').replace('_', '')}%"
    rows = session.exec(
        select(fair.Offering)
        .where(fair.Offering.state == fair.OfferingState.PUBLISHED)
        .where(
            or_(
                col(fair.Offering.title).ilike(like),
                col(fair.Offering.title_en).ilike(like),
                col(fair.Offering.title_zh_hant).ilike(like),
            )
        )
        .order_by(col(fair.Offering.changed_at).desc())
        .limit(limit)
    )
    return list(rows)


@dataclass(frozen=True)
class Find:
    """One thing a kept search finds: its document's id, and its title to read."""

    id: str
    title: str


class Readable(Protocol):
    """What has an index: an installation's catalogue."""

    @property
    def index(self) -> Index:
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


def fits_now(catalogue: Readable, text: str) -> int | None:
    """Return how many things answer every word today; None when nobody can say."""
    try:
        return catalogue.index.search(Query(text, limit=0, is_strict=True)).total
    except IndexUnavailable:
        return None


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
    where = _Where(session, (row.place_id for row in rows), context)
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
        who = team.name if team else person.display_name if person else ""
        who_en = (
            team.name_en if team else person.display_name_en if person else ""
        ) or ""
        starts = free.get(row.id, [])
        rating = ratings.get(row.id)
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
                points=_price(row.price_mode, row.points),
                languages=_languages(row, row.language),
                rating=float(rating.mean) if rating and rating.mean else None,
                ratings=rating.count if rating else 0,
                **where.fields(row.place_id),
                **_times(starts, context.zone),
                created_at=_epoch(row.published_at or row.created_at),
                version=row.version,
                words=tuple(
                    filter(
                        None,
                        (
                            who if team else _masked(who),
                            who_en if team else _masked(who_en),
                            row.summary_en,
                        ),
                    )
                ),
                card=_card(
                    url=f"/fair/{row.id}",
                    external_id=row.external_id,
                    tone=row.category,
                    who=who if team else _masked(who),
                    who_en=who_en if team else _masked(who_en),
                    **_texts(row, "title", "summary"),
                    **where.card(row.place_id),
                    price_mode=row.price_mode,
                    nature=row.service_nature,
                    points=row.points,
                    cny=row.price_cny,
                    unit=row.price_unit,
                    next=_epoch(starts[0]) if starts else None,
                    stars=rating.mean if rating else None,
                    ratings=rating.count if rating and rating.mean else None,
                ),
            )
        )
    return documents


def _masked(name: str) -> str:
    """Return a person's name as strangers may see it (R-PI-12)."""
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
    rows = [
        row
        for row in places.places_by_ids(session, ids).values()
        if row.closed_at is None
    ]
    where = _Where(session, (row.id for row in rows), context)
    return [
        Document(
            id=f"place:{row.id}",
            kind="place",
            title=row.name,
            body="\n".join(filter(None, (row.signature, row.about))),
            other_titles=_others(row, "name"),
            category=row.category or "",
            points=None,
            languages=_languages(row, named="name"),
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
    rows = [
        row
        for row in partners.organisations_by_ids(session, ids).values()
        if row.state == partners.OrganisationState.ACTIVE
    ]
    where = _Where(session, (row.place_id for row in rows), context)
    return [
        Document(
            id=f"organisation:{row.id}",
            kind="organisation",
            title=row.name,
            body=row.about or "",
            other_titles=_others(row, "name"),
            provider_source=row.source,
            points=None,
            languages=_languages(row, named="name"),
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
    good = workshops.Good
    rows = session.exec(
        select(good, workshops.Workshop)
        .where(col(good.workshop_id) == workshops.Workshop.id)
        .where(col(good.id).in_(ids))
        .where(good.state == workshops.GoodState.LISTED)
        .where(col(workshops.Workshop.closed_at).is_(None))
    ).all()
    where = _Where(session, (shop.place_id for _, shop in rows), context)
    return [
        Document(
            id=f"goods:{row.id}",
            kind="goods",
            title=row.title,
            body=row.summary or "",
            other_titles=_others(row),
            category="goods",
            price_mode="cny",
            provider_source=partners.ProviderSource.WORKSHOP,
            points=row.points_price,
            languages=_languages(row),
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
    where = _Where(session, (row.place_id for row in rows), context)
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
            languages=_languages(row),
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
            languages=_languages(row),
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
    """The places of some documents: what is above, where they lie, when they open."""

    def __init__(
        self, session: Session, ids: Iterable[UUID | None], context: Context
    ) -> None:
        self._places = places.places_by_ids(session, ids)
        self._hours = places.hours_of_all(
            session,
            since=context.at.astimezone(context.zone).date(),
            ids=list(self._places),
        )

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
            "open": _spans(place, *self._hours[place.id]),
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


def _spans(
    place: places.Place,
    week: Iterable[places.Opens],
    exceptions: Iterable[places.OpeningException],
) -> tuple[str, ...]:
    """Return when a place is open, as the index reads it."""
    spans = [
        f"{one.weekday} {_clock(one.opens_at)}-{_clock(one.closes_at)}" for one in week
    ]
    if place.is_open_all_day:
        spans = [f"{weekday} 0000-2400" for weekday in range(7)]
    for other in exceptions:
        spans.append(f"{other.day} -")
        if other.opens_at and other.closes_at:
            spans.append(
                f"{other.day} {_clock(other.opens_at)}-{_clock(other.closes_at)}"
            )
    return tuple(spans)


def _clock(at: time) -> str:
    return "2400" if at == time.max else f"{at:%H%M}"


def _price(mode: str, points: Any) -> Any:
    """Return how many points it costs; None for what points do not buy."""
    if mode == fair.PriceMode.FREE:
        return 0
    return points if mode == fair.PriceMode.POINTS else None


def _languages(
    row: Any, written: str = "zh-Hans", *, named: str = "title"
) -> tuple[str, ...]:
    """Return the languages a row can be read in."""
    found = [written]
    if getattr(row, f"{named}_en", None):
        found.append("en")
    if getattr(row, f"{named}_zh_hant", None):
        found.append("zh-Hant")
    return tuple(dict.fromkeys(found))


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
    """Return the free times, each with its day and part of the day; the soonest."""
    if not starts:
        return {}
    local = [start.astimezone(zone) for start in starts]
    days = list(dict.fromkeys(one.date().isoformat() for one in local))[:DAYS_AHEAD]
    slots = {
        f"{day}/{part}": None
        for one in local
        if (day := one.date().isoformat()) in days
        for part in _parts(one)
    }
    return {"slots": tuple(slots), "starts_at": _epoch(starts[0])}


def _parts(start: datetime) -> Iterator[str]:
    if start.hour < NOON:
        yield "morning"
    else:
        yield "evening" if start.hour >= EVENING else "afternoon"
    if start.weekday() >= SATURDAY:
        yield "weekend"


def _card(**values: Any) -> dict[str, str]:
    return {
        name: str(value) for name, value in values.items() if value not in (None, "")
    }


def _epoch(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
