"""Moments that come in an address: read, or nonsense; never an error of ours."""

from __future__ import annotations

from datetime import UTC, datetime


def read_moment(typed: str | None) -> datetime | None:
    """Return the moment (UTC) that a pager's link carries, None for nonsense.

    Nonsense is also a moment without its zone, and one that falls out of the
    calendar in UTC, such as the last minute of the year 9999 west of Greenwich.
    """
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
