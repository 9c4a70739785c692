"""Tables: wishes as words and days, and the searches people keep."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment


class Wish(SQLModel, table=True):
    """How often some words were wished for on a day; who did is written nowhere."""

    __table_args__ = (CheckConstraint("times > 0", name="times"),)

    key: str = Field(max_length=80, primary_key=True)
    """The words without script, width, case and gaps: wishes of one key are one."""
    day: date = Field(primary_key=True)
    words: str = Field(max_length=80)
    """As somebody wrote them that day."""
    times: int = 1


class KeptSearch(SQLModel, table=True):
    """A search somebody wants to hear of when something new fits."""

    __tablename__ = "kept_search"
    __table_args__ = (UniqueConstraint("person_id", "line"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    name: str = Field(max_length=80)
    line: str = Field(max_length=1000)
    """What stands behind the question mark of its address."""
    kept_at: datetime = Field(sa_type=Moment)
    looked_at: datetime = Field(sa_type=Moment, index=True)
    """Until when what is new was looked through."""
    told_on: date | None = None


class KeptFind(SQLModel, table=True):
    """A thing that was told of for a kept search: once, however often it changes."""

    __tablename__ = "kept_find"

    search_id: UUID = Field(foreign_key="kept_search.id", primary_key=True)
    document_id: str = Field(max_length=80, primary_key=True)
    found_on: date
