"""Reading lines, and what was asked."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.kernel.i18n import msg
from app.search import Wording
from app.wording import rules
from app.wording.errors import LineNotFound
from app.wording.models import AskedWords, SearchLine

LINES_MAX = 2000
ENDED_SHOWN = 20


def live_lines(session: Session) -> list[SearchLine]:
    """Return the lines in force, the oldest first."""
    rows = select(SearchLine).where(col(SearchLine.ended_at).is_(None))
    return list(
        session.exec(
            rows.order_by(col(SearchLine.added_at), col(SearchLine.id)).limit(LINES_MAX)
        )
    )


def ended_lines(session: Session) -> list[SearchLine]:
    """Return lines that were taken away, the latest first."""
    rows = select(SearchLine).where(col(SearchLine.ended_at).is_not(None))
    return list(
        session.exec(rows.order_by(col(SearchLine.ended_at).desc()).limit(ENDED_SHOWN))
    )


def line_for(session: Session, line_id: UUID, *, lock: bool = False) -> SearchLine:
    """Return a line that is in force.

    Raises:
        LineNotFound: there is none.
    """
    found = session.get(SearchLine, line_id, with_for_update=lock or None)
    if found is None or found.ended_at is not None:
        raise LineNotFound(msg("We do not find this line."))
    return found


def wording_now(session: Session, on: date) -> Wording:
    """Return what editors tell the search today."""
    return rules.wording_of(live_lines(session), on=on)


def most_asked(session: Session, since: date, limit: int) -> list[tuple[str, int]]:
    """Return what was asked most since a month began, with how often."""
    rows = session.exec(
        select(AskedWords)
        .where(AskedWords.month >= since, col(AskedWords.words).is_not(None))
        .order_by(col(AskedWords.times).desc(), col(AskedWords.digest))
        .limit(limit)
    )
    return [(row.words, row.times) for row in rows if row.words]
