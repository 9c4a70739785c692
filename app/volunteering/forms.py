"""What people type about shifts, hours and posts."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.volunteering.models import RiskLevel
from app.web.forms import Form

Line = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Note = Annotated[str, StringConstraints(min_length=2, max_length=500)]
Reason = Annotated[str, StringConstraints(min_length=2, max_length=200)]


class NoFields(Form):
    """A button: the address says everything."""


class JoinForm(Form):
    """Somebody wants to be a volunteer, and says they have read what it means."""

    agrees: bool = False


class CodeForm(Form):
    """The code on the station's screen, typed or scanned."""

    code: Annotated[str, StringConstraints(min_length=6, max_length=40)]


class WithdrawForm(Form):
    """Why somebody can't come; nobody has to say."""

    reason: str | None = Field(default=None, max_length=200)


class HoursForm(Form):
    """From when to when, on the day of the shift."""

    came: time
    left: time
    reason: str | None = Field(default=None, max_length=300)
    evidence: str | None = Field(default=None, max_length=300)


class SheetForm(HoursForm):
    """A line of a paper sheet: whose hours."""

    person: Annotated[str, StringConstraints(min_length=2, max_length=60)]


class CheckoutForm(Form):
    """When somebody left who forgot to check out."""

    left: time
    reason: Reason


class RejectForm(Form):
    """Why a record is not accepted; the volunteer reads it."""

    reason: Reason


class BatchForm(Form):
    """Several records at once."""

    records: list[UUID] = Field(min_length=1, max_length=200)


class PostForm(Form):
    """A post with everything the law wants said beforehand (R-VOL-05)."""

    programme_id: UUID
    place_id: UUID
    title: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    title_en: str | None = Field(default=None, max_length=120)
    what: Annotated[str, StringConstraints(min_length=5, max_length=1000)]
    beneficiaries: Line
    person_in_charge: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    risk_note: Note
    protection_note: Note
    risk_level: RiskLevel = RiskLevel.LOW
    insurance_policy_no: str | None = Field(default=None, max_length=60)
    min_age: int | None = Field(default=None, ge=6, le=90)
    needs: str | None = Field(default=None, max_length=60)


class ShiftsForm(Form):
    """Shifts of a post: one day, or the same hours every week."""

    first_day: date
    starts: time
    ends: time
    people_wanted: int = Field(ge=1, le=500)
    weekdays: list[int] = Field(default_factory=list)
    weeks: int = Field(default=1, ge=1, le=60)


class CancelForm(Form):
    """Why a shift is called off."""

    reason: Reason


class PapersForm(Form):
    """A training or licence somebody shows at the desk."""

    person: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    kind: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    expires_on: date | None = None
