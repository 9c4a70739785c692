"""The shop: shelves, goods, basket and orders; a workshop's page and back room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import places, wallet
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.people import masked_name
from app.web.forms import (
    FormState,
    blank_form,
    errors_of,
    read_form,
    refused_form,
)
from app.web.guards import find_me, me, public, signed_in
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect, wants_fragment
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import register_labels, translate
from app.workshops import actions, queries, rules
from app.workshops.errors import GoodNotFound
from app.workshops.forms import (
    BasketForm,
    BatchForm,
    GoodForm,
    OrderForm,
    QuantityForm,
    ReasonForm,
    WriteOffForm,
)
from app.workshops.models import (
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Order,
    ReturnPolicy,
)
from app.workshops.queries import OrderView
from app.workshops.rules import Side, Step

ORDER = "workshops/_order.html"
STATEMENT_PAGE = 50

bp = Blueprint("workshops", __name__)
register_labels(rules.LABELS)


@bp.get("/goods", defaults={"category": "all", "sort": "new", "number": 1})
@bp.get("/goods/shelf/<category>", defaults={"sort": "new", "number": 1})
@bp.get("/goods/shelf/<category>/<sort>/<int:number>")
@public
def index(category: str, sort: str, number: int) -> ResponseReturnValue:
    """Show the shop front: all goods on sale, or one shelf of it."""
    if sort not in queries.SORTS or category not in {"all", *GoodCategory}:
        abort(404)
    chosen = None if category == "all" else GoodCategory(category)
    with reading() as session:
        shelf = queries.shelf(
            session, category=chosen, sort=sort, number=number, on=day_of(now())
        )
        in_basket = _in_basket(session)
    return page_or_fragment(
        "workshops/index.html",
        "workshops/_shelf.html",
        shelf=shelf,
        category=category,
        sort=sort,
        categories=list(GoodCategory),
        in_basket=in_basket,
    )


@bp.get("/goods/<uuid:good_id>")
@public
def show_good(good_id: UUID) -> ResponseReturnValue:
    """Show a good with its price, seller, batches and the way to order it."""
    with reading() as session:
        context = _good_context(session, good_id)
    return render_template(
        "workshops/good.html", form=blank_form(quantity=1), **context
    )


@bp.get("/workshops")
@public
def directory() -> ResponseReturnValue:
    """List every workshop."""
    with reading() as session:
        listed = queries.open_workshops(session)
        homes = places.places_by_ids(session, {one.place_id for one, _ in listed})
    return render_template("workshops/directory.html", workshops=listed, homes=homes)


@bp.get("/workshops/<uuid:workshop_id>")
@public
def show_workshop(workshop_id: UUID) -> ResponseReturnValue:
    """Show who a workshop is, why it may sell, and what it sells (R-GDS-11)."""
    with reading() as session:
        workshop = queries.workshop_for(session, workshop_id)
        goods = queries.goods_of(session, workshop_id, listed=True)
        left = queries.stock_of(session, [one.id for one in goods], on=day_of(now()))
        home = places.place_for(session, workshop.place_id)
        is_manager = _is_mine(session, workshop_id)
    return render_template(
        "workshops/workshop.html",
        workshop=workshop,
        goods=goods if workshop.closed_at is None else [],
        left=left,
        home=home,
        is_manager=is_manager,
    )


@bp.get("/basket")
@signed_in
def basket() -> ResponseReturnValue:
    """Show what lies in one's basket, workshop by workshop."""
    with reading() as session:
        parts = queries.basket_of(session, me().id, on=day_of(now()))
    return page_or_fragment(
        "workshops/basket.html", "workshops/_basket.html", parts=parts
    )


@bp.post("/basket")
@signed_in
def put_in_basket() -> ResponseReturnValue:
    """Put pieces of a good into the basket."""
    good_id = _uuid_field("good_id")
    try:
        form = read_form(BasketForm)
        with transaction() as session:
            once(
                session,
                "basket.put",
                owner=me().id,
                body=form,
                at=now(),
                do=lambda: (
                    actions.put_in_basket(
                        session, me().id, form.good_id, form.quantity
                    ).id
                ),
            )
    except Refusal as refusal:
        with reading() as session:
            context = _good_context(session, good_id)
        return refused_form(
            "workshops/good.html", refusal, fragment="workshops/_buy.html", **context
        )
    if wants_fragment():
        with reading() as session:
            context = _good_context(session, form.good_id)
        return render_template(
            "workshops/_buy.html", form=blank_form(quantity=1), added=True, **context
        )
    return go_to(url_for(".basket"), notice=translate(msg("It is in your basket.")))


@bp.post("/basket/<uuid:good_id>/quantity")
@signed_in
def set_in_basket(good_id: UUID) -> ResponseReturnValue:
    """Change how many lie in the basket, or take the good out."""
    try:
        form = read_form(QuantityForm)
        with transaction() as session:
            actions.set_in_basket(session, me().id, good_id, form.quantity)
    except Refusal as refusal:
        with reading() as session:
            parts = queries.basket_of(session, me().id, on=day_of(now()))
        return refused_form(
            "workshops/basket.html",
            refusal,
            fragment="workshops/_basket.html",
            parts=parts,
            refused_id=good_id,
        )
    with reading() as session:
        parts = queries.basket_of(session, me().id, on=day_of(now()))
    return swap_or_redirect(
        "workshops/_basket.html", to=url_for(".basket"), parts=parts
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
    workshop_id = _uuid_field("workshop_id")
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
        in_basket = _in_basket(session)
    return render_template(
        "workshops/orders.html",
        rows=rows[:size],
        number=number,
        has_more=len(rows) > size,
        in_basket=in_basket,
    )


@bp.get("/orders/<uuid:order_id>")
@signed_in
def show_order(order_id: UUID) -> ResponseReturnValue:
    """Show an order to one of its sides."""
    with reading() as session:
        view = _view(session, order_id, now())
    return page_or_fragment("workshops/order.html", ORDER, **order_context(view))


@bp.get("/orders/<uuid:order_id>/slip")
@signed_in
def slip(order_id: UUID) -> ResponseReturnValue:
    """Show the pickup slip in large type, to print."""
    with reading() as session:
        view = _view(session, order_id, now())
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
            view = _view(session, order_id, at)
        return refused_form(
            "workshops/order.html", refusal, fragment=ORDER, **_shown(view)
        )
    return order_answer(order_id)


@bp.get("/workshops/manage")
@signed_in
def manage() -> ResponseReturnValue:
    """Lead a manager to their workshop."""
    with reading() as session:
        mine = queries.managed_workshops(session, me().id, on=day_of(now()))
    if len(mine) == 1:
        return redirect(url_for(".back_room", workshop_id=mine[0].id), code=303)
    return render_template("workshops/mine.html", workshops=mine)


@bp.get("/workshops/<uuid:workshop_id>/manage")
@signed_in
def back_room(workshop_id: UUID) -> ResponseReturnValue:
    """Show a workshop's back room: orders to do, goods and stock, what is owed."""
    at = now()
    with reading() as session:
        workshop = _own_workshop(session, workshop_id)
        goods = queries.goods_of(session, workshop_id, listed=False)
        left = queries.stock_of(session, [one.id for one in goods], on=day_of(at))
        to_do = queries.orders_to_do(session, workshop_id, at=at)
        owed = wallet.owed_to_workshop(session, workshop_id)
        sold = queries.sales_since(session, workshop_id, at=at)
    return render_template(
        "workshops/manage.html",
        workshop=workshop,
        goods=goods,
        left=left,
        to_do=[order_context(view) for view in to_do],
        owed=owed.posted,
        sold=sold,
        yearly_limit=rules.YEARLY_EXEMPT_CNY,
    )


@bp.get("/workshops/<uuid:workshop_id>/statement")
@signed_in
def statement(workshop_id: UUID) -> ResponseReturnValue:
    """Show what a workshop is owed, line by line, each leading to its order."""
    after = request.args.get("after") or None
    with reading() as session:
        workshop = _own_workshop(session, workshop_id)
        page = wallet.workshop_statement(
            session, workshop_id, after=after, limit=STATEMENT_PAGE
        )
        payouts = queries.payouts_of(session, workshop_id)
    return render_template(
        "workshops/statement.html", workshop=workshop, page=page, payouts=payouts
    )


@bp.get("/workshops/<uuid:workshop_id>/goods/new")
@signed_in
def new_good(workshop_id: UUID) -> ResponseReturnValue:
    """Show the form for a new good."""
    with reading() as session:
        workshop = _own_workshop(session, workshop_id)
    return render_template(
        "workshops/good_form.html", form=blank_form(), **_form_context(workshop, None)
    )


@bp.post("/workshops/<uuid:workshop_id>/goods")
@signed_in
def add_good(workshop_id: UUID) -> ResponseReturnValue:
    """Draft a good."""
    at = now()
    with reading() as session:
        workshop = _own_workshop(session, workshop_id)
    try:
        form = read_form(GoodForm)
        with transaction() as session:
            good_id = once(
                session,
                "good.create",
                owner=me().id,
                body={"workshop": str(workshop_id)} | form.model_dump(mode="json"),
                at=at,
                do=lambda: (
                    actions.add_good(
                        session, workshop_id, by=me().id, at=at, **form.model_dump()
                    ).id
                ),
            )
    except Refusal as refusal:
        return refused_form(
            "workshops/good_form.html", refusal, **_form_context(workshop, None)
        )
    return go_to(
        url_for(".edit_good", good_id=good_id),
        notice=translate(msg("Saved as a draft. Add a batch, then put it on sale.")),
    )


@bp.get("/goods/<uuid:good_id>/edit")
@signed_in
def edit_good(good_id: UUID) -> ResponseReturnValue:
    """Show a good's back side: its label, its batches, on sale or not."""
    with reading() as session:
        context = _edit_context(session, good_id)
    return render_template(
        "workshops/good_form.html", form=_label_form(context["good"]), **context
    )


@bp.post("/goods/<uuid:good_id>")
@signed_in
def change_good(good_id: UUID) -> ResponseReturnValue:
    """Change a good's label."""
    try:
        form = read_form(GoodForm)
        with transaction() as session:
            actions.change_good(
                session, good_id, by=me().id, at=now(), **form.model_dump()
            )
    except Refusal as refusal:
        with reading() as session:
            context = _edit_context(session, good_id)
        return refused_form("workshops/good_form.html", refusal, **context)
    return _to_edit(good_id, msg("Saved."))


@bp.post("/goods/<uuid:good_id>/listing")
@signed_in
def list_good(good_id: UUID) -> ResponseReturnValue:
    """Put a good on sale."""
    with transaction() as session:
        actions.list_good(session, good_id, by=me().id, at=now())
    return _to_edit(good_id, msg("It is on sale now."))


@bp.post("/goods/<uuid:good_id>/pause")
@signed_in
def pause_good(good_id: UUID) -> ResponseReturnValue:
    """Take a good off the shelf."""
    with transaction() as session:
        actions.pause_good(session, good_id, by=me().id, at=now())
    return _to_edit(good_id, msg("It is off the shelf. Orders placed before go on."))


@bp.post("/goods/<uuid:good_id>/batches")
@signed_in
def add_batch(good_id: UUID) -> ResponseReturnValue:
    """Put a batch on stock."""
    at = now()
    try:
        form = read_form(BatchForm)
        with transaction() as session:
            once(
                session,
                "batch.create",
                owner=me().id,
                body={"good": str(good_id)} | form.model_dump(mode="json"),
                at=at,
                do=lambda: (
                    actions.add_batch(
                        session, good_id, by=me().id, at=at, **form.model_dump()
                    ).id
                ),
            )
    except Refusal as refusal:
        with reading() as session:
            context = _edit_context(session, good_id)
        return _refused_beside(refusal, "batch_form", context)
    return _to_edit(good_id, msg("The batch is on stock."))


@bp.post("/batches/<uuid:batch_id>/write-off")
@signed_in
def write_off(batch_id: UUID) -> ResponseReturnValue:
    """Take spoilt pieces out of a batch."""
    at = now()
    with reading() as session:
        found = session.get(Batch, batch_id)
        if found is None:
            raise GoodNotFound(msg("We do not know this batch."))
        good_id = found.good_id
    form = read_form(WriteOffForm)
    with transaction() as session:
        once(
            session,
            "batch.write_off",
            owner=me().id,
            body={"batch": str(batch_id)} | form.model_dump(),
            at=at,
            do=lambda: (
                actions.write_off(
                    session, batch_id, quantity=form.quantity, by=me().id, at=at
                ).id
            ),
        )
    return _to_edit(good_id, msg("Written off."))


def take_step(
    order_id: UUID, operation: str, act: Callable[..., Order]
) -> ResponseReturnValue:
    """Take one step of an order, once, and show the order as it stands then."""
    at = now()
    with transaction() as session:
        once(
            session,
            operation,
            owner=me().id,
            body={"order": str(order_id)},
            at=at,
            do=lambda: act(session, order_id, by=me().id, at=at).id,
        )
    return order_answer(order_id)


def order_answer(order_id: UUID) -> ResponseReturnValue:
    """Answer a step: the order's fragment for htmx, its page without."""
    with reading() as session:
        view = _view(session, order_id, now())
    return swap_or_redirect(
        ORDER,
        to=url_for("workshops.show_order", order_id=order_id),
        **order_context(view),
    )


def order_context(view: OrderView) -> dict[str, Any]:
    """Return what `_order.html` needs: the order, its steps, the resident's name."""
    return {"form": blank_form(), **_shown(view)}


def _shown(view: OrderView) -> dict[str, Any]:
    sides = view.sides
    sees_name = sides & {Side.RESIDENT, Side.TYPIST, Side.COUNTER}
    name = view.person.display_name
    return {
        "view": view,
        "steps": rules.steps_open_to(view.order, sides=sides, at=now()),
        "person_name": name if sees_name else masked_name(name),
        "is_resident": bool(sides & {Side.RESIDENT, Side.TYPIST}),
        "is_overdue": rules.is_overdue(view.order, now()),
        "Step": Step,
    }


def _view(session: Session, order_id: UUID, at: datetime) -> OrderView:
    order, sides = queries.order_for(session, order_id, reader=me().id, at=at)
    return queries.view_of(session, order, sides)


def _good_context(session: Session, good_id: UUID) -> dict[str, Any]:
    good = queries.good_for(session, good_id)
    is_mine = _is_mine(session, good.workshop_id)
    if good.state == GoodState.DRAFT and not is_mine:
        raise GoodNotFound(msg("We do not know this good."))
    today = day_of(now())
    workshop = queries.workshop_for(session, good.workshop_id)
    batches = [
        one
        for one in queries.batches_of(session, good_id)
        if rules.is_sellable(one, today) and rules.free_in(one) > 0
    ]
    return {
        "good": good,
        "workshop": workshop,
        "home": places.place_for(session, workshop.place_id),
        "batches": batches,
        "left": sum(rules.free_in(one) for one in batches),
        "is_on_sale": rules.is_on_sale(good, workshop),
        "is_mine": is_mine,
        "in_basket": _in_basket(session),
    }


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
        "undo_minutes": queries.undo_minutes(session, at),
    }


def _edit_context(session: Session, good_id: UUID) -> dict[str, Any]:
    good = queries.good_for(session, good_id)
    workshop = _own_workshop(session, good.workshop_id)
    batches = queries.batches_of(session, good_id)
    return _form_context(workshop, good) | {
        "batches": [(one, rules.free_in(one)) for one in batches],
        "batch_form": blank_form(made_on=day_of(now()).isoformat()),
        "today_on": day_of(now()),
    }


def _form_context(workshop: Any, good: Good | None) -> dict[str, Any]:
    allowed = rules.MAY_SELL[workshop.registration]
    return {
        "workshop": workshop,
        "good": good,
        "categories": [one for one in GoodCategory if one in allowed],
    }


def _label_form(good: Good) -> FormState:
    values = {
        name: getattr(good, name)
        for name in GoodForm.model_fields
        if name != "is_made_to_order"
    }
    is_made = good.return_policy == ReturnPolicy.NONE_MADE_TO_ORDER
    return blank_form(is_made_to_order=is_made, **values)


def _refused_beside(
    refusal: Refusal, name: str, context: dict[str, Any]
) -> ResponseReturnValue:
    """Show a page with two forms again: the refused one keeps what was typed."""
    state = FormState(request.form.to_dict(), errors_of(refusal))
    shown = context | {name: state}
    body = render_template(
        "workshops/good_form.html", form=_label_form(context["good"]), **shown
    )
    return body, refusal.status


def _to_edit(good_id: UUID, notice: str) -> ResponseReturnValue:
    return go_to(url_for(".edit_good", good_id=good_id), notice=translate(notice))


def _own_workshop(session: Session, workshop_id: UUID) -> Any:
    workshop = queries.workshop_for(session, workshop_id)
    queries.ensure_manager(session, workshop_id, me().id, on=day_of(now()))
    return workshop


def _is_mine(session: Session, workshop_id: UUID) -> bool:
    reader = find_me()
    return reader is not None and queries.is_manager(
        session, workshop_id, reader.id, on=day_of(now())
    )


def _in_basket(session: Session) -> int:
    reader = find_me()
    return queries.basket_count(session, reader.id) if reader else 0


def _uuid_field(name: str) -> UUID:
    """Return the id a form names; a form of ours always carries one."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        abort(404)
