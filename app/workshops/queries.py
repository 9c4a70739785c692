"""Reading workshops: the shop front, a good and its stock, orders, what is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from app import people, places, programmes
from app.kernel.clock import day_of, moment_of
from app.kernel.i18n import msg
from app.kernel.permissions import ROLE_PERMISSIONS, Permission
from app.people import Person
from app.places import Place
from app.workshops import rules
from app.workshops.errors import (
    GoodNotFound,
    NotYourWorkshop,
    OrderNotFound,
    PayoutNotFound,
    WorkshopNotFound,
)
from app.workshops.models import (
    BasketRow,
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Order,
    OrderLine,
    OrderState,
    Payout,
    PayoutState,
    Workshop,
)
from app.workshops.rules import Side

SHELF_PAGE = 24
ORDERS_PAGE = 30

SORTS = ("new", "price", "price-down", "name")


@dataclass(frozen=True)
class Shelf:
    """One page of the shop front."""

    goods: Sequence[Good]
    workshops: Mapping[UUID, Workshop]
    left: Mapping[UUID, int]
    counts: Mapping[GoodCategory, int]
    total: int
    number: int
    pages: int


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


def workshop_for(session: Session, workshop_id: UUID) -> Workshop:
    """Return the workshop.

    Raises:
        WorkshopNotFound: there is none with this id.
    """
    found = session.get(Workshop, workshop_id)
    if found is None:
        raise WorkshopNotFound(msg("We do not know this workshop."))
    return found


def find_workshop(session: Session, external_id: str) -> Workshop | None:
    """Return the workshop that was loaded under this id, or None."""
    return session.exec(
        select(Workshop).where(Workshop.external_id == external_id)
    ).first()


def workshops_by_ids(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, Workshop]:
    """Return the workshops with these ids, by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.exec(select(Workshop).where(col(Workshop.id).in_(wanted)))
    return {one.id: one for one in rows}


def open_workshops(session: Session) -> list[tuple[Workshop, int]]:
    """Return every open workshop with how many goods it has on sale, by name."""
    counted = (
        select(Good.workshop_id, func.count().label("n"))
        .where(Good.state == GoodState.LISTED)
        .group_by(col(Good.workshop_id))
        .subquery()
    )
    rows = session.exec(
        select(Workshop, func.coalesce(counted.c.n, 0))
        .join(counted, counted.c.workshop_id == Workshop.id, isouter=True)
        .where(col(Workshop.closed_at).is_(None))
        .order_by(col(Workshop.name))
    )
    return [(workshop, int(count)) for workshop, count in rows]


def managed_workshops(session: Session, person_id: UUID, *, on: date) -> list[Workshop]:
    """Return the workshops a person manages on a day."""
    ids = _managed_ids(session, person_id, on)
    found = workshops_by_ids(session, ids).values()
    return sorted(found, key=lambda one: one.name)


def is_manager(
    session: Session, workshop_id: UUID, person_id: UUID, *, on: date
) -> bool:
    """Say whether a person manages a workshop on a day."""
    return workshop_id in _managed_ids(session, person_id, on)


def ensure_manager(
    session: Session, workshop_id: UUID, person_id: UUID | None, *, on: date
) -> None:
    """Refuse unless the person manages the workshop; None is the installation.

    Raises:
        NotYourWorkshop: they do not.
    """
    if person_id is None or is_manager(session, workshop_id, person_id, on=on):
        return
    raise NotYourWorkshop(msg("Only the workshop's managers may do this."))


def good_for(session: Session, good_id: UUID) -> Good:
    """Return the good, whatever its state.

    Raises:
        GoodNotFound: there is none with this id.
    """
    found = session.get(Good, good_id)
    if found is None:
        raise GoodNotFound(msg("We do not know this good."))
    return found


def find_good(session: Session, external_id: str) -> Good | None:
    """Return the good that was loaded under this id, or None."""
    return session.exec(select(Good).where(Good.external_id == external_id)).first()


def goods_by_ids(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, Good]:
    """Return the goods with these ids, by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.exec(select(Good).where(col(Good.id).in_(wanted)))
    return {one.id: one for one in rows}


def listed_goods(session: Session) -> list[tuple[Good, Workshop]]:
    """Return every good residents can order with its workshop (for the search)."""
    rows = session.exec(
        select(Good, Workshop)
        .join(Workshop, col(Good.workshop_id) == Workshop.id)
        .where(Good.state == GoodState.LISTED, col(Workshop.closed_at).is_(None))
        .order_by(col(Good.created_at), col(Good.id))
    )
    return list(rows)


def goods_of(session: Session, workshop_id: UUID, *, listed: bool) -> list[Good]:
    """Return a workshop's goods by title; with *listed* only those on sale."""
    wanted = select(Good).where(Good.workshop_id == workshop_id)
    if listed:
        wanted = wanted.where(Good.state == GoodState.LISTED)
    return list(session.exec(wanted.order_by(col(Good.title))))


def batches_of(session: Session, good_id: UUID) -> list[Batch]:
    """Return a good's batches, newest first."""
    rows = session.exec(
        select(Batch)
        .where(Batch.good_id == good_id)
        .order_by(col(Batch.made_on).desc(), col(Batch.created_at).desc())
    )
    return list(rows)


def stock_of(
    session: Session, good_ids: Iterable[UUID], *, on: date
) -> Mapping[UUID, int]:
    """Return how many pieces of each good can be sold on a day; no batch is 0."""
    wanted = set(good_ids)
    left: dict[UUID, int] = dict.fromkeys(wanted, 0)
    if not wanted:
        return left
    free = Batch.quantity - Batch.reserved - Batch.sold - Batch.written_off
    rows = session.exec(
        select(Batch.good_id, func.sum(free))
        .where(col(Batch.good_id).in_(wanted))
        .where(or_(col(Batch.best_before).is_(None), col(Batch.best_before) >= on))
        .group_by(col(Batch.good_id))
    )
    left.update({good_id: int(count) for good_id, count in rows})
    return left


def shelf(
    session: Session,
    *,
    category: GoodCategory | None,
    sort: str,
    number: int,
    on: date,
) -> Shelf:
    """Return one page of what is on sale; never ordered by anything paid for."""
    is_on_sale = (Good.state == GoodState.LISTED, col(Workshop.closed_at).is_(None))
    counted = (
        select(Good.category, func.count())
        .join(Workshop, col(Good.workshop_id) == Workshop.id)
        .where(*is_on_sale)
        .group_by(col(Good.category))
    )
    counts = {GoodCategory(kind): int(n) for kind, n in session.exec(counted)}
    total = counts.get(category, 0) if category else sum(counts.values())
    pages = max(1, -(-total // SHELF_PAGE))
    number = min(max(1, number), pages)
    on_sale = (
        select(Good)
        .join(Workshop, col(Good.workshop_id) == Workshop.id)
        .where(*is_on_sale)
    )
    if category is not None:
        on_sale = on_sale.where(Good.category == category)
    goods = list(
        session.exec(
            on_sale.order_by(*_order_of(sort))
            .offset((number - 1) * SHELF_PAGE)
            .limit(SHELF_PAGE)
        )
    )
    return Shelf(
        goods=goods,
        workshops=workshops_by_ids(session, {one.workshop_id for one in goods}),
        left=stock_of(session, [one.id for one in goods], on=on),
        counts=counts,
        total=total,
        number=number,
        pages=pages,
    )


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
    managed = _managed_ids(session, person_id, on)
    return views_of(
        session, [(one, _counter_sides(one, person_id, managed)) for one in rows]
    )


def undo_minutes(session: Session, at: datetime) -> int:
    """Return for how many minutes an order placed at *at* can be undone."""
    programme = programmes.find_programme(session, rules.PROGRAMME_CODE)
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


def _managed_ids(session: Session, person_id: UUID, on: date) -> set[UUID]:
    return {
        held.organisation_id
        for held in people.held_by(session, person_id, on=on)
        if held.organisation_id is not None
        and Permission.MANAGE_WORKSHOP in ROLE_PERMISSIONS[held.role]
    }


def _counter_sides(
    order: Order, person_id: UUID, managed: set[UUID]
) -> frozenset[Side]:
    sides = {Side.COUNTER}
    if order.person_id == person_id:
        sides.add(Side.RESIDENT)
    if order.workshop_id in managed:
        sides.add(Side.WORKSHOP)
    return frozenset(sides)


def _order_of(sort: str) -> tuple[Any, ...]:
    by_age = (col(Good.created_at).desc(), col(Good.id))
    return {
        "price": (col(Good.price_cny), *by_age),
        "price-down": (col(Good.price_cny).desc(), *by_age),
        "name": (col(Good.title), *by_age),
    }.get(sort, by_age)


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
