"""What happens to offerings: drafted, submitted, reviewed, paused, slept, removed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import partners, people, places
from app.fair import rules
from app.fair.errors import LicenceMissing, NotYourStep, OfferingInvalid
from app.fair.events import OfferingChanged
from app.fair.models import (
    Category,
    Offering,
    OfferingKind,
    OfferingState,
    PriceMode,
    Review,
    ServiceNature,
)
from app.fair.queries import (
    find_offering,
    is_provider,
    licence_holder,
    may_take_down,
    offering_for,
)
from app.fair.rules import Step
from app.kernel import doings
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission


def create_offering(
    session: Session,
    *,
    author_id: UUID,
    place_id: UUID,
    title: str,
    kind: OfferingKind,
    category: Category,
    service_nature: ServiceNature,
    price_mode: PriceMode,
    at: datetime,
    organisation_id: UUID | None = None,
    provider_id: UUID | None = None,
    **details: Any,
) -> Offering:
    """Write a draft; without an organisation its author offers it.

    Args:
        session: The open transaction.
        author_id: Who writes it, and who may never review it.
        place_id: Where it takes place.
        title: At most 80 characters, in the language of `language`.
        kind: What is offered.
        category: At which stall.
        service_nature: What it is before the law; the price follows from it.
        price_mode: Free, points or yuan.
        at: Now.
        organisation_id: Who offers it; the author belongs to it.
        provider_id: The person who offers it.
        details: Any other field of `Offering`.

    Raises:
        MayNot: the author may not list here.
        NotYourStep: the author does not belong to the organisation.
        OfferingInvalid: price and nature do not go together.
    """
    places.place_for(session, place_id)
    if organisation_id is None and provider_id is None:
        provider_id = author_id
    offering = Offering(
        author_id=author_id,
        place_id=place_id,
        title=title,
        kind=kind,
        category=category,
        service_nature=service_nature,
        price_mode=price_mode,
        organisation_id=organisation_id,
        provider_id=provider_id,
        created_at=at,
        changed_at=at,
        **details,
    )
    rules.ensure_price(offering)
    ensure_may_list(session, offering, by=author_id, on=at.date())
    session.add(offering)
    session.flush()
    return offering


def load_offering(
    session: Session,
    *,
    external_id: str,
    author_id: UUID,
    at: datetime,
    state: OfferingState = OfferingState.PUBLISHED,
    **fields: Any,
) -> Offering:
    """Enter an offering the office has reviewed on paper (load, demo world).

    A known `external_id` is changed; loading the same twice changes nothing.

    Raises:
        OfferingInvalid: price and nature do not go together.
    """
    found = find_offering(session, external_id)
    if found is not None:
        if all(getattr(found, key) == value for key, value in fields.items()):
            return found
        for key, value in fields.items():
            setattr(found, key, value)
        found.version += 1
    else:
        found = Offering(
            external_id=external_id,
            author_id=author_id,
            state=state,
            created_at=at,
            changed_at=at,
            submitted_at=at,
            published_at=at if state == OfferingState.PUBLISHED else None,
            **fields,
        )
    rules.ensure_price(found)
    found.changed_at = at
    session.add(found)
    _tell(session, found, at)
    return found


def submit(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Hand a draft to the reviewers.

    Raises:
        OfferingInvalid: something a reader needs is missing.
        NotYourStep, StepOutOfTurn: not *by*'s, or not a draft.
    """
    offering = _own(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, Step.SUBMIT)
    rules.ensure_complete(offering)
    offering.submitted_at = at
    return _move(session, offering, Step.SUBMIT, after, by=by, at=at)


def take_step(
    session: Session, offering_id: UUID, step: Step, *, by: UUID, at: datetime
) -> Offering:
    """Take one of the provider's plain steps: withdraw, pause, archive, renew.

    Raises:
        NotYourStep, StepOutOfTurn: not *by*'s, or not there.
    """
    assert step in {Step.WITHDRAW, Step.PAUSE, Step.ARCHIVE, Step.RENEW}
    offering = _own(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, step)
    if step == Step.RENEW:
        offering.listed_from = offering.listed_until = None
        offering.version += 1
    return _move(session, offering, step, after, by=by, at=at)


def pause(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Take no more bookings for a while; those made stay."""
    return take_step(session, offering_id, Step.PAUSE, by=by, at=at)


def resume(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Take bookings again.

    Raises:
        LicenceMissing: the licence has run out meanwhile.
    """
    offering = _own(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, Step.RESUME)
    ensure_may_run(session, offering, on=at.date())
    return _move(session, offering, Step.RESUME, after, by=by, at=at)


def take_for_review(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    """Take a submitted offering off the pile.

    Raises:
        MayNot, NotYourStep: *by* does not review here, or is no stranger to it.
    """
    offering = _strange(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, Step.TAKE)
    offering.reviewer_id = by
    return _move(session, offering, Step.TAKE, after, by=by, at=at)


def approve(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Let an offering into the fair: now, or on its first day.

    Raises:
        LicenceMissing: the provider has no licence that counts today.
        OfferingInvalid: something is missing, or its last day is over.
        MayNot, NotYourStep: *by* does not review here, or is no stranger to it.
    """
    offering = _strange(session, offering_id, by=by, at=at)
    rules.state_after(offering, Step.APPROVE)
    rules.ensure_complete(offering)
    ensure_may_run(session, offering, on=at.date())
    after = rules.state_on(offering, at.date())
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
    if not may_take_down(session, offering, by, on=at.date()):
        raise NotYourStep(msg("Only reviewers and the place's manager may do this."))
    after = rules.state_after(offering, Step.TAKE_DOWN)
    offering.reason = rules.ensure_reason(Step.TAKE_DOWN, reason)
    return _move(session, offering, Step.TAKE_DOWN, after, by=by, at=at)


def ensure_may_list(
    session: Session, offering: Offering, *, by: UUID, on: date
) -> None:
    """Refuse who may not list this here (permissions: domain handbook 2.12).

    Raises:
        MayNot: the role does not reach this place, or not paid offerings.
        NotYourStep: *by* does not belong to the organisation.
    """
    if offering.organisation_id is not None and not partners.is_member(
        session, offering.organisation_id, by, on=on
    ):
        raise NotYourStep(msg("You do not belong to this organisation."))
    is_paid = offering.service_nature in rules.PAID_NATURES
    if not is_paid and people.has_permission(
        session, by, Permission.MANAGE_PLACE, place_id=offering.place_id, on=on
    ):
        return
    needed = (
        Permission.LIST_PAID_OFFERING
        if is_paid and offering.exemption_id is None
        else Permission.LIST_OFFERING
    )
    people.ensure_may(session, by, needed, place_id=offering.place_id, on=on)


def ensure_may_run(session: Session, offering: Offering, *, on: date) -> None:
    """Refuse an offering whose provider is not licensed or not active (O03).

    Raises:
        LicenceMissing: says what is missing.
    """
    problem = why_not_run(session, offering, on=on)
    if problem is not None:
        raise LicenceMissing(problem)


def why_not_run(session: Session, offering: Offering, *, on: date) -> str | None:
    """Return why an offering may not be live on a day, None when it may."""
    if offering.organisation_id is not None:
        team = partners.organisation_for(session, offering.organisation_id)
        if team.state != partners.OrganisationState.ACTIVE:
            return msg("The organisation is not an active partner.")
    if offering.needs_licence is not None and (
        partners.valid_licence(
            session, offering.needs_licence, on=on, **licence_holder(offering)
        )
        is None
    ):
        return msg("No licence on file counts today.")
    if offering.exemption_id is not None:
        paper = partners.licence_for(session, offering.exemption_id)
        if not (
            paper.seen_by is not None and paper.valid_from <= on <= paper.expires_on
        ):
            return msg("The exemption on file does not count today.")
    return None


def _own(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    offering = offering_for(session, offering_id, reader=by, on=at.date(), lock=True)
    if by != offering.author_id and not is_provider(
        session, offering, by, on=at.date()
    ):
        raise NotYourStep(msg("Only who offers this may do this."))
    return offering


def _strange(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    offering = offering_for(session, offering_id, lock=True)
    people.ensure_may(
        session,
        by,
        Permission.REVIEW_LISTING,
        place_id=offering.place_id,
        on=at.date(),
    )
    rules.ensure_reviews_another(
        offering,
        by=by,
        is_close=people.are_close(session, by, offering.author_id),
        is_member=is_provider(session, offering, by, on=at.date()),
    )
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
    offering = _strange(session, offering_id, by=by, at=at)
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
    return _move(session, offering, step, after, by=by, at=at)


def _move(
    session: Session,
    offering: Offering,
    step: Step,
    after: OfferingState,
    *,
    by: UUID,
    at: datetime,
) -> Offering:
    was_public = offering.state in rules.PUBLIC_STATES
    offering.state = after
    offering.changed_at = at
    session.add(offering)
    doings.note(
        session,
        who=by,
        verb=f"offering.{step}",
        about=f"offering:{offering.id}",
        at=at,
        detail=offering.reason,
    )
    if was_public or after in rules.PUBLIC_STATES:
        _tell(session, offering, at)
    return offering


def _tell(session: Session, offering: Offering, at: datetime) -> None:
    session.flush()
    publish(session, OfferingChanged(at=at, offering_id=offering.id))
