"""Minutes become credited time and points, rounded down once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from app.programmes import Approval, ProgrammeRule, approval_for, credit_for


def a_rule(per_hour: str = "10", step: int = 30) -> ProgrammeRule:
    return ProgrammeRule(
        programme_id=uuid4(),
        version=1,
        effective_on=date(2025, 1, 1),
        per_hour=Decimal(per_hour),
        step_minutes=step,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("minutes", "per_hour", "step", "hours", "points"),
    [
        (125, "10", 30, "2.00", "20.00"),
        (89, "10", 30, "1.00", "10.00"),
        (50, "10", 30, "0.50", "5.00"),
        (29, "10", 30, "0.00", "0.00"),
        (125, "1", 15, "2.00", "2.00"),
        (45, "0.10", 15, "0.75", "0.07"),
    ],
)
def test_minutes_are_floored_to_the_step_and_never_rounded_up(
    minutes: int, per_hour: str, step: int, hours: str, points: str
) -> None:
    assert credit_for(a_rule(per_hour, step), minutes) == (
        Decimal(hours),
        Decimal(points),
    )


@pytest.mark.parametrize(
    ("minutes", "approval"),
    [
        (480, Approval.ONE),
        (481, Approval.SECOND),
        (720, Approval.SECOND),
        (721, Approval.DISTRICT),
    ],
)
def test_long_days_need_more_people_to_say_yes(
    minutes: int, approval: Approval
) -> None:
    assert approval_for(a_rule(), minutes) is approval
