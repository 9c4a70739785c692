"""The relay: takes events from the outbox and tells those who listen."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app.kernel.db import Database
from app.kernel.errors import Busy
from app.kernel.outbox import Event, OutboxRow

TRIES_MAX = 8
BATCH_MAX = 500

Reaction = Callable[[Session, Any], None]

log = logging.getLogger(__name__)


class Hearing:
    """Who hears which event."""

    def __init__(self) -> None:
        self._reactions: dict[str, list[Reaction]] = defaultdict(list)

    def on(self, kind: type[Event], *reactions: Reaction) -> None:
        """Let *reactions* run, in this order, for every event of *kind*."""
        self._reactions[kind.__name__].extend(reactions)

    def reactions_to(self, kind: str) -> list[Reaction]:
        """Return the reactions to events of this kind."""
        return self._reactions.get(kind, [])


def relay_pending(
    db: Database, hearing: Hearing, *, at: datetime, limit: int = BATCH_MAX
) -> int:
    """Tell waiting events, oldest first, each in a transaction of its own.

    A reaction that fails is logged and tried again at the next call, at most
    `TRIES_MAX` times; it holds up no other event. A busy moment or a full disk is not
    the event's fault and does not count. Returns how many were told.
    """
    with db.reading() as session:
        waiting = session.exec(
            select(OutboxRow.id)
            .where(col(OutboxRow.relayed_at).is_(None))
            .where(col(OutboxRow.given_up_at).is_(None))
            .order_by(col(OutboxRow.id))
            .limit(limit)
        ).all()
    return sum(_relay_one(db, hearing, row_id, at) for row_id in waiting)


def _relay_one(db: Database, hearing: Hearing, row_id: int | None, at: datetime) -> int:
    try:
        with db.transaction() as session:
            row = session.get(OutboxRow, row_id, with_for_update={"skip_locked": True})
            if row is None or row.relayed_at is not None:
                return 0
            happened = Event.kinds[row.kind].from_json(row.data)
            for reaction in hearing.reactions_to(row.kind):
                reaction(session, happened)
            row.relayed_at = at
            return 1
    except Busy as problem:
        log.warning("event %s waits: %s", row_id, problem)
        return 0
    except Exception as problem:
        log.exception("event %s could not be told", row_id)
        _count_failure(db, row_id, at, problem)
        return 0


def _count_failure(
    db: Database, row_id: int | None, at: datetime, problem: Exception
) -> None:
    with db.transaction() as session:
        row = session.get(OutboxRow, row_id)
        if row is None:
            return
        row.tries += 1
        row.problem = f"{type(problem).__name__}: {problem}"[:500]
        if row.tries >= TRIES_MAX:
            row.given_up_at = at
