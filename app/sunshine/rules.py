"""What the public book's words mean, and how one of its lines is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from app import wallet
from app.kernel.i18n import msg

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "HOUR": msg("Volunteer hours"),
        "POINT": msg("Love-bank points"),
        "TIME": msg("Time credits"),
        "CNY": msg("Yuan that changed hands at counters"),
    }
)
STEPS_OF: Mapping[str, str] = MappingProxyType(
    {
        "HOUR": msg("%(amount)s hours"),
        "POINT": msg("%(amount)s points"),
        "TIME": msg("%(amount)s time credits"),
    }
)
"""An amount of each unit, as people say it; yuan have a filter of their own."""
NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "record": msg("a service record"),
        "booking": msg("a booking"),
        "redemption": msg("a reward"),
        "order": msg("an order"),
        "account": msg("an account"),
        "settlement": msg("a settlement"),
        "payout": msg("a payout"),
        "adjustment": msg("a correction"),
        "period": msg("a month"),
    }
)
CODE_SHOWN = 8
"""Characters of a public code that a page shows; the export has all of them."""
CHECKPOINT_EVERY = timedelta(hours=1)
GENESIS = "0" * 64
"""The hash before the first entry."""
RECORD = ',"record":'
"""Where the hashed bytes begin in a line of the second form."""


@dataclass(frozen=True)
class Move:
    """An amount that left one account and arrived at another; pseudonyms both."""

    debit: str
    credit: str
    unit: str
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    """One sealed record of the chain, as the export says it.

    Attributes:
        sequence: Its place in the chain.
        number: The transaction's number.
        kind: The sort of act, "EARN_HOURS".
        at: When it was written.
        effective_on: The day it counts for.
        rule: Version of the rule it followed, or None.
        about: Noun of its cause: "record", "booking".
        reverses: Number of the transaction it undoes, or None.
        refunds: Number of the transaction it gives back from, or None.
        linked: Name it shares with what was posted together with it, or None.
        moves: What moved; empty for holds, releases and openings.
        held: What was set aside, or None.
        leaf: Hash of its content.
        previous: Hash of the chain before it.
        link: Hash of the chain with it.
        private: Commitment to who entered and approved, and why.
        raw: The export's line, unchanged.
    """

    sequence: int
    number: str
    kind: str
    at: datetime
    effective_on: date
    rule: str | None
    about: str
    reverses: str | None
    refunds: str | None
    linked: str | None
    private: str
    moves: tuple[Move, ...]
    held: Move | None
    leaf: str
    previous: str
    link: str
    raw: str

    def codes(self) -> set[str]:
        """Return the public codes it names."""
        shown = [*self.moves, *([self.held] if self.held else [])]
        return {code for move in shown for code in (move.debit, move.credit)}


def signed_head(secret: bytes, *, sequence: int, link: str, at: str) -> tuple[str, str]:
    """Return (public key, signature) of a head, both in hex, Ed25519.

    Signed are the four lines `common-fair-ledger/1`, sequence, hash and moment,
    joined by newlines.
    """
    key = wallet.site_key(secret)
    text = "\n".join(("common-fair-ledger/1", str(sequence), link, at))
    public = key.public_key().public_bytes_raw().hex()
    return public, key.sign(text.encode()).hex()


def checkpoint_is_due(
    *,
    size: int,
    last_size: int,
    last_at: datetime | None,
    has_closed: bool,
    at: datetime,
) -> bool:
    """Say whether a checkpoint is to be published now.

    One an hour when something new is in the chain, and one at once when a month was
    closed, so that its head is given away before anybody could think again.

    Args:
        size: Entries in the chain.
        last_size: Entries in the last checkpoint; 0 when there is none.
        last_at: Moment of the last checkpoint.
        has_closed: Whether a month was closed after it.
        at: Now.
    """
    if size <= last_size:
        return False
    return has_closed or last_at is None or at - last_at >= CHECKPOINT_EVERY


def entry_from(raw: str, previous: str = GENESIS) -> Entry:
    """Read one line of the export, of either form (ledger/FORMAT.md).

    Args:
        raw: The line.
        previous: The hash of the line before; a line of the first form says it
            itself, one of the second leaves it to the reader.
    """
    start, found, record = raw.partition(RECORD)
    return _second(raw, start, record, previous) if found else _first(raw)


def _second(raw: str, start: str, record: str, previous: str) -> Entry:
    """Read a line whose record is hashed byte by byte as it stands."""
    text = record.rstrip()[:-1]
    said = json.loads(start + "}")
    _, number, kind, at, day, rule, about, reverses, refunds, link, *rest = json.loads(
        text
    )
    private, _memo, lines = rest
    return Entry(
        sequence=said["sequence"],
        number=number,
        kind=kind,
        at=datetime.fromisoformat(at),
        effective_on=date.fromisoformat(day),
        rule=rule,
        about=about,
        reverses=reverses,
        refunds=refunds,
        linked=link,
        private=private,
        leaf=hashlib.sha256(b"\0" + text.encode()).hexdigest(),
        previous=previous,
        link=said["hash"],
        raw=raw,
        **_lines(lines),
    )


def _first(raw: str) -> Entry:
    """Read a line of the form in which the first months were written."""
    said = json.loads(raw)
    number, kind, at, day, rule, about, reverses, private, _memo = said["head"]
    return Entry(
        sequence=said["sequence"],
        number=number,
        kind=kind,
        at=datetime.fromisoformat(at),
        effective_on=date.fromisoformat(day),
        rule=rule,
        about=about,
        reverses=reverses,
        refunds=None,
        linked=None,
        private=private,
        leaf=said["leaf"],
        previous=said["previous"],
        link=said["hash"],
        raw=raw,
        **_lines(said["lines"]),
    )


def _lines(lines: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return what moved and what was set aside."""
    hold = next((line for line in lines if line[0] == "hold"), None)
    return {
        "moves": tuple(_move(line[1:5]) for line in lines if line[0] == "posting"),
        "held": _move(hold[2:6]) if hold else None,
    }


def _move(parts: Iterable[str]) -> Move:
    debit, credit, unit, amount = parts
    return Move(debit, credit, unit, Decimal(amount))
