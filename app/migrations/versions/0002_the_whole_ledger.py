"""Lots, periods, extensions of holds, the tree of hashes, stops; format 2"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

import ledger

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_checkpoint",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_ledger_checkpoint_size")),
        sa.PrimaryKeyConstraint("size", name="pk_ledger_checkpoint"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_open_hold",
        sa.Column(
            "hold_id", sa.Uuid().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column(
            "debit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("hold_id", name="pk_ledger_open_hold"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_open_hold", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_open_hold_debit", ["debit_account_id"], unique=False
        )
        batch_op.create_index(
            "ix_ledger_open_hold_expires_at", ["expires_at"], unique=False
        )

    op.create_table(
        "ledger_period_total",
        sa.Column(
            "last_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "count",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "amount",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "last_on", "unit", "kind", name="pk_ledger_period_total"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_stop",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "lifted_at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=True,
        ),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_stop"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_tree_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_ledger_tree_node"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_period",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "first_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column(
            "last_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_ledger_period_days")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_period_transaction",
        ),
        sa.PrimaryKeyConstraint("code", name="pk_ledger_period"),
        sa.UniqueConstraint("last_on", name="uq_ledger_period_last_on"),
        sa.UniqueConstraint("transaction_id", name="uq_ledger_period_transaction"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_lot",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "amount",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "earned_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column(
            "expires_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=True
        ),
        sa.Column(
            "from_lot_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.CheckConstraint(
            "amount > 0 AND used BETWEEN 0 AND amount", name=op.f("ck_ledger_lot_used")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name="fk_ledger_lot_account"
        ),
        sa.ForeignKeyConstraint(
            ["from_lot_id"], ["ledger_lot.id"], name="fk_ledger_lot_from"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_lot_transaction",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_lot"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_lot", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_lot_expires_on",
            ["expires_on"],
            unique=False,
            sqlite_where=sa.text("used < amount"),
            postgresql_where=sa.text("used < amount"),
        )
        batch_op.create_index(
            "ix_ledger_lot_left",
            ["account_id", "expires_on", "earned_on", "id"],
            unique=False,
            sqlite_where=sa.text("used < amount"),
            postgresql_where=sa.text("used < amount"),
        )
        batch_op.create_index(
            "ix_ledger_lot_transaction_id", ["transaction_id"], unique=False
        )

    op.create_table(
        "ledger_period_balance",
        sa.Column(
            "account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "last_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column(
            "debits",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "credits",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "closing",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["ledger_account.id"],
            name="fk_ledger_period_balance_account",
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "last_on", name="pk_ledger_period_balance"
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_period_balance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_period_balance_last_on", ["last_on"], unique=False
        )

    op.create_table(
        "ledger_hold_extension",
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "hold_id", sa.Uuid().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["ledger_hold.id"], name="fk_ledger_hold_extension_hold"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_hold_extension_transaction",
        ),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_ledger_hold_extension"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_hold_extension", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_hold_extension_hold_id", ["hold_id"], unique=False
        )

    op.create_table(
        "ledger_lot_use",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "lot_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "amount",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_lot_use_amount")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["ledger_lot.id"], name="fk_ledger_lot_use_lot"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_lot_use_transaction",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_lot_use"),
        sa.UniqueConstraint("transaction_id", "lot_id", name="uq_ledger_lot_use_lot"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_lot_use", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_lot_use_lot_id", ["lot_id"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE ledger_account SET (fillfactor = 50)")
    # Plain ALTERs: rebuilding these tables would take their guards away.
    for table in ("ledger_account", "ledger_account_change"):
        op.add_column(
            table,
            sa.Column(
                "keeps_lots", sa.Integer(), server_default=sa.text("0"), nullable=False
            ),
        )
    for name in ("credit", "debit", "expires_at"):
        op.drop_index(f"ix_ledger_hold_{name}", "ledger_hold")
    columns: list[sa.Column[Any]] = [
        sa.Column("format", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column(
            "refunds_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
    ]
    for column in columns:
        op.add_column("ledger_transaction", column)
    op.create_index(
        "ix_ledger_transaction_effective_on", "ledger_transaction", ["effective_on"]
    )
    for name in ("link", "refunds_id"):
        given = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_ledger_transaction_{name}",
            "ledger_transaction",
            [name],
            sqlite_where=given,
            postgresql_where=given,
        )
    op.execute(
        "INSERT INTO ledger_open_hold (hold_id, debit_account_id, expires_at)"
        " SELECT h.id, h.debit_account_id, h.expires_at FROM ledger_hold h"
        " LEFT JOIN ledger_hold_resolution r ON r.hold_id = h.id"
        " WHERE r.hold_id IS NULL"
    )
    ledger.install_guards(op.get_bind())
