"""What a programme's rule makes of minutes: credited time, points, approvals."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from enum import IntEnum

from app.programmes.models import ProgrammeRule

MINUTES_PER_HOUR = 60
STEP = Decimal("0.01")


class Approval(IntEnum):
    """How many people must say yes before hours are posted (R-TIME-03)."""

    ONE = 1
    SECOND = 2
    DISTRICT = 3


def credited_minutes(rule: ProgrammeRule, minutes: int) -> int:
    """Return *minutes* floored to the programme's step (R-TIME-02).

    Minutes stay on the record as they were; only the credit is floored.
    """
    assert minutes >= 0
    return minutes - minutes % rule.step_minutes


def credit_for(rule: ProgrammeRule, minutes: int) -> tuple[Decimal, Decimal]:
    """Return (hours, amount of the programme's unit) that *minutes* earn.

    Rounded down once, here, so that nobody is credited more than they gave
    (R-LED-01). Hours have two places; 125 minutes at 10 per hour and half-hour
    steps are 2.00 hours and 20.00 points.
    """
    credited = Decimal(credited_minutes(rule, minutes))
    hours = (credited / MINUTES_PER_HOUR).quantize(STEP, rounding=ROUND_DOWN)
    amount = (credited * rule.per_hour / MINUTES_PER_HOUR).quantize(
        STEP, rounding=ROUND_DOWN
    )
    return hours, amount


def approval_for(rule: ProgrammeRule, minutes_on_day: int) -> Approval:
    """Return whose yes a day with that many minutes in all needs (R-TIME-03)."""
    if minutes_on_day > rule.third_key_minutes:
        return Approval.DISTRICT
    if minutes_on_day > rule.second_key_minutes:
        return Approval.SECOND
    return Approval.ONE
