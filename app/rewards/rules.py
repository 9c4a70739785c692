"""Decisions about rewards: the life of a redemption, who may have what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from app.kernel.i18n import msg
from app.rewards.errors import (
    LimitReached,
    NotForYou,
    RewardInvalid,
    StepOutOfTurn,
    UndoOver,
)
from app.rewards.models import (
    FundingSource,
    Redemption,
    RedemptionState,
    RewardItem,
    RewardKind,
)

PICKUP_LIFE = timedelta(days=14)
"""How long a piece waits at the counter."""
LIMIT_LIFE = timedelta(days=365)
ADULT_AGE = 18
CODE_LENGTH = 6
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O: the code is read out over a counter."""
GIFT_MAX = Decimal(10_000)


class Step(StrEnum):
    """What can be done with a redemption."""

    UNDO = "undo"
    SEND_NOW = "send_now"
    CANCEL = "cancel"
    HAND_OVER = "hand_over"
    LAPSE = "lapse"


STEPS: Mapping[tuple[RedemptionState, Step], RedemptionState] = MappingProxyType(
    {
        (RedemptionState.PLACED, Step.UNDO): RedemptionState.UNDONE,
        (RedemptionState.PLACED, Step.SEND_NOW): RedemptionState.READY,
        (RedemptionState.READY, Step.CANCEL): RedemptionState.CANCELLED,
        (RedemptionState.READY, Step.HAND_OVER): RedemptionState.HANDED_OVER,
        (RedemptionState.READY, Step.LAPSE): RedemptionState.LAPSED,
    }
)
"""A placed one becomes ready by itself when the time to undo is over."""

OWN_STEPS = (Step.UNDO, Step.SEND_NOW, Step.CANCEL)
LIVE = frozenset(
    {RedemptionState.PLACED, RedemptionState.READY, RedemptionState.HANDED_OVER}
)

LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        RewardKind.SERVICE: msg("Services"),
        RewardKind.BENEFIT: msg("Benefits"),
        RewardKind.EVENT_SEAT: msg("Event seats"),
        RewardKind.GOODS: msg("Goods"),
        RewardKind.HONOUR: msg("Honours"),
        RewardKind.DONATION: msg("Giving"),
        FundingSource.DONOR: msg("given by a donor"),
        FundingSource.DEPARTMENT: msg("paid by a department"),
        FundingSource.COMPANY_SHARE: msg("from a community company's share"),
        FundingSource.FAIR_PROCEEDS: msg("from the fair's proceeds"),
        RedemptionState.PLACED: msg("placed"),
        RedemptionState.READY: msg("ready to collect"),
        RedemptionState.HANDED_OVER: msg("handed over"),
        RedemptionState.UNDONE: msg("undone"),
        RedemptionState.CANCELLED: msg("cancelled"),
        RedemptionState.LAPSED: msg("not collected in time"),
    }
)


def state_at(redemption: Redemption, at: datetime) -> RedemptionState:
    """Return where a redemption stands at *at*: ready once the undo time is over."""
    is_due = (
        redemption.state == RedemptionState.PLACED and at >= redemption.effective_at
    )
    return RedemptionState.READY if is_due else redemption.state


def steps_open_to_owner(redemption: Redemption, *, at: datetime) -> tuple[Step, ...]:
    """Return the steps the person may take now; the page shows a button for each."""
    state = state_at(redemption, at)
    return tuple(step for step in OWN_STEPS if (state, step) in STEPS)


def state_after(
    redemption: Redemption, step: Step, *, at: datetime, day: date | None = None
) -> RedemptionState:
    """Return the state *step* leads to; *day* is today on the wall clock.

    Raises:
        UndoOver: undo came after the undo time (story L3); cancelling is offered.
        StepOutOfTurn: the redemption has moved on, or is not there yet.
    """
    state = state_at(redemption, at)
    if step == Step.UNDO and state == RedemptionState.READY:
        raise UndoOver(
            msg("The time to undo is over. You can still cancel until it is collected.")
        )
    if (state, step) not in STEPS:
        raise StepOutOfTurn(msg("This redemption has moved on. Please look again."))
    if step == Step.LAPSE and not is_overdue(redemption, day or at.date()):
        raise StepOutOfTurn(msg("There is still time to collect it."))
    return STEPS[state, step]


def is_overdue(redemption: Redemption, day: date) -> bool:
    """Say whether the last day to collect is over on *day*."""
    return redemption.collect_by is not None and day > redemption.collect_by


def ensure_may_have(
    reward: RewardItem,
    *,
    age: int | None,
    age_min: int | None,
    hours: Decimal,
    had: int,
) -> None:
    """Refuse a reward that is not for this person.

    Args:
        reward: What is wished for.
        age: Full years, None when unknown (staff ask at the counter).
        age_min: The programme's least age for redeeming (table 2.5), if any.
        hours: Verified hours of the person.
        had: How many the person has had within `LIMIT_LIFE`.

    Raises:
        NotForYou: too young, or too few hours for an honour.
        LimitReached: had as many as one may have.
    """
    if age is not None and age < ADULT_AGE and not reward.suitable_for_minors:
        raise NotForYou(msg("This one is for adults only."))
    if age is not None and age_min is not None and age < age_min:
        raise NotForYou(
            msg("This programme can be redeemed from the age of %(age)s."), age=age_min
        )
    if reward.hours_needed is not None and hours < reward.hours_needed:
        raise NotForYou(
            msg("This thanks people who have given %(hours)s hours."),
            hours=reward.hours_needed,
        )
    if reward.limit_per_person is not None and had >= reward.limit_per_person:
        raise LimitReached(
            msg("You have had this already: at most %(count)s a year for one person."),
            count=reward.limit_per_person,
        )


def points_of(reward: RewardItem, gift: Decimal | None) -> Decimal:
    """Return what a redemption costs; only for a donation does the giver say.

    Raises:
        RewardInvalid: a donation below its least amount or out of reason.
    """
    if reward.kind != RewardKind.DONATION:
        return reward.points
    if gift is None or gift <= 0 or gift < reward.points or gift > GIFT_MAX:
        raise RewardInvalid(
            msg("Please choose between %(least)s and %(most)s points."),
            field="gift",
            least=reward.points or 1,
            most=GIFT_MAX,
        )
    return gift


def clean_code(typed: str) -> str:
    """Return a pickup code as it is kept, however it was typed."""
    return "".join(c for c in typed.upper() if c.isalnum())


def shown_code(code: str) -> str:
    """Return a pickup code in two groups, as it is read out."""
    half = CODE_LENGTH // 2
    return f"{code[:half]} {code[half:]}"
