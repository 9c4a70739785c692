"""What the sunshine ledger does: recompute the book and keep what was found."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, delete

from app import wallet
from app.kernel.db import Database
from app.sunshine.models import BookCheck
from app.sunshine.queries import last_check

CHECK_EVERY = timedelta(hours=20)
CHECKS_KEPT = timedelta(days=400)


def check_book(db: Database, at: datetime) -> int:
    """Recompute the whole book, keep the answer; return 1 when it was done.

    It reads in one consistent view and writes afterwards, so that nobody waits for
    it. Not again within `CHECK_EVERY` when the last one found nothing: a loop that
    is restarted does not read the whole book each time.
    """
    with db.reading() as session:
        last = last_check(session)
        if last is not None and last.is_right and at - last.at < CHECK_EVERY:
            return 0
        head = wallet.book_head(session)
        report = wallet.verify_book(session)
    with db.transaction() as session:
        session.add(
            BookCheck(
                at=at,
                is_right=report.ok,
                entries=report.entries,
                head_sequence=head.sequence,
                head_hash=head.hash,
                first_bad=(report.first_bad or "")[:500] or None,
            )
        )
        session.exec(delete(BookCheck).where(col(BookCheck.at) < at - CHECKS_KEPT))
    return 1
