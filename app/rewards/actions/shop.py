"""Filling the shop: rewards and their stock."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from app import people
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission
from app.programmes import Programme
from app.rewards.errors import (
    RewardInvalid,
)
from app.rewards.events import RewardChanged
from app.rewards.models import (
    FundingSource,
    RewardItem,
    RewardKind,
    StockLot,
)


def add_reward(
    session: Session,
    *,
    kind: RewardKind,
    programme: Programme,
    title: str,
    points: Decimal,
    at: datetime,
    external_id: str | None = None,
    **details: Any,
) -> RewardItem:
    """Put a reward into the shop; the same `external_id` again returns that one.

    Raises:
        RewardInvalid: points below zero, or a time-circle reward that is no service
            (TIME buys service only, table 2.5).
    """
    if external_id is not None:
        known = session.exec(
            select(RewardItem).where(RewardItem.external_id == external_id)
        ).first()
        if known is not None:
            return known
    if points < 0:
        raise RewardInvalid(msg("Points cannot be below zero."), field="points")
    if programme.unit == "TIME" and kind != RewardKind.SERVICE:
        raise RewardInvalid(
            msg("Time credits are for services, not for things."), field="kind"
        )
    item = RewardItem(
        external_id=external_id,
        kind=kind,
        programme_id=programme.id,
        title=title,
        points=points,
        created_at=at,
        **details,
    )
    session.add(item)
    session.flush()
    publish(session, RewardChanged(at=at, reward_id=item.id))
    return item


def add_stock(
    session: Session,
    reward: RewardItem,
    *,
    place_id: UUID,
    quantity: int,
    funding_source: FundingSource,
    at: datetime,
    by: UUID | None,
    funded_by: str | None = None,
) -> StockLot:
    """Take pieces into stock at a place; *by* None is the installation itself.

    Raises:
        MayNot: *by* does not manage rewards there.
        RewardInvalid: nothing was added.
    """
    if by is not None:
        people.ensure_may(
            session, by, Permission.MANAGE_REWARDS, place_id=place_id, on=day_of(at)
        )
        doings.note(
            session,
            who=by,
            verb="reward.stock",
            about=f"reward:{reward.id}",
            at=at,
            detail=f"+{quantity}",
        )
    if quantity <= 0:
        raise RewardInvalid(msg("How many are there?"), field="quantity")
    lot = StockLot(
        reward_id=reward.id,
        place_id=place_id,
        quantity=quantity,
        funding_source=funding_source,
        funded_by=funded_by,
        added_by=by,
        added_at=at,
    )
    session.add(lot)
    session.flush()
    return lot
