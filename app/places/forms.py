"""What managers type about their place."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import StringConstraints

from app.web.forms import Form

DayText = Annotated[str, StringConstraints(max_length=80)]


class HoursForm(Form):
    """A week: each day as "08:30-11:30, 14:00-17:30", empty for a day off."""

    day_0: DayText | None = None
    day_1: DayText | None = None
    day_2: DayText | None = None
    day_3: DayText | None = None
    day_4: DayText | None = None
    day_5: DayText | None = None
    day_6: DayText | None = None

    def days(self) -> list[str | None]:
        """Return the seven texts, Monday first."""
        return [getattr(self, f"day_{weekday}") for weekday in range(7)]


class ClosureForm(Form):
    """A day on which the doors stay shut."""

    day: date
    reason: Annotated[str, StringConstraints(min_length=2, max_length=120)]


class ReopeningForm(Form):
    """A closed day that gets its hours back."""

    day: date
