"""Lines editors write for the search, and what is asked often"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("asked", sa.String(length=200), nullable=False),
        sa.Column("found", sa.String(length=200), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'stop') = (found IS NULL)", name=op.f("ck_search_line_found")
        ),
        sa.CheckConstraint(
            "until IS NULL OR kind = 'pin'", name=op.f("ck_search_line_until")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_search_line_ended")
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["person.id"], name=op.f("fk_search_line_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["person.id"], name=op.f("fk_search_line_ended_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_line")),
    )
    op.create_index(op.f("ix_search_line_added_at"), "search_line", ["added_at"])
    op.create_table(
        "asked_words",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=True),
        sa.CheckConstraint("times > 0", name=op.f("ck_asked_words_times")),
        sa.PrimaryKeyConstraint("digest", "month", name=op.f("pk_asked_words")),
    )
    op.create_index(op.f("ix_asked_words_month"), "asked_words", ["month"])


def downgrade() -> None:
    op.drop_table("asked_words")
    op.drop_table("search_line")
