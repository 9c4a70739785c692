"""The tables of the book; journal rows are added, never changed.

Sign convention, said once: accounts are credit-normal. An account's balance is
``credits_posted - debits_posted``: a debit takes out, a credit puts in. What the
system has issued shows as the negative balance of its issuance account, whose
floor is None.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from pydantic import PrivateAttr
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import class_mapper
from sqlalchemy.schema import conv
from sqlmodel import Field, SQLModel

from ledger.columns import Day, Flag, Moment, RandomId, RowId, Steps

STRICT = {"sqlite_strict": True}
"""SQLite then refuses a real number or a text in an integer column."""

ROOM_TO_MOVE = {"postgresql_with": {"fillfactor": 50}}
"""PostgreSQL then moves counters within the page and leaves the indexes alone."""

NOT_SET = {"server_default": text("0")}
"""What rows have that were written before the column existed."""


def _where_set(name: str, column: str) -> Index:
    """Return an index of the few rows that have a value in *column*."""
    given = text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=given, postgresql_where=given)


Table = TypeVar("Table", bound=SQLModel)


def bare(table: type[Table]) -> Table:
    """Return a row without values, for a reader that fills its ``__dict__``.

    A posting answers with a row it has just written; setting fifteen attributes
    through the instrumentation would cost as much as writing them.
    """
    row: Table = _maker(table)()
    return row


@cache
def _maker(table: type[SQLModel]) -> Callable[[], Any]:
    return class_mapper(table).class_manager.new_instance


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
    ``keeps_lots``: whatever comes in is a lot with a day it expires (R-LED-04).
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
        STRICT | ROOM_TO_MOVE,
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
    keeps_lots: bool = Field(default=False, sa_type=Flag, sa_column_kwargs=NOT_SET)
    opened_at: datetime = Field(sa_type=Moment)


class Transaction(SQLModel, table=True):
    """One act in the book: the header over its postings, hold or state changes.

    ``scope`` and ``key`` say what the caller did; the same pair never acts twice.
    ``salt`` blinds what the sealed record keeps private (see FORMAT.md). ``format``
    is the canonical form it was sealed in; ``link`` joins transactions that were
    posted together or not at all; ``refunds_id`` names the one this gives back from.
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
        Index("ix_ledger_transaction_effective_on", "effective_on"),
        _where_set("ix_ledger_transaction_refunds_id", "refunds_id"),
        _where_set("ix_ledger_transaction_link", "link"),
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
    format: int = Field(default=2, sa_column_kwargs={"server_default": text("1")})
    link: str | None = Field(default=None, sa_type=Text)
    refunds_id: int | None = Field(default=None, sa_type=RowId)

    @property
    def replayed(self) -> bool:
        """True when the key had acted before and nothing was written now."""
        return "_replayed" in self.__dict__


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


class HoldExtension(SQLModel, table=True):
    """A hold's new end; the newest counts."""

    __tablename__ = "ledger_hold_extension"
    __table_args__ = (
        PrimaryKeyConstraint("transaction_id", name="pk_ledger_hold_extension"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_hold_extension_transaction",
        ),
        ForeignKeyConstraint(
            ["hold_id"], ["ledger_hold.id"], name="fk_ledger_hold_extension_hold"
        ),
        Index("ix_ledger_hold_extension_hold_id", "hold_id"),
        STRICT,
    )

    transaction_id: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    hold_id: UUID = Field(sa_type=RandomId)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)


class OpenHold(SQLModel, table=True):
    """The holds that wait, kept by triggers, so that nobody searches the past ones."""

    __tablename__ = "ledger_open_hold"
    __table_args__ = (
        PrimaryKeyConstraint("hold_id", name="pk_ledger_open_hold"),
        Index("ix_ledger_open_hold_expires_at", "expires_at"),
        Index("ix_ledger_open_hold_debit", "debit_account_id"),
        STRICT,
    )

    hold_id: UUID = Field(sa_type=RandomId, primary_key=True)
    debit_account_id: int = Field(sa_type=RowId)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)


class Lot(SQLModel, table=True):
    """An amount that came into an account that keeps lots, and when it expires.

    ``used`` is moved by triggers only: the sum of the lot's uses. ``from_lot_id``
    names the lot it came out of: a gift's, or the expired one behind a grace lot.
    """

    __tablename__ = "ledger_lot"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_lot"),
        ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name="fk_ledger_lot_account"
        ),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_lot_transaction",
        ),
        ForeignKeyConstraint(
            ["from_lot_id"], ["ledger_lot.id"], name="fk_ledger_lot_from"
        ),
        CheckConstraint(
            "amount > 0 AND used BETWEEN 0 AND amount", name=conv("ck_ledger_lot_used")
        ),
        Index("ix_ledger_lot_transaction_id", "transaction_id"),
        Index(
            "ix_ledger_lot_left",
            "account_id",
            "expires_on",
            "earned_on",
            "id",
            sqlite_where=text("used < amount"),
            postgresql_where=text("used < amount"),
        ),
        Index(
            "ix_ledger_lot_expires_on",
            "expires_on",
            sqlite_where=text("used < amount"),
            postgresql_where=text("used < amount"),
        ),
        STRICT,
    )

    id: int | None = Field(default=None, sa_type=RowId, primary_key=True)
    account_id: int = Field(sa_type=RowId)
    transaction_id: int = Field(sa_type=RowId)
    amount: Decimal = Field(sa_type=Steps)
    used: Decimal = Field(default=Decimal(0), sa_type=Steps)
    earned_on: date = Field(sa_type=Day)
    expires_on: date | None = Field(default=None, sa_type=Day)
    from_lot_id: int | None = Field(default=None, sa_type=RowId)


class LotUse(SQLModel, table=True):
    """What a transaction took from a lot; below zero it gave back."""

    __tablename__ = "ledger_lot_use"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_lot_use"),
        UniqueConstraint("transaction_id", "lot_id", name="uq_ledger_lot_use_lot"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_lot_use_transaction",
        ),
        ForeignKeyConstraint(
            ["lot_id"], ["ledger_lot.id"], name="fk_ledger_lot_use_lot"
        ),
        CheckConstraint("amount <> 0", name=conv("ck_ledger_lot_use_amount")),
        Index("ix_ledger_lot_use_lot_id", "lot_id"),
        STRICT,
    )

    id: int | None = Field(default=None, sa_type=RowId, primary_key=True)
    transaction_id: int = Field(sa_type=RowId)
    lot_id: int = Field(sa_type=RowId)
    amount: Decimal = Field(sa_type=Steps)


class Period(SQLModel, table=True):
    """A closed month: nothing with an effective day in it is written any more."""

    __tablename__ = "ledger_period"
    __table_args__ = (
        PrimaryKeyConstraint("code", name="pk_ledger_period"),
        UniqueConstraint("last_on", name="uq_ledger_period_last_on"),
        UniqueConstraint("transaction_id", name="uq_ledger_period_transaction"),
        ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_period_transaction",
        ),
        CheckConstraint("first_on <= last_on", name=conv("ck_ledger_period_days")),
        STRICT,
    )

    code: str = Field(sa_type=Text, primary_key=True)
    transaction_id: int = Field(sa_type=RowId)
    first_on: date = Field(sa_type=Day)
    last_on: date = Field(sa_type=Day)
    digest: str = Field(sa_type=Text)


class PeriodBalance(SQLModel, table=True):
    """What an account moved in a closed month, and where it stood at its end."""

    __tablename__ = "ledger_period_balance"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "last_on", name="pk_ledger_period_balance"),
        ForeignKeyConstraint(
            ["account_id"],
            ["ledger_account.id"],
            name="fk_ledger_period_balance_account",
        ),
        Index("ix_ledger_period_balance_last_on", "last_on"),
        STRICT,
    )

    account_id: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    last_on: date = Field(sa_type=Day, primary_key=True)
    debits: Decimal = Field(sa_type=Steps)
    credits: Decimal = Field(sa_type=Steps)
    closing: Decimal = Field(sa_type=Steps)


class PeriodTotal(SQLModel, table=True):
    """What moved in a closed month under one kind of act, in one unit."""

    __tablename__ = "ledger_period_total"
    __table_args__ = (
        PrimaryKeyConstraint("last_on", "unit", "kind", name="pk_ledger_period_total"),
        STRICT,
    )

    last_on: date = Field(sa_type=Day, primary_key=True)
    unit: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    count: int = Field(sa_type=RowId)
    amount: Decimal = Field(sa_type=Steps)


class TreeNode(SQLModel, table=True):
    """A full node of the Merkle tree over the leaves (RFC 6962); level 0 is seals."""

    __tablename__ = "ledger_tree_node"
    __table_args__ = (
        PrimaryKeyConstraint("level", "position", name="pk_ledger_tree_node"),
        STRICT,
    )

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    position: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    hash: str = Field(sa_type=Text)


class Checkpoint(SQLModel, table=True):
    """A signed statement of how long the book was, and of its root and chain."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = (
        PrimaryKeyConstraint("size", name="pk_ledger_checkpoint"),
        CheckConstraint("size > 0", name=conv("ck_ledger_checkpoint_size")),
        STRICT,
    )

    size: int = Field(
        sa_type=RowId, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    root: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Moment)
    note: str = Field(sa_type=Text)


class Stop(SQLModel, table=True):
    """Posting is stopped since a check found the book broken; reading goes on."""

    __tablename__ = "ledger_stop"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_ledger_stop"), STRICT)

    id: int | None = Field(default=None, sa_type=RowId, primary_key=True)
    at: datetime = Field(sa_type=Moment)
    reason: str = Field(sa_type=Text)
    lifted_at: datetime | None = Field(default=None, sa_type=Moment)
    lifted_by: str | None = Field(default=None, sa_type=Text)


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
    keeps_lots: bool = Field(default=False, sa_type=Flag, sa_column_kwargs=NOT_SET)


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
