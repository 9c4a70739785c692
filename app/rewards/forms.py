"""What people type about rewards."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.rewards.models import FundingSource, RewardKind
from app.web.forms import Form


class RedemptionForm(Form):
    """Where to collect; for a donation how many points; a clerk names the resident."""

    place_id: UUID | None = None
    resident_id: UUID | None = None
    gift: Decimal | None = Field(default=None, gt=0, max_digits=8, decimal_places=2)


class HandOverForm(Form):
    """The code somebody brings to the counter."""

    code: Annotated[str, StringConstraints(min_length=4, max_length=20)]


class StockForm(Form):
    """Pieces that came in."""

    reward_id: UUID
    place_id: UUID
    quantity: int = Field(gt=0, le=10_000)
    funding_source: FundingSource
    funded_by: str | None = Field(default=None, max_length=120)


class RewardForm(Form):
    """A new reward for the shop."""

    kind: RewardKind
    title: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    title_en: str | None = Field(default=None, max_length=120)
    summary: str | None = Field(default=None, max_length=500)
    points: Decimal = Field(ge=0, le=10_000, max_digits=8, decimal_places=2)
    limit_per_person: int | None = Field(default=None, ge=1, le=1000)
    suitable_for_minors: bool = False
