"""The life of an offering on one page: states, steps, and whose step it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.fair.errors import (
    NotYourStep,
    OfferingInvalid,
    StepOutOfTurn,
)
from app.fair.models import (
    Decision,
    Offering,
    OfferingState,
)
from app.kernel.i18n import msg

S = OfferingState


PUBLIC_STATES = frozenset({S.PUBLISHED, S.PAUSED, S.ASLEEP})
"""What a stranger may look at; only `PUBLISHED` can be found and booked."""


EDITABLE_STATES = frozenset({S.DRAFT, S.CHANGES_REQUESTED})


LIVE_STATES = frozenset({S.PUBLISHED, S.PAUSED, S.ASLEEP})
"""A change of price, nature, risk or licence goes through a revision here."""


REVIEWED_FIELDS = frozenset(
    {
        "service_nature", "price_mode", "points", "programme_id", "price_cny",
        "price_unit", "needs_licence", "exemption_id", "is_home_visit", "risk_note",
        "protection_note", "audiences", "organisation_id", "place_id",
    }
)  # fmt: skip
"""Domain handbook 2.11: editing these on a live offering is a new revision."""


REASON_MIN = 4


class Step(StrEnum):
    """What may be done with an offering; the names are also the addresses."""

    SUBMIT = "submission"
    WITHDRAW = "withdrawal"
    TAKE = "review"
    APPROVE = "approval"
    REQUEST_CHANGES = "change-request"
    REJECT = "rejection"
    PAUSE = "pause"
    RESUME = "resumption"
    TAKE_DOWN = "removal"
    ARCHIVE = "archive"
    RENEW = "renewal"


STEPS: Mapping[tuple[OfferingState, Step], OfferingState] = MappingProxyType(
    {
        (S.DRAFT, Step.SUBMIT): S.SUBMITTED,
        (S.CHANGES_REQUESTED, Step.SUBMIT): S.SUBMITTED,
        (S.SUBMITTED, Step.WITHDRAW): S.DRAFT,
        (S.SUBMITTED, Step.TAKE): S.IN_REVIEW,
        (S.IN_REVIEW, Step.APPROVE): S.APPROVED,
        (S.IN_REVIEW, Step.REQUEST_CHANGES): S.CHANGES_REQUESTED,
        (S.IN_REVIEW, Step.REJECT): S.REJECTED,
        (S.PUBLISHED, Step.PAUSE): S.PAUSED,
        (S.PAUSED, Step.RESUME): S.PUBLISHED,
        (S.PUBLISHED, Step.TAKE_DOWN): S.TAKEN_DOWN,
        (S.PAUSED, Step.TAKE_DOWN): S.TAKEN_DOWN,
        (S.ASLEEP, Step.TAKE_DOWN): S.TAKEN_DOWN,
        (S.APPROVED, Step.TAKE_DOWN): S.TAKEN_DOWN,
        (S.PAUSED, Step.ARCHIVE): S.ARCHIVED,
        (S.EXPIRED, Step.ARCHIVE): S.ARCHIVED,
        (S.EXPIRED, Step.RENEW): S.DRAFT,
        (S.REJECTED, Step.ARCHIVE): S.ARCHIVED,
        (S.DRAFT, Step.ARCHIVE): S.ARCHIVED,
    }
)
"""`APPROVED` becomes `PUBLISHED` at once or on its first day; only time or a licence
makes `EXPIRED` and `ASLEEP` (`actions.turn_pages`, `actions.put_to_sleep_expired`)."""


REVIEWER_STEPS = frozenset({Step.TAKE, Step.APPROVE, Step.REQUEST_CHANGES, Step.REJECT})


PROVIDER_STEPS = frozenset(
    {
        Step.SUBMIT, Step.WITHDRAW, Step.PAUSE, Step.RESUME, Step.ARCHIVE, Step.RENEW,
    }
)  # fmt: skip


MANAGER_STEPS = frozenset({Step.TAKE_DOWN})
"""Whoever reviews listings or manages the place takes one down, with a reason."""


NEEDS_REASON = frozenset({Step.REQUEST_CHANGES, Step.REJECT, Step.TAKE_DOWN})


DECISION_OF: Mapping[Step, Decision] = MappingProxyType(
    {
        Step.APPROVE: Decision.APPROVED,
        Step.REQUEST_CHANGES: Decision.CHANGES_REQUESTED,
        Step.REJECT: Decision.REJECTED,
    }
)


def state_after(offering: Offering, step: Step) -> OfferingState:
    """Return the state *step* leads to; whose step it is, the action asks.

    Raises:
        StepOutOfTurn: the offering is not where *step* starts.
    """
    try:
        return STEPS[offering.state, step]
    except KeyError:
        raise StepOutOfTurn(
            msg("This offering has moved on. Please look again.")
        ) from None


def steps_open_to(
    state: OfferingState, *, is_provider: bool, is_reviewer: bool, is_manager: bool
) -> tuple[Step, ...]:
    """Return the steps a reader may take now; the page shows a button for each.

    Args:
        state: Where the offering stands.
        is_provider: The reader offers it.
        is_reviewer: The reader reviews listings here and is a stranger to this one.
        is_manager: The reader reviews listings or manages the place.
    """
    return tuple(
        step
        for start, step in STEPS
        if start == state
        and _is_open(
            step,
            is_provider=is_provider,
            is_reviewer=is_reviewer,
            is_manager=is_manager,
        )
    )


def _is_open(
    step: Step, *, is_provider: bool, is_reviewer: bool, is_manager: bool
) -> bool:
    if step in REVIEWER_STEPS:
        return is_reviewer
    if step in MANAGER_STEPS:
        return is_manager
    return is_provider


def ensure_reviews_another(
    offering: Offering, *, by: UUID, is_close: bool, is_member: bool
) -> None:
    """Refuse a reviewer who is not a stranger to the offering (D03).

    Raises:
        NotYourStep: *by* wrote it, is close to its author, or belongs to its provider.
    """
    if by in (offering.author_id, offering.provider_id) or is_close or is_member:
        raise NotYourStep(
            msg("Somebody else has to review this: it is yours or your people's.")
        )


def ensure_reason(step: Step, reason: str | None) -> str | None:
    """Return the reason, or refuse a step that needs one and has none.

    Raises:
        OfferingInvalid: the reason is missing.
    """
    words = (reason or "").strip()
    if step in NEEDS_REASON and len(words) < REASON_MIN:
        raise OfferingInvalid(
            msg("Please give a reason; the provider reads it."), field="reason"
        )
    return words or None


def state_on(offering: Offering, day: date) -> OfferingState:
    """Return where the calendar puts an approved or published offering on *day*."""
    if offering.listed_until is not None and day > offering.listed_until:
        return S.EXPIRED
    if offering.listed_from is not None and day < offering.listed_from:
        return S.APPROVED
    return S.PUBLISHED
