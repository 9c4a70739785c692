"""Driver-level statements on the session's own connection, for both databases.

The write path speaks to the database driver directly: a posting costs six
statements, and building each through the ORM would cost ten times as much.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from ledger.columns import moment_of, moment_text
from ledger.errors import (
    GuardRefused,
    HoldResolved,
    KeyTaken,
    PeriodClosed,
    PostingStopped,
)

Row = tuple[Any, ...]


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    return sql.replace("?", "%s")


@lru_cache(maxsize=64)
def insert_text(table: str, columns: str) -> str:
    """Return the INSERT of one row of *columns* into *table*."""
    values = marks(columns.count(",") + 1)
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608


class Driver:
    """One open transaction, seen from the driver."""

    __slots__ = ("_error", "_execute", "_raw", "is_sqlite")

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._take(connection.connection.dbapi_connection, connection.dialect)

    @classmethod
    def on(cls, raw: Any, dialect: Dialect) -> Self:
        """Return a driver on a connection of the caller's own, no session around it."""
        driver = cls.__new__(cls)
        driver._take(raw, dialect)  # noqa: SLF001
        return driver

    def _take(self, raw: Any, dialect: Dialect) -> None:
        self.is_sqlite = dialect.name == "sqlite"
        self._raw = raw
        self._execute = raw.execute
        self._error = dialect.loaded_dbapi.Error

    def run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Execute *sql*, its parameters written ``?``; return the cursor."""
        try:
            if self.is_sqlite:
                return self._execute(sql, values)
            return self._execute(_for_psycopg(sql), values)
        except self._error as error:
            raise refusal_in(error) from error

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert *rows*; many at once, in their order, by the database's fastest way.

        Args:
            table: Its name.
            columns: Their names, with commas.
            rows: The values of each row, in the order of the columns.
        """
        if not self.is_sqlite and len(rows) > 1:
            self._copy(f"COPY {table} ({columns}) FROM STDIN", rows)
        elif len(rows) == 1:
            self.run(insert_text(table, columns), rows[0])
        elif rows:
            self._run_many(insert_text(table, columns), rows)

    def _run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        cursor = self._raw.cursor()
        try:
            cursor.executemany(sql, rows)
        except self._error as error:
            raise refusal_in(error) from error
        finally:
            cursor.close()

    def _copy(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            self._execute("SET LOCAL ledger.many = 'on'")
            with self._raw.cursor() as cursor, cursor.copy(sql) as copy:
                for row in rows:
                    copy.write_row(row)
            self._execute("SET LOCAL ledger.many = 'off'")
        except self._error as error:
            raise refusal_in(error) from error

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row, or None."""
        row: Row | None = self.run(sql, values).fetchone()
        return row

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return every row."""
        rows: list[Row] = self.run(sql, values).fetchall()
        return rows

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        row = self.one(sql, values)
        return None if row is None else row[0]

    # Values on their way in.

    def moment(self, at: datetime | None) -> Any:
        """Bind an aware moment."""
        if at is None or not self.is_sqlite:
            return at
        return moment_text(at)

    def day(self, on: date) -> Any:
        """Bind a calendar day."""
        return on.isoformat() if self.is_sqlite else on

    def uuid(self, value: UUID) -> Any:
        """Bind a UUID."""
        return value.hex if self.is_sqlite else value


def as_moment(value: Any) -> datetime:
    """Read a moment as either database gives it."""
    at: datetime = moment_of(value) if isinstance(value, str) else value
    return at.astimezone(UTC)


def as_day(value: Any) -> date:
    """Read a day as either database gives it."""
    day: date = date.fromisoformat(value) if isinstance(value, str) else value
    return day


def as_uuid(value: Any) -> UUID:
    """Read a UUID as either database gives it."""
    return value if isinstance(value, UUID) else UUID(value)


def marks(count: int) -> str:
    """Return ``?, ?, ?`` for *count* parameters."""
    return ", ".join("?" * count)


def refusal_in(error: Exception) -> Exception:
    """Return the ledger's word for what the database refused.

    An error that is none of the book's guards comes back as it is.
    """
    words = str(error)
    if "uq_ledger_transaction_key" in words or "ledger_transaction.key" in words:
        return KeyTaken("used a moment ago")
    if "hold_resolution has this key" in words or "pk_ledger_hold_res" in words:
        return HoldResolved("The hold was resolved a moment ago.")
    if "ledger: period-closed" in words:
        return PeriodClosed("That day lies in a closed month.")
    if "ledger: posting-stopped" in words:
        return PostingStopped("Posting is stopped until the book has been looked at.")
    if "ledger: " in words or "ck_ledger_" in words or "fk_ledger_" in words:
        return GuardRefused(words.splitlines()[0])
    return error
