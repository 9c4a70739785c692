"""Points, hours, money and moments as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent

from app.kernel.clock import now
from app.web.store import settings
from app.web.words import BABEL_NAMES, language, translate

MEMO = 4096
"""Formatted texts kept of each kind; the same prices and days fill every page."""


def _locale() -> str:
    return BABEL_NAMES[language()]


@lru_cache(MEMO)
def _decimal(amount: str, pattern: str | None, locale: str) -> str:
    """Format by text, because 0 and -0 are one key as numbers."""
    return str(format_decimal(Decimal(amount), pattern, locale=locale))


@lru_cache(MEMO)
def _date(value: date, pattern: str, locale: str) -> str:
    return str(format_date(value, pattern, locale=locale))


@lru_cache(MEMO)
def _time(hour: int, minute: int, locale: str) -> str:
    return str(format_time(time(hour, minute), "HH:mm", locale=locale))


def local(moment: datetime) -> datetime:
    """Return *moment* on the wall clock of the place."""
    return moment.astimezone(ZoneInfo(settings().timezone))


def local_today() -> date:
    """Return today on the wall clock of the place."""
    return local(now()).date()


def from_local(day: date, clock: time) -> datetime:
    """Return the UTC moment of a wall-clock day and time."""
    zone = ZoneInfo(settings().timezone)
    return datetime.combine(day, clock, zone).astimezone(UTC)


def points(amount: Decimal | int) -> str:
    """Return an amount without needless zeros: 35, 2.5, −12."""
    return _decimal(str(amount), "#,##0.##", _locale())


def hours(amount: Decimal | int) -> str:
    """Return hours with at least one decimal: 3.5, 2.0."""
    return _decimal(str(amount), "#,##0.0#", _locale())


def money(amount: Decimal) -> str:
    """Return an amount in yuan, always with both decimals: ¥12.80."""
    number = _decimal(str(abs(Decimal(amount))), "#,##0.00", _locale())
    return f"{'−' if amount < 0 else ''}¥{number}"


def minutes(count: int) -> str:
    """Return a length of time in hours and minutes."""
    whole, rest = divmod(int(count), 60)
    if whole and rest:
        return translate("%(hours)s h %(minutes)s min", hours=whole, minutes=rest)
    if whole:
        return translate("%(hours)s h", hours=whole)
    return translate("%(minutes)s min", minutes=rest)


def number(count: int | Decimal) -> str:
    """Return a count with its thousands marked."""
    return _decimal(str(count), None, _locale())


def percent(share: Decimal) -> str:
    """Return a share as a percentage with one decimal."""
    return str(format_percent(share, "0.0%", locale=_locale()))


def day(value: date | datetime) -> str:
    """Return a day with its weekday."""
    if isinstance(value, datetime):
        value = local(value).date()
    pattern = "d MMM y, EEE" if language() == "en" else "M月d日 EEE"
    if language() != "en" and value.year != local_today().year:
        pattern = "y年M月d日 EEE"
    return _date(value, pattern, _locale())


def clock_time(value: datetime | time) -> str:
    """Return the time of day on the wall clock, 24 hours."""
    clock = local(value).time() if isinstance(value, datetime) else value
    return _time(clock.hour, clock.minute, _locale())


def moment(value: datetime) -> str:
    """Return day and time."""
    return f"{day(value)} {clock_time(value)}"


def full_moment(value: datetime) -> str:
    """Return day, time and seconds with the year, for the books."""
    return str(format_datetime(local(value), "y-MM-dd HH:mm:ss", locale=_locale()))


def span(start: datetime, end: datetime) -> str:
    """Return from–to, the day once when it is the same."""
    if local(start).date() == local(end).date():
        return f"{day(start)} {clock_time(start)}–{clock_time(end)}"
    return f"{moment(start)} – {moment(end)}"


def ago(value: datetime) -> str:
    """Return how long ago (or in how long), roughly."""
    return str(format_timedelta(value - now(), add_direction=True, locale=_locale()))


FILTERS = {
    f.__name__: f
    for f in (
        points, hours, money, minutes, number, percent, day, clock_time, moment,
        full_moment, span, ago,
    )
}  # fmt: skip
