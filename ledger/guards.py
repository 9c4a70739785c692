"""Installing the guards: what the database itself refuses, whoever asks."""

from sqlalchemy import Connection, inspect

from ledger import guards_postgresql, guards_sqlite, orders_postgresql


def install_guards(connection: Connection) -> None:
    """Create every trigger of the book, replacing older ones of the same name.

    Call it after the tables exist: from the migration that makes them, from any
    later migration that rebuilds one of them, and from tests. Calling it twice
    changes nothing. The guards do the moving of counters, so a book without them
    does not work; they refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE on
    journal rows, balances below the floor, postings across units or on accounts
    that are not open, and counters moved by hand.

    While tables are missing it does nothing: a migration from before the others
    calls it, too, and the one that completes the book calls it again.

    Args:
        connection: An open connection on SQLite or PostgreSQL; the caller commits.

    Raises:
        NotImplementedError: another database.
    """
    there = set(inspect(connection).get_table_names())
    if not {table for _, table, _ in guards_sqlite.triggers()} <= there:
        return
    match connection.dialect.name:
        case "sqlite":
            _install_sqlite(connection)
        case "postgresql":
            _install_postgresql(connection)
        case other:
            raise NotImplementedError(f"The book is not kept on {other}.")


def missing_guards(connection: Connection) -> list[str]:
    """Return the names of the guards that are not there, or switched off.

    A book without them lets wrong entries pass and ignores a stop: whoever finds
    some missing installs them again.
    """
    if connection.dialect.name == "sqlite":
        wanted = [name for name, _, _ in guards_sqlite.triggers()]
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted = [name for name, _, _ in guards_postgresql.triggers()]
        asked = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    there = set(connection.exec_driver_sql(asked).scalars())
    return [name for name in wanted if name not in there]


def _install_sqlite(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for name, _, text in guards_sqlite.triggers():
        run(f"DROP TRIGGER IF EXISTS {name}")
        run(f"CREATE TRIGGER {name} {text}")


def _install_postgresql(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for text in orders_postgresql.VIEWS.values():
        run(text)
    for text in guards_postgresql.FUNCTIONS:
        run(text)
    for table, names in guards_postgresql.REPLACED.items():
        for name in names:
            run(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS fk_{table}_{name}")
    for name, table, text in guards_postgresql.triggers():
        run(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        run(f"CREATE TRIGGER {name} {text}")
    for name in guards_postgresql.FORMER:
        run(f"DROP FUNCTION IF EXISTS {name}")
