"""The schema: Alembic's migrations, run on any of our databases."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import Session, SQLModel

import ledger
from app import volunteering, wallet
from app.kernel.clock import now
from app.kernel.db import Database
from app.wiring import tables  # noqa: F401 - registers every table

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def upgrade(db: Database) -> None:
    """Bring the schema to the newest version; on the newest one nothing happens.

    What an older version left behind is brought along in the same transaction, so
    that nothing is posted in between.

    Raises:
        NoRoom: the disk is full and there was something to bring along.
    """
    with (
        db.in_our_words(),
        db.engine.execution_options(fair_write=True).begin() as connection,
    ):
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(_config(connection), "head")
        if before is not None and before != newest_version():
            _bring_along(connection)
    # An SQLite connection that changed the schema posts several times slower.
    db.engine.dispose()
    db.keep_spare()


def newest_version() -> str | None:
    """Return the name of the newest migration."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def create_from_models(connection: Connection) -> None:
    """Create every table straight from the models (tests compare migrations to it)."""
    SQLModel.metadata.create_all(connection)
    ledger.install_guards(connection)
    volunteering.install_guards(connection)
    with Session(connection, join_transaction_mode="rollback_only") as session:
        ledger.ensure_units(session)
        session.flush()


def _bring_along(connection: Connection) -> None:
    """Let what was written before keep today's rules: guards anew, lots begun."""
    volunteering.install_guards(connection)
    with Session(connection, join_transaction_mode="rollback_only") as session:
        while wallet.start_lots_for_all(session, now()):
            pass
        session.flush()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
