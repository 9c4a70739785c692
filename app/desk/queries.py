"""Reading for the desk: what waits, and what staff did for one person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.kernel.doings import Doing
from app.web.desk_items import DeskItem, DeskSource

DOINGS_SHOWN = 20


def waiting(
    session: Session, sources: Iterable[DeskSource], *, actor_id: UUID, on: date
) -> list[DeskItem]:
    """Ask every source what waits for this person."""
    return [
        item for source in sources for item in source(session, actor_id=actor_id, on=on)
    ]


def done_for(session: Session, person_id: UUID) -> list[Doing]:
    """Return what staff did or looked at for a person, newest first."""
    return list(
        session.exec(
            select(Doing)
            .where(Doing.for_whom_id == person_id, Doing.who_id != person_id)
            .order_by(col(Doing.at).desc())
            .limit(DOINGS_SHOWN)
        )
    )
