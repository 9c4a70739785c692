"""What time does to offerings: first and last days, licences that run out or return."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from app import partners
from app.fair import rules
from app.fair.actions.steps import why_not_run
from app.fair.events import OfferingChanged
from app.fair.models import Offering, OfferingState
from app.kernel.clock import day_of
from app.kernel.outbox import publish
from app.partners import LicenceKind

BATCH_MAX = 500


def put_to_sleep_expired(session: Session, at: datetime) -> int:
    """Put live offerings without a counting licence to sleep, wake renewed ones.

    Domain handbook O03: the expiry suspends by itself. Returns how many changed.
    """
    valid = partners.valid_licence_kinds(session, on=day_of(at))
    rows = session.exec(
        select(Offering)
        .where(col(Offering.state).in_([OfferingState.PUBLISHED, OfferingState.ASLEEP]))
        .where(
            or_(
                col(Offering.needs_licence).is_not(None),
                col(Offering.exemption_id).is_not(None),
                Offering.state == OfferingState.ASLEEP,
            )
        )
    ).all()
    return sum(
        _sleep_or_wake(session, one, at)
        for one in rows
        if not _is_plainly_fine(one, valid)
    )


def look_after(
    session: Session,
    at: datetime,
    *,
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
) -> int:
    """Let the offerings of one provider sleep or wake as their papers say."""
    whose = (
        Offering.organisation_id == organisation_id
        if organisation_id is not None
        else Offering.provider_id == person_id
    )
    rows = session.exec(
        select(Offering)
        .where(whose)
        .where(col(Offering.state).in_([OfferingState.PUBLISHED, OfferingState.ASLEEP]))
    ).all()
    return sum(_sleep_or_wake(session, one, at) for one in rows)


def turn_pages(session: Session, at: datetime) -> int:
    """Publish what begins today and expire what ended yesterday."""
    today = day_of(at)
    rows = session.exec(
        select(Offering)
        .where(
            or_(
                (col(Offering.state) == OfferingState.APPROVED)
                & (col(Offering.listed_from) <= today),
                col(Offering.state).in_([OfferingState.PUBLISHED, OfferingState.PAUSED])
                & (col(Offering.listed_until) < today),
            )
        )
        .limit(BATCH_MAX)
    ).all()
    for offering in rows:
        offering.state = rules.state_on(offering, today)
        if offering.state == OfferingState.PUBLISHED:
            offering.published_at = at
        _change(session, offering, at)
    return len(rows)


def _is_plainly_fine(
    offering: Offering, valid: frozenset[tuple[UUID, LicenceKind]]
) -> bool:
    """Say that a live offering's licence counts, without a question per offering."""
    holder = offering.organisation_id or offering.provider_id
    return (
        offering.state == OfferingState.PUBLISHED
        and offering.exemption_id is None
        and offering.needs_licence is not None
        and holder is not None
        and (holder, offering.needs_licence) in valid
    )


def _sleep_or_wake(session: Session, offering: Offering, at: datetime) -> bool:
    problem = why_not_run(session, offering, on=day_of(at))
    is_asleep = offering.state == OfferingState.ASLEEP
    if (problem is not None) == is_asleep:
        return False
    offering.state = OfferingState.PUBLISHED if is_asleep else OfferingState.ASLEEP
    offering.reason = problem
    _change(session, offering, at)
    return True


def _change(session: Session, offering: Offering, at: datetime) -> None:
    offering.changed_at = at
    session.add(offering)
    publish(session, OfferingChanged(at=at, offering_id=offering.id))
