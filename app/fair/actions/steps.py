"""What every step shares: whose it is, whether it may run, and that it is written."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from app import partners, people, programmes
from app.fair import rules
from app.fair.errors import LicenceMissing, NotYourStep, OfferingInvalid
from app.fair.events import OfferingChanged
from app.fair.models import Offering, OfferingState
from app.fair.queries import ensure_own, is_provider, licence_holder, offering_for
from app.fair.rules import Step
from app.fair.rules.words import OPERATIONS
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission


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


def ensure_papers(session: Session, offering: Offering) -> None:
    """Refuse points of an unknown programme and other people's exemptions.

    Raises:
        ProgrammeNotFound: there is no such programme.
        OfferingInvalid: the exemption is not the provider's.
    """
    if offering.programme_id is not None:
        programmes.programme_for(session, offering.programme_id)
    if offering.exemption_id is None:
        return
    paper = partners.licence_for(session, offering.exemption_id)
    is_theirs = (
        paper.organisation_id == offering.organisation_id
        if paper.organisation_id is not None
        else paper.person_id == offering.provider_id
    )
    if not is_theirs or paper.kind != partners.LicenceKind.PETTY_EXEMPTION:
        raise OfferingInvalid(
            msg("This exemption belongs to somebody else."), field="exemption_id"
        )


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
        if not partners.is_valid_on(paper, on):
            return msg("The exemption on file does not count today.")
    return None


def own_offering(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    """Return an offering, locked, for somebody who offers it.

    Raises:
        OfferingNotFound: there is none, or *by* may not know of it.
        NotYourStep: *by* neither wrote nor offers it.
    """
    offering = offering_for(session, offering_id, reader=by, on=day_of(at), lock=True)
    ensure_own(session, offering, by, on=day_of(at))
    return offering


def strange_offering(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    """Return an offering, locked, for a reviewer who is a stranger to it.

    Raises:
        MayNot: *by* does not review listings at its place.
        NotYourStep: *by* wrote it, is close to its author, or belongs to its provider.
    """
    offering = offering_for(session, offering_id, lock=True)
    people.ensure_may(
        session,
        by,
        Permission.REVIEW_LISTING,
        place_id=offering.place_id,
        on=day_of(at),
    )
    rules.ensure_reviews_another(
        offering,
        by=by,
        is_close=people.are_close(session, by, offering.author_id),
        is_member=is_provider(session, offering, by, on=day_of(at)),
    )
    return offering


def move(
    session: Session,
    offering: Offering,
    step: Step,
    after: OfferingState,
    *,
    by: UUID,
    at: datetime,
) -> Offering:
    """Put an offering into its next state, and write down who did it."""
    was_public = offering.state in rules.PUBLIC_STATES
    offering.state = after
    offering.changed_at = at
    session.add(offering)
    doings.note(
        session,
        who=by,
        verb=OPERATIONS[step],
        about=f"offering:{offering.id}",
        at=at,
        detail=offering.reason,
    )
    if was_public or after in rules.PUBLIC_STATES:
        tell(session, offering, at)
    return offering


def tell(session: Session, offering: Offering, at: datetime) -> None:
    """Let search and everybody who listens know that an offering changed."""
    session.flush()
    publish(session, OfferingChanged(at=at, offering_id=offering.id))
