"""Months: which may be closed, their close, what they came to (R-LED-08)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, select

import ledger
from app.kernel.i18n import msg
from app.wallet.actions.refusals import in_our_words
from app.wallet.bookkeeping.accounts import PERSON
from app.wallet.errors import MonthClosed, MonthNotDue, PageNotFound
from ledger.periods import days_of
from ledger.tables import OpenHold, Unsealed


def months(session: Session) -> list[ledger.Period]:
    """Return the closed months, the oldest first."""
    return ledger.periods(session)


def month_to_close(session: Session, at: datetime) -> str | None:
    """Return the month that may be closed now, as "2026-10", or None."""
    return ledger.period_to_close(session, at)


def closed_through(session: Session) -> date | None:
    """Return the last day of the newest closed month, or None."""
    return ledger.closed_through(session)


def month_report(session: Session, code: str) -> ledger.PeriodReport:
    """Return what a month came to when it was closed; it never changes.

    Raises:
        PageNotFound: this month is not closed.
    """
    try:
        days_of(code)  # PostgreSQL takes no NUL, not even to say that it is nothing
        return ledger.period_report(session, code)
    except (ledger.PeriodNotFound, ledger.InvalidEntry):
        raise PageNotFound(msg("The books of this month are not closed.")) from None


def close_month(
    session: Session, code: str, *, at: datetime, entered_by: UUID, approved_by: UUID
) -> int:
    """Close a month's books; call it in a transaction of its own (R-LED-08).

    Raises:
        MonthNotDue: it has not ended, an earlier one is open, or it is closed.
        PostingPaused: a check found the book broken.
    """
    try:
        with in_our_words():
            closed = ledger.close_period(
                session,
                code,
                at=at,
                entered_by=f"{PERSON}{entered_by}",
                approved_by=f"{PERSON}{approved_by}",
            )
    except MonthClosed:
        raise MonthNotDue(msg("The books of this month are closed already.")) from None
    except (ledger.PeriodNotDue, ledger.InvalidEntry):
        raise MonthNotDue(msg("It is not this month's turn to be closed.")) from None
    return closed.transaction_id


def open_hold_count(session: Session) -> int:
    """Return how many amounts are set aside and wait for what becomes of them."""
    return int(session.exec(select(func.count()).select_from(OpenHold)).one())


def unsealed_count(session: Session) -> int:
    """Return how many entries still wait for their place in the chain."""
    return int(session.exec(select(func.count()).select_from(Unsealed)).one())
