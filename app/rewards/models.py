"""Tables of rewards: what can be had for points, the stock of it, who had what."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.kernel.columns import Amount, Moment, Words


class RewardKind(StrEnum):
    """What a reward is; services come first (F3)."""

    SERVICE = "service"
    BENEFIT = "benefit"
    EVENT_SEAT = "event_seat"
    GOODS = "goods"
    HONOUR = "honour"
    DONATION = "donation"


class FundingSource(StrEnum):
    """Who paid for the stock, shown in the sunshine ledger (2.6)."""

    DONOR = "donor"
    DEPARTMENT = "department"
    COMPANY_SHARE = "company_share"
    FAIR_PROCEEDS = "fair_proceeds"


class RedemptionState(StrEnum):
    """Where a redemption stands; `rules.STEPS` says how it gets there."""

    PLACED = "placed"
    READY = "ready"
    HANDED_OVER = "handed_over"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class RewardItem(SQLModel, table=True):
    """Something the programme gives for points; no price in money (R-PNT-01)."""

    __tablename__ = "reward_item"
    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("limit_per_person > 0", name="limit"),
        CheckConstraint("hours_needed > 0", name="hours_needed"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    kind: RewardKind = Field(sa_type=Words(RewardKind))
    programme_id: UUID = Field(foreign_key="programme.id", index=True)
    title: str = Field(max_length=80)
    title_en: str | None = Field(default=None, max_length=120)
    title_zh_hant: str | None = Field(default=None, max_length=80)
    summary: str | None = Field(default=None, max_length=500)
    summary_en: str | None = Field(default=None, max_length=500)
    points: Decimal = Field(sa_type=Amount)
    """What one costs; for a donation the least one can give."""
    limit_per_person: int | None = None
    """How many one person may have in 365 days; None: as many as there are."""
    hours_needed: int | None = None
    """Verified hours one must have given before (honours)."""
    suitable_for_minors: bool = True
    is_active: bool = True
    created_at: datetime = Field(sa_type=Moment)


class StockLot(SQLModel, table=True):
    """Pieces of a reward at one place, and who paid for them; goods and books agree."""

    __tablename__ = "stock_lot"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("reserved >= 0 AND given >= 0", name="counts"),
        CheckConstraint("reserved + given <= quantity", name="enough"),
        Index("ix_stock_lot_reward_place", "reward_id", "place_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    reward_id: UUID = Field(foreign_key="reward_item.id")
    place_id: UUID = Field(foreign_key="place.id", index=True)
    quantity: int
    reserved: int = 0
    given: int = 0
    funding_source: FundingSource = Field(sa_type=Words(FundingSource))
    funded_by: str | None = Field(default=None, max_length=120)
    added_by: UUID | None = Field(default=None, foreign_key="person.id")
    added_at: datetime = Field(sa_type=Moment)

    @property
    def free(self) -> int:
        """How many nobody has yet."""
        return self.quantity - self.reserved - self.given


class Redemption(SQLModel, table=True):
    """One person's wish for one reward: points held, a piece set aside, handed over."""

    __table_args__ = (
        UniqueConstraint("pickup_code"),
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("handed_over_by <> person_id", name="not_to_oneself"),
        CheckConstraint("handed_over_by <> entered_by", name="two_people"),
        CheckConstraint(
            "state <> 'handed_over' OR handed_over_at IS NOT NULL", name="handed_over"
        ),
        Index("ix_redemption_person_placed", "person_id", "placed_at"),
        Index("ix_redemption_place_state", "place_id", "state"),
        Index("ix_redemption_state_effective", "state", "effective_at"),
        Index("ix_redemption_reward_person", "reward_id", "person_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    reward_id: UUID = Field(foreign_key="reward_item.id")
    lot_id: UUID | None = Field(default=None, foreign_key="stock_lot.id")
    place_id: UUID | None = Field(default=None, foreign_key="place.id")
    person_id: UUID = Field(foreign_key="person.id")
    entered_by: UUID = Field(foreign_key="person.id")
    points: Decimal = Field(sa_type=Amount)
    hold_id: UUID | None = Field(default=None, unique=True)
    state: RedemptionState = Field(
        default=RedemptionState.PLACED, sa_type=Words(RedemptionState)
    )
    placed_at: datetime = Field(sa_type=Moment)
    effective_at: datetime = Field(sa_type=Moment)
    """Until then it can be undone, and the counter does not see it (R-A11Y-05)."""
    pickup_code: str | None = Field(default=None, max_length=8)
    collect_by: date | None = None
    handed_over_by: UUID | None = Field(default=None, foreign_key="person.id")
    handed_over_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
