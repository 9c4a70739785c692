"""Pages of the book: short scripts that tests write as their docstrings.

    gift     lin 5.00                 issue points to lin
    pay      lin wang 2.00            move points
    hold     haircut lin wang 3.00    set points aside under a name
    capture  haircut [2.00] [for chen]
    release  haircut
    reverse  pay-1                    undo the transaction of that name
    balance  lin 2.00 [held 3.00]
    freeze | unfreeze | close  lin
    refused  InsufficientFunds pay lin wang 9.00

Verbs that write are named by verb and count (`pay-1`, `gift-2`).
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

import ledger
from ledger import Hold, Leg, Transaction

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE = ("lin", "wang", "chen")


def points(name: str) -> str:
    """The code of *name*'s points account."""
    return f"person:{name}:POINT"


ISSUANCE = "sys:issuance:care:POINT"


class Page:
    """A small street's book, and the words that write in it."""

    def __init__(self, session: Session, *, at: datetime) -> None:
        self.session = session
        self.at = at
        self.done: dict[str, Transaction] = {}
        self.holds: dict[str, Hold] = {}
        self.count: Counter[str] = Counter()
        ledger.open_account(
            session,
            code=ISSUANCE,
            unit=ledger.POINT,
            kind="issuance",
            floor=None,
            at=at,
        )
        for name in PEOPLE:
            ledger.open_account(
                session,
                code=points(name),
                unit=ledger.POINT,
                kind="member",
                owner_ref=f"person:{name}",
                at=at,
            )

    def play(self, script: str | None) -> None:
        """Run every line; a line that is no sentence of the book is a mistake."""
        assert script
        for line in script.strip().splitlines():
            words = line.split()
            if words:
                self.say(*words)

    def say(self, verb: str, *words: str) -> None:
        """Run one line."""
        getattr(self, verb)(*words)

    def tick(self, verb: str) -> str:
        """Return the name of the act to come; a minute passes."""
        self.count[verb] += 1
        self.at += timedelta(minutes=1)
        return f"{verb}-{self.count[verb]}"

    def move(self, name: str, debit: str, credit: str, amount: str) -> Transaction:
        """Post one leg under *name*."""
        transaction = ledger.post(
            self.session,
            [Leg(debit, credit, Decimal(amount))],
            key=name,
            kind=name.partition("-")[0].upper(),
            cause=f"test:{name}",
            at=self.at,
        )
        self.done[name] = transaction
        return transaction

    def gift(self, whom: str, amount: str) -> None:
        self.move(self.tick("gift"), ISSUANCE, points(whom), amount)

    def pay(self, payer: str, payee: str, amount: str) -> None:
        self.move(self.tick("pay"), points(payer), points(payee), amount)

    def hold(self, name: str, payer: str, payee: str, amount: str) -> None:
        self.holds[name] = ledger.place_hold(
            self.session,
            payer=points(payer),
            payee=points(payee),
            amount=Decimal(amount),
            key=self.tick("hold"),
            kind="HOLD",
            cause=f"test:{name}",
            at=self.at,
            expires_at=self.at + timedelta(days=1),
        )

    def capture(self, name: str, *rest: str) -> None:
        amount = Decimal(rest[0]) if rest and rest[0] != "for" else None
        payee = points(rest[-1]) if "for" in rest else None
        key = self.tick("capture")
        self.done[key] = ledger.capture_hold(
            self.session,
            self.holds[name].id,
            key=key,
            at=self.at,
            amount=amount,
            payee=payee,
        )

    def release(self, name: str) -> None:
        key = self.tick("release")
        ledger.release_hold(self.session, self.holds[name].id, key=key, at=self.at)

    def expire(self, hours: str) -> None:
        self.at += timedelta(hours=int(hours))
        ledger.expire_holds(self.session, at=self.at)

    def reverse(self, name: str) -> None:
        number = self.done[name].id
        assert number is not None
        key = self.tick("reverse")
        self.done[key] = ledger.reverse(
            self.session, number, key=key, cause="test:undo", at=self.at, entered_by="t"
        )

    def freeze(self, whom: str) -> None:
        ledger.freeze_account(self.session, points(whom), at=self.at)

    def unfreeze(self, whom: str) -> None:
        ledger.unfreeze_account(self.session, points(whom), at=self.at)

    def close(self, whom: str) -> None:
        ledger.close_account(self.session, points(whom), at=self.at)

    def balance(self, whom: str, posted: str, *rest: str) -> None:
        held = Decimal(rest[1]) if rest else Decimal(0)
        code = ISSUANCE if whom == "issued" else points(whom)
        found = ledger.balance(self.session, code)
        assert (found.posted, found.held) == (Decimal(posted), held)
        assert found.available == found.posted - found.held

    def refused(self, error: str, *sentence: str) -> None:
        """The sentence is refused with *error*, and nothing at all is written."""
        before = self.everything()
        with pytest.raises(getattr(ledger, error)):
            self.say(*sentence)
        assert self.everything() == before

    def everything(self) -> tuple[object, ...]:
        """Every balance, and the number of transactions."""
        codes = [ISSUANCE, *map(points, PEOPLE)]
        report = ledger.verify_book(self.session)
        assert report.ok, report.problems
        return report.entries, ledger.balances(self.session, codes)
