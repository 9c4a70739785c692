"""Wishes by words and day, and the searches people keep"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_wish_times")),
        sa.PrimaryKeyConstraint("key", "day", name=op.f("pk_wish")),
    )
    op.create_table(
        "kept_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("line", sa.String(length=1000), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_kept_search_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_search")),
        sa.UniqueConstraint(
            "person_id", "line", name=op.f("uq_kept_search_person_id_line")
        ),
    )
    op.create_index(op.f("ix_kept_search_looked_at"), "kept_search", ["looked_at"])
    op.create_table(
        "kept_find",
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.String(length=80), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["kept_search.id"], name=op.f("fk_kept_find_search_id")
        ),
        sa.PrimaryKeyConstraint("search_id", "document_id", name=op.f("pk_kept_find")),
    )


def downgrade() -> None:
    op.drop_table("kept_find")
    op.drop_table("kept_search")
    op.drop_table("wish")
