"""Tables: the lines editors wrote for the search, and what is asked often."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment, Words


class LineKind(StrEnum):
    """What a line tells the search."""

    EQUAL = "equal"
    KINDS = "kinds"
    RELATED = "related"
    STOP = "stop"
    PIN = "pin"
    CHECK = "check"


class SearchLine(SQLModel, table=True):
    """One line, in force from its first day until somebody takes it away.

    Lines are never changed: who wants another one adds it and takes the old one away,
    so that one can read what the search was told on any day.
    """

    __tablename__ = "search_line"
    __table_args__ = (
        CheckConstraint("(kind = 'stop') = (found IS NULL)", name="found"),
        CheckConstraint("until IS NULL OR kind = 'pin'", name="until"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: LineKind = Field(sa_type=Words(LineKind))
    asked: str = Field(max_length=200)
    """Words with commas between; of a pin or a check the whole question."""
    found: str | None = Field(default=None, max_length=200)
    """Words with commas between; of a pin or a check the id of a document."""
    until: date | None = None
    """The last day of a pin."""
    note: str | None = Field(default=None, max_length=200)
    added_by: UUID = Field(foreign_key="person.id")
    added_at: datetime = Field(sa_type=Moment, index=True)
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class AskedWords(SQLModel, table=True):
    """How often something was asked in a month; who asked is written nowhere.

    The words themselves are kept from the third time on: what only one person asks
    may be about that person.
    """

    __tablename__ = "asked_words"
    __table_args__ = (CheckConstraint("times > 0", name="times"),)

    digest: str = Field(max_length=32, primary_key=True)
    month: date = Field(primary_key=True, index=True)
    times: int
    words: str | None = Field(default=None, max_length=80)
