"""Proposals: corrections, reversals and month closes by two people"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.String(length=10), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("entry_sequence", sa.BigInteger(), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("grounds", sa.String(length=200), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'correction' OR (person_id IS NOT NULL AND programme_id IS NOT NULL AND unit IS NOT NULL AND amount IS NOT NULL AND amount <> 0 AND effective_on IS NOT NULL)",
            name=op.f("ck_book_proposal_correction"),
        ),
        sa.CheckConstraint(
            "kind <> 'month_close' OR month IS NOT NULL",
            name=op.f("ck_book_proposal_month"),
        ),
        sa.CheckConstraint(
            "kind <> 'reversal' OR entry_sequence IS NOT NULL",
            name=op.f("ck_book_proposal_reversal"),
        ),
        sa.CheckConstraint(
            "state <> 'posted' OR transaction_id IS NOT NULL",
            name=op.f("ck_book_proposal_posted"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('posted', 'refused') OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name=op.f("ck_book_proposal_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_book_proposal_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_book_proposal_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programme.id"],
            name=op.f("fk_book_proposal_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_book_proposal_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_proposal")),
    )
    with op.batch_alter_table("book_proposal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_book_proposal_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            "ix_book_proposal_state", ["state", "proposed_at"], unique=False
        )
        for column in ("entry_sequence", "month"):
            waiting = sa.text(f"state = 'proposed' AND {column} IS NOT NULL")
            batch_op.create_index(
                f"uq_book_proposal_open_{column}",
                [column],
                unique=True,
                sqlite_where=waiting,
                postgresql_where=waiting,
            )
