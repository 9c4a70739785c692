"""The one place that reads the clock; actions are told the time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_wall_clock = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def set_wall_clock(timezone: str) -> None:
    """Set the zone of the clock on the wall, once at start (`FAIR_TIMEZONE`)."""
    global _wall_clock
    _wall_clock = ZoneInfo(timezone)


def day_of(at: datetime) -> date:
    """Return the day on the wall clock at a moment: best-before days, last days."""
    return at.astimezone(_wall_clock).date()


def moment_of(day: date, clock: time) -> datetime:
    """Return the UTC moment of a day and time on the wall clock."""
    return datetime.combine(day, clock, _wall_clock).astimezone(UTC)
