"""The counter's side of rewards: hand over by code, take stock in, add rewards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places, programmes
from app.kernel.clock import day_of, now
from app.kernel.errors import NotAllowed, Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.rewards import actions, queries, rules
from app.rewards.forms import HandOverForm, RewardForm, StockForm
from app.rewards.models import FundingSource, Redemption, RewardKind
from app.web.desk_finds import FINDS_MAX, Find, FindKind, every_language
from app.web.desk_items import DeskItem, DeskKind
from app.web.filters import day
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to, page_or_fragment
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import label, localized, translate

FRAGMENT = "rewards/_counter.html"
LOOK_BACK = timedelta(hours=12)

bp = Blueprint("rewards_desk", __name__)


@bp.get("/")
@needs(Permission.HAND_OVER)
def index() -> ResponseReturnValue:
    """Show what waits to be collected here, and the field for a code."""
    with transaction() as session:
        actions.settle_due(session, now())
    return page_or_fragment(
        "rewards/desk.html", FRAGMENT, form=blank_form(), **_counter()
    )


@bp.post("/hand-overs")
@needs(Permission.HAND_OVER)
def hand_over() -> ResponseReturnValue:
    """Hand over what waits under the code; the points retire."""
    at = now()
    try:
        form = read_form(HandOverForm)
        with transaction() as session:
            actions.settle_due(session, at)
            once(
                session,
                "redemption.hand_over",
                owner=me().id,
                body=form,
                at=at,
                do=lambda: actions.hand_over(session, form.code, by=me().id, at=at).id,
            )
    except Refusal as refusal:
        return refused_form(
            "rewards/desk.html", refusal, fragment=FRAGMENT, **_counter()
        )
    return go_to(url_for(".index"), notice=translate(msg("Handed over. Thank you.")))


@bp.get("/stock")
@needs(Permission.MANAGE_REWARDS)
def stock() -> ResponseReturnValue:
    """Show the stock of one's places, and the forms for new pieces and rewards."""
    return page_or_fragment(
        "rewards/stock.html", "rewards/_stock.html", form=blank_form(), **_stock()
    )


@bp.post("/stock")
@needs(Permission.MANAGE_REWARDS)
def add_stock() -> ResponseReturnValue:
    """Take pieces into stock."""
    at = now()
    try:
        form = read_form(StockForm)
        with transaction() as session:
            reward = queries.reward_for(session, form.reward_id)
            places.place_for(session, form.place_id)
            once(
                session,
                "reward.stock",
                owner=me().id,
                body=form,
                at=at,
                do=lambda: (
                    actions.add_stock(
                        session,
                        reward,
                        place_id=form.place_id,
                        quantity=form.quantity,
                        funding_source=form.funding_source,
                        funded_by=form.funded_by,
                        by=me().id,
                        at=at,
                    ).id
                ),
            )
    except Refusal as refusal:
        return refused_form("rewards/stock.html", refusal, **_stock())
    return go_to(url_for(".stock"), notice=translate(msg("In stock now.")))


@bp.post("/items")
@needs(Permission.MANAGE_REWARDS)
def add_reward() -> ResponseReturnValue:
    """Put a new reward into the love bank's shop."""
    at = now()
    try:
        form = read_form(RewardForm)
        with transaction() as session:
            programme = next(
                (p for p in programmes.all_programmes(session) if p.unit == "POINT"),
                None,
            )
            if programme is None:
                raise NotAllowed(msg("There is no points programme yet."))
            once(
                session,
                "reward.create",
                owner=me().id,
                body=form,
                at=at,
                do=lambda: (
                    actions.add_reward(
                        session, programme=programme, at=at, **form.model_dump()
                    ).id
                ),
            )
    except Refusal as refusal:
        return refused_form("rewards/stock.html", refusal, **_stock())
    return go_to(url_for(".stock"), notice=translate(msg("The reward is in the shop.")))


def _counter() -> dict[str, Any]:
    at = now()
    with reading() as session:
        reach = people.permitted_place_ids(
            session, me().id, Permission.HAND_OVER, on=day_of(at)
        )
        waiting = queries.waiting_at(session, reach, at=at)
        done = queries.handed_over_by(session, me().id, since=at - LOOK_BACK)
        both = waiting + done
        rewards = queries.rewards_by_ids(session, {one.reward_id for one in both})
        where = places.places_by_ids(session, {one.place_id for one in both})
        who = people.people_by_ids(session, {one.person_id for one in both})

    def row(one: Redemption) -> dict[str, Any]:
        assert one.place_id is not None
        return {
            "redemption": one,
            "title": localized(rewards[one.reward_id], "title"),
            "person": who[one.person_id].display_name,
            "place": localized(where[one.place_id], "name"),
            "is_overdue": rules.is_overdue(one, day_of(at)),
        }

    return {
        "waiting": [row(one) for one in waiting],
        "done": [row(one) for one in done],
    }


def _stock() -> dict[str, Any]:
    at = now()
    with reading() as session:
        reach = people.permitted_place_ids(
            session, me().id, Permission.MANAGE_REWARDS, on=day_of(at)
        )
        lots = queries.lots_at(session, reach)
        items = queries.all_rewards(session)
        rewards = queries.rewards_by_ids(session, {lot.reward_id for lot in lots})
        mine: list[tuple[UUID, str]] = [
            (place.id, localized(place, "name"))
            for place in places.all_places(session)
            if reach is None or place.id in reach
        ]
    names = dict(mine)
    rows = [
        (
            localized(rewards[lot.reward_id], "title"),
            names.get(lot.place_id, ""),
            lot.free,
            lot.reserved,
            lot.given,
            " · ".join(filter(None, [label(lot.funding_source), lot.funded_by])),
        )
        for lot in lots
    ]
    return {
        "rows": rows,
        "reward_options": [(item.id, localized(item, "title")) for item in items],
        "place_options": mine,
        "source_options": [(one.value, label(one)) for one in FundingSource],
        "kind_options": [(one.value, label(one)) for one in RewardKind],
    }


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return what waits to be collected at the actor's places, for the desk page."""
    reach = people.permitted_place_ids(session, actor_id, Permission.HAND_OVER, on=on)
    if reach is not None and not reach:
        return []
    waiting = queries.waiting_at(session, reach, at=now())
    rewards = queries.rewards_by_ids(session, {one.reward_id for one in waiting})
    who = people.people_by_ids(session, {one.person_id for one in waiting})
    return [
        DeskItem(
            kind=DeskKind.HAND_OVER,
            id=one.id,
            title=f"{who[one.person_id].display_name} · "
            + localized(rewards[one.reward_id], "title"),
            detail=translate(msg("Collect until %(day)s"), day=day(one.collect_by))
            if one.collect_by
            else None,
            since=one.effective_at,
            url=url_for("rewards_desk.index"),
            place_id=one.place_id,
        )
        for one in waiting
    ]


def desk_finds(session: Session, *, actor_id: UUID, on: date) -> list[Find]:
    """Return what was redeemed at the actor's places, for the staff's search."""
    reach = people.permitted_place_ids(session, actor_id, Permission.HAND_OVER, on=on)
    if reach is not None and not reach:
        return []
    rows = queries.latest_at(session, reach, at=now(), limit=FINDS_MAX)
    items = queries.rewards_by_ids(session, {one.reward_id for one in rows})
    who = people.people_by_ids(session, {one.person_id for one in rows})
    return [
        Find(
            kind=FindKind.REDEMPTION,
            id=one.id,
            title=f"{who[one.person_id].display_name} · "
            + localized(items[one.reward_id], "title"),
            detail=label(one.state),
            day=day_of(one.placed_at),
            url=url_for("rewards.redemption", redemption_id=one.id),
            place_id=one.place_id,
            names=every_language(who[one.person_id], "display_name"),
            texts=every_language(items[one.reward_id], "title"),
            codes=tuple(filter(None, (one.pickup_code,))),
        )
        for one in rows
    ]
