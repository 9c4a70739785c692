"""Alembic's environment: the connection is given by `app.wiring.schema`."""

from __future__ import annotations

import re
from typing import Any, Literal

from alembic import context
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from app.wiring import tables  # noqa: F401


def render_item(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Write a column's plain types: a migration must outlive our decorators."""
    if kind != "type" or not isinstance(thing, TypeDecorator):
        return False
    there, here = (
        thing.load_dialect_impl(dialect)
        for dialect in (postgresql.dialect(), sqlite.dialect())  # type: ignore[no-untyped-call]
    )
    plain, ours = (_name(one) for one in (there, here))
    return (
        f"sa.{plain}"
        if plain == ours
        else f"sa.{plain}.with_variant(sa.{ours}, 'sqlite')"
    )


def _name(plain: Any) -> str:
    """Return how a migration writes a dialect's own type."""
    written = re.sub(r"^_?(?:PG|PsycopgPG)?", "", repr(plain))
    return re.sub(r"^(?:TimeStamp|TIMESTAMP)\(.*", "DateTime(timezone=True)", written)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_item=render_item,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
