"""Reading what waits for review, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app import partners, people
from app.fair.models import (
    Offering,
    OfferingState,
    Review,
    Revision,
    RevisionState,
)
from app.kernel.permissions import Permission

QUEUE_MAX = 200


def reviews_of(session: Session, offering_id: UUID) -> list[Review]:
    """Return what was decided about an offering, the newest first."""
    return list(
        session.exec(
            select(Review)
            .where(Review.offering_id == offering_id)
            .order_by(col(Review.at).desc())
        )
    )


def waiting_revision(session: Session, offering_id: UUID) -> Revision | None:
    """Return the change of an offering that waits for review, or None."""
    return session.exec(
        select(Revision).where(
            Revision.offering_id == offering_id,
            Revision.state == RevisionState.SUBMITTED,
        )
    ).first()


def waiting_revisions_of(
    session: Session, offering_ids: Iterable[UUID]
) -> Mapping[UUID, Revision]:
    """Return the waiting change of each of these offerings that has one."""
    wanted = set(offering_ids)
    if not wanted:
        return {}
    rows = session.exec(
        select(Revision)
        .where(col(Revision.offering_id).in_(wanted))
        .where(Revision.state == RevisionState.SUBMITTED)
    )
    return {one.offering_id: one for one in rows}


def damaged_offerings(session: Session, limit: int = 100) -> list[Offering]:
    """Return published offerings whose text came in damaged, the oldest first."""
    rows = select(Offering).where(
        col(Offering.needs_check), Offering.state == OfferingState.PUBLISHED
    )
    return list(session.exec(rows.order_by(col(Offering.created_at)).limit(limit)))


def review_queue(
    session: Session, reader: UUID, *, on: date
) -> tuple[list[Offering], list[tuple[Revision, Offering]]]:
    """Return what waits for review where *reader* reviews, the oldest first.

    Their own and their organisations' are left out: they may not decide those.
    """
    reach = people.permitted_place_ids(
        session, reader, Permission.REVIEW_LISTING, on=on
    )
    if reach is not None and not reach:
        return [], []
    own = partners.organisation_ids_of(session, reader, on=on)
    waiting = session.exec(
        select(Offering)
        .where(
            col(Offering.state).in_([OfferingState.SUBMITTED, OfferingState.IN_REVIEW])
        )
        .order_by(col(Offering.submitted_at))
        .limit(QUEUE_MAX)
    )
    changes = session.exec(
        select(Revision, Offering)
        .where(Revision.offering_id == Offering.id)
        .where(Revision.state == RevisionState.SUBMITTED)
        .order_by(col(Revision.made_at))
        .limit(QUEUE_MAX)
    )

    def is_for_reader(offering: Offering, author_id: UUID) -> bool:
        return (
            (reach is None or offering.place_id in reach)
            and reader not in (author_id, offering.author_id, offering.provider_id)
            and offering.organisation_id not in own
        )

    return (
        [one for one in waiting if is_for_reader(one, one.author_id)],
        [(rev, one) for rev, one in changes if is_for_reader(one, rev.author_id)],
    )
