"""What a row of each section may say; texts in one or several languages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from app.fair import Category, OfferingKind, PriceMode, ServiceNature
from app.partners import OrganisationKind
from app.places import FunctionCategory, PlaceKind, Tier
from app.workshops import GoodCategory, Registration, WorkshopKind
from search_index import find_damage

PINYIN = re.compile(r"(?<=[\u3400-\u9fff])[(（][a-zü\u00e0-\u01dc]{1,7}[)）]")
DAMAGE = re.compile(r"[\u3400-\u9fff][?�][\u3400-\u9fff]|\?[)）]|[\u3400-\u9fff]�")
"""Broken runs: a question mark inside Chinese, or before a stray bracket (1.16)."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=80)]


def clean(text: object) -> object:
    """Strip injected pinyin, 區(qū) → 區; anything else stays as it was written."""
    return PINYIN.sub("", text) if isinstance(text, str) else text


def is_damaged(*texts: str | None) -> bool:
    """Say whether a text came in broken; a person has to look, nothing is guessed."""
    return any(DAMAGE.search(text) or find_damage(text) for text in texts if text)


def _many(value: object) -> object:
    return re.split(r"[,;、，]\s*", value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(clean)]
Many = Annotated[list[str], BeforeValidator(_many)]


class LoadRow(BaseModel):
    """The manners of every row: spaces stripped, unknown columns refused."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")


class PlaceRow(LoadRow):
    """A place; parents come before children or are there already."""

    external_id: Id = Field(validation_alias=AliasChoices("external_id", "code"))
    kind: PlaceKind
    parent: Id | None = None
    name: Text = Field(min_length=1, max_length=80)
    name_en: str | None = Field(None, max_length=120)
    name_zh_hant: str | None = Field(
        None,
        max_length=80,
        validation_alias=AliasChoices("name_zh_hant", "name_zh_Hant"),
    )
    category: FunctionCategory | None = None
    tier: Tier | None = None
    area_m2: int | None = Field(None, gt=0)
    address: str | None = Field(None, max_length=200)
    phone: str | None = Field(None, max_length=30)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    map_x: int | None = Field(None, ge=0, le=1000)
    map_y: int | None = Field(None, ge=0, le=1000)


class OrganisationRow(LoadRow):
    """A partner the office already works with."""

    external_id: Id
    name: Text = Field(min_length=1, max_length=80)
    name_en: str | None = Field(None, max_length=120)
    kind: OrganisationKind
    place: Id | None = None


class PersonRow(LoadRow):
    """Somebody to know; roles are given at the desk, never by a file."""

    external_id: Id
    display_name: Text = Field(min_length=1, max_length=60)
    phone: str | None = None
    birth_on: date | None = None
    place: Id | None = None
    is_volunteer: bool = False


class OfferingRow(LoadRow):
    """An offering the office has reviewed on paper."""

    external_id: Id
    title: Text = Field(min_length=1, max_length=80)
    title_en: str | None = Field(None, max_length=160)
    title_zh_hant: str | None = Field(
        None,
        max_length=80,
        validation_alias=AliasChoices("title_zh_hant", "title_zh_Hant"),
    )
    summary: Text | None = Field(None, max_length=200)
    summary_en: str | None = Field(None, max_length=400)
    body: Text | None = Field(None, max_length=6000)
    kind: OfferingKind = OfferingKind.SERVICE
    category: Category
    nature: ServiceNature = ServiceNature.PUBLIC_BENEFIT_FREE
    price: PriceMode = PriceMode.FREE
    points: Decimal | None = Field(None, gt=0, decimal_places=2)
    price_cny: Decimal | None = Field(None, gt=0, decimal_places=2)
    price_unit: str | None = Field(None, max_length=40)
    place: Id
    provider: Id | None = None
    audiences: Many = ["all"]
    language: str = Field("zh-Hans", pattern="^(zh-Hans|zh-Hant|en|mixed)$")
    capacity: int = Field(1, gt=0, le=1000)


class GoodRow(LoadRow):
    """A good with its workshop; the workshop is opened when it is new."""

    external_id: Id
    title: Text = Field(min_length=1, max_length=80)
    title_en: str | None = Field(None, max_length=120)
    summary: Text | None = Field(None, max_length=200)
    unit: str = Field(min_length=1, max_length=40)
    price_cny: Decimal = Field(gt=0, decimal_places=2)
    points_price: Decimal | None = Field(None, gt=0, decimal_places=2)
    category: GoodCategory
    is_perishable: bool = False
    stock: int = Field(0, ge=0, le=100000)
    workshop: Id
    workshop_name: Text | None = Field(None, max_length=80)
    workshop_kind: WorkshopKind = WorkshopKind.HANDICRAFT
    registration: Registration = Registration.EXEMPT_HANDICRAFT
    licence_no: str | None = Field(None, max_length=60)
    place: Id | None = None
