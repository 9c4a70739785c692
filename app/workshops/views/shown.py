"""What the pages of the shop share: the blueprint, an order as its reader sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.kernel.clock import day_of, now
from app.people import masked_name
from app.web.causes import register_cause
from app.web.forms import (
    blank_form,
)
from app.web.guards import find_me, me
from app.web.htmx import swap_or_redirect
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import localized, register_labels
from app.workshops import queries, rules
from app.workshops.models import (
    Order,
)
from app.workshops.queries import OrderView
from app.workshops.rules import Side, Step

ORDER = "workshops/_order.html"

bp = Blueprint("workshops", __name__)
register_labels(rules.LABELS)
register_cause(
    "order",
    endpoint="workshops.show_order",
    argument="order_id",
    titles=lambda session, ids: {
        one: localized(workshop, "name")
        for one, workshop in queries.workshops_of_orders(session, ids).items()
    },
)


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
        view = view_for(session, order_id, now())
    return swap_or_redirect(
        ORDER,
        to=url_for("workshops.show_order", order_id=order_id),
        **order_context(view),
    )


def order_context(view: OrderView) -> dict[str, Any]:
    """Return what `_order.html` needs: the order, its steps, the resident's name."""
    return {"form": blank_form(), **shown(view)}


def shown(view: OrderView) -> dict[str, Any]:
    """Return what an order page needs beside its form."""
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


def view_for(session: Session, order_id: UUID, at: datetime) -> OrderView:
    """Return an order as its reader may see it."""
    order, sides = queries.order_for(session, order_id, reader=me().id, at=at)
    return queries.view_of(session, order, sides)


def own_workshop(session: Session, workshop_id: UUID) -> Any:
    """Return a workshop to its manager, and refuse others."""
    workshop = queries.workshop_for(session, workshop_id)
    queries.ensure_manager(session, workshop_id, me().id, on=day_of(now()))
    return workshop


def is_mine(session: Session, workshop_id: UUID) -> bool:
    """Say whether the reader manages a workshop."""
    reader = find_me()
    return reader is not None and queries.is_manager(
        session, workshop_id, reader.id, on=day_of(now())
    )


def in_basket(session: Session) -> int:
    """Return how many pieces lie in the reader's basket."""
    reader = find_me()
    return queries.basket_count(session, reader.id) if reader else 0


def uuid_field(name: str) -> UUID:
    """Return the id a form names; a form of ours always carries one."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        abort(404)
