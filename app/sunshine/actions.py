"""What the sunshine ledger does: recompute the book, stop it, publish checkpoints."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, delete

from app import wallet
from app.kernel.db import Database
from app.sunshine import rules
from app.sunshine.models import BookCheck
from app.sunshine.queries import last_check

CHECK_EVERY = timedelta(hours=20)
CHECKS_KEPT = timedelta(days=400)


def check_book(db: Database, at: datetime) -> int:
    """Recompute the whole book, keep the answer; return 1 when it was done.

    It reads in one consistent view and writes afterwards, so that nobody waits for
    it. A book that is found broken is not written into any more, from the same commit
    on, until somebody has looked (`fair ledger resume`); it can still be read.

    Not again within `CHECK_EVERY` when the last one found nothing: a loop that is
    restarted does not read the whole book each time.
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
        if not report.ok:
            reason = report.first_bad or "the books do not add up"
            wallet.stop_posting(session, reason, at=at)
        session.exec(delete(BookCheck).where(col(BookCheck.at) < at - CHECKS_KEPT))
    return 1


def publish_checkpoint(db: Database, secret: bytes, at: datetime) -> int:
    """Sign and keep a checkpoint when one is due; return 1 when it was made.

    None is made while the book is known to be broken: a signature would vouch for it.
    """
    with db.reading() as session:
        last = wallet.latest_checkpoint(session)
        last_size = last.size if last else 0
        is_due = rules.checkpoint_is_due(
            size=wallet.book_head(session).sequence,
            last_size=last_size,
            last_at=last.at if last else None,
            has_closed=wallet.closes_since(session, last_size),
            at=at,
        )
        if not is_due or wallet.posting_stop(session) is not None:
            return 0
    with db.transaction() as session:
        wallet.publish_checkpoint(session, secret=secret, at=at)
    return 1
