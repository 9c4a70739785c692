"""Orders as residents and workshops see them, step by step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import places, wallet
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.web.forms import (
    blank_form,
    read_form,
    refused_form,
)
from app.web.guards import me, signed_in
from app.web.htmx import go_to, page_or_fragment
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate
from app.workshops import actions, queries
from app.workshops.forms import (
    OrderForm,
    ReasonForm,
)
from app.workshops.views.shown import (
    ORDER,
    bp,
    in_basket,
    order_answer,
    order_context,
    shown,
    take_step,
    uuid_field,
    view_for,
)


@bp.get("/orders/new/<uuid:workshop_id>")
@signed_in
def review(workshop_id: UUID) -> ResponseReturnValue:
    """Show an order before it is placed: what, how much, where, until when undone."""
    with reading() as session:
        context = _review_context(session, workshop_id)
    if context is None:
        return go_to(url_for(".basket"))
    mine = me().place_id
    known = {str(place.id) for place in context["counters"]}
    form = blank_form(pay_with="cash", place_id=str(mine) if str(mine) in known else "")
    return render_template("workshops/review.html", form=form, **context)


@bp.post("/orders")
@signed_in
def place() -> ResponseReturnValue:
    """Place the order."""
    at = now()
    workshop_id = uuid_field("workshop_id")
    try:
        form = read_form(OrderForm)
        with transaction() as session:
            order_id = once(
                session,
                "order.create",
                owner=me().id,
                body=form,
                at=at,
                do=lambda: (
                    actions.order_basket(
                        session,
                        person_id=me().id,
                        workshop_id=form.workshop_id,
                        place_id=form.place_id,
                        pay_with=form.pay_with,
                        at=at,
                    ).id
                ),
            )
    except Refusal as refusal:
        with reading() as session:
            context = _review_context(session, workshop_id)
        if context is None:
            raise
        return refused_form("workshops/review.html", refusal, **context)
    return go_to(
        url_for(".show_order", order_id=order_id),
        notice=translate(msg("Thank you, your order is placed.")),
    )


@bp.get("/orders", defaults={"number": 1})
@bp.get("/orders/page/<int:number>")
@signed_in
def orders(number: int) -> ResponseReturnValue:
    """List one's own orders."""
    size = queries.ORDERS_PAGE
    number = min(max(1, number), 10000)
    with reading() as session:
        rows = queries.orders_of(
            session, me().id, limit=size + 1, offset=(number - 1) * size
        )
        basket_count = in_basket(session)
    return render_template(
        "workshops/orders.html",
        rows=rows[:size],
        number=number,
        has_more=len(rows) > size,
        in_basket=basket_count,
    )


@bp.get("/orders/<uuid:order_id>")
@signed_in
def show_order(order_id: UUID) -> ResponseReturnValue:
    """Show an order to one of its sides."""
    with reading() as session:
        view = view_for(session, order_id, now())
    return page_or_fragment("workshops/order.html", ORDER, **order_context(view))


@bp.get("/orders/<uuid:order_id>/slip")
@signed_in
def slip(order_id: UUID) -> ResponseReturnValue:
    """Show the pickup slip in large type, to print."""
    with reading() as session:
        view = view_for(session, order_id, now())
    return render_template(
        "workshops/slip.html",
        back_url=url_for(".show_order", order_id=order_id),
        **order_context(view),
    )


@bp.post("/orders/<uuid:order_id>/undoing")
@signed_in
def undo(order_id: UUID) -> ResponseReturnValue:
    """Undo an order within its minutes."""
    return take_step(order_id, "order.undo", actions.undo_order)


@bp.post("/orders/<uuid:order_id>/sending")
@signed_in
def send(order_id: UUID) -> ResponseReturnValue:
    """Waive the time to undo."""
    return take_step(order_id, "order.send", actions.send_order)


@bp.post("/orders/<uuid:order_id>/cancellation")
@signed_in
def cancel(order_id: UUID) -> ResponseReturnValue:
    """Cancel an order that is not packed yet."""
    return take_step(order_id, "order.cancel", actions.cancel_order)


@bp.post("/orders/<uuid:order_id>/confirmation")
@signed_in
def confirm(order_id: UUID) -> ResponseReturnValue:
    """Let the workshop say yes."""
    return take_step(order_id, "order.confirm", actions.confirm_order)


@bp.post("/orders/<uuid:order_id>/packing")
@signed_in
def pack(order_id: UUID) -> ResponseReturnValue:
    """Let the workshop say it is packed."""
    return take_step(order_id, "order.pack", actions.pack_order)


@bp.post("/orders/<uuid:order_id>/rejection")
@signed_in
def reject(order_id: UUID) -> ResponseReturnValue:
    """Let the workshop say no, with the reason."""
    at = now()
    try:
        form = read_form(ReasonForm)
        with transaction() as session:
            once(
                session,
                "order.reject",
                owner=me().id,
                body={"order": str(order_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    actions.reject_order(
                        session, order_id, reason=form.reason, by=me().id, at=at
                    ).id
                ),
            )
    except Refusal as refusal:
        with reading() as session:
            view = view_for(session, order_id, at)
        return refused_form(
            "workshops/order.html", refusal, fragment=ORDER, **shown(view)
        )
    return order_answer(order_id)


def _review_context(session: Session, workshop_id: UUID) -> dict[str, Any] | None:
    at = now()
    found = [
        part
        for part in queries.basket_of(session, me().id, on=day_of(at))
        if part.workshop.id == workshop_id
    ]
    if not found:
        return None
    counters = queries.pickup_places(session)
    return {
        "part": found[0],
        "counters": counters,
        "homes": places.places_by_ids(session, {one.parent_id for one in counters}),
        "balance": wallet.balances_of(session, me().id)["POINT"].available,
        "undo_minutes": queries.undo_minutes(
            session, queries.find_love_bank(session), at
        ),
    }
