"""The life of an order on one page; who may sell what; what an order comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.kernel.i18n import msg
from app.places import PlaceKind
from app.workshops.errors import (
    GoodInvalid,
    NotForThem,
    NotYourStep,
    OrderInvalid,
    OutOfStock,
    StepOutOfTurn,
    UndoOver,
)
from app.workshops.models import (
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Order,
    OrderState,
    Payment,
    PayoutState,
    PayWith,
    Registration,
    ReturnPolicy,
    Workshop,
    WorkshopKind,
)

PROGRAMME_CODE = "love-bank"
"""Points of this programme may stand in for cash; the community fund pays then."""
UNDO_MINUTES_DEFAULT = 10
"""Where no programme says how long a commitment can be undone (R-A11Y-05)."""
LINE_QUANTITY_MAX = 99
LINES_MAX = 30
PICKUP_DAYS = 7
PICKUP_DAYS_PERISHABLE = 2
YEARLY_EXEMPT_CNY = Decimal(100000)
"""Above it a petty seller needs a registration (R-GDS-01)."""
PICKUP_CODE_LENGTH = 6
PICKUP_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

PICKUP_KINDS = frozenset({PlaceKind.CENTRE, PlaceKind.STATION})


class Side(StrEnum):
    """On which side of an order somebody stands; one person may stand on several."""

    RESIDENT = "resident"
    TYPIST = "typist"
    """Who typed the order for the resident."""
    WORKSHOP = "workshop"
    COUNTER = "counter"


class Step(StrEnum):
    """What can be done with an order."""

    UNDO = "undo"
    SEND_NOW = "send_now"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REJECT = "reject"
    PACK = "pack"
    ARRIVE = "arrive"
    HAND_OVER = "hand_over"
    LAPSE = "lapse"


STEPS: Mapping[tuple[OrderState, Step], OrderState] = MappingProxyType(
    {
        (OrderState.PLACED, Step.UNDO): OrderState.UNDONE,
        (OrderState.PLACED, Step.SEND_NOW): OrderState.PLACED,
        (OrderState.PLACED, Step.CONFIRM): OrderState.CONFIRMED,
        (OrderState.PLACED, Step.REJECT): OrderState.REJECTED,
        (OrderState.PLACED, Step.CANCEL): OrderState.CANCELLED,
        (OrderState.CONFIRMED, Step.PACK): OrderState.PACKED,
        (OrderState.CONFIRMED, Step.REJECT): OrderState.REJECTED,
        (OrderState.CONFIRMED, Step.CANCEL): OrderState.CANCELLED,
        (OrderState.PACKED, Step.ARRIVE): OrderState.READY,
        (OrderState.READY, Step.HAND_OVER): OrderState.COLLECTED,
        (OrderState.READY, Step.LAPSE): OrderState.UNCOLLECTED,
    }
)

OWNERS: Mapping[Step, frozenset[Side]] = MappingProxyType(
    {
        Step.UNDO: frozenset({Side.RESIDENT, Side.TYPIST}),
        Step.SEND_NOW: frozenset({Side.RESIDENT, Side.TYPIST}),
        Step.CANCEL: frozenset({Side.RESIDENT, Side.TYPIST}),
        Step.CONFIRM: frozenset({Side.WORKSHOP}),
        Step.REJECT: frozenset({Side.WORKSHOP}),
        Step.PACK: frozenset({Side.WORKSHOP}),
        Step.ARRIVE: frozenset({Side.COUNTER}),
        Step.HAND_OVER: frozenset({Side.COUNTER}),
        Step.LAPSE: frozenset({Side.COUNTER}),
    }
)

BARRED: Mapping[Step, frozenset[Side]] = MappingProxyType(
    {Step.HAND_OVER: frozenset({Side.RESIDENT, Side.TYPIST, Side.WORKSHOP})}
)
"""Nobody hands over to themselves, what they entered, or of their own workshop."""

WINDOW_STEPS = frozenset({Step.UNDO, Step.SEND_NOW})
"""Open only while the order can be undone; every other step only afterwards."""

HOLDS_STOCK = frozenset(
    {OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED, OrderState.READY}
)
"""In these states pieces are reserved, and points held."""

MAY_SELL: Mapping[Registration, frozenset[GoodCategory]] = MappingProxyType(
    {
        Registration.LICENSED: frozenset(GoodCategory),
        Registration.EXEMPT_OWN_FARM: frozenset(
            {GoodCategory.FARM_PRODUCE, GoodCategory.SEAFOOD, GoodCategory.TEA}
        ),
        Registration.EXEMPT_HANDICRAFT: frozenset(
            {GoodCategory.CRAFT, GoodCategory.DAILY}
        ),
        Registration.EXEMPT_PETTY: frozenset(
            {GoodCategory.FARM_PRODUCE, GoodCategory.CRAFT, GoodCategory.DAILY}
        ),
    }
)
"""Prepared food and drinks only with a licence (R-GDS-03)."""


def state_after(
    order: Order, step: Step, *, sides: frozenset[Side], at: datetime
) -> OrderState:
    """Return the state *step* leads to when somebody on *sides* takes it at *at*.

    Raises:
        NotYourStep: it is the step of another side.
        NotForThem: another side they stand on forbids it.
        UndoOver: the time to undo is over.
        StepOutOfTurn: the order is no longer, or not yet, where the step starts.
    """
    if not sides & OWNERS[step]:
        raise NotYourStep(msg("This step belongs to another side of the order."))
    if sides & BARRED.get(step, frozenset()):
        raise NotForThem(
            msg("Please let a colleague do this: you are on the other side of it.")
        )
    after = STEPS.get((order.state, step))
    if after is None:
        raise StepOutOfTurn(msg("The order has moved on. Please look again."))
    can_be_undone = order.state == OrderState.PLACED and at < order.effective_at
    if step in WINDOW_STEPS and not can_be_undone:
        raise UndoOver(msg("The time to undo is over. You can still cancel the order."))
    if step not in WINDOW_STEPS and can_be_undone:
        raise StepOutOfTurn(msg("This order can still be undone. Please wait."))
    if step == Step.LAPSE and not is_overdue(order, at):
        raise StepOutOfTurn(msg("It can still be collected."))
    return after


def steps_open_to(
    order: Order, *, sides: frozenset[Side], at: datetime
) -> tuple[Step, ...]:
    """Return the steps somebody on *sides* may take; the page shows a button each."""
    open_now = []
    for state, step in STEPS:
        if state != order.state:
            continue
        try:
            state_after(order, step, sides=sides, at=at)
        except (NotYourStep, NotForThem, StepOutOfTurn, UndoOver):
            continue
        open_now.append(step)
    return tuple(open_now)


def may_see(order: Order, *, sides: frozenset[Side], at: datetime) -> bool:
    """Say whether a side sees the order: others than the resident after the window."""
    if sides & {Side.RESIDENT, Side.TYPIST}:
        return True
    is_known = at >= order.effective_at and order.state != OrderState.UNDONE
    return bool(sides) and is_known


def is_overdue(order: Order, at: datetime) -> bool:
    """Say whether the last day to collect an order is over."""
    return order.collect_by is not None and order.collect_by < at


def last_day(day: date, *, has_perishables: bool) -> date:
    """Return the last day an order that arrived on *day* is kept."""
    days = PICKUP_DAYS_PERISHABLE if has_perishables else PICKUP_DAYS
    return day + timedelta(days=days)


def is_sellable(batch: Batch, day: date) -> bool:
    """Say whether a batch may still be sold on *day*: never past its last day."""
    return batch.best_before is None or batch.best_before >= day


def free_in(batch: Batch) -> int:
    """Return how many pieces of a batch are neither reserved, sold nor spoiled."""
    return batch.quantity - batch.reserved - batch.sold - batch.written_off


def pick(batches: Iterable[Batch], quantity: int, day: date) -> list[tuple[UUID, int]]:
    """Return from which batches *quantity* pieces come, first to expire first.

    Raises:
        OutOfStock: fewer are free.
    """
    fresh = [batch for batch in batches if is_sellable(batch, day)]
    fresh.sort(key=lambda one: (one.best_before or date.max, one.made_on, str(one.id)))
    picked: list[tuple[UUID, int]] = []
    missing = quantity
    for batch in fresh:
        taken = min(free_in(batch), missing)
        if taken > 0:
            picked.append((batch.id, taken))
            missing -= taken
    if missing > 0:
        left = quantity - missing
        if left == 0:
            raise OutOfStock(msg("This has just sold out."), field="quantity")
        raise OutOfStock(msg("Only %(left)s are left."), field="quantity", left=left)
    return picked


def ensure_lines(lines: Mapping[UUID, int]) -> None:
    """Refuse orders with no line, too many, or a quantity out of range."""
    if not lines:
        raise OrderInvalid(msg("The basket is empty."))
    if len(lines) > LINES_MAX:
        raise OrderInvalid(msg("An order has at most %(most)s lines."), most=LINES_MAX)
    for quantity in lines.values():
        ensure_quantity(quantity)


def ensure_quantity(quantity: int) -> None:
    """Refuse quantities below one or beyond what a counter hands over."""
    if not 1 <= quantity <= LINE_QUANTITY_MAX:
        raise OrderInvalid(
            msg("Please choose between 1 and %(most)s."),
            field="quantity",
            most=LINE_QUANTITY_MAX,
        )


def total_points(goods: Sequence[Good], lines: Mapping[UUID, int]) -> Decimal:
    """Return what an order costs in points.

    Raises:
        OrderInvalid: one of the goods is sold for cash only.
    """
    total = Decimal(0)
    for good in goods:
        if good.points_price is None:
            raise OrderInvalid(
                msg("“%(title)s” is sold for cash only."),
                field="pay_with",
                title=good.title,
            )
        total += good.points_price * lines[good.id]
    return total


def ensure_workshop(registration: Registration, licence_no: str | None) -> None:
    """Refuse a licensed workshop without the number of its licence (R-GDS-01)."""
    if registration == Registration.LICENSED and not licence_no:
        raise GoodInvalid(
            msg("Please enter the number of the licence."), field="licence_no"
        )


def ensure_may_sell(registration: Registration, category: GoodCategory) -> None:
    """Refuse goods that need a licence the workshop does not have (R-GDS-03)."""
    if category not in MAY_SELL[registration]:
        raise GoodInvalid(
            msg("This kind of goods needs a licence the workshop does not have."),
            field="category",
        )


def return_policy(*, is_perishable: bool, is_made_to_order: bool) -> ReturnPolicy:
    """Return what can be brought back (R-GDS-06)."""
    if is_perishable:
        return ReturnPolicy.NONE_PERISHABLE
    if is_made_to_order:
        return ReturnPolicy.NONE_MADE_TO_ORDER
    return ReturnPolicy.SEVEN_DAYS


def ensure_batch(
    *,
    made_on: date,
    best_before: date | None,
    quantity: int,
    is_perishable: bool,
    day: date,
) -> None:
    """Refuse batches made tomorrow, spoilt already, or empty (R-GDS-04)."""
    if made_on > day:
        raise GoodInvalid(msg("This day is still to come."), field="made_on")
    if is_perishable and best_before is None:
        raise GoodInvalid(
            msg("Fresh goods need a best-before day."), field="best_before"
        )
    if best_before is not None and best_before < max(made_on, day):
        raise GoodInvalid(msg("This day is over already."), field="best_before")
    if not 1 <= quantity <= 100000:
        raise GoodInvalid(msg("Please enter how many there are."), field="quantity")


def is_on_sale(good: Good, workshop: Workshop) -> bool:
    """Say whether residents can order a good."""
    return good.state == GoodState.LISTED and workshop.closed_at is None


LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        WorkshopKind.BRAND: msg("Local brand"),
        WorkshopKind.INDUSTRY: msg("Local industry"),
        WorkshopKind.FARM_TOURISM: msg("Farm and tourism"),
        WorkshopKind.HANDICRAFT: msg("Handicraft"),
        WorkshopKind.FOOD: msg("Food workshop"),
        WorkshopKind.CONTRACT_PROCESSING: msg("Contract processing"),
        WorkshopKind.LIVE_COMMERCE: msg("Live selling"),
        WorkshopKind.TARGETED_HIRING: msg("Jobs for neighbours"),
        Registration.LICENSED: msg("Licensed"),
        Registration.EXEMPT_OWN_FARM: msg("No licence needed: own farm produce"),
        Registration.EXEMPT_HANDICRAFT: msg("No licence needed: home handicraft"),
        Registration.EXEMPT_PETTY: msg("No licence needed: small odd sales"),
        GoodCategory.FARM_PRODUCE: msg("Farm produce"),
        GoodCategory.SEAFOOD: msg("From the sea"),
        GoodCategory.TEA: msg("Tea"),
        GoodCategory.PREPARED_FOOD: msg("Food and bakery"),
        GoodCategory.DRINK: msg("Coffee and drinks"),
        GoodCategory.CRAFT: msg("Handmade"),
        GoodCategory.DAILY: msg("For the home"),
        ReturnPolicy.SEVEN_DAYS: msg("Can be returned within 7 days, unused"),
        ReturnPolicy.NONE_PERISHABLE: msg("Fresh goods: no return without a fault"),
        ReturnPolicy.NONE_MADE_TO_ORDER: msg(
            "Made to order: no return without a fault"
        ),
        GoodState.DRAFT: msg("Draft"),
        GoodState.LISTED: msg("On sale"),
        GoodState.PAUSED: msg("Paused"),
        OrderState.PLACED: msg("Placed"),
        OrderState.CONFIRMED: msg("Confirmed"),
        OrderState.PACKED: msg("Packed, on its way"),
        OrderState.READY: msg("Ready for pickup"),
        OrderState.COLLECTED: msg("Collected"),
        OrderState.UNDONE: msg("Undone"),
        OrderState.REJECTED: msg("Rejected"),
        OrderState.CANCELLED: msg("Cancelled"),
        OrderState.UNCOLLECTED: msg("Not collected"),
        PayWith.CASH: msg("Cash at the counter"),
        PayWith.POINTS: msg("Points"),
        Payment.UNPAID: msg("Not paid yet"),
        Payment.RECORDED_CASH: msg("Paid in cash"),
        Payment.POINTS_CAPTURED: msg("Settled with points"),
        PayoutState.PROPOSED: msg("Waits for a second person"),
        PayoutState.PAID: msg("Paid out"),
        PayoutState.DROPPED: msg("Dropped"),
    }
)
