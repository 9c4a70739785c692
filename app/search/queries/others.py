"""Workshop goods, volunteer posts and rewards become documents."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from app import partners, rewards, volunteering, workshops
from app.search.queries.parts import (
    Context,
    Where,
    card_of,
    epoch,
    languages_of,
    other_titles,
    texts_of,
    times_of,
)
from search_index import Document


def good_ids(session: Session) -> list[UUID]:
    """Return the ids of goods on sale."""
    listed = workshops.Good.state == workshops.GoodState.LISTED
    return list(session.exec(select(workshops.Good.id).where(listed)))


def good_documents(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    """Return the documents of those goods that strangers may find."""
    good = workshops.Good
    rows = session.exec(
        select(good, workshops.Workshop)
        .where(col(good.workshop_id) == workshops.Workshop.id)
        .where(col(good.id).in_(ids))
        .where(good.state == workshops.GoodState.LISTED)
        .where(col(workshops.Workshop.closed_at).is_(None))
    ).all()
    where = Where(session, (shop.place_id for _, shop in rows), context)
    return [
        Document(
            id=f"goods:{row.id}",
            kind="goods",
            title=row.title,
            body=row.summary or "",
            other_titles=other_titles(row),
            category="goods",
            price_mode="cny",
            provider_source=partners.ProviderSource.WORKSHOP,
            points=row.points_price,
            languages=languages_of(row),
            **where.fields(shop.place_id),
            created_at=epoch(row.created_at),
            version=row.version,
            words=tuple(filter(None, (shop.name, shop.name_en))),
            card=card_of(
                url=f"/goods/{row.id}",
                external_id=row.external_id,
                tone="goods",
                who=shop.name,
                who_en=shop.name_en,
                **texts_of(row, "title", "summary"),
                **where.card(shop.place_id),
                price_mode="cny",
                cny=row.price_cny,
                points=row.points_price,
                unit=row.unit,
            ),
        )
        for row, shop in rows
    ]


def post_ids(session: Session) -> list[UUID]:
    """Return the ids of published volunteer posts."""
    return volunteering.published_post_ids(session)


def post_documents(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    """Return the documents of those volunteer posts that strangers may find."""
    rows = volunteering.published_posts(session, ids)
    where = Where(session, (row.place_id for row in rows), context)
    starts = volunteering.open_starts(session, [row.id for row in rows], at=context.at)
    return [
        Document(
            id=f"post:{row.id}",
            kind="post",
            title=row.title,
            body=row.what,
            other_titles=other_titles(row),
            category="posts_jobs",
            service_nature="volunteer",
            price_mode="free",
            languages=languages_of(row),
            **where.fields(row.place_id),
            **times_of(starts.get(row.id, []), context.zone),
            created_at=epoch(row.created_at),
            card=card_of(
                url=f"/volunteering/posts/{row.id}",
                external_id=row.external_id,
                tone="posts_jobs",
                **texts_of(row, "title", "what", into=("title", "summary")),
                **where.card(row.place_id),
                nature="volunteer",
                next=epoch(starts[row.id][0]) if starts.get(row.id) else None,
            ),
        )
        for row in rows
    ]


def reward_ids(session: Session) -> list[UUID]:
    """Return the ids of rewards."""
    return [row.id for row in rewards.all_rewards(session)]


def reward_documents(
    session: Session, ids: Sequence[UUID], context: Context
) -> list[Document]:
    """Return the documents of those rewards that strangers may find."""
    del context
    wanted = set(ids)
    return [
        Document(
            id=f"reward:{row.id}",
            kind="reward",
            title=row.title,
            body=row.summary or "",
            other_titles=other_titles(row),
            price_mode="points",
            points=row.points,
            languages=languages_of(row),
            created_at=epoch(row.created_at),
            card=card_of(
                url=f"/rewards/{row.id}",
                external_id=row.external_id,
                tone="inclusive",
                **texts_of(row, "title", "summary"),
                price_mode="points",
                points=row.points,
            ),
        )
        for row in rewards.all_rewards(session)
        if row.id in wanted
    ]
