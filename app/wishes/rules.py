"""Decisions about wishes: which words are kept, and when a search is looked through."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.kernel.i18n import msg
from app.wishes.errors import TooManySearches, WishUnreadable
from app.wishes.models import KeptSearch, Wish

WORDS_MAX = 80
KEPT_MAX = 20
LOOKED_BACK = timedelta(hours=2)
"""What was made shortly before the last look may have reached the index after it."""
SPANS = (7, 30, 90, 365)
"""Days the list of wishes can look back."""
NOTHING_ASKED = msg("This search asks for nothing. Please add words or a choice.")
_NUMBER = re.compile(r"\d(?:[\s\-()+.]?\d){6,}")
_ADDRESS = re.compile(r"\S+@\S+\.\S")


def words_of_wish(typed: str) -> str:
    """Return the words of a wish as they are kept.

    Raises:
        WishUnreadable: there are none, or they hold a number or address of somebody.
    """
    plain = unicodedata.normalize("NFKC", typed)
    words = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    if not any(char.isalnum() for char in words):
        raise WishUnreadable(msg("Please say in a few words what you miss."))
    if _NUMBER.search(words) or _ADDRESS.search(words):
        raise WishUnreadable(
            msg("Please leave out phone numbers and addresses: a wish is nobody's.")
        )
    return words[:WORDS_MAX].rstrip()


def ensure_room(kept: int) -> None:
    """Refuse one search more than one can look through.

    Raises:
        TooManySearches: delete one first.
    """
    if kept >= KEPT_MAX:
        raise TooManySearches(
            msg("You keep %(n)s searches already. Please delete one first."), n=KEPT_MAX
        )


def is_due(search: KeptSearch, today: date) -> bool:
    """Say whether a search may still be told of today: once a day is enough."""
    return search.told_on is None or search.told_on < today


def looks_from(search: KeptSearch) -> datetime:
    """Return since when things are new to a search; never before it was kept."""
    return max(search.kept_at, search.looked_at - LOOKED_BACK)


@dataclass(frozen=True)
class Need:
    """Wishes of the same words: how often, on how many days, from when to when."""

    words: str
    times: int
    days: int
    first: date
    last: date


def needs_of(wishes: Iterable[Wish]) -> list[Need]:
    """Return wishes gathered by their words, the most frequent first."""
    by_key: dict[str, list[Wish]] = {}
    for wish in wishes:
        by_key.setdefault(wish.key, []).append(wish)
    needs = []
    for rows in by_key.values():
        rows.sort(key=lambda row: row.day)
        times = sum(row.times for row in rows)
        needs.append(Need(rows[-1].words, times, len(rows), rows[0].day, rows[-1].day))
    return sorted(needs, key=lambda need: (-need.times, -need.days, need.words))


def span_asked(typed: str | None) -> int:
    """Return how many days to look back: one of the spans, else a season."""
    return next((span for span in SPANS if str(span) == typed), 90)
