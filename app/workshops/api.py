"""Workshops for programs: what is on the shelf, and one's orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import Field
from sqlmodel import Session, col, select

from app.kernel.clock import day_of, now
from app.kernel.i18n import msg
from app.web.api import (
    READS,
    READS_ONE,
    WRITES,
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    body,
    created,
    for_programs,
    page_of,
    query,
    spec,
    take_step,
)
from app.web.forms import Form
from app.web.guards import me, public
from app.web.once import once
from app.web.store import reading, transaction
from app.workshops import actions, queries, rules
from app.workshops.errors import GoodNotFound, OrderInvalid
from app.workshops.forms import ReasonForm
from app.workshops.models import (
    Good,
    GoodCategory,
    GoodState,
    Order,
    OrderState,
    Payment,
    PayWith,
    Registration,
    ReturnPolicy,
    Workshop,
)
from app.workshops.rules import Side, Step

TAGS = ["Workshop goods"]

bp = api_blueprint("workshops_api")


class GoodOut(Out):
    """One thing a workshop sells, who sells it and whether they need a licence."""

    id: UUID
    external_id: str | None
    title: str
    title_en: str | None
    title_zh_hant: str | None
    summary: str | None
    summary_en: str | None
    unit: str
    category: GoodCategory
    price_cny: Decimal
    points_price: Decimal | None
    is_perishable: bool
    return_policy: ReturnPolicy
    left: int
    workshop_id: UUID
    workshop: str
    registration: Registration
    licence_no: str | None


class GoodPage(Out):
    """A page of goods, the newest first."""

    items: list[GoodOut]
    next_cursor: str | None


class GoodsAsked(Paging):
    """Which shelf, whose goods, which page."""

    category: GoodCategory | None = None
    workshop: UUID | None = None


class OrderLineIn(Form):
    """How many of a good."""

    good_id: UUID
    quantity: Annotated[int, Field(ge=1, le=99)]


class OrderIn(Form):
    """What to order of one workshop, where to pick it up, how to pay there."""

    workshop_id: UUID
    place_id: UUID
    pay_with: PayWith = PayWith.CASH
    lines: Annotated[list[OrderLineIn], Field(min_length=1, max_length=50)]
    resident_id: UUID | None = None


class OrderLineOut(Out):
    """A good of an order at the price of then."""

    good_id: UUID
    title: str
    quantity: int
    price_cny: Decimal
    points_price: Decimal | None
    total_cny: Decimal


class OrderOut(Out):
    """An order as one of its sides sees it; only the resident reads the code."""

    id: UUID
    state: OrderState
    payment: Payment
    pay_with: PayWith
    steps: list[Step]
    workshop_id: UUID
    place_id: UUID
    lines: list[OrderLineOut]
    total_cny: Decimal
    total_points: Decimal | None
    placed_at: datetime
    effective_at: datetime
    collect_by: datetime | None
    pickup_code: str | None
    reason: str | None


class OrderPage(Out):
    """A page of orders, the newest first."""

    items: list[OrderOut]
    next_cursor: str | None


@bp.get("/goods")
@public
@spec.validate(query=GoodsAsked, resp=answers(GoodPage), tags=TAGS, security=[])
def goods() -> ResponseReturnValue:
    """List what is on sale."""
    asked = query(GoodsAsked)
    wanted = (
        select(Good)
        .join(Workshop, col(Good.workshop_id) == Workshop.id)
        .where(Good.state == GoodState.LISTED, col(Workshop.closed_at).is_(None))
    )
    if asked.category is not None:
        wanted = wanted.where(Good.category == asked.category)
    if asked.workshop is not None:
        wanted = wanted.where(Good.workshop_id == asked.workshop)
    with reading() as session:
        rows, after = page_of(
            session, wanted, asked, by=(col(Good.created_at), col(Good.id))
        )
        items = _goods_told(session, rows)
    return answer(GoodPage(items=items, next_cursor=after))


@bp.get("/goods/<uuid:good_id>")
@public
@spec.validate(resp=answers(GoodOut, 200, 404), tags=TAGS, security=[])
def good(good_id: UUID) -> ResponseReturnValue:
    """Show one good that is on sale."""
    with reading() as session:
        found = queries.good_for(session, good_id)
        shop = queries.workshop_for(session, found.workshop_id)
        if not rules.is_on_sale(found, shop):
            raise GoodNotFound(msg("We do not know this good."))
        (told,) = _goods_told(session, [found])
    return answer(told)


@bp.get("/orders")
@for_programs("read")
@spec.validate(query=Paging, resp=answers(OrderPage, 200, *READS), tags=TAGS)
def orders() -> ResponseReturnValue:
    """List one's own orders."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(Order).where(Order.person_id == me().id),
            query(Paging),
            by=(col(Order.placed_at), col(Order.id)),
        )
        own = frozenset({Side.RESIDENT})
        items = _orders_told(session, [(one, own) for one in rows])
    return answer(OrderPage(items=items, next_cursor=after))


@bp.post("/orders")
@for_programs("write")
@spec.validate(json=OrderIn, resp=answers(OrderOut, 201, *WRITES), tags=TAGS)
def place() -> ResponseReturnValue:
    """Order goods of one workshop: pieces are reserved, prices frozen, points held."""
    at, form = now(), body(OrderIn)
    lines = {one.good_id: one.quantity for one in form.lines}
    if len(lines) < len(form.lines):
        raise OrderInvalid(msg("Name each good once."), field="lines")
    with transaction() as session:
        made = once(
            session,
            "order.create",
            owner=me().id,
            body=form,
            at=at,
            do=lambda: (
                actions.place_order(
                    session,
                    person_id=form.resident_id or me().id,
                    workshop_id=form.workshop_id,
                    lines=lines,
                    place_id=form.place_id,
                    pay_with=form.pay_with,
                    by=me().id,
                    at=at,
                ).id
            ),
        )
        told = _seen(session, UUID(made))
    return created(told)


@bp.get("/orders/<uuid:order_id>")
@for_programs("read")
@spec.validate(resp=answers(OrderOut, 200, *READS_ONE), tags=TAGS)
def show(order_id: UUID) -> ResponseReturnValue:
    """Show an order to one of its sides."""
    with reading() as session:
        told = _seen(session, order_id)
    return answer(told)


@bp.post("/orders/<uuid:order_id>/undoing")
@for_programs("write")
@spec.validate(resp=answers(OrderOut, 200, *WRITES), tags=TAGS)
def undo(order_id: UUID) -> ResponseReturnValue:
    """Undo an order within its minutes."""
    return _take("order.undo", order_id, actions.undo_order)


@bp.post("/orders/<uuid:order_id>/sending")
@for_programs("write")
@spec.validate(resp=answers(OrderOut, 200, *WRITES), tags=TAGS)
def send(order_id: UUID) -> ResponseReturnValue:
    """Waive the time to undo."""
    return _take("order.send", order_id, actions.send_order)


@bp.post("/orders/<uuid:order_id>/cancellation")
@for_programs("write")
@spec.validate(resp=answers(OrderOut, 200, *WRITES), tags=TAGS)
def cancel(order_id: UUID) -> ResponseReturnValue:
    """Cancel an order that is not packed yet."""
    return _take("order.cancel", order_id, actions.cancel_order)


@bp.post("/orders/<uuid:order_id>/confirmation")
@for_programs("write")
@spec.validate(resp=answers(OrderOut, 200, *WRITES), tags=TAGS)
def confirm(order_id: UUID) -> ResponseReturnValue:
    """Let the workshop say yes."""
    return _take("order.confirm", order_id, actions.confirm_order)


@bp.post("/orders/<uuid:order_id>/packing")
@for_programs("write")
@spec.validate(resp=answers(OrderOut, 200, *WRITES), tags=TAGS)
def pack(order_id: UUID) -> ResponseReturnValue:
    """Let the workshop say it is packed."""
    return _take("order.pack", order_id, actions.pack_order)


@bp.post("/orders/<uuid:order_id>/rejection")
@for_programs("write")
@spec.validate(json=ReasonForm, resp=answers(OrderOut, 200, *WRITES), tags=TAGS)
def reject(order_id: UUID) -> ResponseReturnValue:
    """Let the workshop say no, with the reason."""
    reason = body(ReasonForm).reason
    return _take("order.reject", order_id, actions.reject_order, reason=reason)


def _take(
    operation: str, order_id: UUID, act: Callable[..., Any], **more: Any
) -> Response:
    """Take one step, once, and tell how the order stands then."""
    return take_step(operation, "order", order_id, act, _seen, **more)


def _seen(session: Session, order_id: UUID) -> OrderOut:
    found = queries.order_for(session, order_id, reader=me().id, at=now())
    (told,) = _orders_told(session, [found])
    return told


def _orders_told(
    session: Session, found: Sequence[tuple[Order, frozenset[Side]]]
) -> list[OrderOut]:
    at = now()
    return [
        OrderOut(
            **view.order.model_dump(exclude={"pickup_code"}),
            steps=list(rules.steps_open_to(view.order, sides=view.sides, at=at)),
            lines=[
                OrderLineOut(**line.model_dump(), title=sold.title)
                for line, sold in view.lines
            ],
            pickup_code=(
                view.order.pickup_code
                if view.sides & {Side.RESIDENT, Side.TYPIST}
                else None
            ),
        )
        for view in queries.views_of(session, found)
    ]


def _goods_told(session: Session, found: Sequence[Good]) -> list[GoodOut]:
    shops = queries.workshops_by_ids(session, {one.workshop_id for one in found})
    left = queries.stock_of(session, [one.id for one in found], on=day_of(now()))
    return [
        GoodOut(
            **one.model_dump(),
            left=left[one.id],
            workshop=shops[one.workshop_id].name,
            registration=shops[one.workshop_id].registration,
            licence_no=shops[one.workshop_id].licence_no,
        )
        for one in found
    ]
