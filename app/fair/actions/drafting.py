"""What providers do with offerings: draft, load, hand in, pause, open again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import places
from app.fair import rules
from app.fair.actions.steps import (
    ensure_may_list,
    ensure_may_run,
    ensure_papers,
    move,
    own_offering,
    tell,
)
from app.fair.models import (
    Category,
    Offering,
    OfferingKind,
    OfferingState,
    PriceMode,
    ServiceNature,
)
from app.fair.queries import find_offering
from app.fair.rules import Step
from app.kernel.clock import day_of


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
    ensure_papers(session, offering)
    ensure_may_list(session, offering, by=author_id, on=day_of(at))
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
    tell(session, found, at)
    return found


def submit(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Hand a draft to the reviewers.

    Raises:
        OfferingInvalid: something a reader needs is missing.
        NotYourStep, StepOutOfTurn: not *by*'s, or not a draft.
    """
    offering = own_offering(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, Step.SUBMIT)
    rules.ensure_complete(offering)
    offering.submitted_at = at
    return move(session, offering, Step.SUBMIT, after, by=by, at=at)


def take_step(
    session: Session, offering_id: UUID, step: Step, *, by: UUID, at: datetime
) -> Offering:
    """Take one of the provider's steps: hand in, withdraw, pause, open, put away.

    Raises:
        NotYourStep, StepOutOfTurn: not *by*'s, or not there.
        OfferingInvalid, LicenceMissing: see `submit` and `resume`.
    """
    assert step in rules.PROVIDER_STEPS
    if step == Step.SUBMIT:
        return submit(session, offering_id, by=by, at=at)
    if step == Step.RESUME:
        return resume(session, offering_id, by=by, at=at)
    offering = own_offering(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, step)
    if step == Step.RENEW:
        offering.listed_from = offering.listed_until = None
        offering.version += 1
    return move(session, offering, step, after, by=by, at=at)


def pause(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Take no more bookings for a while; those made stay."""
    return take_step(session, offering_id, Step.PAUSE, by=by, at=at)


def resume(session: Session, offering_id: UUID, *, by: UUID, at: datetime) -> Offering:
    """Take bookings again.

    Raises:
        LicenceMissing: the licence has run out meanwhile.
    """
    offering = own_offering(session, offering_id, by=by, at=at)
    after = rules.state_after(offering, Step.RESUME)
    ensure_may_run(session, offering, on=day_of(at))
    return move(session, offering, Step.RESUME, after, by=by, at=at)
