"""A workshop with goods for tests: the Peach Workshop, run by Tao."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from app import people, workshops
from app.kernel.permissions import Role
from app.workshops import GoodCategory, Order, PayWith, Registration, WorkshopKind
from tests.cast import BEGINNING, NOON, TODAY, Cast

LATER = NOON + timedelta(minutes=11)
"""After the ten minutes in which an order of noon can be undone."""


@dataclass(frozen=True)
class Shop:
    """Ids of the workshop and its goods."""

    workshop: UUID
    chopsticks: UUID
    """¥26.80, 12 of them, cash only."""
    stool: UUID
    """¥45.00 or 15 points, 3 of them."""


def open_shop(session: Session, cast: Cast) -> Shop:
    workshop = workshops.add_workshop(
        session,
        name="桃源木竹坊",
        name_en="Peach Workshop",
        kind=WorkshopKind.HANDICRAFT,
        registration=Registration.EXEMPT_HANDICRAFT,
        place_id=cast.town,
        commission_percent=Decimal(8),
        at=BEGINNING,
    )
    people.assign_role(
        session,
        person_id=cast.tao,
        role=Role.WORKSHOP_MANAGER,
        place_id=None,
        organisation_id=workshop.id,
        starts_on=BEGINNING.date(),
        at=BEGINNING,
        by=None,
    )
    session.flush()
    made = {}
    for name, price, points, count in (
        ("chopsticks", "26.80", None, 12),
        ("stool", "45.00", "15.00", 3),
    ):
        good = workshops.add_good(
            session,
            workshop.id,
            title=name,
            unit="1",
            price_cny=Decimal(price),
            points_price=Decimal(points) if points else None,
            category=GoodCategory.CRAFT,
            by=cast.tao,
            at=BEGINNING,
        )
        workshops.add_batch(
            session,
            good.id,
            made_on=BEGINNING.date(),
            quantity=count,
            by=cast.tao,
            at=BEGINNING,
        )
        workshops.list_good(session, good.id, by=cast.tao, at=BEGINNING)
        made[name] = good.id
    return Shop(workshop=workshop.id, **made)


def add_fresh(
    session: Session, cast: Cast, shop: Shop, *batches: tuple[date, int]
) -> UUID:
    """Add a perishable good with batches of (best-before day, pieces)."""
    good = workshops.add_good(
        session,
        shop.workshop,
        title="straw boat",
        unit="1",
        price_cny=Decimal("5.00"),
        category=GoodCategory.CRAFT,
        is_perishable=True,
        by=cast.tao,
        at=BEGINNING,
    )
    for best_before, quantity in batches:
        workshops.add_batch(
            session,
            good.id,
            made_on=BEGINNING.date(),
            best_before=best_before,
            quantity=quantity,
            by=None,
            at=BEGINNING,
        )
    workshops.list_good(session, good.id, by=None, at=BEGINNING)
    return good.id


def order(
    session: Session,
    cast: Cast,
    shop: Shop,
    lines: dict[UUID, int] | None = None,
    pay_with: PayWith = PayWith.CASH,
    **changes: object,
) -> Order:
    """Lin orders at noon for pickup at the centre: 2 chopsticks and a stool."""
    wanted = {
        "person_id": cast.lin,
        "workshop_id": shop.workshop,
        "lines": lines or {shop.chopsticks: 2, shop.stool: 1},
        "place_id": cast.centre,
        "pay_with": pay_with,
        "by": cast.lin,
        "at": NOON,
    }
    return workshops.place_order(session, **(wanted | changes))  # type: ignore[arg-type]


def bring_to_counter(session: Session, cast: Cast, order_id: UUID) -> Order:
    """Tao confirms and packs, Sun receives: it is ready, with its code."""
    workshops.confirm_order(session, order_id, by=cast.tao, at=LATER)
    workshops.pack_order(session, order_id, by=cast.tao, at=LATER)
    return workshops.receive_order(session, order_id, by=cast.sun, at=LATER)


TOMORROW = TODAY + timedelta(days=1)
YESTERDAY = TODAY - timedelta(days=1)
