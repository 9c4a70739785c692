"""Rewards for programs: the shop, and one's own redemptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from app.kernel.clock import now
from app.rewards import actions, queries, rules
from app.rewards.forms import RedemptionForm
from app.rewards.models import Redemption, RedemptionState, RewardItem, RewardKind
from app.rewards.rules import Step
from app.web.api import (
    READS,
    READS_ONE,
    WRITES,
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    body,
    created,
    for_programs,
    page_of,
    query,
    spec,
    take_step,
)
from app.web.guards import me, public
from app.web.once import once
from app.web.store import reading, transaction

TAGS = ["Rewards"]

bp = api_blueprint("rewards_api")


class RewardStockOut(Out):
    """How many are free at a place."""

    place_id: UUID
    free: int


class RewardOut(Out):
    """Something the programme gives for points, and where it lies."""

    id: UUID
    external_id: str | None
    kind: RewardKind
    title: str
    title_en: str | None
    title_zh_hant: str | None
    summary: str | None
    points: Decimal
    programme_id: UUID
    limit_per_person: int | None
    suitable_for_minors: bool
    stock: list[RewardStockOut]


class RewardPage(Out):
    """A page of rewards, the newest first."""

    items: list[RewardOut]
    next_cursor: str | None


class RedemptionOut(Out):
    """A wish for a reward; only the person it is for reads the pickup code."""

    id: UUID
    reward_id: UUID
    place_id: UUID | None
    points: Decimal
    state: RedemptionState
    steps: list[Step]
    placed_at: datetime
    effective_at: datetime
    collect_by: date | None
    pickup_code: str | None


class RedemptionPage(Out):
    """A page of redemptions, the newest first."""

    items: list[RedemptionOut]
    next_cursor: str | None


@bp.get("/rewards")
@public
@spec.validate(query=Paging, resp=answers(RewardPage), tags=TAGS, security=[])
def index() -> ResponseReturnValue:
    """List what can be had for points."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(RewardItem).where(col(RewardItem.is_active)),
            query(Paging),
            by=(col(RewardItem.created_at), col(RewardItem.id)),
        )
        items = _rewards_told(session, rows)
    return answer(RewardPage(items=items, next_cursor=after))


@bp.get("/rewards/<uuid:reward_id>")
@public
@spec.validate(resp=answers(RewardOut, 200, 404), tags=TAGS, security=[])
def show(reward_id: UUID) -> ResponseReturnValue:
    """Show one reward that is offered now."""
    with reading() as session:
        (told,) = _rewards_told(session, [queries.reward_for(session, reward_id)])
    return answer(told)


@bp.post("/rewards/<uuid:reward_id>/redemptions")
@for_programs("write")
@spec.validate(
    json=RedemptionForm, resp=answers(RedemptionOut, 201, *WRITES), tags=TAGS
)
def redeem(reward_id: UUID) -> ResponseReturnValue:
    """Wish for a reward: points are held, a piece is set aside."""
    at, form = now(), body(RedemptionForm)
    with transaction() as session:
        made = once(
            session,
            "redemption.create",
            owner=me().id,
            body=form.model_dump(mode="json") | {"reward": str(reward_id)},
            at=at,
            do=lambda: (
                actions.place_redemption(
                    session,
                    reward_id=reward_id,
                    person_id=form.resident_id or me().id,
                    by=me().id,
                    place_id=form.place_id,
                    gift=form.gift,
                    at=at,
                ).id
            ),
        )
        told = _seen(session, UUID(made))
    return created(told)


@bp.get("/redemptions")
@for_programs("read")
@spec.validate(query=Paging, resp=answers(RedemptionPage, 200, *READS), tags=TAGS)
def redemptions() -> ResponseReturnValue:
    """List one's own redemptions."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(Redemption).where(Redemption.person_id == me().id),
            query(Paging),
            by=(col(Redemption.placed_at), col(Redemption.id)),
        )
        items = [_told(one) for one in rows]
    return answer(RedemptionPage(items=items, next_cursor=after))


@bp.get("/redemptions/<uuid:redemption_id>")
@for_programs("read")
@spec.validate(resp=answers(RedemptionOut, 200, *READS_ONE), tags=TAGS)
def redemption(redemption_id: UUID) -> ResponseReturnValue:
    """Show one redemption."""
    with reading() as session:
        told = _seen(session, redemption_id)
    return answer(told)


@bp.post("/redemptions/<uuid:redemption_id>/undo")
@for_programs("write")
@spec.validate(resp=answers(RedemptionOut, 200, *WRITES), tags=TAGS)
def undo(redemption_id: UUID) -> ResponseReturnValue:
    """Take it back within the undo time."""
    return _take("redemption.undo", redemption_id, actions.undo_redemption)


@bp.post("/redemptions/<uuid:redemption_id>/sending")
@for_programs("write")
@spec.validate(resp=answers(RedemptionOut, 200, *WRITES), tags=TAGS)
def send(redemption_id: UUID) -> ResponseReturnValue:
    """Waive the rest of the undo time: the pickup code is there at once."""
    return _take("redemption.send_now", redemption_id, actions.send_now)


@bp.post("/redemptions/<uuid:redemption_id>/cancellation")
@for_programs("write")
@spec.validate(resp=answers(RedemptionOut, 200, *WRITES), tags=TAGS)
def cancel(redemption_id: UUID) -> ResponseReturnValue:
    """Give it up before it is collected."""
    return _take("redemption.cancel", redemption_id, actions.cancel_redemption)


def _take(operation: str, redemption_id: UUID, act: Callable[..., Any]) -> Response:
    """Take one step, once, and tell how the redemption stands then."""
    return take_step(operation, "redemption", redemption_id, act, _seen)


def _seen(session: Session, redemption_id: UUID) -> RedemptionOut:
    return _told(
        queries.redemption_for(session, redemption_id, reader=me().id, at=now())
    )


def _told(one: Redemption) -> RedemptionOut:
    at = now()
    is_own = me().id in (one.person_id, one.entered_by)
    return RedemptionOut(
        **one.model_dump(exclude={"state", "pickup_code"}),
        state=rules.state_at(one, at),
        steps=list(rules.steps_open_to_owner(one, at=at)) if is_own else [],
        pickup_code=one.pickup_code if is_own else None,
    )


def _rewards_told(session: Session, found: Sequence[RewardItem]) -> list[RewardOut]:
    stock = queries.free_stock(session, [one.id for one in found])
    return [
        RewardOut(
            **one.model_dump(),
            stock=[RewardStockOut.model_validate(lot) for lot in stock.get(one.id, [])],
        )
        for one in found
    ]
