"""What waits at the desk: one line of work, whichever feature it comes from.

Every feature with a queue exports `desk_items(session, *, actor_id, on)` and stands
in `app/wiring/desk.py`; the desk page asks each, sorts and shows. The function runs
inside a request: in a feature's `desk.py` it may use `url_for` and `translate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from app.kernel.i18n import msg


class DeskKind(StrEnum):
    """The piles on the desk, in the order the page shows them."""

    RECORD = "record"
    LONG_RECORD = "long_record"
    MISSING_CHECKOUT = "missing_checkout"
    BOOKING = "booking"
    HAND_OVER = "hand_over"
    PICKUP = "pickup"
    LISTING = "listing"
    PARTNER = "partner"
    PAYOUT = "payout"
    BOOKS = "books"
    OTHER = "other"


LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        DeskKind.RECORD: msg("Hours to verify"),
        DeskKind.LONG_RECORD: msg("Long days that need a second yes"),
        DeskKind.MISSING_CHECKOUT: msg("Check-outs that are missing"),
        DeskKind.BOOKING: msg("Bookings to answer"),
        DeskKind.HAND_OVER: msg("Rewards to hand over"),
        DeskKind.PICKUP: msg("Orders to hand over"),
        DeskKind.LISTING: msg("Listings to review"),
        DeskKind.PARTNER: msg("Partners to vet"),
        DeskKind.PAYOUT: msg("Workshops to pay"),
        DeskKind.BOOKS: msg("Books: a second person is needed"),
        DeskKind.OTHER: msg("Other work"),
    }
)


@dataclass(frozen=True, kw_only=True)
class DeskAction:
    """One button: a form of its own that posts to *url*.

    The answer to htmx replaces the whole line, so it should be the thing's own
    fragment in its new state; without JavaScript the view redirects as usual.

    Attributes:
        label: English message id, or words already translated.
        op: The form's `data-op`, "hours.verify".
        url: Where it posts to.
        kind: Look of the button: primary, quiet, danger, good.
        fields: Hidden fields to send along.
        confirm: Question asked in a fold before it is sent, if any.
    """

    label: str
    op: str
    url: str
    kind: str = "primary"
    fields: Mapping[str, str] = field(default_factory=dict)
    confirm: str | None = None


@dataclass(frozen=True, kw_only=True)
class DeskItem:
    """One piece of work that waits for somebody with the right role.

    Attributes:
        kind: The pile it lies on.
        id: The thing's id; `(kind, id)` is unique on the page.
        title: One line, already in words ("2 h 5 min · Meal delivery").
        detail: A second line, or None.
        since: Since when it waits; oldest first.
        url: The thing's own page.
        fragment_url: Address that answers htmx with the thing's fragment (which
            brings its own forms, a reason field for example), or None.
        place_id: Where it is, for the line's place and the filter.
        actions: Buttons to do it right here.
    """

    kind: DeskKind
    id: UUID
    title: str
    since: datetime
    url: str
    detail: str | None = None
    fragment_url: str | None = None
    place_id: UUID | None = None
    actions: tuple[DeskAction, ...] = ()


class DeskSource(Protocol):
    """Asked for what waits: only what *actor_id* may do, a few hundred at most."""

    def __call__(self, session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
        """Return the waiting work, in any order."""
        ...
