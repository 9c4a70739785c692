"""The ledger a textbook writes with an ORM: lock both rows, read, change, write back.

It locks in the order of ids (so it does not deadlock), checks the balance, keeps a
unique key and both entries. It has no guards, no hashes and no running balances.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Engine, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select


class Base(SQLModel, registry=registry()):
    """Tables of its own, apart from the application's."""


class TextbookAccount(Base, table=True):
    """An account with its balance."""

    id: int = Field(primary_key=True)
    code: str = Field(unique=True)
    balance: Decimal = Field(max_digits=20, decimal_places=4)


class TextbookTransfer(Base, table=True):
    """What happened, once per key."""

    __table_args__ = (UniqueConstraint("key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str
    kind: str


class TextbookEntry(Base, table=True):
    """One side of a transfer."""

    id: int | None = Field(default=None, primary_key=True)
    transfer_id: int = Field(foreign_key="textbooktransfer.id", index=True)
    account_id: int = Field(foreign_key="textbookaccount.id", index=True)
    amount: Decimal = Field(max_digits=20, decimal_places=4)


def make(engine: Engine, people: int) -> None:
    """Make the tables, and *people* who have 1,000,000 points each; 0 is the fund."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for number in range(people + 1):
            code = f"person:{number}"
            session.add(
                TextbookAccount(id=number, code=code, balance=Decimal(1_000_000))
            )
        session.commit()


def transfer(
    engine: Engine, payer: int, payee: int, amount: Decimal, *, key: str
) -> None:
    """Move *amount*, durably."""
    with Session(engine) as session:
        found = session.exec(
            select(TextbookAccount)
            .where(col(TextbookAccount.id).in_([payer, payee]))
            .order_by(col(TextbookAccount.id))
            .with_for_update()
        )
        accounts = {account.id: account for account in found}
        if accounts[payer].balance < amount:
            raise ValueError("not enough")
        accounts[payer].balance -= amount
        accounts[payee].balance += amount
        done = TextbookTransfer(key=key, kind="TRANSFER")
        session.add(done)
        session.flush()
        assert done.id is not None
        session.add(
            TextbookEntry(transfer_id=done.id, account_id=payer, amount=-amount)
        )
        session.add(TextbookEntry(transfer_id=done.id, account_id=payee, amount=amount))
        session.commit()
