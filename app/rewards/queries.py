"""Reading rewards: the shop with its stock, redemptions of a person or a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, func, type_coerce
from sqlmodel import Session, col, or_, select

from app import people, wallet
from app.kernel.clock import day_of
from app.kernel.columns import Amount
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.programmes import Programme
from app.rewards import rules
from app.rewards.errors import RedemptionNotFound, RewardNotFound
from app.rewards.models import (
    Redemption,
    RedemptionState,
    RewardItem,
    RewardKind,
    StockLot,
)

PAGE = 20
QUEUE_MAX = 100
KIND_ORDER = tuple(RewardKind)
"""Services first, goods after what people do for each other (F3)."""


@dataclass(frozen=True)
class PlaceStock:
    """How many of one reward are free at one place."""

    place_id: UUID
    free: int


@dataclass(frozen=True)
class Cover:
    """Points that are out, against what could be had for points now (2.6)."""

    outstanding: Decimal
    on_offer: Decimal


def reward_for(session: Session, reward_id: UUID) -> RewardItem:
    """Return a reward that is offered now.

    Raises:
        RewardNotFound: there is none, or it was taken out of the shop.
    """
    found = session.get(RewardItem, reward_id)
    if found is None or not found.is_active:
        raise RewardNotFound(msg("This reward is not offered any more."))
    return found


def all_rewards(session: Session) -> list[RewardItem]:
    """Return what the shop offers: services first, then by points."""
    rows = session.exec(select(RewardItem).where(col(RewardItem.is_active)))
    return sorted(
        rows, key=lambda item: (KIND_ORDER.index(item.kind), item.points, item.title)
    )


def rewards_by_ids(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, RewardItem]:
    """Return rewards by id, also those no longer offered."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.exec(select(RewardItem).where(col(RewardItem.id).in_(wanted)))
    return {item.id: item for item in rows}


def free_stock(
    session: Session, reward_ids: Iterable[UUID]
) -> Mapping[UUID, list[PlaceStock]]:
    """Return where how many are free, by reward; the fullest place first."""
    free = func.sum(StockLot.quantity - StockLot.reserved - StockLot.given)
    rows = session.exec(
        select(StockLot.reward_id, StockLot.place_id, free)
        .where(col(StockLot.reward_id).in_(set(reward_ids)))
        .group_by(col(StockLot.reward_id), col(StockLot.place_id))
        .having(free > 0)
        .order_by(free.desc())
    )
    found: dict[UUID, list[PlaceStock]] = {}
    for reward_id, place_id, count in rows:
        found.setdefault(reward_id, []).append(PlaceStock(place_id, int(count)))
    return found


def cover(session: Session, programme: Programme) -> Cover:
    """Return points outstanding beside the points' worth of what is in stock."""
    on_offer = session.exec(
        select(
            type_coerce(
                func.sum(
                    type_coerce(RewardItem.points, BigInteger)
                    * (StockLot.quantity - StockLot.reserved - StockLot.given)
                ),
                Amount,
            )
        )
        .join(StockLot, col(StockLot.reward_id) == RewardItem.id)
        .where(RewardItem.programme_id == programme.id, col(RewardItem.is_active))
    ).one()
    return Cover(
        outstanding=wallet.outstanding(session, programme),
        on_offer=Decimal(on_offer or 0),
    )


def redemption_for(
    session: Session,
    redemption_id: UUID,
    *,
    reader: UUID,
    at: datetime,
    lock: bool = False,
) -> Redemption:
    """Return a redemption to its person, who entered it, or the counter's staff.

    The counter sees it once the undo time is over.

    Raises:
        RedemptionNotFound: there is none, or not for this reader.
    """
    found = session.get(Redemption, redemption_id, with_for_update=lock or None)
    if found is None or not _may_see(session, found, reader, at):
        raise RedemptionNotFound(msg("There is nothing at this address."))
    return found


def _may_see(
    session: Session, redemption: Redemption, reader: UUID, at: datetime
) -> bool:
    if reader in (redemption.person_id, redemption.entered_by):
        return True
    if rules.state_at(redemption, at) == RedemptionState.PLACED:
        return False
    return redemption.place_id is not None and people.has_permission(
        session,
        reader,
        Permission.HAND_OVER,
        place_id=redemption.place_id,
        on=day_of(at),
    )


def redemptions_of(
    session: Session, person_id: UUID, *, before: datetime | None = None
) -> list[Redemption]:
    """Return a person's redemptions, newest first, one more than a page holds."""
    wanted = (
        select(Redemption)
        .where(Redemption.person_id == person_id)
        .order_by(col(Redemption.placed_at).desc(), col(Redemption.id))
        .limit(PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(col(Redemption.placed_at) < before)
    return list(session.exec(wanted))


def count_had(
    session: Session, reward_id: UUID, person_id: UUID, *, at: datetime
) -> int:
    """Return how many of a reward a person has, or has had within `LIMIT_LIFE`."""
    return session.exec(
        select(func.count())
        .select_from(Redemption)
        .where(
            Redemption.reward_id == reward_id,
            Redemption.person_id == person_id,
            col(Redemption.placed_at) > at - rules.LIMIT_LIFE,
            col(Redemption.state).in_(rules.LIVE),
        )
    ).one()


def find_waiting(session: Session, code: str, *, at: datetime) -> Redemption | None:
    """Return what waits under a pickup code, or None."""
    found = session.exec(
        select(Redemption).where(Redemption.pickup_code == code).with_for_update()
    ).first()
    if found is None or rules.state_at(found, at) != RedemptionState.READY:
        return None
    return found


def waiting_at(
    session: Session, place_ids: frozenset[UUID] | None, *, at: datetime
) -> list[Redemption]:
    """Return what waits to be collected at these places, oldest first.

    `None` asks for everywhere. At most `QUEUE_MAX`.
    """
    wanted = (
        select(Redemption)
        .where(
            or_(
                Redemption.state == RedemptionState.READY,
                (col(Redemption.state) == RedemptionState.PLACED)
                & (col(Redemption.effective_at) <= at),
            ),
            col(Redemption.place_id).is_not(None),
        )
        .order_by(col(Redemption.effective_at))
        .limit(QUEUE_MAX)
    )
    if place_ids is not None:
        wanted = wanted.where(col(Redemption.place_id).in_(place_ids))
    return list(session.exec(wanted))


def latest_at(
    session: Session, place_ids: frozenset[UUID] | None, *, at: datetime, limit: int
) -> list[Redemption]:
    """Return redemptions of any state at these places, the latest first.

    `None` asks for everywhere. What can still be undone is not among them.
    """
    wanted = (
        select(Redemption)
        .where(col(Redemption.effective_at) <= at)
        .where(Redemption.state != RedemptionState.UNDONE)
        .where(col(Redemption.place_id).is_not(None))
        .order_by(col(Redemption.placed_at).desc())
        .limit(limit)
    )
    if place_ids is not None:
        wanted = wanted.where(col(Redemption.place_id).in_(place_ids))
    return list(session.exec(wanted))


def handed_over_by(
    session: Session, clerk_id: UUID, *, since: datetime
) -> list[Redemption]:
    """Return what a clerk handed over since a moment, newest first."""
    return list(
        session.exec(
            select(Redemption)
            .where(
                Redemption.handed_over_by == clerk_id,
                col(Redemption.handed_over_at) >= since,
            )
            .order_by(col(Redemption.handed_over_at).desc())
            .limit(QUEUE_MAX)
        )
    )


def lots_at(session: Session, place_ids: frozenset[UUID] | None) -> list[StockLot]:
    """Return the stock lots of these places (`None`: everywhere), newest first."""
    wanted = select(StockLot).order_by(col(StockLot.added_at).desc()).limit(QUEUE_MAX)
    if place_ids is not None:
        wanted = wanted.where(col(StockLot.place_id).in_(place_ids))
    return list(session.exec(wanted))


def rewards_of_redemptions(
    session: Session, ids: Iterable[UUID]
) -> Mapping[UUID, RewardItem]:
    """Return what was redeemed, by the redemption's id."""
    rows = session.exec(
        select(Redemption.id, RewardItem)
        .where(col(Redemption.id).in_(set(ids)))
        .where(Redemption.reward_id == RewardItem.id)
    )
    return dict(rows.all())
