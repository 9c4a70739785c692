"""Doings: who did what to what, and for whom; the trail that staff can read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, Session, SQLModel

from app.kernel.columns import Moment


class Doing(SQLModel, table=True):
    """One act of a person, perhaps for another ("X for Y")."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    who_id: UUID | None = Field(default=None, index=True)
    for_whom_id: UUID | None = Field(default=None, index=True)
    verb: str = Field(max_length=60)
    about: str = Field(max_length=120, index=True)
    at: datetime = Field(sa_type=Moment, index=True)
    detail: str | None = Field(default=None, max_length=500)


def note(
    session: Session,
    *,
    who: UUID | None,
    verb: str,
    about: str,
    at: datetime,
    for_whom: UUID | None = None,
    detail: str | None = None,
) -> None:
    """Write that *who* did *verb* ("hours.verify") to *about* ("record:…")."""
    session.add(
        Doing(
            who_id=who,
            for_whom_id=for_whom,
            verb=verb,
            about=about,
            at=at,
            detail=detail,
        )
    )
