"""Reading volunteering: posts, shifts, claims, records, what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from app import people, places
from app.kernel.i18n import msg
from app.kernel.permissions import Permission, roles_with
from app.volunteering import rules
from app.volunteering.errors import (
    ClaimNotFound,
    PostNotFound,
    RecordNotFound,
    ShiftNotFound,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Post,
    Qualification,
    RecordKind,
    RecordState,
    ServiceRecord,
    Shift,
    ShiftState,
)

QUEUE_MAX = 200
LIST_MAX = 60

PlaceIds = frozenset[UUID] | None
"""The places somebody's role reaches; None: every place."""


# ---- one thing


def post_for(session: Session, post_id: UUID) -> Post:
    """Return the post.

    Raises:
        PostNotFound: there is none with this id.
    """
    found = session.get(Post, post_id)
    if found is None:
        raise PostNotFound(msg("We do not know this post."))
    return found


def shift_for(session: Session, shift_id: UUID, *, lock: bool = False) -> Shift:
    """Return the shift.

    Raises:
        ShiftNotFound: there is none with this id.
    """
    found = session.get(Shift, shift_id, with_for_update=lock or None)
    if found is None:
        raise ShiftNotFound(msg("We do not know this shift."))
    return found


def claim_for(
    session: Session, claim_id: UUID, *, reader: UUID | None, lock: bool = False
) -> Claim:
    """Return the claim; to *reader* only their own (None: staff, asked elsewhere).

    Raises:
        ClaimNotFound: there is none, or it is somebody else's.
    """
    found = session.get(Claim, claim_id, with_for_update=lock or None)
    if found is None or (reader is not None and found.person_id != reader):
        raise ClaimNotFound(msg("We do not know this claim."))
    return found


def record_for(
    session: Session, record_id: UUID, *, reader: UUID, on: date
) -> ServiceRecord:
    """Return the record to its volunteer, or to staff who may handle hours there.

    Raises:
        RecordNotFound: there is none, or it is not for this reader.
    """
    found = session.get(ServiceRecord, record_id)
    if found is None or not (
        found.person_id == reader
        or any(
            people.has_permission(session, reader, one, place_id=found.place_id, on=on)
            for one in (
                Permission.VERIFY_HOURS,
                Permission.ENTER_HOURS,
                Permission.VERIFY_LONG_HOURS,
                Permission.READ_BOOKS,
            )
        )
    ):
        raise RecordNotFound(msg("We do not know this record."))
    return found


def record_of_claim(session: Session, claim_id: UUID) -> ServiceRecord | None:
    """Return the record that came of a claim, or None."""
    return session.exec(
        select(ServiceRecord).where(ServiceRecord.claim_id == claim_id)
    ).first()


def records_of_claims(
    session: Session, claim_ids: Collection[UUID]
) -> Mapping[UUID, UUID]:
    """Return the record that came of each claim, by claim."""
    rows = session.exec(
        select(ServiceRecord.claim_id, ServiceRecord.id).where(
            col(ServiceRecord.claim_id).in_(claim_ids)
        )
    )
    return {claim_id: record_id for claim_id, record_id in rows if claim_id}


def records_by_ids(
    session: Session, ids: Collection[UUID], *, lock: bool = False
) -> list[ServiceRecord]:
    """Return the records with these ids, in the order of their ids."""
    query = (
        select(ServiceRecord)
        .where(col(ServiceRecord.id).in_(ids))
        .order_by(col(ServiceRecord.id))
    )
    return list(session.exec(query.with_for_update() if lock else query))


def claims_by_ids(
    session: Session, ids: Collection[UUID], *, lock: bool = False
) -> list[Claim]:
    """Return the claims with these ids, in the order of their ids."""
    query = select(Claim).where(col(Claim.id).in_(ids)).order_by(col(Claim.id))
    return list(session.exec(query.with_for_update() if lock else query))


def shifts_by_ids(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Shift]:
    """Return shifts by id."""
    rows = session.exec(select(Shift).where(col(Shift.id).in_(set(ids))))
    return {shift.id: shift for shift in rows}


def posts_by_ids(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Post]:
    """Return posts by id."""
    rows = session.exec(select(Post).where(col(Post.id).in_(set(ids))))
    return {post.id: post for post in rows}


# ---- lists for people


def open_shifts(
    session: Session,
    *,
    at: datetime,
    place_ids: Collection[UUID] | None = None,
    day: date | None = None,
    limit: int = LIST_MAX,
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


def qualifications_of(session: Session, person_id: UUID, day: date) -> frozenset[str]:
    """Return what a person has shown that still counts on a day (R-VOL-07)."""
    return frozenset(kind for _, kind in session.exec(_qualified([person_id], day)))


# ---- lists for the station


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


# ---- many at once, for rules


def permitted_among(
    session: Session,
    person_ids: Collection[UUID],
    permission: Permission,
    *,
    place_id: UUID,
    on: date,
) -> frozenset[UUID]:
    """Return which of these people carry *permission* at a place on a day."""
    role = people.RoleAssignment
    rows = session.exec(
        select(role.person_id, role.place_id)
        .where(col(role.person_id).in_(person_ids))
        .where(col(role.role).in_(roles_with(permission)))
        .where(col(role.starts_on) <= on)
        .where(or_(col(role.ends_on).is_(None), col(role.ends_on) >= on))
    ).all()
    if all(place is None for _, place in rows):
        return frozenset(person_id for person_id, _ in rows)
    above = {None, place_id, *places.ancestor_ids(session, place_id)}
    return frozenset(person_id for person_id, place in rows if place in above)


def close_among(
    session: Session, person_id: UUID, others: Collection[UUID]
) -> frozenset[UUID]:
    """Return which of *others* are close to a person: as `people.are_close`."""
    known = people.people_by_ids(session, {person_id, *others})
    home = known[person_id].household_id if person_id in known else None
    close = {
        other
        for other in others
        if other == person_id
        or (home is not None and other in known and known[other].household_id == home)
    }
    pair = people.Relative
    for row in session.exec(
        select(pair).where(
            or_(pair.person_id == person_id, pair.relative_id == person_id)
        )
    ):
        close |= {row.person_id, row.relative_id} & set(others) - {person_id}
    return frozenset(close)


def claims_between(
    session: Session, person_ids: Collection[UUID], start: datetime, end: datetime
) -> list[Claim]:
    """Return what these people have claimed in a stretch of time, all places."""
    return list(
        session.exec(
            select(Claim)
            .where(col(Claim.person_id).in_(person_ids))
            .where(col(Claim.starts_at) < end, col(Claim.ends_at) > start)
            .where(col(Claim.state).in_(rules.TAKES_TIME))
        )
    )


def records_between(
    session: Session, person_ids: Collection[UUID], start: datetime, end: datetime
) -> list[ServiceRecord]:
    """Return what these people gave in a stretch of time, all places."""
    return list(
        session.exec(
            select(ServiceRecord)
            .where(col(ServiceRecord.person_id).in_(person_ids))
            .where(col(ServiceRecord.starts_at) < end)
            .where(col(ServiceRecord.ends_at) > start)
            .where(ServiceRecord.state != RecordState.REJECTED)
        )
    )


def minutes_on_days(
    session: Session, records: Sequence[ServiceRecord]
) -> Mapping[tuple[UUID, date], int]:
    """Return each person's minutes on each day of *records*, all records together."""
    rows = session.exec(
        select(
            col(ServiceRecord.person_id),
            col(ServiceRecord.day),
            func.sum(ServiceRecord.minutes),
        )
        .where(col(ServiceRecord.person_id).in_({one.person_id for one in records}))
        .where(col(ServiceRecord.day).in_({one.day for one in records}))
        .where(ServiceRecord.state != RecordState.REJECTED)
        .group_by(col(ServiceRecord.person_id), col(ServiceRecord.day))
    )
    return {(person_id, day): int(total) for person_id, day, total in rows}


def qualified_among(
    session: Session, person_ids: Collection[UUID], kind: str, *, on: date
) -> frozenset[UUID]:
    """Return which of these people have shown *kind*, still good on a day."""
    rows = session.exec(_qualified(person_ids, on))
    return frozenset(person_id for person_id, shown in rows if shown == kind)


def _qualified(person_ids: Collection[UUID], day: date):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (
        select(Qualification.person_id, Qualification.kind)
        .where(col(Qualification.person_id).in_(person_ids))
        .where(
            or_(
                col(Qualification.expires_on).is_(None),
                col(Qualification.expires_on) >= day,
            )
        )
    )
