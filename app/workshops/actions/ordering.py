"""Ordering: the basket, and an order with its pieces reserved and points held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app import people, places, wallet
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.workshops import rules
from app.workshops.errors import (
    NotOnSale,
    OrderInvalid,
)
from app.workshops.models import (
    BasketRow,
    Batch,
    Good,
    Order,
    OrderLine,
    OrderPick,
    OrderState,
    PayWith,
    Workshop,
)
from app.workshops.queries import (
    find_love_bank,
    good_for,
    goods_by_ids,
    is_manager,
    undo_minutes,
    workshop_for,
)


def put_in_basket(
    session: Session, person_id: UUID, good_id: UUID, quantity: int
) -> BasketRow:
    """Put pieces of a good into a person's basket; nothing is reserved by that.

    Raises:
        NotOnSale: it cannot be ordered now.
    """
    rules.ensure_quantity(quantity)
    good = good_for(session, good_id)
    _ensure_on_sale(good, workshop_for(session, good.workshop_id))
    row = _basket_row(session, person_id, good_id)
    if row is None:
        row = BasketRow(person_id=person_id, good_id=good_id, quantity=quantity)
    else:
        row.quantity = min(row.quantity + quantity, rules.LINE_QUANTITY_MAX)
    session.add(row)
    session.flush()
    return row


def set_in_basket(
    session: Session, person_id: UUID, good_id: UUID, quantity: int
) -> None:
    """Set how many pieces of a good lie in the basket; 0 takes it out."""
    row = _basket_row(session, person_id, good_id)
    if row is None:
        return
    if quantity == 0:
        session.delete(row)
        return
    rules.ensure_quantity(quantity)
    row.quantity = quantity
    session.add(row)


def place_order(
    session: Session,
    *,
    person_id: UUID,
    workshop_id: UUID,
    lines: Mapping[UUID, int],
    place_id: UUID,
    pay_with: PayWith,
    by: UUID,
    at: datetime,
) -> Order:
    """Order goods of one workshop: pieces are reserved, prices frozen, points held.

    *lines* says how many of which good. The order can be undone for the programme's
    minutes; until then the workshop does not see it (R-A11Y-05).

    Raises:
        OrderInvalid: no line, a wrong quantity or place, cash only, own workshop.
        NotOnSale: a good is not on the shelf.
        OutOfStock: fewer are left; nothing is reserved.
        InsufficientPoints: fewer points are free; nothing is reserved.
        MayNot: *by* may not act for residents at this place.
    """
    day = day_of(at)
    rules.ensure_lines(lines)
    if by != person_id:
        people.ensure_may(
            session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=day
        )
    workshop = workshop_for(session, workshop_id)
    goods = _goods_to_order(session, workshop, lines)
    _ensure_pickup(session, place_id)
    if is_manager(session, workshop_id, person_id, on=day):
        raise OrderInvalid(msg("You manage this workshop and cannot order from it."))
    order_id = uuid4()
    points, hold_id = None, None
    programme = find_love_bank(session)
    if pay_with == PayWith.POINTS:
        points = rules.total_points(goods, lines)
        if programme is None:
            raise OrderInvalid(msg("Points cannot be used here."), field="pay_with")
    picks = _reserve(session, lines, day)
    if points is not None and programme is not None:
        hold_id = wallet.hold_points(
            session,
            person_id=person_id,
            programme=programme,
            amount=points,
            cause=f"order:{order_id}",
            key=f"order:{order_id}:hold",
            at=at,
            entered_by=by,
        )
    order = Order(
        id=order_id,
        person_id=person_id,
        entered_by=by,
        workshop_id=workshop_id,
        place_id=place_id,
        state=OrderState.PLACED,
        pay_with=pay_with,
        total_cny=sum((one.price_cny * lines[one.id] for one in goods), Decimal(0)),
        total_points=points,
        hold_id=hold_id,
        placed_at=at,
        effective_at=at + timedelta(minutes=undo_minutes(session, programme, at)),
    )
    session.add(order)
    _write_lines(session, order, workshop, goods, lines, picks)
    if by != person_id:
        doings.note(
            session,
            who=by,
            verb="order.create",
            about=f"order:{order.id}",
            at=at,
            for_whom=person_id,
        )
    session.flush()
    return order


def order_basket(
    session: Session,
    *,
    person_id: UUID,
    workshop_id: UUID,
    place_id: UUID,
    pay_with: PayWith,
    at: datetime,
) -> Order:
    """Order what a basket holds of one workshop, and take it out of the basket.

    Its rows are locked: sent twice at once, the second finds an empty basket.

    Raises:
        As `place_order`.
    """
    rows = session.exec(
        select(BasketRow)
        .join(Good, col(BasketRow.good_id) == Good.id)
        .where(BasketRow.person_id == person_id, Good.workshop_id == workshop_id)
        .order_by(col(BasketRow.id))
        .with_for_update(of=BasketRow)
    ).all()
    order = place_order(
        session,
        person_id=person_id,
        workshop_id=workshop_id,
        lines={row.good_id: row.quantity for row in rows},
        place_id=place_id,
        pay_with=pay_with,
        by=person_id,
        at=at,
    )
    for row in rows:
        session.delete(row)
    return order


def _basket_row(session: Session, person_id: UUID, good_id: UUID) -> BasketRow | None:
    return session.exec(
        select(BasketRow).where(
            BasketRow.person_id == person_id, BasketRow.good_id == good_id
        )
    ).first()


def _ensure_on_sale(good: Good, workshop: Workshop) -> None:
    if not rules.is_on_sale(good, workshop):
        raise NotOnSale(
            msg("“%(title)s” is not on sale at the moment."), title=good.title
        )


def _ensure_pickup(session: Session, place_id: UUID) -> None:
    place = places.place_for(session, place_id)
    if place.kind not in rules.PICKUP_KINDS or place.closed_at is not None:
        raise OrderInvalid(
            msg("Orders cannot be picked up at this place."), field="place_id"
        )


def _goods_to_order(
    session: Session, workshop: Workshop, lines: Mapping[UUID, int]
) -> list[Good]:
    found = goods_by_ids(session, lines)
    goods = [found[one] if one in found else good_for(session, one) for one in lines]
    for good in goods:
        if good.workshop_id != workshop.id:
            raise OrderInvalid(msg("One order holds the goods of one workshop."))
        _ensure_on_sale(good, workshop)
    return goods


def _reserve(
    session: Session, lines: Mapping[UUID, int], day: date
) -> dict[UUID, list[tuple[UUID, int]]]:
    """Reserve pieces, batches locked in the order of their ids."""
    batches = session.exec(
        select(Batch)
        .where(col(Batch.good_id).in_(lines))
        .where(Batch.reserved + Batch.sold + Batch.written_off < Batch.quantity)
        .order_by(col(Batch.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    by_id = {one.id: one for one in batches}
    picks = {
        good_id: rules.pick(
            [one for one in batches if one.good_id == good_id], quantity, day
        )
        for good_id, quantity in lines.items()
    }
    for picked in picks.values():
        for batch_id, quantity in picked:
            by_id[batch_id].reserved += quantity
            session.add(by_id[batch_id])
    return picks


def _write_lines(
    session: Session,
    order: Order,
    workshop: Workshop,
    goods: list[Good],
    lines: Mapping[UUID, int],
    picks: Mapping[UUID, list[tuple[UUID, int]]],
) -> None:
    for good in goods:
        line = OrderLine(
            order_id=order.id,
            good_id=good.id,
            quantity=lines[good.id],
            price_cny=good.price_cny,
            total_cny=good.price_cny * lines[good.id],
            points_price=good.points_price if order.hold_id else None,
            commission_percent=workshop.commission_percent,
        )
        session.add(line)
        for batch_id, quantity in picks[good.id]:
            session.add(
                OrderPick(
                    line_id=line.id,
                    batch_id=batch_id,
                    order_id=order.id,
                    quantity=quantity,
                )
            )
