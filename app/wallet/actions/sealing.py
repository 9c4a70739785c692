"""Sealing what was posted."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

import ledger


def seal_book(session: Session, at: datetime) -> int:
    """Chain what was posted since the last seal; return how many entries.

    On SQLite each posting is sealed in its own transaction and nothing waits; on
    PostgreSQL the job does it, so that posting never queues behind the chain.
    """
    del at  # a seal is ordered by sequence, never by time
    return ledger.seal_pending(session)
