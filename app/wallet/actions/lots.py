"""Old accounts begin to keep lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

import ledger
from app import programmes
from app.kernel.clock import day_of
from app.wallet import rules
from app.wallet.rules import StartingLot

START_BATCH = 500


def start_lots_for_all(
    session: Session, at: datetime, *, limit: int = START_BATCH
) -> int:
    """Let members' accounts that were opened without lots keep them from now on.

    Each begins with what it earned, by the rule of that day, less what was spent;
    the balance stays what it is. For the upgrade of a book kept before there were
    lots; where all accounts keep them, nothing happens.

    Returns:
        How many accounts began; fewer than *limit* when there are no more.
    """
    accounts = session.exec(
        select(ledger.Account)
        .where(
            col(ledger.Account.kind) == rules.MEMBER,
            col(ledger.Account.unit).in_(rules.SPENDABLE_UNITS),
            col(ledger.Account.keeps_lots) == 0,
            col(ledger.Account.state) == ledger.AccountState.OPEN,
        )
        .order_by(col(ledger.Account.id))
        .limit(limit)
    ).all()
    earned = _earned_by(session, accounts)
    soonest = day_of(at) + timedelta(days=rules.NOTICE_DAYS[0])
    for account in accounts:
        balance = account.credits_posted - account.debits_posted
        ledger.start_lots(
            session,
            account.code,
            rules.starting_lots(earned[account.id], balance, soonest=soonest),
            at=at,
            key=f"lots:{account.public_code}",
        )
    return len(accounts)


def _earned_by(
    session: Session, accounts: Sequence[ledger.Account]
) -> Mapping[int | None, list[StartingLot]]:
    """Return what came into each account, as lots by the rule of its day.

    What a reversal gave back is no earning: it lessens what was spent.
    """
    found: dict[int | None, list[StartingLot]] = {one.id: [] for one in accounts}
    rows = session.exec(
        select(
            col(ledger.Posting.credit_account_id),
            col(ledger.Posting.amount),
            col(ledger.Transaction.effective_on),
            col(ledger.Transaction.rule_version),
        )
        .where(
            col(ledger.Posting.credit_account_id).in_(found),
            col(ledger.Posting.transaction_id) == col(ledger.Transaction.id),
            col(ledger.Transaction.reverses_id).is_(None),
        )
        .order_by(col(ledger.Posting.id))
    ).all()
    months: dict[str | None, int | None] = {}
    for account, amount, day, version in rows:
        if version not in months:
            months[version] = _months_of(session, version, day)
        until = rules.expires_on(day, months[version])
        found[account].append((Decimal(amount), day, until))
    return found


def _months_of(session: Session, version: str | None, day: date) -> int | None:
    """Return how long what a rule credited keeps; what followed no rule, for good."""
    code = (version or "").rpartition(":")[0]
    programme = programmes.find_programme(session, code)
    if programme is None:
        return None
    return programmes.rule_on(session, programme.id, day).lot_months
