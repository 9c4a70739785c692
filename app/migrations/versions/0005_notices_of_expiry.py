"""Notices of expiry: who was told in which month"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expiry_notice",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_expiry_notice_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "month", name=op.f("pk_expiry_notice")),
    )


def downgrade() -> None:
    op.drop_table("expiry_notice")
