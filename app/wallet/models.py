"""Table of the wallet: whom it told of what gets too old. Points are in the book."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment


class ExpiryNotice(SQLModel, table=True):
    """That a person was told in a month of what they lose soon: once, not oftener."""

    __tablename__ = "expiry_notice"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    month: str = Field(max_length=7, primary_key=True)
    """As `2026-06`, on the wall clock of the place."""
    at: datetime = Field(sa_type=Moment)
