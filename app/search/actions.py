"""Feeding the catalogue: catching up with the outbox, rebuilding and swapping."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from app.kernel.db import Database
from app.kernel.outbox import OutboxRow
from app.search.queries import Context, all_documents, documents_for
from app.search.rules import FEEDS
from search_index import Index, IndexUnavailable

EVENTS_AT_ONCE = 5000
SETTLES_AFTER = timedelta(seconds=30)
"""On PostgreSQL a row may appear behind the cursor while its neighbour commits."""


@dataclass
class Catalogue:
    """The index of one installation, opened once for each process."""

    folder: Path
    timezone: str
    opened: Index | None = field(default=None, repr=False)
    seen: set[int] = field(default_factory=set, repr=False)

    @property
    def index(self) -> Index:
        """The index.

        Raises:
            IndexUnavailable: it is missing or damaged; `rebuild` mends it.
        """
        if self.opened is None:
            try:
                self.opened = Index(self.folder)
            except OSError as problem:
                raise IndexUnavailable(str(problem)) from problem
        return self.opened

    def is_ready(self) -> bool:
        """Say whether the index can be read and is of today's analysis."""
        try:
            return self.index.is_healthy
        except IndexUnavailable:
            return False

    def can_be_read(self) -> bool:
        """Say whether searches are answered, also from an index to be rebuilt."""
        try:
            return self.index.count() >= 0
        except IndexUnavailable:
            return False

    def context(self, at: datetime) -> Context:
        """Return what documents need besides their rows."""
        return Context(at=at, zone=ZoneInfo(self.timezone))


def open_index(folder: Path, timezone: str) -> Catalogue:
    """Return the installation's catalogue; nothing is read before it is used."""
    return Catalogue(folder, timezone)


def catch_up(db: Database, catalogue: Catalogue, *, at: datetime) -> int:
    """Bring into the index what the outbox says has changed; return how many things.

    Events only name things; what is written is their present state, so that running
    twice or late does no harm. The cursor is stored in the index's own commit. An
    index that is missing, damaged or of another analysis is rebuilt.
    """
    if not catalogue.is_ready():
        return rebuild(db, catalogue, at=at)
    index = catalogue.index
    cursor = index.cursor()
    with db.reading() as session:
        rows = session.exec(
            select(OutboxRow)
            .where(col(OutboxRow.id) > cursor)
            .where(col(OutboxRow.kind).in_(FEEDS))
            .order_by(col(OutboxRow.id))
            .limit(EVENTS_AT_ONCE)
        ).all()
        fresh = [row for row in rows if row.id not in catalogue.seen]
        if not fresh:
            return 0
        wanted: dict[str, list[UUID]] = defaultdict(list)
        for row in fresh:
            kind, name = FEEDS[row.kind]
            wanted[kind].append(UUID(row.data[name]))
        documents, gone = documents_for(session, wanted, catalogue.context(at))
    settled = [
        row.id or 0 for row in rows if db.is_sqlite or row.at < at - SETTLES_AFTER
    ]
    reached = max(settled, default=cursor)
    index.apply(documents, gone, cursor=reached)
    catalogue.seen = {row.id or 0 for row in rows if (row.id or 0) > reached}
    return len(documents) + len(gone)


def rebuild(db: Database, catalogue: Catalogue, *, at: datetime) -> int:
    """Build the index anew beside the old one and swap; return how many documents."""
    with db.reading() as session:
        cursor = newest_event(session) if db.is_sqlite else _settled_event(session, at)
        documents = list(all_documents(session, catalogue.context(at)))
    try:
        index = catalogue.index
    except IndexUnavailable:
        index = catalogue.opened = Index(catalogue.folder)
    index.rebuild(documents, cursor)
    catalogue.seen = set()
    return len(documents)


def newest_event(session: Session) -> int:
    """Return the number of the newest event in the outbox."""
    return session.exec(select(func.max(OutboxRow.id))).one() or 0


def _settled_event(session: Session, at: datetime) -> int:
    old = select(func.max(OutboxRow.id)).where(OutboxRow.at < at - SETTLES_AFTER)
    return session.exec(old).one() or 0
