"""How the desk lies: piles by kind, the oldest on top; whom one may look for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from app.desk.errors import AskForMore
from app.kernel.i18n import msg
from app.web.desk_items import DeskItem, DeskKind

PILE_SHOWN = 40
"""Items of a pile on the page; the rest is counted."""


@dataclass(frozen=True)
class Pile:
    """Everything of one kind that waits, the oldest first."""

    kind: DeskKind
    items: tuple[DeskItem, ...]

    @property
    def shown(self) -> tuple[DeskItem, ...]:
        """The items on the page."""
        return self.items[:PILE_SHOWN]

    @property
    def more(self) -> int:
        """How many are counted only."""
        return max(0, len(self.items) - PILE_SHOWN)


def piles(items: Iterable[DeskItem], place_ids: frozenset[UUID] | None) -> list[Pile]:
    """Return the piles in their order, only of *place_ids* unless that is None."""
    by_kind: dict[DeskKind, list[DeskItem]] = {}
    for item in items:
        if place_ids is None or item.place_id in place_ids:
            by_kind.setdefault(item.kind, []).append(item)
    return [
        Pile(kind, tuple(sorted(by_kind[kind], key=lambda one: (one.since, one.id))))
        for kind in DeskKind
        if kind in by_kind
    ]


def ensure_enough_asked(words: str) -> str:
    """Return what to look for; one Latin letter or an empty field is not enough.

    Raises:
        AskForMore: the list would be a directory of people.
    """
    words = words.strip()
    if not words or re.fullmatch(r"[A-Za-z]|[0-9]{1,4}", words):
        raise AskForMore(
            msg("Please enter the name, the whole phone number or the member number."),
            field="words",
        )
    return words


def masked_phone(phone: str | None) -> str | None:
    """Return a number as the desk shows it: enough to ask "ends in 12?"."""
    return f"···{phone[-4:]}" if phone else None
