"""Adding a line, taking it away, counting what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete

from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.search import fold_key
from app.wording import queries, rules
from app.wording.errors import LineThere
from app.wording.models import AskedWords, LineKind, SearchLine

MONTHS_KEPT = 3


def write_line(
    session: Session,
    kind: LineKind,
    asked: str,
    found: str,
    *,
    until: date | None,
    note: str | None,
    by: UUID,
    at: datetime,
) -> SearchLine:
    """Return the line that was typed, checked against those in force; not yet added.

    Raises:
        LineInvalid: the words mean nothing, or it has no place any more.
        LineThere: the same is in force.
    """
    line = SearchLine(kind=kind, asked="", note=note, added_by=by, added_at=at)
    today = day_of(at)
    live = rules.in_force(queries.live_lines(session), on=today)
    if kind in rules.TARGETS:
        line.asked = rules.question_of(asked)
        line.found = rules.document_of(found)
    else:
        words = rules.words_of(asked, name="asked")
        line.asked = ", ".join(words)
        if kind is not LineKind.STOP:
            others = rules.words_of(found, name="found")
            rules.ensure_telling(words, live, name="asked")
            rules.ensure_telling(others, live, name="found")
            rules.ensure_apart(words, others)
            line.found = ", ".join(others)
    if rules.is_known(line, live):
        raise LineThere(msg("The search knows this line already."))
    if kind is LineKind.PIN:
        rules.ensure_day_to_come(until, on=today)
        line.until = until
        rules.ensure_room_for_pin(live, line.asked)
    return line


def add_line(
    session: Session, line: SearchLine, *, by: UUID, at: datetime
) -> SearchLine:
    """Put a line in force: it counts from the next question on."""
    session.add(line)
    session.flush()
    doings.note(
        session, who=by, verb="search.add_line", about=f"search_line:{line.id}", at=at,
        detail=f"{line.kind}: {line.asked} → {line.found or ''}",
    )  # fmt: skip
    return line


def end_line(session: Session, line_id: UUID, *, by: UUID, at: datetime) -> SearchLine:
    """Take a line away; it stays readable as one that was.

    Raises:
        LineNotFound: there is none in force.
    """
    line = queries.line_for(session, line_id, lock=True)
    line.ended_by, line.ended_at = by, at
    session.add(line)
    doings.note(
        session, who=by, verb="search.end_line", about=f"search_line:{line.id}", at=at
    )
    return line


def note_asked(
    session: Session,
    asked: Mapping[str, tuple[str, int]],
    *,
    secret: bytes,
    at: datetime,
) -> None:
    """Add up what was asked: key → (words as typed, how often).

    Old months go: three are enough to see what people look for.
    """
    month = day_of(at).replace(day=1)
    for key, (typed, times) in sorted(asked.items()):
        digest = rules.digest_of(key, secret)
        first = AskedWords(digest=digest, month=month, times=times)
        first.words = rules.words_to_keep(typed, times)
        with suppress(IntegrityError), session.begin_nested():  # counted before
            session.add(first)
            session.flush()
            continue
        row = session.get_one(AskedWords, (digest, month), with_for_update=True)
        row.times += times
        row.words = rules.words_to_keep(typed, row.times) or row.words
        session.add(row)
    oldest = (month - timedelta(days=31 * (MONTHS_KEPT - 1))).replace(day=1)
    session.execute(delete(AskedWords).where(col(AskedWords.month) < oldest))


def key_of(typed: str) -> str:
    """Return under which questions are one: no script, width, case, gaps."""
    return fold_key(typed)[: rules.ASKED_MAX]
