"""Reading baskets, orders, what waits at a counter, and payouts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app import people, places, programmes
from app.kernel.clock import day_of, moment_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.people import Person
from app.places import Place
from app.programmes import Programme
from app.workshops import rules
from app.workshops.errors import (
    OrderNotFound,
    PayoutNotFound,
)
from app.workshops.models import (
    BasketRow,
    Good,
    Order,
    OrderLine,
    OrderState,
    Payout,
    PayoutState,
    Workshop,
)
from app.workshops.queries.goods import (
    is_manager,
    managed_ids,
    stock_of,
    workshops_by_ids,
)
from app.workshops.rules import Side

ORDERS_PAGE = 30


@dataclass(frozen=True)
class OrderView:
    """An order with all a page shows of it."""

    order: Order
    lines: Sequence[tuple[OrderLine, Good]]
    workshop: Workshop
    place: Place
    person: Person
    entered_by: Person
    sides: frozenset[Side]


@dataclass(frozen=True)
class BasketPart:
    """What of a basket is one workshop's, and becomes one order."""

    workshop: Workshop
    lines: Sequence[tuple[BasketRow, Good, int]]
    """Row, good, how many are left to sell."""
    total_cny: Decimal
    total_points: Decimal | None
    """None when something in it is sold for cash only."""
    is_orderable: bool


def basket_of(session: Session, person_id: UUID, *, on: date) -> list[BasketPart]:
    """Return a person's basket, one part per workshop, by the workshop's name."""
    rows = session.exec(
        select(BasketRow, Good)
        .join(Good, col(BasketRow.good_id) == Good.id)
        .where(BasketRow.person_id == person_id)
        .order_by(col(Good.title))
    ).all()
    left = stock_of(session, [good.id for _, good in rows], on=on)
    by_workshop: dict[UUID, list[tuple[BasketRow, Good, int]]] = defaultdict(list)
    for row, good in rows:
        by_workshop[good.workshop_id].append((row, good, left[good.id]))
    known = workshops_by_ids(session, by_workshop)
    parts = [_part(known[one], lines) for one, lines in by_workshop.items()]
    return sorted(parts, key=lambda part: part.workshop.name)


def basket_count(session: Session, person_id: UUID) -> int:
    """Return how many pieces lie in a person's basket."""
    found = session.exec(
        select(func.sum(BasketRow.quantity)).where(BasketRow.person_id == person_id)
    ).first()
    return int(found or 0)


def pickup_places(session: Session) -> list[Place]:
    """Return the centres and stations with a counter, by code."""
    return [one for one in places.all_places(session) if one.kind in rules.PICKUP_KINDS]


def order_for(
    session: Session, order_id: UUID, *, reader: UUID, at: datetime, lock: bool = False
) -> tuple[Order, frozenset[Side]]:
    """Return an order and on which sides of it *reader* stands.

    Raises:
        OrderNotFound: there is none, or it is none of the reader's business (yet).
    """
    order = session.get(Order, order_id, with_for_update=lock or None)
    sides = sides_of(session, order, reader, on=day_of(at)) if order else frozenset()
    if order is None or not rules.may_see(order, sides=sides, at=at):
        raise OrderNotFound(msg("We do not know this order."))
    return order, sides


def sides_of(
    session: Session, order: Order, person_id: UUID, *, on: date
) -> frozenset[Side]:
    """Return on which sides of an order somebody stands."""
    sides = set()
    if order.person_id == person_id:
        sides.add(Side.RESIDENT)
    elif order.entered_by == person_id:
        sides.add(Side.TYPIST)
    if is_manager(session, order.workshop_id, person_id, on=on):
        sides.add(Side.WORKSHOP)
    if people.has_permission(
        session, person_id, Permission.SELL_AT_COUNTER, place_id=order.place_id, on=on
    ):
        sides.add(Side.COUNTER)
    return frozenset(sides)


def view_of(session: Session, order: Order, sides: frozenset[Side]) -> OrderView:
    """Return an order with all a page shows of it."""
    return views_of(session, [(order, sides)])[0]


def views_of(
    session: Session, orders: Sequence[tuple[Order, frozenset[Side]]]
) -> list[OrderView]:
    """Return orders, each with the reader's sides, with all a page shows of them."""
    lines: dict[UUID, list[tuple[OrderLine, Good]]] = defaultdict(list)
    rows = session.exec(
        select(OrderLine, Good)
        .join(Good, col(OrderLine.good_id) == Good.id)
        .where(col(OrderLine.order_id).in_([order.id for order, _ in orders]))
        .order_by(col(Good.title))
    )
    for line, good in rows:
        lines[line.order_id].append((line, good))
    involved = people.people_by_ids(
        session,
        {one for order, _ in orders for one in (order.person_id, order.entered_by)},
    )
    makers = workshops_by_ids(session, {order.workshop_id for order, _ in orders})
    counters = places.places_by_ids(session, {order.place_id for order, _ in orders})
    return [
        OrderView(
            order=order,
            lines=lines[order.id],
            workshop=makers[order.workshop_id],
            place=counters[order.place_id],
            person=involved[order.person_id],
            entered_by=involved[order.entered_by],
            sides=sides,
        )
        for order, sides in orders
    ]


def lines_of(session: Session, order_id: UUID) -> list[OrderLine]:
    """Return an order's lines."""
    return list(session.exec(select(OrderLine).where(OrderLine.order_id == order_id)))


def orders_of(
    session: Session, person_id: UUID, *, limit: int = ORDERS_PAGE, offset: int = 0
) -> list[tuple[Order, Workshop, Place]]:
    """Return a person's orders, newest first, with workshop and pickup place."""
    rows = session.exec(
        select(Order, Workshop, Place)
        .join(Workshop, col(Order.workshop_id) == Workshop.id)
        .join(Place, col(Order.place_id) == Place.id)
        .where(Order.person_id == person_id)
        .order_by(col(Order.placed_at).desc(), col(Order.id))
        .offset(offset)
        .limit(limit)
    )
    return list(rows)


def workshops_of_orders(session: Session, ids: Iterable[UUID]) -> dict[UUID, Workshop]:
    """Return by order id whose goods were ordered, in one query."""
    rows = session.exec(
        select(Order.id, Workshop)
        .join(Workshop, col(Workshop.id) == Order.workshop_id)
        .where(col(Order.id).in_(set(ids)))
    )
    return dict(rows.all())


def orders_to_do(
    session: Session, workshop_id: UUID, *, at: datetime, limit: int = ORDERS_PAGE
) -> list[OrderView]:
    """Return what a workshop has to confirm or pack, oldest first."""
    rows = session.exec(
        select(Order)
        .where(Order.workshop_id == workshop_id, col(Order.effective_at) <= at)
        .where(col(Order.state).in_((OrderState.PLACED, OrderState.CONFIRMED)))
        .order_by(col(Order.placed_at))
        .limit(limit)
    )
    return views_of(session, [(one, frozenset({Side.WORKSHOP})) for one in rows])


def orders_at_counter(
    session: Session,
    person_id: UUID,
    *,
    states: Iterable[OrderState],
    on: date,
    limit: int = 200,
) -> list[OrderView]:
    """Return orders at the counters a clerk serves, oldest first."""
    reached = people.permitted_place_ids(
        session, person_id, Permission.SELL_AT_COUNTER, on=on
    )
    wanted = (
        select(Order)
        .where(col(Order.state).in_(tuple(states)))
        .order_by(col(Order.placed_at))
        .limit(limit)
    )
    if reached is not None:
        wanted = wanted.where(col(Order.place_id).in_(reached))
    rows = session.exec(wanted).all()
    managed = managed_ids(session, person_id, on)
    return views_of(
        session, [(one, _counter_sides(one, person_id, managed)) for one in rows]
    )


def latest_at_counter(
    session: Session, person_id: UUID, *, at: datetime, limit: int
) -> list[OrderView]:
    """Return orders of any state at a clerk's counters, the latest first.

    What can still be undone is not among them: nobody but the resident sees it.
    """
    on = day_of(at)
    reached = people.permitted_place_ids(
        session, person_id, Permission.SELL_AT_COUNTER, on=on
    )
    wanted = (
        select(Order)
        .where(col(Order.effective_at) <= at)
        .where(Order.state != OrderState.UNDONE)
        .order_by(col(Order.placed_at).desc())
        .limit(limit)
    )
    if reached is not None:
        wanted = wanted.where(col(Order.place_id).in_(reached))
    managed = managed_ids(session, person_id, on)
    rows = session.exec(wanted).all()
    return views_of(
        session, [(one, _counter_sides(one, person_id, managed)) for one in rows]
    )


def find_love_bank(session: Session) -> Programme | None:
    """Return the programme whose points may stand in for cash, or None."""
    return programmes.find_programme(session, rules.PROGRAMME_CODE)


def undo_minutes(session: Session, programme: Programme | None, at: datetime) -> int:
    """Return for how many minutes an order placed at *at* can be undone."""
    if programme is None:
        return rules.UNDO_MINUTES_DEFAULT
    return programmes.rule_on(session, programme.id, day_of(at)).undo_minutes


def find_by_code(session: Session, code: str) -> Order | None:
    """Return the order that waits under a pickup code, or None."""
    return session.exec(
        select(Order).where(
            Order.pickup_code == code.strip().upper(), Order.state == OrderState.READY
        )
    ).first()


def sales_since(session: Session, workshop_id: UUID, *, at: datetime) -> Decimal:
    """Return what a workshop sold in the year of *at*, in CNY (R-GDS-01)."""
    start = moment_of(date(day_of(at).year, 1, 1), time(0))
    found = session.exec(
        select(func.sum(Order.total_cny)).where(
            Order.workshop_id == workshop_id,
            Order.state == OrderState.COLLECTED,
            col(Order.ended_at) >= start,
            col(Order.ended_at) <= at,
        )
    ).first()
    return found if found is not None else Decimal(0)


def payout_for(session: Session, payout_id: UUID, *, lock: bool = False) -> Payout:
    """Return the payout.

    Raises:
        PayoutNotFound: there is none with this id.
    """
    found = session.get(Payout, payout_id, with_for_update=lock or None)
    if found is None:
        raise PayoutNotFound(msg("We do not know this payout."))
    return found


def payouts_of(
    session: Session,
    workshop_id: UUID | None = None,
    *,
    state: PayoutState | None = None,
    limit: int = 50,
) -> list[Payout]:
    """Return payouts, newest first, of one workshop or of all."""
    wanted = select(Payout).order_by(col(Payout.proposed_at).desc()).limit(limit)
    if workshop_id is not None:
        wanted = wanted.where(Payout.workshop_id == workshop_id)
    if state is not None:
        wanted = wanted.where(Payout.state == state)
    return list(session.exec(wanted))


def _counter_sides(
    order: Order, person_id: UUID, managed: set[UUID]
) -> frozenset[Side]:
    sides = {Side.COUNTER}
    if order.person_id == person_id:
        sides.add(Side.RESIDENT)
    if order.workshop_id in managed:
        sides.add(Side.WORKSHOP)
    return frozenset(sides)


def _part(workshop: Workshop, lines: list[tuple[BasketRow, Good, int]]) -> BasketPart:
    total = sum((row.quantity * good.price_cny for row, good, _ in lines), Decimal(0))
    points: Decimal | None = Decimal(0)
    for row, good, _ in lines:
        if good.points_price is None or points is None:
            points = None
        else:
            points += row.quantity * good.points_price
    return BasketPart(
        workshop=workshop,
        lines=lines,
        total_cny=total,
        total_points=points,
        is_orderable=all(
            rules.is_on_sale(good, workshop) and row.quantity <= left
            for row, good, left in lines
        ),
    )
