"""Column types: the same values in hand on SQLite and PostgreSQL, never a float."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Integer, Text, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from ledger.amounts import amount_of, steps_of
from ledger.errors import InvalidEntry

MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def moment_text(at: datetime) -> str:
    """Return *at* in the canonical form ``2026-11-22T21:59:39.000000Z``.

    Raises:
        InvalidEntry: *at* carries no time zone.
    """
    if at.tzinfo is None:
        raise InvalidEntry("A moment needs a time zone.")
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_of(text: str) -> datetime:
    """Return the aware UTC moment of a canonical text."""
    return datetime.fromisoformat(text)


class Steps(TypeDecorator[Decimal]):
    """An amount: `Decimal` in hand, whole ten-thousandths (64 bit) at rest."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use a plain INTEGER on SQLite, as strict tables ask."""
        kind = Integer() if dialect.name == "sqlite" else BigInteger()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | None, _: Dialect) -> int | None:
        """Refuse whatever is not an exact decimal number."""
        return None if value is None else steps_of(value)

    def process_result_value(self, value: int | None, _: Dialect) -> Decimal | None:
        """Give the number back with at least two places."""
        return None if value is None else amount_of(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment: canonical text on SQLite, timestamptz on PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column by the database."""
        kind: TypeEngine[Any]
        kind = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a moment without a zone."""
        if value is None:
            return None
        text = moment_text(value)
        return text if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        """Give back UTC, whatever the connection's zone is."""
        if value is None:
            return None
        at = moment_of(value) if isinstance(value, str) else value
        return at.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A calendar day: ISO text on SQLite, date on PostgreSQL."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column by the database."""
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else Date()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Write ``2026-11-22``."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.isoformat()

    def process_result_value(self, value: Any, _: Dialect) -> date | None:
        """Read it back."""
        return date.fromisoformat(value) if isinstance(value, str) else value


class RandomId(TypeDecorator[UUID]):
    """A random UUID: 32 hex digits on SQLite, uuid on PostgreSQL."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column by the database."""
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else Uuid()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Write the hex digits without dashes."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.hex

    def process_result_value(self, value: Any, _: Dialect) -> UUID | None:
        """Read it back."""
        return UUID(value) if isinstance(value, str) else value


class RowId(TypeDecorator[int]):
    """A row number: SQLite's own rowid, bigint on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Only a plain INTEGER primary key is SQLite's rowid."""
        kind = Integer() if dialect.name == "sqlite" else BigInteger()
        return dialect.type_descriptor(kind)


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0: strict tables on SQLite know no boolean."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, _: Dialect) -> int | None:
        """Write 1 or 0."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, _: Dialect) -> bool | None:
        """Read it back."""
        return None if value is None else bool(value)
