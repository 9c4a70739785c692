"""The counter: parcels arrive and are handed over; workshops are settled with."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places, wallet
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.desk_finds import FINDS_MAX, Find, FindKind, every_language
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from app.web.filters import day, money
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import label, localized, translate
from app.workshops import actions, queries, rules
from app.workshops.errors import OrderNotFound, WrongCode
from app.workshops.forms import CodeForm, PayoutForm
from app.workshops.models import OrderState, Payout, PayoutState
from app.workshops.queries import OrderView
from app.workshops.views import ORDER, order_answer, order_context, take_step

bp = Blueprint("workshops_desk", __name__)


@bp.get("/counter")
@needs(Permission.SELL_AT_COUNTER)
def counter() -> ResponseReturnValue:
    """Show what is on its way here, what waits to be collected, and ask for a code."""
    return render_template("workshops/counter.html", form=blank_form(), **_counter())


@bp.post("/counter/code")
@needs(Permission.SELL_AT_COUNTER)
def find() -> ResponseReturnValue:
    """Show the order that waits under a pickup code; nothing is handed over yet."""
    at = now()
    try:
        form = read_form(CodeForm)
        with reading() as session:
            found = queries.find_by_code(session, form.code)
            if found is None:
                raise WrongCode(_NO_SUCH_CODE, field="code")
            try:
                order, sides = queries.order_for(
                    session, found.id, reader=me().id, at=at
                )
            except OrderNotFound:
                raise WrongCode(_NO_SUCH_CODE, field="code") from None
            view = queries.view_of(session, order, sides)
    except Refusal as refusal:
        return refused_form("workshops/counter.html", refusal, **_counter())
    shown = order_context(view) | {"form": blank_form(code=order.pickup_code)}
    return render_template("workshops/found.html", **shown)


_NO_SUCH_CODE = msg("No order with this code waits here.")


@bp.post("/orders/<uuid:order_id>/arrival")
@needs(Permission.SELL_AT_COUNTER)
def arrive(order_id: UUID) -> ResponseReturnValue:
    """Take a parcel in; the resident gets a pickup code."""
    return take_step(order_id, "order.arrive", actions.receive_order)


@bp.post("/orders/<uuid:order_id>/lapse")
@needs(Permission.SELL_AT_COUNTER)
def lapse(order_id: UUID) -> ResponseReturnValue:
    """Put back what nobody collected in time."""
    return take_step(order_id, "order.lapse", actions.lapse_order)


@bp.post("/orders/<uuid:order_id>/hand-over")
@needs(Permission.SELL_AT_COUNTER)
def hand_over(order_id: UUID) -> ResponseReturnValue:
    """Hand the goods over: cash is recorded, or the held points are captured."""
    at = now()
    try:
        form = read_form(CodeForm)
        with transaction() as session:
            once(
                session,
                "order.hand_over",
                owner=me().id,
                body={"order": str(order_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    actions.hand_over(
                        session, order_id, code=form.code, by=me().id, at=at
                    ).id
                ),
            )
    except OrderNotFound:
        raise
    except Refusal as refusal:
        with reading() as session:
            order, sides = queries.order_for(session, order_id, reader=me().id, at=at)
            shown = order_context(queries.view_of(session, order, sides))
        shown.pop("form")
        return refused_form("workshops/order.html", refusal, fragment=ORDER, **shown)
    return order_answer(order_id)


@bp.get("/settlements")
@needs(Permission.SETTLE_WORKSHOP)
def settlements() -> ResponseReturnValue:
    """Show what each workshop is owed, and payouts that wait for a second person."""
    return render_template(
        "workshops/settlements.html", form=blank_form(), refused_id=None, **_settling()
    )


@bp.post("/workshops/<uuid:workshop_id>/payouts")
@needs(Permission.SETTLE_WORKSHOP)
def propose(workshop_id: UUID) -> ResponseReturnValue:
    """Propose to pay a workshop."""
    at = now()
    try:
        form = read_form(PayoutForm)
        with transaction() as session:
            once(
                session,
                "payout.create",
                owner=me().id,
                body={"workshop": str(workshop_id)} | form.model_dump(mode="json"),
                at=at,
                do=lambda: (
                    actions.propose_payout(
                        session,
                        workshop_id,
                        place_id=form.place_id,
                        amount=form.amount,
                        by=me().id,
                        at=at,
                    ).id
                ),
            )
    except Refusal as refusal:
        return refused_form(
            "workshops/settlements.html",
            refusal,
            refused_id=workshop_id,
            **_settling(),
        )
    return go_to(
        url_for(".settlements"),
        notice=translate(msg("Proposed. A second person has to say yes.")),
    )


@bp.post("/payouts/<uuid:payout_id>/approval")
@needs(Permission.SETTLE_WORKSHOP)
def approve(payout_id: UUID) -> ResponseReturnValue:
    """Say yes to a payout somebody else proposed; it is in the books."""
    return _decide(payout_id, "payout.approve", msg("Paid out and in the books."))


@bp.post("/payouts/<uuid:payout_id>/dropping")
@needs(Permission.SETTLE_WORKSHOP)
def drop(payout_id: UUID) -> ResponseReturnValue:
    """Say no to a payout somebody else proposed."""
    return _decide(payout_id, "payout.drop", msg("Dropped; nothing was paid."))


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return parcels to take in or put back, and payouts that need a second person."""
    items = []
    if (
        people.permitted_place_ids(session, actor_id, Permission.SELL_AT_COUNTER, on=on)
        != frozenset()
    ):
        waiting = queries.orders_at_counter(
            session, actor_id, states=(OrderState.PACKED, OrderState.READY), on=on
        )
        items += [item for view in waiting if (item := _item(view))]
    if people.has_permission(
        session, actor_id, Permission.SETTLE_WORKSHOP, place_id=None, on=on
    ):
        items += _payout_items(session, actor_id)
    return items


def desk_finds(session: Session, *, actor_id: UUID, on: date) -> list[Find]:
    """Return the orders of the actor's counters, for the staff's search."""
    del on
    views = queries.latest_at_counter(session, actor_id, at=now(), limit=FINDS_MAX)
    return [
        Find(
            kind=FindKind.ORDER,
            id=view.order.id,
            title=f"{view.person.display_name} · {localized(view.workshop, 'name')}",
            detail=f"{label(view.order.state)} · {_price(view)}",
            day=day_of(view.order.placed_at),
            url=url_for("workshops.show_order", order_id=view.order.id),
            place_id=view.order.place_id,
            names=every_language(view.person, "display_name"),
            texts=tuple(
                text
                for thing, name in (
                    (view.workshop, "name"),
                    *((good, "title") for _, good in view.lines),
                )
                for text in every_language(thing, name)
            ),
            codes=tuple(filter(None, (view.order.pickup_code,))),
        )
        for view in views
    ]


def _item(view: OrderView) -> DeskItem | None:
    order = view.order
    title = f"{localized(view.workshop, 'name')} · {view.person.display_name}"
    url = url_for("workshops.show_order", order_id=order.id)
    action = None
    if order.state == OrderState.PACKED:
        detail = translate(msg("On its way here, %(price)s"), price=_price(view))
        action = DeskAction(
            label=translate(msg("It has arrived")),
            op="order.arrive",
            url=url_for("workshops_desk.arrive", order_id=order.id),
        )
    elif rules.is_overdue(order, now()):
        assert order.collect_by is not None
        detail = translate(
            msg("Was to be collected by %(day)s"), day=day(order.collect_by)
        )
        action = DeskAction(
            label=translate(msg("Put back")),
            op="order.lapse",
            url=url_for("workshops_desk.lapse", order_id=order.id),
            kind="danger",
            confirm=translate(msg("The goods go back on sale, held points go home.")),
        )
    else:
        return None
    return DeskItem(
        kind=DeskKind.PICKUP,
        id=order.id,
        title=title,
        detail=detail,
        since=order.packed_at or order.placed_at,
        url=url,
        fragment_url=url,
        place_id=order.place_id,
        actions=(action,),
    )


def _payout_items(session: Session, actor_id: UUID) -> list[DeskItem]:
    waiting = [
        one
        for one in queries.payouts_of(session, state=PayoutState.PROPOSED, limit=200)
        if one.proposed_by != actor_id
    ]
    makers = queries.workshops_by_ids(session, {one.workshop_id for one in waiting})
    by = people.people_by_ids(session, {one.proposed_by for one in waiting})
    return [
        DeskItem(
            kind=DeskKind.PAYOUT,
            id=one.id,
            title=f"{localized(makers[one.workshop_id], 'name')} · {money(one.amount)}",
            detail=translate(
                msg("Proposed by %(name)s"), name=by[one.proposed_by].display_name
            ),
            since=one.proposed_at,
            url=url_for("workshops_desk.settlements"),
            place_id=one.place_id,
        )
        for one in waiting
    ]


def _price(view: OrderView) -> str:
    order = view.order
    if order.total_points is not None:
        return translate(msg("%(points)s points"), points=f"{order.total_points:f}")
    return money(order.total_cny)


def _decide(payout_id: UUID, operation: str, notice: str) -> ResponseReturnValue:
    at = now()
    act = (
        actions.approve_payout if operation == "payout.approve" else actions.drop_payout
    )

    def do(session: Session) -> Payout:
        return act(session, payout_id, by=me().id, at=at)

    with transaction() as session:
        once(
            session,
            operation,
            owner=me().id,
            body={"payout": str(payout_id)},
            at=at,
            do=lambda: do(session).id,
        )
    return go_to(url_for(".settlements"), notice=translate(notice))


def _counter() -> dict[str, Any]:
    at = now()
    with reading() as session:
        views = queries.orders_at_counter(
            session,
            me().id,
            states=(OrderState.PACKED, OrderState.READY),
            on=day_of(at),
        )
    ready = [one for one in views if one.order.state == OrderState.READY]
    return {
        "arriving": [
            order_context(one) for one in views if one.order.state == OrderState.PACKED
        ],
        "overdue": [order_context(one) for one in ready if _is_late(one)],
        "waiting": [one for one in ready if not _is_late(one)],
    }


def _is_late(view: OrderView) -> bool:
    return rules.is_overdue(view.order, now())


def _settling() -> dict[str, Any]:
    with reading() as session:
        owed = [
            (workshop, wallet.owed_to_workshop(session, workshop.id).posted)
            for workshop, _ in queries.open_workshops(session)
        ]
        waiting = queries.payouts_of(session, state=PayoutState.PROPOSED)
        paid = queries.payouts_of(session, state=PayoutState.PAID, limit=20)
        rows = [*waiting, *paid]
        return {
            "owed": [(workshop, amount) for workshop, amount in owed if amount > 0],
            "waiting": waiting,
            "paid": paid,
            "makers": queries.workshops_by_ids(
                session, {one.workshop_id for one in rows}
            ),
            "names": people.people_by_ids(
                session,
                {who for one in rows for who in (one.proposed_by, one.decided_by)},
            ),
            "where": places.places_by_ids(session, {one.place_id for one in rows}),
            "counters": queries.pickup_places(session),
        }
