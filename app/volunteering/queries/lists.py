"""Reading what a person sees: shifts to take, claims, records, totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.volunteering import rules
from app.volunteering.models import (
    Claim,
    Post,
    RecordKind,
    RecordState,
    ServiceRecord,
    Shift,
    ShiftState,
)
from app.volunteering.queries.things import posts_by_ids

LIST_MAX = 60


def open_shifts(
    session: Session,
    *,
    at: datetime,
    place_ids: Collection[UUID] | None = None,
    day: date | None = None,
    limit: int = LIST_MAX,
    offset: int = 0,
) -> list[tuple[Shift, Post]]:
    """Return coming shifts that are not called off, the soonest first."""
    query = (
        select(Shift, Post)
        .join(Post, col(Post.id) == Shift.post_id)
        .where(col(Shift.starts_at) > at)
        .where(col(Shift.state).in_([ShiftState.OPEN, ShiftState.FULL]))
        .where(col(Post.ended_at).is_(None))
        .order_by(col(Shift.starts_at), col(Shift.id))
        .limit(limit)
        .offset(offset)
    )
    if place_ids is not None:
        query = query.where(col(Shift.place_id).in_(place_ids))
    if day is not None:
        query = query.where(Shift.day == day)
    return [(shift, post) for shift, post in session.exec(query)]


def published_posts(session: Session, ids: Collection[UUID]) -> list[Post]:
    """Return those of the posts that strangers may find: the ones not ended."""
    found = posts_by_ids(session, ids).values()
    return [post for post in found if post.ended_at is None]


def published_post_ids(session: Session) -> list[UUID]:
    """Return the ids of every post that strangers may find."""
    return list(session.exec(select(Post.id).where(col(Post.ended_at).is_(None))))


def open_starts(
    session: Session, post_ids: Collection[UUID], *, at: datetime
) -> Mapping[UUID, list[datetime]]:
    """Return the coming starts of each post's shifts that still want people."""
    found: dict[UUID, list[datetime]] = defaultdict(list)
    rows = session.execute(
        select(Shift.post_id, Shift.starts_at)
        .where(col(Shift.post_id).in_(post_ids))
        .where(Shift.state == ShiftState.OPEN)
        .where(col(Shift.starts_at) > at)
        .order_by(col(Shift.starts_at))
    )
    for post_id, starts_at in rows:
        found[post_id].append(starts_at)
    return found


def places_with_shifts(session: Session, *, at: datetime) -> list[UUID]:
    """Return the places where coming shifts are."""
    return list(
        session.exec(
            select(Shift.place_id)
            .where(col(Shift.starts_at) > at)
            .where(col(Shift.state).in_([ShiftState.OPEN, ShiftState.FULL]))
            .distinct()
        )
    )


def claims_of(
    session: Session, person_id: UUID, *, since: datetime, until: datetime | None = None
) -> list[Claim]:
    """Return a person's claims for shifts that end after *since*, soonest first."""
    query = (
        select(Claim)
        .where(Claim.person_id == person_id, col(Claim.ends_at) > since)
        .order_by(col(Claim.starts_at))
        .limit(LIST_MAX)
    )
    if until is not None:
        query = query.where(col(Claim.starts_at) < until)
    return list(session.exec(query))


def claim_of_shift(session: Session, shift_id: UUID, person_id: UUID) -> Claim | None:
    """Return a person's claim for a shift that still counts, or None."""
    return session.exec(
        select(Claim).where(
            Claim.shift_id == shift_id,
            Claim.person_id == person_id,
            col(Claim.state).not_in(rules.FREED),
        )
    ).first()


def records_of(
    session: Session, person_id: UUID, *, limit: int = LIST_MAX
) -> list[ServiceRecord]:
    """Return a person's service records, the newest first."""
    return list(
        session.exec(
            select(ServiceRecord)
            .where(ServiceRecord.person_id == person_id)
            .order_by(col(ServiceRecord.starts_at).desc())
            .limit(limit)
        )
    )


def totals_of(
    session: Session, person_id: UUID
) -> Mapping[RecordKind, tuple[int, Decimal]]:
    """Return verified (minutes, credited hours) by kind (R-TIME-06: shown apart)."""
    rows = session.exec(
        select(
            ServiceRecord.kind,
            func.sum(ServiceRecord.minutes),
            func.sum(ServiceRecord.hours),
        )
        .where(
            ServiceRecord.person_id == person_id,
            ServiceRecord.state == RecordState.POSTED,
        )
        .group_by(col(ServiceRecord.kind))
    )
    found = {
        kind: (int(count), hours or Decimal("0.00")) for kind, count, hours in rows
    }
    return {kind: found.get(kind, (0, Decimal("0.00"))) for kind in RecordKind}
