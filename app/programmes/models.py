"""Tables of programmes: who issues, which unit, and each version of the rules."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.kernel.columns import Amount, Moment


class Programme(SQLModel, table=True):
    """A scheme an organisation adopted in writing (R-VOL-13, R-VOL-14).

    One verified hour credits exactly one spendable unit, fixed here (R-LED-11).
    """

    __table_args__ = (CheckConstraint("unit IN ('POINT', 'TIME')", name="unit"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    unit: str = Field(max_length=10)
    name: str = Field(max_length=60)
    name_en: str | None = Field(default=None, max_length=80)
    name_zh_hant: str | None = Field(default=None, max_length=60)
    about: str | None = Field(default=None, max_length=1000)
    about_en: str | None = Field(default=None, max_length=1000)
    issuer: str = Field(max_length=120)
    """The legal organisation that records and certifies (R-REC-09)."""
    issuer_en: str | None = Field(default=None, max_length=160)
    created_at: datetime = Field(sa_type=Moment)


class ProgrammeRule(SQLModel, table=True):
    """One version of a programme's rules; a posting names the one it followed.

    A new version counts for service on or after `effective_on` and never touches
    old records (R-LED-12).
    """

    __tablename__ = "programme_rule"
    __table_args__ = (
        UniqueConstraint("programme_id", "version"),
        UniqueConstraint("programme_id", "effective_on"),
        CheckConstraint("per_hour > 0", name="per_hour"),
        CheckConstraint("step_minutes IN (15, 30, 60)", name="step"),
        CheckConstraint("second_key_minutes < third_key_minutes", name="tiers"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    programme_id: UUID = Field(foreign_key="programme.id")
    version: int
    effective_on: date
    per_hour: Decimal = Field(sa_type=Amount)
    """Points or time credits for one credited hour (R-TIME-01)."""
    step_minutes: int = 30
    """Credited time is floored to this step, never rounded up (R-TIME-02)."""
    second_key_minutes: int = 480
    """Above this on one day a second approval is needed (R-TIME-03)."""
    third_key_minutes: int = 720
    """Above this on one day the district approves (R-TIME-03)."""
    undo_minutes: int = 10
    """How long a commitment can be undone (R-A11Y-05)."""
    lot_months: int | None = 24
    """How long points keep; None: for good (R-PNT, table 2.5)."""
    store_cap: Decimal | None = Field(default=None, sa_type=Amount)
    redeem_min_age: int | None = None
    late_entry_days: int = 30
    """How late staff may still enter hours, with a reason (R-TIME-06)."""
    created_at: datetime = Field(sa_type=Moment)
