"""What has expired goes to the programme that credited it (R-LED-04, L5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

import ledger
from app import programmes
from app.kernel.clock import day_of
from app.programmes import Programme
from app.wallet import rules
from app.wallet.actions.accounts import open_expired
from ledger.tables import Lot, LotUse

EXPIRE_BATCH = 500
SORTED = "EXPIRE_SORTED"


def expire_points(session: Session, at: datetime, *, limit: int = EXPIRE_BATCH) -> int:
    """Let lots expire whose day has come (story L5); a job, once a day an account.

    What is set aside stays until it is used or comes back. Returns how many
    accounts lost something.
    """
    sort_expired(session, at)
    origins = _Origins(session, at)
    done = ledger.expire_lots(
        session,
        on=day_of(at),
        at=at,
        into=lambda _code, lot: origins.target_of(lot.id),
        limit=limit,
    )
    return len(done)


def sort_expired(session: Session, at: datetime) -> int:
    """Give the programmes what expired while one account took all of a unit.

    For books in which points expired before each programme had an account for
    that; where nothing is left to sort, nothing happens. Returns how many entries
    were made.
    """
    done = 0
    origins = _Origins(session, at)
    for unit in rules.SPENDABLE_UNITS:
        common = ledger.find_account(session, rules.expired_code(unit))
        left = common.credits_posted - common.debits_posted if common else Decimal(0)
        if common is None or left <= 0:
            continue
        legs: list[ledger.Leg] = []
        for target, amount in _expired_into(session, common, origins).items():
            part = min(amount, left)
            if part > 0 and target != common.code:
                legs.append(ledger.Leg(common.code, target, part))
                left -= part
        if legs:
            ledger.post(
                session,
                legs,
                key=f"expired:{unit}:after:{common.debits_posted}",
                kind=SORTED,
                cause=f"expiry:{unit}",
                at=at,
            )
            done += 1
    return done


def _expired_into(
    session: Session, common: ledger.Account, origins: _Origins
) -> dict[str, Decimal]:
    """Return what expired into an account, by the account where it belongs."""
    rows = session.exec(
        select(col(LotUse.lot_id), col(LotUse.amount))
        .where(
            col(LotUse.transaction_id) == col(ledger.Posting.transaction_id),
            or_(
                col(ledger.Posting.credit_account_id) == common.id,
                col(ledger.Posting.debit_account_id) == common.id,
            ),
        )
        .order_by(col(LotUse.id))
    ).all()
    found: dict[str, Decimal] = {}
    for lot_id, amount in rows:
        target = origins.target_of(lot_id)
        found[target] = found.get(target, Decimal(0)) + amount
    return found


@dataclass
class _Origins:
    """Which programme credited a lot, and the account that takes it when it expires."""

    session: Session
    at: datetime
    _codes: dict[tuple[UUID | None, str], str] = field(default_factory=dict)
    _by_unit: dict[str, list[Programme]] = field(default_factory=dict)

    def target_of(self, lot_id: int) -> str:
        """Return the code of the account, opened when it is not there yet."""
        lot = self.session.get_one(Lot, lot_id)
        while lot.from_lot_id is not None:  # a gift's, or behind thirty days of grace
            lot = self.session.get_one(Lot, lot.from_lot_id)
        account = self.session.get_one(ledger.Account, lot.account_id)
        programme = self._programme_of(lot, account)
        key = (programme.id if programme else None, account.unit)
        if key not in self._codes:
            self._codes[key] = open_expired(
                self.session, account.unit, programme, at=self.at
            )
        return self._codes[key]

    def _programme_of(self, lot: Lot, account: ledger.Account) -> Programme | None:
        """Return the programme of a lot; one begun later by its day, else the first."""
        ours = self._programmes(account.unit)
        if len(ours) < 2:
            return ours[0] if ours else None
        owner = self._issuer(account, lot.transaction_id, None) or self._issuer(
            account, None, lot.earned_on
        )
        by_owner = {rules.owner_of(one.id): one for one in ours}
        return by_owner.get(owner or "", ours[0])

    def _programmes(self, unit: str) -> list[Programme]:
        if unit not in self._by_unit:
            self._by_unit[unit] = [
                one for one in programmes.all_programmes(self.session)
                if one.unit == unit
            ]  # fmt: skip
        return self._by_unit[unit]

    def _issuer(
        self, account: ledger.Account, transaction_id: int | None, day: date | None
    ) -> str | None:
        """Return who credited an account, in a transaction or on a day of service."""
        source = aliased(ledger.Account)
        wanted = (
            select(col(source.owner_ref))
            .where(
                col(ledger.Posting.credit_account_id) == account.id,
                col(ledger.Posting.debit_account_id) == col(source.id),
                col(source.owner_ref).startswith(rules.PROGRAMME),
            )
            .order_by(col(ledger.Posting.id))
            .limit(1)
        )
        if transaction_id is not None:
            wanted = wanted.where(col(ledger.Posting.transaction_id) == transaction_id)
        else:
            wanted = wanted.where(
                col(ledger.Posting.transaction_id) == col(ledger.Transaction.id),
                col(ledger.Transaction.effective_on) == day,
            )
        return self.session.exec(wanted).first()
