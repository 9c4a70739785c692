"""Tables of partners: organisations, who belongs to them, and their licences."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment, Words


class OrganisationKind(StrEnum):
    """What an organisation is (domain handbook 1.2, 4.3)."""

    SOCIAL_ORGANISATION = "social_organisation"
    CO_BUILDING_UNIT = "co_building_unit"
    PROFESSIONAL_INSTITUTION = "professional_institution"
    DEPARTMENT = "department"
    COMMUNITY_COMPANY = "community_company"
    TEAM = "team"
    RESIDENTS_CLUB = "residents_club"
    WORKSHOP_OWNER = "workshop_owner"
    PHARMACY = "pharmacy"


class ProviderSource(StrEnum):
    """Where supply comes from: the four of O06, individuals and workshops."""

    RESIDENT_UNIT = "resident_unit"
    DEPARTMENT = "department"
    RESIDENTS_CLUB = "residents_club"
    THIRD_PARTY = "third_party"
    INDIVIDUAL = "individual"
    WORKSHOP = "workshop"


class OrganisationState(StrEnum):
    """Where an organisation stands; `rules.STEPS` says how it gets there."""

    APPLIED = "applied"
    VERIFIED = "verified"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    EXITED = "exited"


class MemberRole(StrEnum):
    """What somebody is in their organisation."""

    ADMIN = "admin"
    STAFF = "staff"


class LicenceKind(StrEnum):
    """What a paper allows; an offering may need one of these (O03, R-VOL-07)."""

    ELDERLY_CARE = "elderly_care"
    CHILDCARE = "childcare"
    HEALTH = "health"
    PHARMACY = "pharmacy"
    FOOD = "food"
    LEGAL = "legal"
    TRAINING = "training"
    BUSINESS = "business"
    PETTY_EXEMPTION = "petty_exemption"
    """Small services for neighbours that the law frees from registration."""


class Organisation(SQLModel, table=True):
    """A partner of the fair: applied, vetted by somebody else, admitted (O01)."""

    __table_args__ = (
        CheckConstraint(
            "vetted_by IS NULL OR vetted_by <> applied_by", name="vetted_by_another"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    kind: OrganisationKind = Field(sa_type=Words(OrganisationKind))
    source: ProviderSource = Field(sa_type=Words(ProviderSource))
    state: OrganisationState = Field(
        default=OrganisationState.APPLIED, sa_type=Words(OrganisationState), index=True
    )
    place_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    name: str = Field(max_length=80, index=True)
    name_en: str | None = Field(default=None, max_length=120)
    name_zh_hant: str | None = Field(default=None, max_length=80)
    about: str | None = Field(default=None, max_length=2000)
    about_en: str | None = Field(default=None, max_length=2000)
    about_zh_hant: str | None = Field(default=None, max_length=2000)
    registration_no: str | None = Field(default=None, max_length=40)
    applied_by: UUID | None = Field(default=None, foreign_key="person.id")
    vetted_by: UUID | None = Field(default=None, foreign_key="person.id")
    vetted_at: datetime | None = Field(default=None, sa_type=Moment)
    reason: str | None = Field(default=None, max_length=500)
    """Why it was declined, suspended or left; shown to its members."""
    created_at: datetime = Field(sa_type=Moment)


class Membership(SQLModel, table=True):
    """Somebody belongs to an organisation, from a day to a day."""

    __table_args__ = (
        UniqueConstraint("organisation_id", "person_id"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: MemberRole = Field(default=MemberRole.STAFF, sa_type=Words(MemberRole))
    starts_on: date
    ends_on: date | None = None


class Licence(SQLModel, table=True):
    """A paper that allows something, held by one organisation or one person.

    It counts once somebody who vets partners has seen it.
    """

    __table_args__ = (
        CheckConstraint(
            "(organisation_id IS NULL) <> (person_id IS NULL)", name="one_holder"
        ),
        CheckConstraint("expires_on >= valid_from", name="dates"),
        CheckConstraint(
            "seen_by IS NULL OR person_id IS NULL OR seen_by <> person_id",
            name="seen_by_another",
        ),
        CheckConstraint(
            "seen_by IS NULL OR added_by IS NULL OR seen_by <> added_by",
            name="seen_by_second",
        ),
        UniqueConstraint("kind", "number", "valid_from"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation_id: UUID | None = Field(
        default=None, foreign_key="organisation.id", index=True
    )
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    kind: LicenceKind = Field(sa_type=Words(LicenceKind))
    number: str = Field(max_length=60)
    scope: str | None = Field(default=None, max_length=200)
    valid_from: date
    expires_on: date = Field(index=True)
    """The last day on which it counts."""
    added_by: UUID | None = Field(default=None, foreign_key="person.id")
    added_at: datetime = Field(sa_type=Moment)
    seen_by: UUID | None = Field(default=None, foreign_key="person.id")
    seen_at: datetime | None = Field(default=None, sa_type=Moment)
