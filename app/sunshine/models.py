"""Table of checks: when the whole book was recomputed, and what was found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment


class BookCheck(SQLModel, table=True):
    """One recomputation of the book from its first entry."""

    __tablename__ = "book_check"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    at: datetime = Field(sa_type=Moment, index=True)
    is_right: bool
    entries: int
    """How many entries were read."""
    head_sequence: int
    head_hash: str = Field(max_length=64)
    first_bad: str | None = Field(default=None, max_length=500)
    """The first bad entry in words, kept for staff; the page says only where."""
