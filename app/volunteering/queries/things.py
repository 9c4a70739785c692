"""Reading one post, shift, claim or record, or some of them by their ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app import people
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering.errors import (
    ClaimNotFound,
    PostNotFound,
    RecordNotFound,
    ShiftNotFound,
)
from app.volunteering.models import (
    Claim,
    Post,
    ServiceRecord,
    Shift,
)


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


MAY_READ_RECORDS = (
    Permission.VERIFY_HOURS,
    Permission.ENTER_HOURS,
    Permission.VERIFY_LONG_HOURS,
    Permission.READ_BOOKS,
)
"""Whoever holds one of these for a place may read the records made there."""


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
            for one in MAY_READ_RECORDS
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
