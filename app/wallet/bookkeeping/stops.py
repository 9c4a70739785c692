"""Stopping what is written when a check finds the book broken; reading goes on."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

import ledger
from ledger.guards import missing_guards


def stop_posting(session: Session, reason: str, *, at: datetime) -> None:
    """Let nothing be written into the book until somebody has looked.

    The guards refuse what is written from now on; when whoever broke the book took
    them off, they are put back first.
    """
    connection = session.connection()
    if missing_guards(connection):
        ledger.install_guards(connection)
    ledger.stop_posting(session, reason, at)


def resume_posting(session: Session, *, at: datetime, by: str) -> None:
    """Let the book be written into again, in the name of who has looked."""
    ledger.resume_posting(session, at=at, by=by)


def posting_stop(session: Session) -> ledger.Stop | None:
    """Return since when and why nothing is written, or None."""
    return ledger.stopped(session)
