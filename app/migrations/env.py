"""Alembic's environment: the connection is given by `app.wiring.schema`."""

from alembic import context
from sqlmodel import SQLModel

from app.wiring import tables  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
