"""The life of an offering on one page: nature and price, states, steps, times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from app.fair.errors import (
    NotLive,
    NotYourStep,
    OfferingInvalid,
    SlotFull,
    SlotPast,
    StepOutOfTurn,
)
from app.fair.models import (
    Decision,
    Offering,
    OfferingState,
    PriceMode,
    ServiceNature,
    Slot,
)
from app.kernel.i18n import msg

S = OfferingState

PRICES_OF: Mapping[ServiceNature, frozenset[PriceMode]] = MappingProxyType(
    {
        ServiceNature.VOLUNTEER: frozenset({PriceMode.FREE, PriceMode.POINTS}),
        ServiceNature.PUBLIC_BENEFIT_FREE: frozenset({PriceMode.FREE}),
        ServiceNature.GOVERNMENT: frozenset({PriceMode.FREE}),
        ServiceNature.LOW_FEE: frozenset({PriceMode.CNY}),
        ServiceNature.MARKET: frozenset({PriceMode.CNY}),
    }
)
"""Volunteers take no money (R-VOL-02); low fee is never volunteer work (R-VOL-03)."""

PAID_NATURES = frozenset({ServiceNature.LOW_FEE, ServiceNature.MARKET})

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
WEEKS_MAX = 26
SLOTS_MAX = 400
SLOT_LONGEST = timedelta(hours=24)


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


class Priced(Protocol):
    """Anything that carries nature and price: an offering, a form, a revision."""

    service_nature: ServiceNature
    price_mode: PriceMode
    points: Decimal | None
    programme_id: UUID | None
    price_cny: Decimal | None
    organisation_id: UUID | None
    exemption_id: UUID | None


def ensure_price(thing: Priced) -> None:
    """Refuse a price that does not go with the nature (R-VOL-02, R-VOL-03, F06).

    Raises:
        OfferingInvalid: names the field that does not fit.
    """
    if thing.price_mode not in PRICES_OF[thing.service_nature]:
        raise OfferingInvalid(_WRONG_PRICE[thing.service_nature], field="price_mode")
    if thing.price_mode == PriceMode.POINTS:
        if thing.points is None or thing.points <= 0:
            raise OfferingInvalid(msg("How many points is it?"), field="points")
        if thing.programme_id is None:
            raise OfferingInvalid(
                msg("Which programme's points?"), field="programme_id"
            )
    elif thing.points is not None:
        raise OfferingInvalid(msg("Only a price in points has points."), field="points")
    if thing.price_mode == PriceMode.CNY:
        if thing.price_cny is None or thing.price_cny <= 0:
            raise OfferingInvalid(msg("How much is it, in yuan?"), field="price_cny")
    elif thing.price_cny is not None:
        raise OfferingInvalid(
            msg("Only a price in yuan has an amount in yuan."), field="price_cny"
        )
    if (
        thing.service_nature in PAID_NATURES
        and thing.organisation_id is None
        and thing.exemption_id is None
    ):
        raise OfferingInvalid(
            msg("Taking money needs an organisation or an exemption on file."),
            field="organisation_id",
        )


_WRONG_PRICE: Mapping[ServiceNature, str] = MappingProxyType(
    {
        ServiceNature.VOLUNTEER: msg(
            "Volunteer service is free or for points, never for money."
        ),
        ServiceNature.PUBLIC_BENEFIT_FREE: msg("Public-benefit service is free."),
        ServiceNature.GOVERNMENT: msg("A public desk is free."),
        ServiceNature.LOW_FEE: msg("Low-fee service has a price in yuan."),
        ServiceNature.MARKET: msg("Market-price service has a price in yuan."),
    }
)


def ensure_complete(offering: Offering) -> None:
    """Refuse to submit what a reader could not judge (R-VOL-05).

    Raises:
        OfferingInvalid: names what is missing.
    """
    ensure_price(offering)
    if not offering.summary:
        raise OfferingInvalid(
            msg("Please say in a sentence what people get."), field="summary"
        )
    if offering.is_home_visit and not offering.risk_note:
        raise OfferingInvalid(
            msg("A home visit has to say what could go wrong."), field="risk_note"
        )
    if offering.is_home_visit and not offering.protection_note:
        raise OfferingInvalid(
            msg("A home visit has to say what is done against it."),
            field="protection_note",
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


def ensure_slot(starts_at: datetime, ends_at: datetime, capacity: int) -> None:
    """Refuse a time that runs backwards, lasts for days or has no seat.

    Raises:
        OfferingInvalid: says which.
    """
    if ends_at <= starts_at:
        raise OfferingInvalid(msg("The end must come after the start."), field="ends")
    if ends_at - starts_at > SLOT_LONGEST:
        raise OfferingInvalid(msg("A time lasts at most a day."), field="ends")
    if capacity < 1:
        raise OfferingInvalid(msg("A time needs at least one seat."), field="capacity")


def ensure_seat(offering: Offering, slot: Slot, *, at: datetime) -> None:
    """Refuse a seat that cannot be taken at *at*.

    Raises:
        NotLive: the offering is not published, or the time was withdrawn.
        SlotPast: the time has begun.
        SlotFull: every seat is taken.
    """
    if offering.state != S.PUBLISHED or slot.withdrawn_at is not None:
        raise NotLive(msg("This cannot be booked at the moment."))
    if slot.starts_at <= at:
        raise SlotPast(msg("This time has begun already. Please choose another."))
    if slot.taken >= slot.capacity:
        raise SlotFull(msg("The last seat has just been taken. Please choose another."))
