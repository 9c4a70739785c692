"""Reading the public book: newest entries, one entry, the last check."""

from __future__ import annotations

from sqlmodel import Session, col, select

from app import wallet
from app.kernel.i18n import msg
from app.sunshine.errors import EntryNotFound
from app.sunshine.models import BookCheck
from app.sunshine.rules import GENESIS, Entry, entry_from

PAGE = 20
LOOK_BACK = 400
"""How far back the front page looks for entries that moved something."""


def entries_until(session: Session, sequence: int, *, count: int = PAGE) -> list[Entry]:
    """Return the *count* entries that end with *sequence*, newest first."""
    return _read(session, max(0, sequence - count), sequence)[::-1]


def latest_moves(session: Session, sequence: int, *, count: int = 12) -> list[Entry]:
    """Return the newest entries that moved or set aside something, newest first."""
    found = entries_until(session, sequence, count=LOOK_BACK)
    return [one for one in found if one.moves or one.held][:count]


def entry_for(session: Session, sequence: int) -> Entry:
    """Return the entry at a place of the chain.

    Raises:
        EntryNotFound: the chain is shorter.
    """
    found = _read(session, sequence - 1, sequence) if sequence > 0 else []
    if not found:
        raise EntryNotFound(msg("The book has no such entry."))
    return found[0]


def _read(session: Session, since: int, until: int) -> list[Entry]:
    """Return the entries after place *since*, with the one before for its hash."""
    first = max(0, since - 1)
    found: list[Entry] = []
    for line in wallet.export_lines(session, since=first, until=until):
        found.append(entry_from(line, found[-1].link if found else GENESIS))
    return found[since - first :]


def last_check(session: Session) -> BookCheck | None:
    """Return the newest recomputation of the book, or None."""
    return session.exec(
        select(BookCheck).order_by(col(BookCheck.at).desc()).limit(1)
    ).first()
