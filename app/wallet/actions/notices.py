"""Telling people in time what gets too old to be spent (R-LED-04, story L5)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, func, select

import ledger
from app.kernel.clock import day_of
from app.kernel.outbox import publish
from app.wallet import rules
from app.wallet.events import PointsExpireSoon
from app.wallet.models import ExpiryNotice
from ledger.tables import Lot

NOTICE_BATCH = 500


def announce_expiry(
    session: Session, at: datetime, *, limit: int = NOTICE_BATCH
) -> int:
    """Say of everybody who loses points soon that they are to be told; a job.

    Once a person and month, however often it runs. Returns how many there were.
    """
    month = rules.month_of(day_of(at))
    told = set(
        session.exec(select(ExpiryNotice.person_id).where(ExpiryNotice.month == month))
    )
    due = [one for one in _losing(session, day_of(at)) if one not in told][:limit]
    for person_id in due:
        session.add(ExpiryNotice(person_id=person_id, month=month, at=at))
        publish(session, PointsExpireSoon(person_id=person_id, at=at))
    return len(due)


def _losing(session: Session, today: date) -> list[UUID]:
    """Return who loses something within the time of notice, beyond what is held."""
    left = func.sum(col(Lot.amount) - col(Lot.used))
    account = ledger.Account
    owners = session.exec(
        select(col(account.owner_ref))
        .where(
            col(Lot.account_id) == col(account.id),
            col(Lot.used) < col(Lot.amount),
            col(Lot.expires_on) <= rules.told_by(today),
            col(account.kind) == rules.MEMBER,
            col(account.unit).in_(rules.SPENDABLE_UNITS),
            col(account.state) == ledger.AccountState.OPEN,
            col(account.owner_ref).startswith(rules.PERSON),
        )
        .group_by(col(account.id), col(account.owner_ref), col(account.debits_pending))
        .having(left > col(account.debits_pending))
        .order_by(col(account.id))
    )
    found = (UUID(str(owner).removeprefix(rules.PERSON)) for owner in owners)
    return list(dict.fromkeys(found))
