"""The timetable: which job runs how often, on one page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app import (
    bookings,
    fair,
    rewards,
    search,
    sunshine,
    volunteering,
    wallet,
    wishes,
    workshops,
)
from app.kernel.db import Database
from app.search.views import catalogue
from app.web.store import settings
from app.wishes import reactions as wishes_heard


@dataclass(frozen=True)
class Job:
    """Something due from time to time; idempotent and bounded.

    `run` gets an open transaction and the moment, `run_alone` the database, because
    it reads for long and nobody may wait for it. Each returns how much it did.
    """

    name: str
    every: timedelta
    run: Callable[[Session, datetime], int] | None = None
    run_alone: Callable[[Database, datetime], int] | None = None

    def do(self, db: Database, at: datetime) -> int:
        """Do it now; return how much was done."""
        if self.run_alone is not None:
            return self.run_alone(db, at)
        assert self.run is not None
        with db.transaction() as session:
            return self.run(session, at)


def _publish_checkpoint(db: Database, at: datetime) -> int:
    return sunshine.publish_checkpoint(db, settings().secret_key(), at)


def _check_index(db: Database, at: datetime) -> int:
    """Compare this node's index with the database; what differs is logged, mended."""
    drift = search.check(db, catalogue(), at=at)
    return search.mend(db, catalogue(), drift, at=at) if drift.ids else 0


def _look_for_news(db: Database, at: datetime) -> int:
    return wishes.look_for_news(db, wishes_heard.find, at=at)


TIMETABLE: tuple[Job, ...] = (
    Job("seal the book", timedelta(seconds=1), wallet.seal_book),
    Job("points expire", timedelta(hours=1), wallet.expire_points),
    Job("notices of expiry", timedelta(hours=1), wallet.announce_expiry),
    Job("shifts", timedelta(minutes=1), volunteering.close_finished),
    Job("bookings expired", timedelta(minutes=1), bookings.expire_unanswered),
    Job("rewards ready", timedelta(minutes=1), rewards.settle_due),
    Job("rewards lapsed", timedelta(hours=1), rewards.lapse_uncollected),
    Job("offerings begin and end", timedelta(minutes=10), fair.turn_pages),
    Job("licences run out", timedelta(minutes=10), fair.put_to_sleep_expired),
    Job("checkpoints", timedelta(minutes=1), run_alone=_publish_checkpoint),
    Job("verify books", timedelta(hours=24), run_alone=sunshine.check_book),
    Job("check the search index", timedelta(hours=24), run_alone=_check_index),
    Job("news for kept searches", timedelta(minutes=10), run_alone=_look_for_news),
    Job("orders lapsed", timedelta(hours=1), workshops.lapse_overdue),
)
