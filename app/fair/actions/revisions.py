"""Editing: drafts change at once, live offerings partly through a reviewed revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import people, places
from app.fair import rules
from app.fair.actions.steps import (
    ensure_may_list,
    ensure_may_run,
    ensure_papers,
    own_offering,
    strange_offering,
    tell,
)
from app.fair.errors import OfferingInvalid, OfferingNotFound, StepOutOfTurn
from app.fair.models import (
    Decision,
    Offering,
    PriceMode,
    Review,
    Revision,
    RevisionState,
    ServiceNature,
)
from app.fair.queries import waiting_revision
from app.fair.rules import Step
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.partners import LicenceKind

_READ: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "service_nature": ServiceNature,
        "price_mode": PriceMode,
        "points": Decimal,
        "price_cny": Decimal,
        "programme_id": UUID,
        "organisation_id": UUID,
        "place_id": UUID,
        "exemption_id": UUID,
        "needs_licence": LicenceKind,
    }
)
"""How a stored text becomes the field's value again; others are texts already."""


def edit_offering(
    session: Session,
    offering_id: UUID,
    changes: Mapping[str, Any],
    *,
    by: UUID,
    at: datetime,
) -> tuple[Offering, Revision | None]:
    """Change an offering: a draft at once; a live one's price only after review.

    On a live offering the words change at once, while price, nature, risk, licence,
    audience, place and provider wait as one revision; the old ones stay live (domain
    handbook 2.11). A newer revision takes the place of one that still waits.

    Args:
        session: The open transaction.
        offering_id: Which.
        changes: Field → new value, of the model's own types; the same value again
            is no change.
        by: Who edits it.
        at: Now.

    Raises:
        NotYourStep: *by* does not offer this.
        StepOutOfTurn: it waits for review, or is over.
        OfferingInvalid: the fields do not go together.
    """
    offering = own_offering(session, offering_id, by=by, at=at)
    news = {k: v for k, v in changes.items() if getattr(offering, k) != v}
    is_live = offering.state in rules.LIVE_STATES
    if not is_live and offering.state not in rules.EDITABLE_STATES:
        raise StepOutOfTurn(
            msg("This cannot be changed while somebody reviews it, or when it is over.")
        )
    _ensure_fits(session, offering, news, by=by, on=day_of(at))
    waiting = {k: v for k, v in news.items() if is_live and k in rules.REVIEWED_FIELDS}
    at_once = {k: v for k, v in news.items() if k not in waiting}
    for name, value in at_once.items():
        setattr(offering, name, value)
    if at_once:
        offering.changed_at = at
        offering.version += is_live
        session.add(offering)
        _note(session, offering, "offering.edit", by, at, ", ".join(sorted(at_once)))
        if is_live:
            tell(session, offering, at)
    revision = _propose(session, offering, waiting, by=by, at=at) if waiting else None
    return offering, revision


def decide_revision(
    session: Session,
    revision_id: UUID,
    *,
    is_approved: bool,
    by: UUID,
    at: datetime,
    reason: str | None = None,
) -> Offering:
    """Let a proposed change come true, or turn it down with a reason.

    Raises:
        MayNot, NotYourStep: *by* does not review here, or is no stranger to it.
        StepOutOfTurn: it was decided or taken back meanwhile.
        OfferingInvalid, LicenceMissing: with it the offering would not be right.
    """
    revision = revision_for(session, revision_id, lock=True)
    offering = strange_offering(session, revision.offering_id, by=by, at=at)
    is_close = people.are_close(session, by, revision.author_id)
    rules.ensure_reviews_another(offering, by=by, is_close=is_close, is_member=False)
    if revision.state != RevisionState.SUBMITTED:
        raise StepOutOfTurn(msg("This change has been decided already."))
    revision.reason = rules.ensure_reason(
        Step.APPROVE if is_approved else Step.REJECT, reason
    )
    revision.state = RevisionState.APPROVED if is_approved else RevisionState.REJECTED
    revision.decided_by = by
    revision.decided_at = at
    session.add(revision)
    if is_approved:
        for name, value in proposed(revision).items():
            setattr(offering, name, value)
        rules.ensure_complete(offering)
        ensure_may_run(session, offering, on=day_of(at))
        offering.version += 1
        offering.changed_at = at
        session.add(offering)
        tell(session, offering, at)
    decision = Decision.APPROVED if is_approved else Decision.REJECTED
    session.add(
        Review(
            offering_id=offering.id,
            author_id=offering.author_id,
            version=offering.version,
            reviewer_id=by,
            decision=decision,
            reason=revision.reason,
            at=at,
        )
    )
    _note(session, offering, f"revision.{decision}", by, at, revision.reason)
    return offering


def withdraw_revision(
    session: Session, offering_id: UUID, *, by: UUID, at: datetime
) -> Offering:
    """Take a waiting change back; nothing waiting is nothing to do."""
    offering = own_offering(session, offering_id, by=by, at=at)
    waiting = waiting_revision(session, offering.id)
    if waiting is not None:
        waiting.state = RevisionState.WITHDRAWN
        session.add(waiting)
        _note(session, offering, "revision.withdraw", by, at, None)
    return offering


def revision_for(
    session: Session, revision_id: UUID, *, lock: bool = False
) -> Revision:
    """Return the proposed change.

    Raises:
        OfferingNotFound: there is none with this id.
    """
    found = session.get(Revision, revision_id, with_for_update=True if lock else None)
    if found is None:
        raise OfferingNotFound(msg("We do not know this change."))
    return found


def proposed(revision: Revision) -> dict[str, Any]:
    """Return a revision's new values in the model's own types."""
    return {
        name: _READ[name](value) if value is not None and name in _READ else value
        for name, value in revision.changes.items()
    }


def _propose(
    session: Session,
    offering: Offering,
    changes: Mapping[str, Any],
    *,
    by: UUID,
    at: datetime,
) -> Revision:
    earlier = waiting_revision(session, offering.id)
    if earlier is not None:
        earlier.state = RevisionState.WITHDRAWN
        session.add(earlier)
        session.flush()
    revision = Revision(
        offering_id=offering.id,
        author_id=by,
        changes={name: _stored(value) for name, value in changes.items()},
        made_at=at,
    )
    session.add(revision)
    session.flush()
    _note(session, offering, "revision.submit", by, at, ", ".join(sorted(changes)))
    return revision


def _ensure_fits(
    session: Session,
    offering: Offering,
    changes: Mapping[str, Any],
    *,
    by: UUID,
    on: date,
) -> None:
    """Ask the rules about the offering as it would be, without touching it."""
    if "place_id" in changes:
        places.place_for(session, changes["place_id"])
    fields = {name: getattr(offering, name) for name in Offering.model_fields}
    wanted = Offering(**(fields | dict(changes)))
    if wanted.organisation_id is None and wanted.provider_id is None:
        raise OfferingInvalid(msg("Who offers it?"), field="organisation_id")
    rules.ensure_price(wanted)
    ensure_papers(session, wanted)
    touched = {"organisation_id", "place_id", "service_nature", "exemption_id"}
    if touched & set(changes):
        ensure_may_list(session, wanted, by=by, on=on)


def _stored(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    return value


def _note(
    session: Session,
    offering: Offering,
    verb: str,
    by: UUID,
    at: datetime,
    detail: str | None,
) -> None:
    doings.note(
        session,
        who=by,
        verb=verb,
        about=f"offering:{offering.id}",
        at=at,
        detail=detail[:500] if detail else None,
    )
