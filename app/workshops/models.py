"""Tables of workshops: what they sell, from which batch, who ordered, what is owed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.kernel.columns import Amount, Moment, Words


class WorkshopKind(StrEnum):
    """What a workshop lives from; the six types found in practice, and two crafts."""

    BRAND = "brand"
    INDUSTRY = "industry"
    FARM_TOURISM = "farm_tourism"
    HANDICRAFT = "handicraft"
    FOOD = "food"
    CONTRACT_PROCESSING = "contract_processing"
    LIVE_COMMERCE = "live_commerce"
    TARGETED_HIRING = "targeted_hiring"


class Registration(StrEnum):
    """Why a workshop may sell: its licence, or which exemption (R-GDS-01)."""

    LICENSED = "licensed"
    EXEMPT_OWN_FARM = "exempt_own_farm"
    EXEMPT_HANDICRAFT = "exempt_handicraft"
    EXEMPT_PETTY = "exempt_petty"


class GoodCategory(StrEnum):
    """The shelves of the shop."""

    FARM_PRODUCE = "farm_produce"
    SEAFOOD = "seafood"
    TEA = "tea"
    PREPARED_FOOD = "prepared_food"
    DRINK = "drink"
    CRAFT = "craft"
    DAILY = "daily"


class ReturnPolicy(StrEnum):
    """What can be brought back, and if not, why (R-GDS-06)."""

    SEVEN_DAYS = "seven_days"
    NONE_PERISHABLE = "none_perishable"
    NONE_MADE_TO_ORDER = "none_made_to_order"


class GoodState(StrEnum):
    """Where a good stands: only listed ones are sold."""

    DRAFT = "draft"
    LISTED = "listed"
    PAUSED = "paused"


class OrderState(StrEnum):
    """Where an order stands; `rules.STEPS` says how it gets there."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    PACKED = "packed"
    READY = "ready"
    COLLECTED = "collected"
    UNDONE = "undone"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNCOLLECTED = "uncollected"


class PayWith(StrEnum):
    """How an order is settled at the counter."""

    CASH = "cash"
    POINTS = "points"


class Payment(StrEnum):
    """Whether it has been; apart from the order's state (domain 2.11)."""

    UNPAID = "unpaid"
    RECORDED_CASH = "recorded_cash"
    POINTS_CAPTURED = "points_captured"


class PayoutState(StrEnum):
    """Where a payout to a workshop stands: one proposes, another says yes."""

    PROPOSED = "proposed"
    PAID = "paid"
    DROPPED = "dropped"


class Workshop(SQLModel, table=True):
    """A common-prosperity workshop; who it is stands on its public page (R-GDS-11)."""

    __table_args__ = (
        CheckConstraint(
            "registration <> 'licensed' OR licence_no IS NOT NULL", name="licence"
        ),
        CheckConstraint(
            "commission_percent BETWEEN 0 AND 10000", name="commission_percent"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    kind: WorkshopKind = Field(sa_type=Words(WorkshopKind))
    registration: Registration = Field(sa_type=Words(Registration))
    licence_no: str | None = Field(default=None, max_length=60)
    place_id: UUID = Field(foreign_key="place.id", index=True)
    """The town or centre it belongs to; orders are picked up where residents like."""
    name: str = Field(max_length=80)
    name_en: str | None = Field(default=None, max_length=120)
    name_zh_hant: str | None = Field(default=None, max_length=80)
    about: str | None = Field(default=None, max_length=1000)
    about_en: str | None = Field(default=None, max_length=1000)
    about_zh_hant: str | None = Field(default=None, max_length=1000)
    operator: str | None = Field(default=None, max_length=80)
    """Who answers for it: the registered name, shown to everybody (R-GDS-11)."""
    address: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=30)
    """The workshop's own public number; never a person's."""
    commission_percent: Decimal = Field(sa_type=Amount)
    """Share of each sale that goes to the community fund, 8.00 is eight percent."""
    is_self_operated: bool = False
    """Run by the community company itself, and marked so (R-GDS-09)."""
    created_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class Good(SQLModel, table=True):
    """One thing a workshop sells, by the unit, at a marked price (R-GDS-05)."""

    __table_args__ = (
        CheckConstraint("price_cny > 0", name="price_cny"),
        CheckConstraint("points_price IS NULL OR points_price > 0", name="points"),
        CheckConstraint(
            "is_perishable = (return_policy = 'none_perishable')", name="return_policy"
        ),
        Index("ix_good_shelf", "state", "category"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    workshop_id: UUID = Field(foreign_key="workshop.id", index=True)
    title: str = Field(max_length=80)
    title_en: str | None = Field(default=None, max_length=120)
    title_zh_hant: str | None = Field(default=None, max_length=80)
    summary: str | None = Field(default=None, max_length=500)
    summary_en: str | None = Field(default=None, max_length=500)
    summary_zh_hant: str | None = Field(default=None, max_length=500)
    unit: str = Field(max_length=40)
    unit_en: str | None = Field(default=None, max_length=40)
    category: GoodCategory = Field(sa_type=Words(GoodCategory))
    price_cny: Decimal = Field(sa_type=Amount)
    points_price: Decimal | None = Field(default=None, sa_type=Amount)
    """Points the community fund takes instead of cash; None: cash only (R-GDS-13)."""
    is_perishable: bool = False
    return_policy: ReturnPolicy = Field(sa_type=Words(ReturnPolicy))
    state: GoodState = Field(sa_type=Words(GoodState))
    version: int = 1
    created_at: datetime = Field(sa_type=Moment, index=True)


class Batch(SQLModel, table=True):
    """What was made on one day; every piece is free, reserved, sold or written off."""

    __tablename__ = "good_batch"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(
            "reserved >= 0 AND sold >= 0 AND written_off >= 0", name="not_below_zero"
        ),
        CheckConstraint(
            "reserved + sold + written_off <= quantity", name="not_more_than_made"
        ),
        CheckConstraint("best_before IS NULL OR best_before >= made_on", name="dates"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    good_id: UUID = Field(foreign_key="good.id", index=True)
    made_on: date
    best_before: date | None = None
    """The last day it may be sold; after that it never leaves the shelf."""
    conformity_cert_no: str | None = Field(default=None, max_length=60)
    """承诺达标合格证, for farm products (R-GDS-04)."""
    quantity: int
    reserved: int = 0
    sold: int = 0
    written_off: int = 0
    created_at: datetime = Field(sa_type=Moment)


class BasketRow(SQLModel, table=True):
    """A good somebody means to order; nothing is reserved yet."""

    __tablename__ = "basket_row"
    __table_args__ = (
        UniqueConstraint("person_id", "good_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    good_id: UUID = Field(foreign_key="good.id")
    quantity: int


class Order(SQLModel, table=True):
    """What a resident ordered of one workshop, to be picked up at one counter."""

    __tablename__ = "goods_order"
    __table_args__ = (
        CheckConstraint("total_cny > 0", name="total_cny"),
        CheckConstraint(
            "(pay_with = 'points') ="
            " (hold_id IS NOT NULL AND total_points IS NOT NULL)",
            name="points",
        ),
        CheckConstraint(
            "handed_over_by IS NULL OR handed_over_by <> person_id",
            name="not_to_oneself",
        ),
        CheckConstraint(
            "(state = 'collected') = (payment <> 'unpaid')", name="payment"
        ),
        CheckConstraint(
            "state <> 'collected' OR (handed_over_by IS NOT NULL"
            " AND ledger_transaction_id IS NOT NULL)",
            name="collected",
        ),
        Index(
            "uq_goods_order_pickup_code",
            "pickup_code",
            unique=True,
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
        Index("ix_goods_order_workshop_state", "workshop_id", "state"),
        Index("ix_goods_order_place_state", "place_id", "state"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    entered_by: UUID = Field(foreign_key="person.id")
    """Who typed it: the resident, or a clerk for them."""
    workshop_id: UUID = Field(foreign_key="workshop.id")
    place_id: UUID = Field(foreign_key="place.id")
    """Where it is picked up."""
    state: OrderState = Field(sa_type=Words(OrderState))
    payment: Payment = Field(default=Payment.UNPAID, sa_type=Words(Payment))
    pay_with: PayWith = Field(sa_type=Words(PayWith))
    total_cny: Decimal = Field(sa_type=Amount)
    total_points: Decimal | None = Field(default=None, sa_type=Amount)
    hold_id: UUID | None = Field(default=None, unique=True)
    placed_at: datetime = Field(sa_type=Moment, index=True)
    effective_at: datetime = Field(sa_type=Moment)
    """Until then it can be undone, and the workshop does not see it (R-A11Y-05)."""
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    packed_at: datetime | None = Field(default=None, sa_type=Moment)
    ready_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    reason: str | None = Field(default=None, max_length=200)
    pickup_code: str | None = Field(default=None, max_length=6)
    collect_by: datetime | None = Field(default=None, sa_type=Moment)
    """Until then it is kept at the counter."""
    handed_over_by: UUID | None = Field(default=None, foreign_key="person.id")
    ledger_transaction_id: int | None = None


class OrderLine(SQLModel, table=True):
    """One good of an order; price and commission stay as they were then."""

    __tablename__ = "goods_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "good_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("total_cny = quantity * price_cny", name="total"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="goods_order.id")
    good_id: UUID = Field(foreign_key="good.id", index=True)
    quantity: int
    price_cny: Decimal = Field(sa_type=Amount)
    total_cny: Decimal = Field(sa_type=Amount)
    points_price: Decimal | None = Field(default=None, sa_type=Amount)
    commission_percent: Decimal = Field(sa_type=Amount)


class OrderPick(SQLModel, table=True):
    """How many pieces of a line come from which batch.

    Apart from the line, so that the commission is rounded once per line however
    many batches it was picked from.
    """

    __tablename__ = "goods_order_pick"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    line_id: UUID = Field(foreign_key="goods_order_line.id", primary_key=True)
    batch_id: UUID = Field(foreign_key="good_batch.id", primary_key=True)
    order_id: UUID = Field(foreign_key="goods_order.id", index=True)
    quantity: int


class Payout(SQLModel, table=True):
    """Money handed to a workshop for what it is owed: two people say so (R-LED-06)."""

    __tablename__ = "workshop_payout"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name="two_people"
        ),
        CheckConstraint(
            "state <> 'paid' OR (decided_by IS NOT NULL"
            " AND ledger_transaction_id IS NOT NULL)",
            name="paid",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id", index=True)
    place_id: UUID = Field(foreign_key="place.id")
    """The counter whose cash it comes from."""
    amount: Decimal = Field(sa_type=Amount)
    state: PayoutState = Field(sa_type=Words(PayoutState))
    proposed_by: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Moment)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    ledger_transaction_id: int | None = None
