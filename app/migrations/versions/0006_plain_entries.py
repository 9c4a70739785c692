"""Plain entries in one round trip: the guards of the ledger anew"""

from __future__ import annotations

from alembic import op

import ledger

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ledger.install_guards(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("the ledger before could not place orders")
