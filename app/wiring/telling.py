"""Telling a whole town's worth of events after a load, many in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select, update

from app.kernel.db import Database
from app.kernel.outbox import OutboxRow
from app.kernel.relay import Hearing, relay_pending


def tell_all(db: Database, hearing: Hearing, *, at: datetime) -> None:
    """Tell every waiting event; those nobody hears are marked in one statement."""
    with db.transaction() as session:
        kinds = session.exec(
            select(OutboxRow.kind).where(col(OutboxRow.relayed_at).is_(None)).distinct()
        ).all()
        unheard = [kind for kind in kinds if not hearing.reactions_to(kind)]
        session.exec(
            update(OutboxRow)
            .where(col(OutboxRow.kind).in_(unheard))
            .where(col(OutboxRow.relayed_at).is_(None))
            .values(relayed_at=at)
        )
    while relay_pending(db, hearing, at=at):
        pass
