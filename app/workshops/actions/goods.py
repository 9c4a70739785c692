"""What happens to workshops, their goods and batches."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app import places, wallet
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.workshops import rules
from app.workshops.errors import (
    GoodInvalid,
    GoodNotFound,
)
from app.workshops.events import GoodChanged
from app.workshops.models import (
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Registration,
    Workshop,
    WorkshopKind,
)
from app.workshops.queries import (
    ensure_manager,
    find_good,
    find_workshop,
    good_for,
    workshop_for,
)

COMMISSION_PERCENT = Decimal("8.00")


def add_workshop(
    session: Session,
    *,
    name: str,
    kind: WorkshopKind,
    registration: Registration,
    place_id: UUID,
    at: datetime,
    external_id: str | None = None,
    licence_no: str | None = None,
    commission_percent: Decimal = COMMISSION_PERCENT,
    **details: Any,
) -> Workshop:
    """Take a workshop into the register; loading the same one again returns it.

    Raises:
        GoodInvalid: it says it is licensed and names no licence.
        PlaceNotFound: there is no such place.
    """
    found = find_workshop(session, external_id) if external_id else None
    if found is not None:
        return found
    rules.ensure_workshop(registration, licence_no)
    places.place_for(session, place_id)
    workshop = Workshop(
        external_id=external_id,
        name=name,
        kind=kind,
        registration=registration,
        licence_no=licence_no,
        place_id=place_id,
        commission_percent=commission_percent,
        created_at=at,
        **details,
    )
    session.add(workshop)
    session.flush()
    wallet.open_workshop_accounts(session, workshop.id, at=at)
    return workshop


def add_good(
    session: Session,
    workshop_id: UUID,
    *,
    title: str,
    unit: str,
    price_cny: Decimal,
    category: GoodCategory,
    by: UUID | None,
    at: datetime,
    is_perishable: bool = False,
    is_made_to_order: bool = False,
    external_id: str | None = None,
    **details: Any,
) -> Good:
    """Draft a good; *by* None is the installation itself (demo, load).

    Raises:
        NotYourWorkshop: *by* does not manage the workshop.
        GoodInvalid: this kind of goods needs a licence.
    """
    found = find_good(session, external_id) if external_id else None
    if found is not None:
        return found
    ensure_manager(session, workshop_id, by, on=day_of(at))
    workshop = workshop_for(session, workshop_id)
    rules.ensure_may_sell(workshop.registration, category)
    good = Good(
        external_id=external_id,
        workshop_id=workshop_id,
        title=title,
        unit=unit,
        price_cny=price_cny,
        category=category,
        is_perishable=is_perishable,
        return_policy=rules.return_policy(
            is_perishable=is_perishable, is_made_to_order=is_made_to_order
        ),
        state=GoodState.DRAFT,
        created_at=at,
        **details,
    )
    session.add(good)
    session.flush()
    return good


def change_good(
    session: Session,
    good_id: UUID,
    *,
    by: UUID,
    at: datetime,
    is_perishable: bool,
    is_made_to_order: bool,
    **details: Any,
) -> Good:
    """Change what stands on a good's label; orders placed before keep their price.

    Raises:
        NotYourWorkshop: *by* does not manage its workshop.
        GoodInvalid: this kind of goods needs a licence.
    """
    good = _own_good(session, good_id, by=by, at=at)
    workshop = workshop_for(session, good.workshop_id)
    rules.ensure_may_sell(workshop.registration, details["category"])
    for name, value in details.items():
        setattr(good, name, value)
    good.is_perishable = is_perishable
    good.return_policy = rules.return_policy(
        is_perishable=is_perishable, is_made_to_order=is_made_to_order
    )
    good.version += 1
    return _say_changed(session, good, at)


def list_good(
    session: Session, good_id: UUID, *, by: UUID | None, at: datetime
) -> Good:
    """Put a good on the shelf.

    Raises:
        GoodInvalid: its workshop may not sell this kind of goods (any more).
    """
    good = _own_good(session, good_id, by=by, at=at)
    workshop = workshop_for(session, good.workshop_id)
    rules.ensure_may_sell(workshop.registration, good.category)
    good.state = GoodState.LISTED
    return _say_changed(session, good, at)


def pause_good(session: Session, good_id: UUID, *, by: UUID, at: datetime) -> Good:
    """Take a good off the shelf; orders placed before go on."""
    good = _own_good(session, good_id, by=by, at=at)
    good.state = GoodState.PAUSED
    return _say_changed(session, good, at)


def add_batch(
    session: Session,
    good_id: UUID,
    *,
    made_on: date,
    quantity: int,
    by: UUID | None,
    at: datetime,
    best_before: date | None = None,
    conformity_cert_no: str | None = None,
) -> Batch:
    """Put a batch on stock.

    Raises:
        GoodInvalid: a day or the quantity cannot be right.
    """
    good = _own_good(session, good_id, by=by, at=at)
    rules.ensure_batch(
        made_on=made_on,
        best_before=best_before,
        quantity=quantity,
        is_perishable=good.is_perishable,
        day=day_of(at),
    )
    batch = Batch(
        good_id=good_id,
        made_on=made_on,
        best_before=best_before,
        conformity_cert_no=conformity_cert_no,
        quantity=quantity,
        created_at=at,
    )
    session.add(batch)
    session.flush()
    _say_changed(session, good, at)
    return batch


def write_off(
    session: Session, batch_id: UUID, *, quantity: int, by: UUID, at: datetime
) -> Batch:
    """Take spoilt or broken pieces out of a batch; sold and reserved ones stay.

    Raises:
        GoodInvalid: fewer are free than that.
    """
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise GoodNotFound(msg("We do not know this batch."))
    good = _own_good(session, batch.good_id, by=by, at=at)
    if not 1 <= quantity <= rules.free_in(batch):
        raise GoodInvalid(
            msg("At most %(left)s can be written off."),
            field="quantity",
            left=rules.free_in(batch),
        )
    batch.written_off += quantity
    session.add(batch)
    doings.note(
        session,
        who=by,
        verb="batch.write_off",
        about=f"batch:{batch.id}",
        at=at,
        detail=str(quantity),
    )
    _say_changed(session, good, at)
    return batch


def _own_good(
    session: Session, good_id: UUID, *, by: UUID | None, at: datetime
) -> Good:
    good = good_for(session, good_id)
    ensure_manager(session, good.workshop_id, by, on=day_of(at))
    return good


def _say_changed(session: Session, good: Good, at: datetime) -> Good:
    session.add(good)
    publish(session, GoodChanged(at=at, good_id=good.id))
    return good
