"""Reading workshops, their goods, the shelves and what is on stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from app import people
from app.kernel.i18n import msg
from app.kernel.permissions import ROLE_PERMISSIONS, Permission
from app.workshops.errors import (
    GoodNotFound,
    NotYourWorkshop,
    WorkshopNotFound,
)
from app.workshops.models import (
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Workshop,
)

SHELF_PAGE = 24
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
    ids = managed_ids(session, person_id, on)
    found = workshops_by_ids(session, ids).values()
    return sorted(found, key=lambda one: one.name)


def managed_ids(session: Session, person_id: UUID, on: date) -> set[UUID]:
    """Return the ids of the workshops a person manages on a day."""
    return {
        held.organisation_id
        for held in people.held_by(session, person_id, on=on)
        if held.organisation_id is not None
        and Permission.MANAGE_WORKSHOP in ROLE_PERMISSIONS[held.role]
    }


def is_manager(
    session: Session, workshop_id: UUID, person_id: UUID, *, on: date
) -> bool:
    """Say whether a person manages a workshop on a day."""
    return workshop_id in managed_ids(session, person_id, on)


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


def _order_of(sort: str) -> tuple[Any, ...]:
    by_age = (col(Good.created_at).desc(), col(Good.id))
    return {
        "price": (col(Good.price_cny), *by_age),
        "price-down": (col(Good.price_cny).desc(), *by_age),
        "name": (col(Good.title), *by_age),
    }.get(sort, by_age)
