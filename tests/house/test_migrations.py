"""The migrations build exactly what the models say, on this database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from app.kernel.db import Database
from app.wiring.schema import (
    _config,
    create_from_models,
    newest_version,
    upgrade,
)
from ledger.guards_postgresql import REPLACED


@pytest.fixture
def empty(database_kind: str, tmp_path: Path) -> Iterator[Database]:
    if database_kind == "postgresql":
        from tests.postgres import create_database, drop_database

        url = create_database()
        db = Database(url)
        yield db
        db.close()
        drop_database(url)
        return
    db = Database(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    yield db
    db.close()


def shape(db: Database) -> dict[str, object]:
    """Return tables, columns, constraints, indexes and triggers by name."""
    found: dict[str, object] = {}
    with db.engine.connect() as connection:
        inspector = inspect(connection)
        for table in inspector.get_table_names():
            found[table] = (
                sorted(
                    (c["name"], str(c["type"]), c["nullable"])
                    for c in inspector.get_columns(table)
                ),
                sorted(str(c["name"]) for c in inspector.get_check_constraints(table)),
                sorted(str(c["name"]) for c in inspector.get_unique_constraints(table)),
                sorted(str(c["name"]) for c in inspector.get_foreign_keys(table)),
                sorted(str(i["name"]) for i in inspector.get_indexes(table)),
            )
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if db.is_sqlite
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        found["triggers"] = sorted(connection.execute(text(query)).scalars())
    found.pop("alembic_version", None)
    return found


def test_migrating_an_empty_database_builds_what_the_models_say(
    empty: Database, tmp_path: Path, database_kind: str
) -> None:
    upgrade(empty)
    migrated = shape(empty)

    if database_kind == "postgresql":
        with empty.engine.connect() as connection:
            context = MigrationContext.configure(connection)
            found = compare_metadata(context, SQLModel.metadata)
        guarded = {
            f"fk_{table}_{name}" for table, names in REPLACED.items() for name in names
        }
        assert {one[1].name for one in found if one[0] == "add_fk"} == guarded
        assert [one for one in found if one[0] != "add_fk"] == []
        return
    other = Database(f"sqlite:///{tmp_path / 'models.sqlite3'}")
    with other.engine.execution_options(fair_write=True).begin() as connection:
        create_from_models(connection)
    assert migrated == shape(other)
    other.close()


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    upgrade(empty)
    first = shape(empty)
    upgrade(empty)

    assert shape(empty) == first
    with empty.engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version"))
        assert version.scalar() == newest_version()


def test_events_from_before_are_older_than_every_transaction(empty: Database) -> None:
    """Given an outbox with events, when it learns of transactions, then those that
    are there stay, come first, and new ones carry theirs (PostgreSQL).
    """
    put = text(
        "INSERT INTO outbox (kind, data, at, tries)"
        " VALUES ('PlaceChanged', '{}', '2026-06-03 04:00:00', 0)"
    )
    with empty.engine.execution_options(fair_write=True).begin() as connection:
        command.upgrade(_config(connection), "0006")
        connection.execute(put)

    upgrade(empty)
    with empty.engine.execution_options(fair_write=True).begin() as connection:
        connection.execute(put)

    with empty.engine.connect() as connection:
        rows = connection.execute(text("SELECT xid FROM outbox ORDER BY xid, id"))
        before, after = (int(xid) for xid in rows.scalars())
    assert before == 0
    assert (after == 0) is empty.is_sqlite
