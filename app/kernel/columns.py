"""Column types that keep moments aware, amounts exact and states in words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, String
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

HUNDREDTHS = 100


class Moment(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out; SQLite forgets zones, this does not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Store as UTC; a naive moment is our mistake and stops here."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"naive moment {value!r}: moments carry their zone"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return an aware moment in UTC."""
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


class Amount(TypeDecorator[Decimal]):
    """Decimals with two places, stored as integer hundredths on every database.

    SQLite keeps `NUMERIC` as a float and loses cents; integers do not. More than
    two places, floats, NaN and infinity are refused, never rounded.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(
        self, value: Decimal | int | None, dialect: Dialect
    ) -> int | None:
        """Return hundredths."""
        if value is None:
            return None
        if isinstance(value, float):
            msg = f"float {value!r} near an amount"
            raise TypeError(msg)
        scaled = Decimal(value) * HUNDREDTHS
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            msg = f"{value!r} has more than two places"
            raise ValueError(msg)
        return int(scaled)

    def process_result_value(
        self, value: int | None, dialect: Dialect
    ) -> Decimal | None:
        """Return a Decimal with exactly two places."""
        return None if value is None else Decimal(value).scaleb(-2)


class Words(TypeDecorator[StrEnum]):
    """A `StrEnum` stored as its text, so that the tables read like the code."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum], length: int = 32) -> None:
        super().__init__(length)
        self.kind = kind

    def process_bind_param(
        self, value: StrEnum | str | None, dialect: Dialect
    ) -> str | None:
        """Store the member's text; an unknown text is our mistake."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        """Return the member."""
        return None if value is None else self.kind(value)


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, which never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return its name in SQL."""
        return "xid8"


ischema_names["xid8"] = Xid8  # SQLAlchemy would not know it when it looks at a table


class TransactionId(TypeDecorator[int]):
    """The transaction that wrote a row, on PostgreSQL; 0 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose `xid8` where there is one."""
        kind = Xid8() if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """PostgreSQL takes it as text."""
        return str(value) if value is not None and dialect.name != "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """Return a number."""
        return None if value is None else int(value)


class this_transaction(FunctionElement[int]):  # noqa: N801 - reads like SQL's functions
    """The default of a `TransactionId`."""

    inherit_cache = True


@compiles(this_transaction)
def _no_transaction(*_: Any, **__: Any) -> str:
    return "0"


@compiles(this_transaction, "postgresql")
def _this_transaction(*_: Any, **__: Any) -> str:
    return "pg_current_xact_id()"
