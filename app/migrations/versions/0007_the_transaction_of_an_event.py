"""The transaction of an event: PostgreSQL's own order of commits for the outbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.kernel.columns import TransactionId, this_transaction

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows from before get 0: older than every transaction to come."""
    op.add_column(
        "outbox",
        sa.Column("xid", TransactionId(), nullable=False, server_default="0"),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    op.alter_column("outbox", "xid", server_default=this_transaction())
    op.create_index("ix_outbox_xid", "outbox", ["xid", "id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_outbox_xid", "outbox")
    op.drop_column("outbox", "xid")
