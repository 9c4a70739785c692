"""Tables of places: one tree, opening hours, exceptions."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment, Words


class PlaceKind(StrEnum):
    """What a place is; the network template (1+N, 1+5+N) is depth, not code (P05)."""

    DISTRICT = "district"
    TOWN = "town"
    CENTRE = "centre"
    STATION = "station"
    REST_STOP = "rest_stop"
    PARTNER_VENUE = "partner_venue"


class Tier(StrEnum):
    """Three-tier promotion of centres (M01)."""

    BASIC = "basic"
    ENHANCED = "enhanced"
    HUB = "hub"


class FunctionCategory(StrEnum):
    """The five functional categories of centres (P02)."""

    INDUSTRY_LED = "industry_led"
    ELDERLY_CHILD = "elderly_child"
    SEAFARER_FRIENDLY = "seafarer_friendly"
    BUSINESS_DISTRICT = "business_district"
    VILLAGE_RESIDENT = "village_resident"


class Place(SQLModel, table=True):
    """A site of the network: a district, a town, a centre, a station."""

    __table_args__ = (
        CheckConstraint("id <> parent_id", name="not_its_own_parent"),
        CheckConstraint("area_m2 IS NULL OR area_m2 > 0", name="area"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    """Stable external id: "C01", "S001"."""
    kind: PlaceKind = Field(sa_type=Words(PlaceKind))
    parent_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    path: str = Field(default="/", max_length=200, index=True)
    """Ids of everything above, "/<district>/<town>/"; its own id is not in it."""
    name: str = Field(max_length=80)
    name_en: str | None = Field(default=None, max_length=120)
    name_zh_hant: str | None = Field(default=None, max_length=80)
    category: FunctionCategory | None = Field(
        default=None, sa_type=Words(FunctionCategory)
    )
    tier: Tier | None = Field(default=None, sa_type=Words(Tier))
    area_m2: int | None = None
    address: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=30)
    """The desk's number, public; never a person's."""
    signature: str | None = Field(default=None, max_length=120)
    signature_en: str | None = Field(default=None, max_length=160)
    about: str | None = Field(default=None, max_length=1000)
    about_en: str | None = Field(default=None, max_length=1000)
    latitude: float | None = None
    longitude: float | None = None
    map_x: int | None = None
    """Where it stands on the schematic map, 0–1000 from the left."""
    map_y: int | None = None
    is_open_all_day: bool = False
    created_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class OpeningHours(SQLModel, table=True):
    """From–to on one weekday (Monday 0), on the wall clock."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        UniqueConstraint("place_id", "weekday", "opens_at"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens_at < closes_at", name="order"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    place_id: UUID = Field(foreign_key="place.id")
    weekday: int
    opens_at: time
    closes_at: time


class OpeningException(SQLModel, table=True):
    """A day on which a place keeps other hours or stays shut (storm, holiday)."""

    __tablename__ = "opening_exception"
    __table_args__ = (UniqueConstraint("place_id", "day"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    place_id: UUID = Field(foreign_key="place.id")
    day: date
    opens_at: time | None = None
    closes_at: time | None = None
    reason: str | None = Field(default=None, max_length=120)
