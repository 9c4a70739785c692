"""Reading times: those with a free seat, those of one offering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import Session, col, select

from app.fair.errors import SlotNotFound
from app.fair.models import (
    Offering,
    OfferingState,
    Slot,
)
from app.kernel.i18n import msg

SLOTS_SHOWN = 12


def slot_for(session: Session, slot_id: UUID, *, lock: bool = False) -> Slot:
    """Return the time.

    Raises:
        SlotNotFound: there is none with this id.
    """
    found = session.get(Slot, slot_id, with_for_update=True if lock else None)
    if found is None:
        raise SlotNotFound(msg("We do not know this time."))
    return found


def slots_by_ids(session: Session, ids: Iterable[UUID | None]) -> Mapping[UUID, Slot]:
    """Return the times with these ids, by id."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Slot).where(col(Slot.id).in_(wanted)))
    return {one.id: one for one in rows}


def free_slots(
    session: Session, offering_id: UUID, *, at: datetime, limit: int = SLOTS_SHOWN
) -> list[Slot]:
    """Return the next times with a free seat, the soonest first."""
    return list(
        session.exec(
            _free_after(at)
            .where(Slot.offering_id == offering_id)
            .order_by(col(Slot.starts_at))
            .limit(limit)
        )
    )


def coming_slots(
    session: Session, *, at: datetime, until: datetime, limit: int = 12
) -> list[tuple[Slot, Offering]]:
    """Return live offerings with a free seat before *until*, each with its next time.

    The soonest first; an offering with several times comes once.
    """
    # Asked for so, the times come from their index and stop at the limit; joined,
    # SQLite would go through every live offering and sort all its times.
    is_live = exists().where(
        col(Offering.id) == col(Slot.offering_id),
        col(Offering.state) == OfferingState.PUBLISHED,
    )
    slots = session.exec(
        _free_after(at)
        .where(col(Slot.starts_at) < until, is_live)
        .order_by(col(Slot.starts_at), col(Slot.id))
        .limit(limit * 4)
    )
    soonest: dict[UUID, Slot] = {}
    for slot in slots:
        soonest.setdefault(slot.offering_id, slot)
    shown = list(soonest.items())[:limit]
    rows = session.exec(
        select(Offering).where(col(Offering.id).in_([one for one, _ in shown]))
    )
    offerings = {offering.id: offering for offering in rows}
    return [(slot, offerings[one]) for one, slot in shown]


def next_free_starts(
    session: Session, offering_ids: Iterable[UUID], *, at: datetime
) -> Mapping[UUID, datetime]:
    """Return the soonest free time of each offering that has one."""
    wanted = set(offering_ids)
    if not wanted:
        return {}
    rows = session.exec(
        _free_after(at)
        .where(col(Slot.offering_id).in_(wanted))
        .order_by(col(Slot.starts_at).desc())
    )
    return {slot.offering_id: slot.starts_at for slot in rows}


def slots_of(
    session: Session, offering_id: UUID, *, since: datetime, limit: int = 200
) -> list[Slot]:
    """Return an offering's times that end after *since*, for its provider."""
    return list(
        session.exec(
            select(Slot)
            .where(Slot.offering_id == offering_id)
            .where(col(Slot.ends_at) > since)
            .where(col(Slot.withdrawn_at).is_(None))
            .order_by(col(Slot.starts_at))
            .limit(limit)
        )
    )


def _free_after(at: datetime):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (
        select(Slot)
        .where(col(Slot.starts_at) > at)
        .where(col(Slot.taken) < col(Slot.capacity))
        .where(col(Slot.withdrawn_at).is_(None))
    )
