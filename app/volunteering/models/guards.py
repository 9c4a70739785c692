"""What the database itself refuses: one person in two places at once."""

from __future__ import annotations

from sqlalchemy import Connection

OVERLAP = "volunteering: overlapping time"
"""Words of the database when a guard refuses."""

_FREED = "('undone', 'withdrawn', 'cancelled', 'no_show')"
_GUARDED = (
    ("shift_claim", f"NOT IN {_FREED}"),
    ("service_record", "NOT IN ('rejected', 'revoked')"),
)
"""Table, and which states take the person's time."""


def install_guards(connection: Connection) -> None:
    """Create the guards, replacing older ones; twice changes nothing.

    Call it after the tables exist: from the migration that makes them, and from a
    later one that rebuilds them.
    """
    for table, takes in _GUARDED:
        for statement in _statements(connection.dialect.name, table, takes):
            connection.exec_driver_sql(statement)


def _statements(dialect: str, table: str, takes: str) -> tuple[str, ...]:
    return (_sqlite if dialect == "sqlite" else _postgresql)(table, takes)


def _clash(table: str, takes: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM {table} AS other"  # noqa: S608 - our own names
        " WHERE other.person_id = NEW.person_id AND other.id <> NEW.id"
        f" AND other.state {takes}"
        " AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at)"
    )


def _news(takes: str) -> str:
    """Only a change that newly takes time is looked at: most only move the state."""
    return (
        f"(NOT (OLD.state {takes}) OR OLD.starts_at <> NEW.starts_at"
        " OR OLD.ends_at <> NEW.ends_at)"
    )


def _sqlite(table: str, takes: str) -> tuple[str, ...]:
    return tuple(
        statement
        for name, moment, news in (
            ("insert", f"BEFORE INSERT ON {table}", "1"),
            (
                "update",
                f"BEFORE UPDATE OF state, starts_at, ends_at ON {table}",
                _news(takes),
            ),
        )
        for statement in (
            f"DROP TRIGGER IF EXISTS {table}_no_overlap_{name}",
            (
                f"CREATE TRIGGER {table}_no_overlap_{name} {moment}"
                f" WHEN NEW.state {takes} AND {news} AND {_clash(table, takes)}"
                f" BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END"
            ),
        )
    )


def _postgresql(table: str, takes: str) -> tuple[str, ...]:
    # The lock lets two sessions of one person come one after the other; the
    # statement after it sees what the first has committed.
    return (
        f"""CREATE OR REPLACE FUNCTION {table}_no_overlap() RETURNS trigger AS $$
        BEGIN
            IF NEW.state {takes} AND (TG_OP = 'INSERT' OR {_news(takes)}) THEN
                PERFORM pg_advisory_xact_lock(
                    hashtext('{table}'), hashtext(NEW.person_id::text));
                IF {_clash(table, takes)} THEN
                    RAISE EXCEPTION '{OVERLAP}' USING ERRCODE = 'exclusion_violation';
                END IF;
            END IF;
            RETURN NEW;
        END $$ LANGUAGE plpgsql""",
        f"DROP TRIGGER IF EXISTS {table}_no_overlap ON {table}",
        f"""CREATE TRIGGER {table}_no_overlap
        BEFORE INSERT OR UPDATE OF state, starts_at, ends_at ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_no_overlap()""",
    )
