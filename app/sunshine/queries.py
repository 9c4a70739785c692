"""Reading the public book: newest entries, one entry, the last check."""

from __future__ import annotations

from itertools import islice

from sqlmodel import Session, col, select

from app import wallet
from app.kernel.i18n import msg
from app.sunshine.errors import EntryNotFound
from app.sunshine.models import BookCheck
from app.sunshine.rules import Entry, entry_from

PAGE = 20
LOOK_BACK = 400
"""How far back the front page looks for entries that moved something."""


def entries_until(session: Session, sequence: int, *, count: int = PAGE) -> list[Entry]:
    """Return the *count* entries that end with *sequence*, newest first."""
    since = max(0, sequence - count)
    lines = islice(wallet.export_lines(session, since=since), sequence - since)
    return [entry_from(line) for line in lines][::-1]


def latest_moves(session: Session, sequence: int, *, count: int = 12) -> list[Entry]:
    """Return the newest entries that moved or set aside something, newest first."""
    found = entries_until(session, sequence, count=LOOK_BACK)
    return [one for one in found if one.moves or one.held][:count]


def entry_for(session: Session, sequence: int) -> Entry:
    """Return the entry at a place of the chain.

    Raises:
        EntryNotFound: the chain is shorter.
    """
    line = None
    if sequence > 0:
        line = next(wallet.export_lines(session, since=sequence - 1), None)
    if line is None:
        raise EntryNotFound(msg("The book has no such entry."))
    return entry_from(line)


def last_check(session: Session) -> BookCheck | None:
    """Return the newest recomputation of the book, or None."""
    return session.exec(
        select(BookCheck).order_by(col(BookCheck.at).desc()).limit(1)
    ).first()
