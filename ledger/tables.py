"""The tables of the book; journal rows are added, never changed.

Sign convention, said once: accounts are credit-normal. An account's balance is
``credits_posted - debits_posted``: a debit takes out, a credit puts in. What the
system has issued shows as the negative balance of its issuance account, whose
floor is None.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from pydantic import PrivateAttr
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import class_mapper
from sqlalchemy.schema import conv
from sqlmodel import Field, SQLModel

from ledger.columns import Day, Moment, RandomId, RowId, Steps

STRICT = {"sqlite_strict": True}
"""SQLite then refuses a real number or a text in an integer column."""


Table = TypeVar("Table", bound=SQLModel)


def bare(table: type[Table]) -> Table:
    """Return a row without values, for a reader that fills its ``__dict__``.

    A posting answers with a row it has just written; setting fifteen attributes
    through the instrumentation would cost as much as writing them.
    """
    row: Table = class_mapper(table).class_manager.new_instance()
    return row


class AccountState(StrEnum):
    """Where an account stands."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


class HoldState(StrEnum):
    """What became of a hold; derived from its resolution, stored nowhere."""

    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"


class UnitRow(SQLModel, table=True):
    """A thing that is counted, and how finely."""

    __tablename__ = "ledger_unit"
    __table_args__ = (
        PrimaryKeyConstraint("code", name="pk_ledger_unit"),
        CheckConstraint(
            "exponent BETWEEN 0 AND 4",
            name=conv("ck_ledger_unit_exponent"),
        ),
        STRICT,
    )

    code: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    exponent: int


class Account(SQLModel, table=True):
    """A named place where one unit is kept, with its four running counters.

    ``floor`` is the lowest available balance allowed; None means no limit.
    ``public_code`` is random and stands for the account in the public export.
    ``last_posting_id`` and ``last_act_id`` name the posting that moved the counters
    last, and the transaction that moved what is held, the state or the floor.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_account"),
        UniqueConstraint("code", name="uq_ledger_account_code"),
        UniqueConstraint("public_code", name="uq_ledger_account_public_code"),
        ForeignKeyConstraint(
            ["unit"], ["ledger_unit.code"], name="fk_ledger_account_unit"
        ),
        CheckConstraint(
            "state IN ('open', 'frozen', 'closed')",
            name=conv("ck_ledger_account_state"),
        ),
        CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0"
            " AND debits_pending >= 0 AND credits_pending >= 0",
            name=conv("ck_ledger_account_counters"),
        ),
        CheckConstraint(
            "floor IS NULL OR credits_posted - debits_posted - debits_pending >= floor",
            name=conv("ck_ledger_account_floor"),
        ),
        Index("ix_ledger_account_owner_ref", "owner_ref"),
        Index("ix_ledger_account_unit_kind", "unit", "kind"),
        STRICT,
    )

    id: int | None = Field(default=None, sa_type=RowId, primary_key=True)
    code: str = Field(sa_type=Text)
    public_code: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    owner_ref: str | None = Field(default=None, sa_type=Text)
    floor: Decimal | None = Field(default=Decimal(0), sa_type=Steps)
    state: str = Field(default=AccountState.OPEN, sa_type=Text)
    debits_posted: Decimal = Field(default=Decimal(0), sa_type=Steps)
    credits_posted: Decimal = Field(default=Decimal(0), sa_type=Steps)
    debits_pending: Decimal = Field(default=Decimal(0), sa_type=Steps)
    credits_pending: Decimal = Field(default=Decimal(0), sa_type=Steps)
    last_posting_id: int | None = Field(default=None, sa_type=RowId)
    last_act_id: int | None = Field(default=None, sa_type=RowId)
    opened_at: datetime = Field(sa_type=Moment)


class Transaction(SQLModel, table=True):
    """One act in the book: the header over its postings, hold or state changes.

    ``scope`` and ``key`` say what the caller did; the same pair never acts twice.
    ``salt`` blinds what the sealed record keeps private (see FORMAT.md).
    """

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_transaction"),
        UniqueConstraint("scope", "key", name="uq_ledger_transaction_key"),
        UniqueConstraint("reverses_id", name="uq_ledger_transaction_reverses"),
        ForeignKeyConstraint(
            ["reverses_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_transaction_reverses",
        ),
        CheckConstraint(
            "posting_count >= 0",
            name=conv("ck_ledger_transaction_postings"),
        ),
        CheckConstraint(
            "length(key) > 0 AND length(kind) > 0",
            name=conv("ck_ledger_transaction_words"),
        ),
        Index("ix_ledger_transaction_at", "at"),
        Index("ix_ledger_transaction_cause", "cause"),
        STRICT,
    )

    id: int | None = Field(default=None, sa_type=RowId, primary_key=True)
    scope: str = Field(default="", sa_type=Text)
    key: str = Field(sa_type=Text)
    request_hash: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Moment)
    effective_on: date = Field(sa_type=Day)
    entered_by: str | None = Field(default=None, sa_type=Text)
    approved_by: str | None = Field(default=None, sa_type=Text)
    rule_version: str | None = Field(default=None, sa_type=Text)
    reverses_id: int | None = Field(default=None, sa_type=RowId)
    posting_count: int
    salt: str = Field(sa_type=Text)
    memo_digest: str | None = Field(default=None, sa_type=Text)

    _replayed: bool = PrivateAttr(default=False)

    @property
    def replayed(self) -> bool:
        """True when the key had acted before and nothing was written now."""
        return self._replayed


class Posting(SQLModel, table=True):
    """An amount leaving one account for another; balanced by construction."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_posting"),
        UniqueConstraint("transaction_id", "line", name="uq_ledger_posting_line"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_posting_transaction",
        ),
        ForeignKeyConstraint(
            ["debit_account_id"], ["ledger_account.id"], name="fk_ledger_posting_debit"
        ),
        ForeignKeyConstraint(
            ["credit_account_id"],
            ["ledger_account.id"],
            name="fk_ledger_posting_credit",
        ),
        CheckConstraint(
            "amount > 0",
            name=conv("ck_ledger_posting_amount"),
        ),
        CheckConstraint(
            "debit_account_id <> credit_account_id",
            name=conv("ck_ledger_posting_accounts"),
        ),
        # Covering: a page of a statement is read from the index alone.
        Index(
            "ix_ledger_posting_debit",
            "debit_account_id",
            "id",
            "transaction_id",
            "credit_account_id",
            "amount",
            "debit_balance_after",
        ),
        Index(
            "ix_ledger_posting_credit",
            "credit_account_id",
            "id",
            "transaction_id",
            "debit_account_id",
            "amount",
            "credit_balance_after",
        ),
        STRICT,
    )

    id: int | None = Field(default=None, sa_type=RowId, primary_key=True)
    transaction_id: int = Field(sa_type=RowId)
    line: int
    debit_account_id: int = Field(sa_type=RowId)
    credit_account_id: int = Field(sa_type=RowId)
    amount: Decimal = Field(sa_type=Steps)
    debit_balance_after: Decimal = Field(sa_type=Steps)
    credit_balance_after: Decimal = Field(sa_type=Steps)


class Hold(SQLModel, table=True):
    """An amount set aside for one payment to come; the row never changes."""

    __tablename__ = "ledger_hold"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_hold"),
        UniqueConstraint("transaction_id", name="uq_ledger_hold_transaction"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_hold_transaction",
        ),
        ForeignKeyConstraint(
            ["debit_account_id"], ["ledger_account.id"], name="fk_ledger_hold_debit"
        ),
        ForeignKeyConstraint(
            ["credit_account_id"], ["ledger_account.id"], name="fk_ledger_hold_credit"
        ),
        CheckConstraint(
            "amount > 0",
            name=conv("ck_ledger_hold_amount"),
        ),
        CheckConstraint(
            "debit_account_id <> credit_account_id",
            name=conv("ck_ledger_hold_accounts"),
        ),
        Index("ix_ledger_hold_expires_at", "expires_at"),
        Index("ix_ledger_hold_debit", "debit_account_id"),
        Index("ix_ledger_hold_credit", "credit_account_id"),
        STRICT,
    )

    id: UUID = Field(sa_type=RandomId, primary_key=True)
    transaction_id: int = Field(sa_type=RowId)
    debit_account_id: int = Field(sa_type=RowId)
    credit_account_id: int = Field(sa_type=RowId)
    amount: Decimal = Field(sa_type=Steps)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)

    _replayed: bool = PrivateAttr(default=False)

    @property
    def replayed(self) -> bool:
        """True when the key had placed this hold before."""
        return self._replayed


class HoldResolution(SQLModel, table=True):
    """The one end of a hold: captured in whole or part, or released (zero)."""

    __tablename__ = "ledger_hold_resolution"
    __table_args__ = (
        PrimaryKeyConstraint("hold_id", name="pk_ledger_hold_resolution"),
        UniqueConstraint(
            "transaction_id", name="uq_ledger_hold_resolution_transaction"
        ),
        ForeignKeyConstraint(
            ["hold_id"], ["ledger_hold.id"], name="fk_ledger_hold_resolution_hold"
        ),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_hold_resolution_transaction",
        ),
        CheckConstraint(
            "captured >= 0",
            name=conv("ck_ledger_hold_resolution_captured"),
        ),
        STRICT,
    )

    hold_id: UUID = Field(sa_type=RandomId, primary_key=True)
    transaction_id: int = Field(sa_type=RowId)
    captured: Decimal = Field(sa_type=Steps)


class AccountChange(SQLModel, table=True):
    """A sealed change of an account: opened, frozen, closed, another floor."""

    __tablename__ = "ledger_account_change"
    __table_args__ = (
        PrimaryKeyConstraint("transaction_id", name="pk_ledger_account_change"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_account_change_transaction",
        ),
        ForeignKeyConstraint(
            ["account_id"],
            ["ledger_account.id"],
            name="fk_ledger_account_change_account",
        ),
        CheckConstraint(
            "state IN ('open', 'frozen', 'closed')",
            name=conv("ck_ledger_account_change_state"),
        ),
        Index("ix_ledger_account_change_account", "account_id"),
        STRICT,
    )

    transaction_id: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    account_id: int = Field(sa_type=RowId)
    state: str = Field(sa_type=Text)
    floor: Decimal | None = Field(default=None, sa_type=Steps)


class Seal(SQLModel, table=True):
    """A transaction's place in the gap-free chain of hashes."""

    __tablename__ = "ledger_seal"
    __table_args__ = (
        PrimaryKeyConstraint("sequence", name="pk_ledger_seal"),
        UniqueConstraint("transaction_id", name="uq_ledger_seal_transaction"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_seal_transaction",
        ),
        STRICT,
    )

    sequence: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    transaction_id: int = Field(sa_type=RowId)
    leaf: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class Unsealed(SQLModel, table=True):
    """Waiting for the sealer; used where writers run side by side (PostgreSQL)."""

    __tablename__ = "ledger_unsealed"
    __table_args__ = (
        PrimaryKeyConstraint("transaction_id", name="pk_ledger_unsealed"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_unsealed_transaction",
        ),
        STRICT,
    )

    transaction_id: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )


class PrivateText(SQLModel, table=True):
    """Words about a transaction: the only erasable part of the book."""

    __tablename__ = "ledger_private_text"
    __table_args__ = (
        PrimaryKeyConstraint("transaction_id", name="pk_ledger_private_text"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_private_text_transaction",
        ),
        STRICT,
    )

    transaction_id: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    salt: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
