"""A workshop's back room: labels, batches, what is owed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import wallet
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.web.forms import (
    FormState,
    blank_form,
    errors_of,
    read_form,
    refused_form,
)
from app.web.guards import me, signed_in
from app.web.htmx import go_to
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate
from app.workshops import actions, queries, rules
from app.workshops.errors import GoodNotFound
from app.workshops.forms import (
    BatchForm,
    GoodForm,
    WriteOffForm,
)
from app.workshops.models import (
    Batch,
    Good,
    GoodCategory,
    ReturnPolicy,
)
from app.workshops.views.shown import (
    bp,
    order_context,
    own_workshop,
)

STATEMENT_PAGE = 50


@bp.get("/workshops/manage")
@signed_in
def manage() -> ResponseReturnValue:
    """Lead a manager to their workshop."""
    with reading() as session:
        mine = queries.managed_workshops(session, me().id, on=day_of(now()))
        to_do = {
            one.id: len(queries.orders_to_do(session, one.id, at=now())) for one in mine
        }
    if len(mine) == 1:
        return redirect(url_for(".back_room", workshop_id=mine[0].id), code=303)
    return render_template("workshops/mine.html", workshops=mine, to_do=to_do)


@bp.get("/workshops/<uuid:workshop_id>/manage")
@signed_in
def back_room(workshop_id: UUID) -> ResponseReturnValue:
    """Show a workshop's back room: orders to do, goods and stock, what is owed."""
    at = now()
    with reading() as session:
        workshop = own_workshop(session, workshop_id)
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
        workshop = own_workshop(session, workshop_id)
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
        workshop = own_workshop(session, workshop_id)
    return render_template(
        "workshops/good_form.html", form=blank_form(), **_form_context(workshop, None)
    )


@bp.post("/workshops/<uuid:workshop_id>/goods")
@signed_in
def add_good(workshop_id: UUID) -> ResponseReturnValue:
    """Draft a good."""
    at = now()
    with reading() as session:
        workshop = own_workshop(session, workshop_id)
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


def _edit_context(session: Session, good_id: UUID) -> dict[str, Any]:
    good = queries.good_for(session, good_id)
    workshop = own_workshop(session, good.workshop_id)
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
