"""A PostgreSQL role that can post and read, and can edit nothing that is posted."""

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from ledger import guards_postgresql, orders_postgresql
from ledger.guards_sqlite import JOURNAL

INSERTED = (*JOURNAL, "ledger_account", "ledger_lot", "ledger_unsealed")
MORE = {
    # PostgreSQL asks for some right to change a row before it may be locked.
    "ledger_account": "UPDATE (owner_ref)",
    "ledger_private_text": "INSERT, DELETE",
    "ledger_stop": "INSERT, UPDATE (lifted_at, lifted_by)",
    "ledger_unsealed": "DELETE",
}
"""Rights beside SELECT and INSERT: to forget whose an account is, and words; to lift
a stop; to take off the list what has been sealed."""

MAINTAIN_SINCE = 17
"""The version from which the lock of a month's close has a right of its own."""


def allow_posting(connection: Connection, role: str) -> None:
    """Let *role* keep the book without owning it: it posts, and edits nothing.

    Run it as the owner of the tables, after `install_guards`, at each upgrade; the
    application then connects as *role*. What must move besides, such as counters,
    moves inside the guards, which act as the owner from here on. The role has no
    UPDATE and no DELETE on anything posted, cannot empty or drop a table, and cannot
    take a guard away. Before PostgreSQL 17 months are closed as the owner.

    Args:
        connection: An open connection on PostgreSQL; the caller commits.
        role: An existing role, such as the application's login.
    """
    run = connection.exec_driver_sql
    name = postgresql.dialect().identifier_preparer.quote(role)  # type: ignore[no-untyped-call]
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    tables = ", ".join((*INSERTED, "ledger_open_hold", *MORE))
    run(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
    run(f"REVOKE ALL ON {tables} FROM {name}")
    run(f"GRANT SELECT ON {tables} TO {name}")
    run(f"GRANT INSERT ON {', '.join(INSERTED)} TO {name}")
    run(f"GRANT INSERT, SELECT ON {', '.join(orders_postgresql.VIEWS)} TO {name}")
    for table, rights in MORE.items():
        run(f"GRANT {rights} ON {table} TO {name}")
    if connection.dialect.server_version_info >= (MAINTAIN_SINCE,):  # type: ignore[operator]
        run(f"GRANT MAINTAIN ON ledger_transaction TO {name}")
    for table in ("transaction", "posting", "account", "lot", "lot_use", "stop"):
        run(f"GRANT USAGE ON SEQUENCE ledger_{table}_id_seq TO {name}")
    for function in guards_postgresql.trigger_functions():
        run(
            f"ALTER FUNCTION {function}() SECURITY DEFINER"
            f" SET search_path = {schema}, pg_temp"
        )
