"""The shop: shelves, goods, workshops, the basket."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import places
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.web.forms import (
    blank_form,
    read_form,
    refused_form,
)
from app.web.guards import me, public, signed_in
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect, wants_fragment
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate
from app.workshops import actions, queries, rules
from app.workshops.errors import GoodNotFound
from app.workshops.forms import (
    BasketForm,
    QuantityForm,
)
from app.workshops.models import (
    GoodCategory,
    GoodState,
)
from app.workshops.views.shown import (
    bp,
    in_basket,
    is_mine,
    uuid_field,
)


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
        basket_count = in_basket(session)
    return page_or_fragment(
        "workshops/index.html",
        "workshops/_shelf.html",
        shelf=shelf,
        category=category,
        sort=sort,
        categories=list(GoodCategory),
        in_basket=basket_count,
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
        is_manager = is_mine(session, workshop_id)
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
    good_id = uuid_field("good_id")
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


def _good_context(session: Session, good_id: UUID) -> dict[str, Any]:
    good = queries.good_for(session, good_id)
    mine = is_mine(session, good.workshop_id)
    if good.state == GoodState.DRAFT and not mine:
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
        "is_mine": mine,
        "in_basket": in_basket(session),
    }
