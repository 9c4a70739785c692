"""A revoked record's time is free: the guards of volunteering anew"""

from __future__ import annotations

from alembic import op

from app import volunteering

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    volunteering.install_guards(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("revoked records would block their time again")
