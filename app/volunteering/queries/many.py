"""Reading what rules ask of many people or records at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from app import people, places
from app.kernel.permissions import Permission, roles_with
from app.volunteering import rules
from app.volunteering.models import (
    Claim,
    Qualification,
    ServiceRecord,
)


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
            .where(col(ServiceRecord.state).not_in(rules.FREES_TIME))
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
        .where(col(ServiceRecord.state).not_in(rules.FREES_TIME))
        .group_by(col(ServiceRecord.person_id), col(ServiceRecord.day))
    )
    return {(person_id, day): int(total) for person_id, day, total in rows}


def qualifications_of(session: Session, person_id: UUID, day: date) -> frozenset[str]:
    """Return what a person has shown that still counts on a day (R-VOL-07)."""
    return frozenset(kind for _, kind in session.exec(_qualified([person_id], day)))


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
