"""What is typed about offerings, their times and decisions."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from app.fair.models import Audience, Category, OfferingKind, PriceMode, ServiceNature
from app.fair.rules import WEEKS_MAX
from app.partners import LicenceKind
from app.web.forms import Form

Price = Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2)]


class OfferingForm(Form):
    """Everything a provider says about an offering."""

    title: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    kind: OfferingKind
    category: Category
    summary: str | None = Field(default=None, max_length=200)
    body: str | None = Field(default=None, max_length=6000)
    audiences: list[Audience] = Field(default_factory=list, max_length=8)
    service_nature: ServiceNature
    price_mode: PriceMode
    points: Price | None = None
    programme_id: UUID | None = None
    price_cny: Price | None = None
    price_unit: str | None = Field(default=None, max_length=40)
    place_id: UUID
    organisation_id: UUID | None = None
    capacity: int = Field(default=1, ge=1, le=999)
    is_home_visit: bool = False
    risk_note: str | None = Field(default=None, max_length=500)
    protection_note: str | None = Field(default=None, max_length=500)
    needs_licence: LicenceKind | None = None
    exemption_id: UUID | None = None
    title_en: str | None = Field(default=None, max_length=160)
    summary_en: str | None = Field(default=None, max_length=400)
    body_en: str | None = Field(default=None, max_length=12000)
    title_zh_hant: str | None = Field(default=None, max_length=80)
    summary_zh_hant: str | None = Field(default=None, max_length=200)
    body_zh_hant: str | None = Field(default=None, max_length=6000)
    listed_from: date | None = None
    listed_until: date | None = None
    then: Literal["save", "submit"] = "save"

    @field_validator("*", mode="before")
    @classmethod
    def _one_kind_of_line(cls, value: object) -> object:
        """Browsers send CR LF; the tables keep LF."""
        return value.replace("\r\n", "\n") if isinstance(value, str) else value

    def fields(self) -> dict[str, Any]:
        """Return the model's fields; what the chosen price does not use is dropped."""
        values = self.model_dump(exclude={"then"})
        values["audiences"] = [one.value for one in self.audiences] or ["all"]
        if self.price_mode != PriceMode.POINTS:
            values["points"] = values["programme_id"] = None
        if self.price_mode != PriceMode.CNY:
            values["price_cny"] = None
        return values


class SlotsForm(Form):
    """One time, or the same time in several weeks."""

    day: date
    starts: time
    ends: time
    weeks: int = Field(default=1, ge=1, le=WEEKS_MAX)
    capacity: int | None = Field(default=None, ge=1, le=999)


class SeatsForm(Form):
    """How many seats a time has."""

    capacity: int = Field(ge=1, le=999)


class ReasonForm(Form):
    """Why; the provider reads it."""

    reason: str | None = Field(default=None, max_length=500)
