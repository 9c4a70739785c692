"""What reviewers do: take an offering, decide about it with a reason, remove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from app.fair import rules
from app.fair.actions.steps import ensure_may_run, move, strange_offering, why_not_run
from app.fair.errors import NotYourStep, OfferingInvalid
from app.fair.models import Offering, OfferingState, Review
from app.fair.queries import may_take_down, offering_for
from app.fair.rules import Step
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg


def take_for_review(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    """Take a submitted offering off the pile.

    Raises:
        MayNot, NotYourStep: *by* does not review here, or is no stranger to it.
    """
    offering = strange_offering(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, Step.TAKE)
    offering.reviewer_id = by
    return move(session, offering, Step.TAKE, after, by=by, at=at)


def approve(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Let an offering into the fair: now, or on its first day.

    Raises:
        LicenceMissing: the provider has no licence that counts today.
        OfferingInvalid: something is missing, or its last day is over.
        MayNot, NotYourStep: *by* does not review here, or is no stranger to it.
    """
    offering = strange_offering(session, offering_id, by=by, at=at)
    rules.state_after(offering, Step.APPROVE)
    rules.ensure_complete(offering)
    ensure_may_run(session, offering, on=day_of(at))
    after = rules.state_on(offering, day_of(at))
    if after == OfferingState.EXPIRED:
        raise OfferingInvalid(
            msg("Its last day is over. Please ask for a new one."), field="listed_until"
        )
    if after == OfferingState.PUBLISHED:
        offering.published_at = at
    return _decide(session, offering, Step.APPROVE, after, by=by, at=at, reason=None)


def request_changes(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime, reason: str | None
) -> Offering:
    """Send an offering back with a reason; its provider mends and submits again."""
    return _refuse(session, offering_id, Step.REQUEST_CHANGES, by=by, at=at, why=reason)


def reject(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime, reason: str | None
) -> Offering:
    """Say no to an offering for good, with a reason."""
    return _refuse(session, offering_id, Step.REJECT, by=by, at=at, why=reason)


def take_down(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime, reason: str | None
) -> Offering:
    """Take an offering out of the fair, with a reason.

    Raises:
        NotYourStep: *by* neither reviews listings nor manages the place.
    """
    offering = offering_for(session, offering_id, lock=True)
    if not may_take_down(session, offering, by, on=day_of(at)):
        raise NotYourStep(msg("Only reviewers and the place's manager may do this."))
    after = rules.state_after(offering, Step.TAKE_DOWN)
    offering.reason = rules.ensure_reason(Step.TAKE_DOWN, reason)
    return move(session, offering, Step.TAKE_DOWN, after, by=by, at=at)


def confirm_text(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    """Say that a text which came in damaged is right now; said again it stays so.

    Raises:
        NotYourStep: it is *by*'s own, or of their people.
    """
    offering = strange_offering(session, offering_id, by=by, at=at)
    offering.needs_check = False
    session.add(offering)
    doings.note(
        session, who=by, verb="offering.confirm_text", about=f"offering:{offering.id}",
        at=at,
    )  # fmt: skip
    return offering


def _refuse(
    session: Session,
    offering_id: UUID,
    step: Step,
    *,
    by: UUID,
    at: datetime,
    why: str | None,
) -> Offering:
    offering = strange_offering(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, step)
    reason = rules.ensure_reason(step, why)
    return _decide(session, offering, step, after, by=by, at=at, reason=reason)


def _decide(
    session: Session,
    offering: Offering,
    step: Step,
    after: OfferingState,
    *,
    by: UUID,
    at: datetime,
    reason: str | None,
) -> Offering:
    session.add(
        Review(
            offering_id=offering.id,
            author_id=offering.author_id,
            version=offering.version,
            reviewer_id=by,
            decision=rules.DECISION_OF[step],
            reason=reason,
            at=at,
        )
    )
    offering.reviewer_id = by
    offering.reason = reason
    return move(session, offering, step, after, by=by, at=at)


@dataclass(frozen=True)
class Check:
    """One thing a reviewer looks at; `is_fine` None asks for the reviewer's eyes."""

    question: str
    is_fine: bool | None


def checklist(session: Session, offering: Offering, *, on: date) -> list[Check]:
    """Return what to look at before deciding; what can be computed is answered."""
    papers = why_not_run(session, offering, on=on)
    has_notes = bool(offering.risk_note and offering.protection_note)
    checks = [
        Check(msg("Price and nature go together"), _is_priced(offering)),
        Check(msg("Papers of the provider count today"), papers is None),
        Check(msg("Says in a sentence what people get"), bool(offering.summary)),
        Check(
            msg("Risk and protection are stated"),
            has_notes if offering.is_home_visit else None,
        ),
        Check(msg("Nothing is charged in disguise"), None),
        Check(msg("No private phone number or address in the text"), None),
    ]
    if offering.needs_check:
        checks.append(Check(msg("The text came in damaged and was mended"), False))
    return checks


def _is_priced(offering: Offering) -> bool:
    try:
        rules.ensure_price(offering)
    except OfferingInvalid:
        return False
    return True
