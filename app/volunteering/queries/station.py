"""Reading what a station sees: rosters, shifts, posts, what waits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.volunteering import rules
from app.volunteering.models import (
    Claim,
    ClaimState,
    Post,
    RecordState,
    ServiceRecord,
    Shift,
)

QUEUE_MAX = 200

PlaceIds = frozenset[UUID] | None
"""The places somebody's role reaches; None: every place."""


def roster(session: Session, shift_id: UUID, *, at: datetime) -> list[Claim]:
    """Return the claims of a shift that the station sees, in the order they came."""
    rows = session.exec(
        select(Claim).where(Claim.shift_id == shift_id).order_by(col(Claim.claimed_at))
    )
    return [
        claim
        for claim in rows
        if claim.state is not ClaimState.UNDONE and rules.is_seen_by_station(claim, at)
    ]


def shifts_at(
    session: Session, place_ids: PlaceIds, *, first: date, last: date
) -> list[tuple[Shift, Post]]:
    """Return the shifts of some places between two days, the soonest first."""
    query = (
        select(Shift, Post)
        .join(Post, col(Post.id) == Shift.post_id)
        .where(col(Shift.day) >= first, col(Shift.day) <= last)
        .order_by(col(Shift.starts_at), col(Shift.id))
        .limit(QUEUE_MAX)
    )
    if place_ids is not None:
        query = query.where(col(Shift.place_id).in_(place_ids))
    return [(shift, post) for shift, post in session.exec(query)]


def posts_at(session: Session, place_ids: PlaceIds) -> list[Post]:
    """Return the running posts of some places, by title."""
    query = (
        select(Post)
        .where(col(Post.ended_at).is_(None))
        .order_by(col(Post.title))
        .limit(QUEUE_MAX)
    )
    if place_ids is not None:
        query = query.where(col(Post.place_id).in_(place_ids))
    return list(session.exec(query))


def waiting_records(
    session: Session,
    place_ids: PlaceIds,
    *,
    states: Collection[RecordState] = rules.WAITING,
    limit: int = QUEUE_MAX,
) -> list[ServiceRecord]:
    """Return records of some places that wait for a decision, the oldest first."""
    query = (
        select(ServiceRecord)
        .where(col(ServiceRecord.state).in_(states))
        .order_by(col(ServiceRecord.recorded_at), col(ServiceRecord.id))
        .limit(limit)
    )
    if place_ids is not None:
        query = query.where(col(ServiceRecord.place_id).in_(place_ids))
    return list(session.exec(query))


def latest_records(
    session: Session, place_ids: PlaceIds, *, limit: int
) -> list[ServiceRecord]:
    """Return records of some places in any state, the latest first."""
    query = (
        select(ServiceRecord)
        .order_by(col(ServiceRecord.recorded_at).desc(), col(ServiceRecord.id))
        .limit(limit)
    )
    if place_ids is not None:
        query = query.where(col(ServiceRecord.place_id).in_(place_ids))
    return list(session.exec(query))


def missing_checkouts(session: Session, place_ids: PlaceIds) -> list[Claim]:
    """Return claims of some places whose check-out is missing, the oldest first."""
    query = (
        select(Claim)
        .where(Claim.state == ClaimState.MISSING_CHECKOUT)
        .order_by(col(Claim.ends_at))
        .limit(QUEUE_MAX)
    )
    if place_ids is not None:
        query = query.where(col(Claim.place_id).in_(place_ids))
    return list(session.exec(query))
