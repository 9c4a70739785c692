"""Tables of the fair: offerings, their reviews and revisions, and bookable times."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import JSON, Field, SQLModel

from app.kernel.columns import Amount, Moment, Words
from app.partners import LicenceKind


class OfferingKind(StrEnum):
    """What is offered (F01)."""

    SERVICE = "service"
    SPACE = "space"
    SKILLED_PERSON = "skilled_person"
    COURSE = "course"
    EQUIPMENT = "equipment"
    EVENT = "event"
    INFO = "info"


class ServiceNature(StrEnum):
    """What it is before the law (R-VOL-01); the price follows from it."""

    VOLUNTEER = "volunteer"
    PUBLIC_BENEFIT_FREE = "public_benefit_free"
    LOW_FEE = "low_fee"
    MARKET = "market"
    GOVERNMENT = "government"


class PriceMode(StrEnum):
    """How the resident pays: not at all, in points, in yuan at the place."""

    FREE = "free"
    POINTS = "points"
    CNY = "cny"


class Category(StrEnum):
    """The stalls of the fair."""

    DAILY_REPAIR = "daily_repair"
    ELDER_CARE = "elder_care"
    CHILDREN = "children"
    YOUTH = "youth"
    SEAFARER = "seafarer"
    CULTURE_SPORT = "culture_sport"
    LAW_FINANCE = "law_finance"
    SPACE_EQUIPMENT = "space_equipment"
    POSTS_JOBS = "posts_jobs"
    INCLUSIVE = "inclusive"


class Audience(StrEnum):
    """Whom it is for (O19, O20)."""

    ALL = "all"
    ELDERLY = "elderly"
    CHILDREN = "children"
    YOUTH = "youth"
    NEW_EMPLOYMENT = "new_employment"
    WOMEN = "women"
    SEAFARER = "seafarer"
    ISLANDERS = "islanders"


class OfferingState(StrEnum):
    """Where an offering stands (domain handbook 2.11); `rules.STEPS` says how."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"
    APPROVED = "approved"
    PUBLISHED = "published"
    PAUSED = "paused"
    ASLEEP = "asleep"
    EXPIRED = "expired"
    TAKEN_DOWN = "taken_down"
    ARCHIVED = "archived"


class Decision(StrEnum):
    """What a reviewer says."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"


class RevisionState(StrEnum):
    """Where a proposed change of a live offering stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Offering(SQLModel, table=True):
    """Something a provider offers to neighbours, with its nature and price (F01)."""

    __table_args__ = (
        CheckConstraint(
            "(price_mode = 'free' AND points IS NULL AND price_cny IS NULL)"
            " OR (price_mode = 'points' AND points IS NOT NULL AND points > 0"
            " AND programme_id IS NOT NULL AND price_cny IS NULL)"
            " OR (price_mode = 'cny' AND price_cny IS NOT NULL AND price_cny > 0"
            " AND points IS NULL)",
            name="price",
        ),
        CheckConstraint(
            "(service_nature = 'volunteer' AND price_mode IN ('free', 'points'))"
            " OR (service_nature IN ('public_benefit_free', 'government')"
            " AND price_mode = 'free')"
            " OR (service_nature IN ('low_fee', 'market') AND price_mode = 'cny')",
            name="nature_price",
        ),
        CheckConstraint(
            "service_nature NOT IN ('low_fee', 'market')"
            " OR organisation_id IS NOT NULL OR exemption_id IS NOT NULL",
            name="paid_by_organisation",
        ),
        CheckConstraint(
            "organisation_id IS NOT NULL OR provider_id IS NOT NULL", name="provider"
        ),
        CheckConstraint(
            "reviewer_id IS NULL OR reviewer_id <> author_id", name="reviewer"
        ),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint(
            "listed_from IS NULL OR listed_until IS NULL"
            " OR listed_from <= listed_until",
            name="window",
        ),
        UniqueConstraint("id", "author_id"),
        Index("ix_offering_state_place_id", "state", "place_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    kind: OfferingKind = Field(sa_type=Words(OfferingKind))
    service_nature: ServiceNature = Field(sa_type=Words(ServiceNature))
    price_mode: PriceMode = Field(sa_type=Words(PriceMode))
    points: Decimal | None = Field(default=None, sa_type=Amount)
    programme_id: UUID | None = Field(default=None, foreign_key="programme.id")
    price_cny: Decimal | None = Field(default=None, sa_type=Amount)
    price_unit: str | None = Field(default=None, max_length=40)
    """What the price is for: "per visit", "per hour"."""
    category: Category = Field(sa_type=Words(Category), index=True)
    audiences: list[str] = Field(default_factory=lambda: ["all"], sa_type=JSON)
    organisation_id: UUID | None = Field(
        default=None, foreign_key="organisation.id", index=True
    )
    provider_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    author_id: UUID = Field(foreign_key="person.id", index=True)
    place_id: UUID = Field(foreign_key="place.id", index=True)
    title: str = Field(max_length=80)
    title_en: str | None = Field(default=None, max_length=160)
    title_zh_hant: str | None = Field(default=None, max_length=80)
    summary: str | None = Field(default=None, max_length=200)
    summary_en: str | None = Field(default=None, max_length=400)
    summary_zh_hant: str | None = Field(default=None, max_length=200)
    body: str | None = Field(default=None, max_length=6000)
    body_en: str | None = Field(default=None, max_length=12000)
    body_zh_hant: str | None = Field(default=None, max_length=6000)
    risk_note: str | None = Field(default=None, max_length=500)
    """What could go wrong; required for home visits (R-VOL-05)."""
    protection_note: str | None = Field(default=None, max_length=500)
    """What is done against it."""
    needs_licence: LicenceKind | None = Field(
        default=None, sa_type=Words(LicenceKind), index=True
    )
    exemption_id: UUID | None = Field(default=None, foreign_key="licence.id")
    """The paper that lets a person without an organisation take money."""
    is_home_visit: bool = False
    is_inclusive: bool = Field(default=False, index=True)
    """One of the inclusive items on the front page (F01)."""
    capacity: int = 1
    """Seats of one time, unless the time says otherwise."""
    language: str = Field(default="zh-Hans", max_length=10)
    """The language `title`, `summary` and `body` were written in."""
    needs_check: bool = False
    """Came in damaged (mojibake, injected pinyin): a person has to look."""
    state: OfferingState = Field(
        default=OfferingState.DRAFT, sa_type=Words(OfferingState)
    )
    reviewer_id: UUID | None = Field(default=None, foreign_key="person.id")
    reason: str | None = Field(default=None, max_length=500)
    """Why it was sent back, put to sleep or taken down; its provider reads it."""
    listed_from: date | None = None
    listed_until: date | None = None
    version: int = 1
    created_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)
    submitted_at: datetime | None = Field(default=None, sa_type=Moment)
    published_at: datetime | None = Field(default=None, sa_type=Moment)


class Review(SQLModel, table=True):
    """What somebody else decided about an offering; never its author (D03).

    `author_id` is tied to the offering's by a foreign key, so the check below means
    the real author.
    """

    __tablename__ = "offering_review"
    __table_args__ = (
        CheckConstraint("reviewer_id <> author_id", name="another_person"),
        CheckConstraint(
            "decision = 'approved' OR reason IS NOT NULL", name="reason_given"
        ),
        ForeignKeyConstraint(
            ["offering_id", "author_id"], ["offering.id", "offering.author_id"]
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    offering_id: UUID = Field(index=True)
    author_id: UUID
    version: int
    reviewer_id: UUID = Field(foreign_key="person.id")
    decision: Decision = Field(sa_type=Words(Decision))
    reason: str | None = Field(default=None, max_length=500)
    at: datetime = Field(sa_type=Moment)


class Revision(SQLModel, table=True):
    """A proposed change of a live offering; the old one stays live meanwhile."""

    __tablename__ = "offering_revision"
    __table_args__ = (
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> author_id", name="another_person"
        ),
        Index(
            "uq_offering_revision_waiting",
            "offering_id",
            unique=True,
            sqlite_where=text("state = 'submitted'"),
            postgresql_where=text("state = 'submitted'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    offering_id: UUID = Field(foreign_key="offering.id", index=True)
    author_id: UUID = Field(foreign_key="person.id")
    changes: dict[str, Any] = Field(sa_type=JSON)
    """Field → the new value as text (None: emptied)."""
    state: RevisionState = Field(
        default=RevisionState.SUBMITTED, sa_type=Words(RevisionState)
    )
    made_at: datetime = Field(sa_type=Moment)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    reason: str | None = Field(default=None, max_length=500)


class Slot(SQLModel, table=True):
    """One time at which an offering can be booked, with its seats."""

    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= capacity", name="seats"),
        CheckConstraint("ends_at > starts_at", name="order"),
        UniqueConstraint("offering_id", "starts_at"),
        Index("ix_slot_starts_at", "starts_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    offering_id: UUID = Field(foreign_key="offering.id")
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    capacity: int = 1
    taken: int = 0
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)
