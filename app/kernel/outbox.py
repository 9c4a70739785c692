"""Events written with the fact, in the same transaction, and delivered afterwards."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import JSON, Field, Session, SQLModel

from app.kernel.columns import Moment, TransactionId, this_transaction

_ROW_ID = BigInteger().with_variant(Integer, "sqlite")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened: ids and the moment, never rows or words.

    A reaction may run twice and late; it reads the present state by these ids.
    """

    at: datetime

    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        Event.kinds[cls.__name__] = cls

    def to_json(self) -> dict[str, str]:
        """Return the event as texts."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read the event back; fields are moments, UUIDs or texts by annotation."""
        values: dict[str, Any] = {}
        for spec in fields(cls):
            value = data.get(spec.name)
            kind = str(spec.type)
            if value is not None and kind.startswith("datetime"):
                value = datetime.fromisoformat(value)
            elif value is not None and kind.startswith("UUID"):
                value = UUID(value)
            values[spec.name] = value
        return cls(**values)


class OutboxRow(SQLModel, table=True):
    """One event waiting to be told, or told."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "id",
            sqlite_where=text("relayed_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("relayed_at IS NULL AND given_up_at IS NULL"),
        ),
        # On PostgreSQL numbers come in another order than commits; who reads with a
        # cursor of its own goes by the transaction (`app.search`).
        Index("ix_outbox_xid", "xid", "id").ddl_if(dialect="postgresql"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(_ROW_ID, primary_key=True, autoincrement=True)
    )
    kind: str = Field(max_length=80)
    data: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=Moment)
    tries: int = 0
    relayed_at: datetime | None = Field(default=None, sa_type=Moment)
    given_up_at: datetime | None = Field(default=None, sa_type=Moment)
    problem: str | None = None
    xid: int | None = Field(
        default=None,
        sa_column=Column(
            TransactionId, nullable=False, server_default=this_transaction()
        ),
    )
    """The transaction that wrote it; always 0 on SQLite, where ids come in order."""


def publish(session: Session, happened: Event) -> None:
    """Write *happened* into the outbox of this transaction."""
    session.add(
        OutboxRow(kind=type(happened).__name__, data=happened.to_json(), at=happened.at)
    )
