"""A small book in whole points, of two people who keep lots, and a calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

import ledger
from ledger import Leg

DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINT, POOL, EXPIRED = "sys:issuance:POINT", "pool:POINT", "sys:expired:POINT"
PEOPLE = ("lin", "wang")


@dataclass
class Shop:
    """A book with a few accounts that keep lots, and a calendar."""

    session: Session
    day: date = DAY
    count: int = 0

    def __post_init__(self) -> None:
        for code, kind, floor in [
            (MINT, "issuance", None),
            (POOL, "pool", Decimal(0)),
            (EXPIRED, "expired", Decimal(0)),
        ]:
            ledger.open_account(
                self.session, code=code, unit="POINT", kind=kind, floor=floor, at=NOON
            )
        for name in PEOPLE:
            ledger.open_account(
                self.session,
                code=name,
                unit="POINT",
                kind="member",
                keeps_lots=True,
                at=NOON,
            )

    @property
    def at(self) -> datetime:
        """Noon of the day."""
        return datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC)

    def said(self, kind: str) -> dict[str, Any]:
        """Return a key of its own, and what else a posting says."""
        self.count += 1
        return {
            "key": f"{kind}-{self.count}",
            "cause": f"test:{self.count}",
            "at": self.at,
        }

    def pay(self, debit: str, credit: str, amount: int) -> int:
        """Move points; return the transaction."""
        legs = [Leg(debit, credit, Decimal(amount))]
        return number(ledger.post(self.session, legs, kind="PAY", **self.said("pay")))

    def earn(self, whom: str, amount: int, until: date | None, on: date) -> int:
        """Issue points as a lot."""
        legs = [Leg(MINT, whom, Decimal(amount), on, until)]
        return number(ledger.post(self.session, legs, kind="EARN", **self.said("earn")))

    def back(self, transaction: int, amount: int) -> int:
        """Refund part of a payment."""
        return number(
            ledger.refund(
                self.session,
                transaction,
                Decimal(amount),
                entered_by="clerk",
                **self.said("back"),
            )
        )

    def undo(self, transaction: int) -> int:
        """Reverse a transaction."""
        done = ledger.reverse(
            self.session, transaction, entered_by="clerk", **self.said("undo")
        )
        return number(done)

    def expire(self) -> list[ledger.Transaction]:
        """Run the expiry of the day."""
        return ledger.expire_lots(self.session, on=self.day, at=self.at, into=EXPIRED)

    def left(self, whom: str) -> list[tuple[date, date | None, int]]:
        """Return (earned on, expires on, left) of the lots, in their order."""
        return [
            (lot.earned_on, lot.expires_on, int(lot.left))
            for lot in ledger.lots(self.session, whom)
        ]


def number(transaction: ledger.Transaction) -> int:
    assert transaction.id is not None
    return transaction.id


def after(days: int) -> date:
    return DAY + timedelta(days=days)
