"""What is typed about partners and their licences."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from app.partners.models import LicenceKind, OrganisationKind
from app.web.forms import Form


class ApplyForm(Form):
    """An application as a community partner."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    kind: OrganisationKind
    place_id: UUID | None = None
    registration_no: str | None = Field(default=None, max_length=40)
    about: Annotated[str, StringConstraints(min_length=10, max_length=2000)]
    name_en: str | None = Field(default=None, max_length=120)
    about_en: str | None = Field(default=None, max_length=2000)

    @field_validator("about", "about_en", mode="before")
    @classmethod
    def _one_kind_of_line(cls, value: object) -> object:
        """Browsers send CR LF; the tables keep LF."""
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


class LicenceForm(Form):
    """A licence, or its renewal."""

    kind: LicenceKind
    number: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    scope: str | None = Field(default=None, max_length=200)
    valid_from: date
    expires_on: date


class MemberForm(Form):
    """Somebody to take in, by the number on their card."""

    member_no: Annotated[str, StringConstraints(min_length=4, max_length=12)]
    is_admin: bool = False


class ReasonForm(Form):
    """Why; the partner reads it."""

    reason: str | None = Field(default=None, max_length=500)
