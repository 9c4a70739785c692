"""The timetable: which job runs how often, on one page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app import bookings, fair, rewards, sunshine, volunteering, wallet, workshops


@dataclass(frozen=True)
class Job:
    """Something due from time to time; idempotent and bounded.

    `run` gets an open transaction and the moment, and returns how much it did.
    """

    name: str
    every: timedelta
    run: Callable[[Session, datetime], int]


TIMETABLE: tuple[Job, ...] = (
    Job("seal the book", timedelta(seconds=1), wallet.seal_book),
    Job("shifts", timedelta(minutes=1), volunteering.close_finished),
    Job("bookings expired", timedelta(minutes=1), bookings.expire_unanswered),
    Job("rewards ready", timedelta(minutes=1), rewards.settle_due),
    Job("rewards lapsed", timedelta(hours=1), rewards.lapse_uncollected),
    Job("offerings begin and end", timedelta(minutes=10), fair.turn_pages),
    Job("licences run out", timedelta(minutes=10), fair.put_to_sleep_expired),
    Job("verify books", timedelta(hours=24), sunshine.check_book),
    Job("orders lapsed", timedelta(hours=1), workshops.lapse_overdue),
)
