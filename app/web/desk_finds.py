"""What staff can look up at their places: one line, whichever feature it comes from.

A feature exports `desk_finds(session, *, actor_id, on)` and stands in
`app/wiring/desk.py`; the staff's search reads each and compares words. What is outside
the actor's places is not read at all (decision 0016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from app.kernel.i18n import msg

FINDS_MAX = 2000
"""Of each kind the latest so many are compared; at a station that is a year or more."""


class FindKind(StrEnum):
    """What can be looked up, in the order the page shows it."""

    RECORD = "record"
    BOOKING = "booking"
    ORDER = "order"
    REDEMPTION = "redemption"


FIND_LABELS: Mapping[FindKind, str] = MappingProxyType(
    {
        FindKind.RECORD: msg("Service records"),
        FindKind.BOOKING: msg("Bookings"),
        FindKind.ORDER: msg("Workshop orders"),
        FindKind.REDEMPTION: msg("Rewards redeemed"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Find:
    """One thing staff may open.

    Attributes:
        names: Whose it is; found by character, pinyin and initials.
        texts: What it is, in every language; found by a part.
        codes: Found whole only (a pickup code).
        detail: A second line: state and sum, in the reader's words.
    """

    kind: FindKind
    id: UUID
    title: str
    detail: str
    day: date
    url: str
    place_id: UUID | None
    names: tuple[str, ...]
    texts: tuple[str, ...]
    codes: tuple[str, ...] = ()


class FindSource(Protocol):
    """Asked for everything of its kind that *actor_id* may see, the latest first."""

    def __call__(self, session: Session, *, actor_id: UUID, on: date) -> list[Find]:
        """Return at most `FINDS_MAX`."""
        ...


def every_language(thing: object, name: str) -> tuple[str, ...]:
    """Return `thing.name` in every language it is written."""
    written = (getattr(thing, name + one, None) for one in ("", "_en", "_zh_hant"))
    return tuple(str(text) for text in written if text)
