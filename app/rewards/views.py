"""The rewards shop: what points can be spent on, and one's own redemptions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places, programmes, wallet
from app.kernel.clock import day_of, now
from app.kernel.errors import NotAllowed, Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.rewards import actions, queries, rules
from app.rewards.errors import RedemptionNotFound
from app.rewards.forms import RedemptionForm
from app.rewards.models import Redemption, RedemptionState, RewardItem, RewardKind
from app.web.causes import register_cause
from app.web.forms import FormState, blank_form, errors_of, read_form, refused_form
from app.web.guards import find_me, me, public, signed_in
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect, wants_fragment
from app.web.links import find_url
from app.web.moments import read_moment
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import localized, register_labels, translate

FRAGMENT = "rewards/_redemption.html"
TONES = {
    RewardKind.SERVICE: "life",
    RewardKind.BENEFIT: "space",
    RewardKind.EVENT_SEAT: "culture",
    RewardKind.GOODS: "goods",
    RewardKind.HONOUR: "youth",
    RewardKind.DONATION: "care",
}

bp = Blueprint("rewards", __name__)
register_labels(rules.LABELS)
register_cause(
    "redemption",
    endpoint="rewards.redemption",
    argument="redemption_id",
    titles=lambda session, ids: {
        one: localized(item, "title")
        for one, item in queries.rewards_of_redemptions(session, ids).items()
    },
)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Show the shop: services first, what is in stock where, the cover line."""
    with reading() as session:
        items = queries.all_rewards(session)
        stock = queries.free_stock(session, [item.id for item in items])
        covers = [
            (programme, queries.cover(session, programme))
            for programme in programmes.all_programmes(session)
            if any(item.programme_id == programme.id for item in items)
        ]
        balances = _my_balances(session)
    kinds = [
        (kind, [item for item in items if item.kind == kind]) for kind in RewardKind
    ]
    return render_template(
        "rewards/index.html",
        kinds=[(kind, found) for kind, found in kinds if found],
        stock={key: sum(one.free for one in found) for key, found in stock.items()},
        covers=covers,
        balances=balances,
        tones=TONES,
        shifts_url=find_url("volunteering.index"),
    )


@bp.get("/<uuid:reward_id>")
@public
def show(reward_id: UUID) -> ResponseReturnValue:
    """Show one reward, where it lies, and what redeeming it would mean."""
    with reading() as session:
        context = _reward_context(
            session, reward_id, for_id=_uuid(request.args.get("for"))
        )
    return render_template("rewards/show.html", form=blank_form(), **context)


@bp.post("/<uuid:reward_id>/redemptions")
@signed_in
def redeem(reward_id: UUID) -> ResponseReturnValue:
    """Wish for a reward: points are held, a piece is set aside."""
    at = now()
    try:
        form = read_form(RedemptionForm)
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
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        with reading() as session:
            context = _reward_context(
                session, reward_id, for_id=_uuid(request.form.get("resident_id"))
            )
        return refused_form("rewards/show.html", refusal, **context)
    return go_to(url_for(".redemption", redemption_id=made))


@bp.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    """Show one's redemptions, the open ones first."""
    before = read_moment(request.args.get("before"))
    with reading() as session:
        found = queries.redemptions_of(session, me().id, before=before)
        page = found[: queries.PAGE]
        rewards = queries.rewards_by_ids(session, {one.reward_id for one in page})
        where = places.places_by_ids(session, {one.place_id for one in page})
        balances = _my_balances(session)
    older = None
    if len(found) > queries.PAGE:
        older = url_for(".mine", before=page[-1].placed_at.isoformat())
    at = now()
    return render_template(
        "rewards/mine.html",
        redemptions=[(one, rules.state_at(one, at)) for one in page],
        rewards=rewards,
        places=where,
        balances=balances,
        older=older,
        newer=url_for(".mine") if before else None,
    )


@bp.get("/redemptions/<uuid:redemption_id>")
@signed_in
def redemption(redemption_id: UUID) -> ResponseReturnValue:
    """Show one redemption with its code, or with what can still be done."""
    _settle_if_due(redemption_id)
    with reading() as session:
        found = queries.redemption_for(session, redemption_id, reader=me().id, at=now())
        context = _redemption_context(session, found)
    return page_or_fragment("rewards/redemption.html", FRAGMENT, **context)


@bp.get("/redemptions/<uuid:redemption_id>/slip")
@signed_in
def slip(redemption_id: UUID) -> ResponseReturnValue:
    """Show the slip to print and take along, in large type."""
    _settle_if_due(redemption_id)
    with reading() as session:
        found = queries.redemption_for(session, redemption_id, reader=me().id, at=now())
        context = _redemption_context(session, found)
    return render_template(
        "rewards/slip.html",
        back_url=url_for(".redemption", redemption_id=redemption_id),
        **context,
    )


@bp.post("/redemptions/<uuid:redemption_id>/undo")
@signed_in
def undo(redemption_id: UUID) -> ResponseReturnValue:
    """Take it back within the undo time."""
    return _do(
        "redemption.undo",
        redemption_id,
        actions.undo_redemption,
        msg("Undone. Your points are free again."),
    )


@bp.post("/redemptions/<uuid:redemption_id>/sending")
@signed_in
def send(redemption_id: UUID) -> ResponseReturnValue:
    """Waive the rest of the undo time."""
    return _do(
        "redemption.send_now",
        redemption_id,
        actions.send_now,
        msg("Done. Here is your code."),
    )


@bp.post("/redemptions/<uuid:redemption_id>/cancellation")
@signed_in
def cancel(redemption_id: UUID) -> ResponseReturnValue:
    """Give it up before it is collected."""
    return _do(
        "redemption.cancel",
        redemption_id,
        actions.cancel_redemption,
        msg("Cancelled. Your points are free again."),
    )


Act = Callable[..., Redemption]


def _do(
    operation: str, redemption_id: UUID, act: Act, said: str
) -> ResponseReturnValue:
    """Take one step, once, and show the redemption; a refusal stands beside it."""
    at = now()
    try:
        with transaction() as session:
            once(
                session,
                operation,
                owner=me().id,
                body={"redemption": str(redemption_id)},
                at=at,
                do=lambda: act(session, redemption_id, by=me().id, at=at).id,
            )
            context = _redemption_context(session, _seen(session, redemption_id))
    except RedemptionNotFound:
        raise
    except Refusal as refusal:
        with reading() as session:
            context = _redemption_context(session, _seen(session, redemption_id))
        form = FormState({}, errors_of(refusal))
        template = FRAGMENT if wants_fragment() else "rewards/redemption.html"
        return render_template(template, form=form, **context), refusal.status
    return swap_or_redirect(
        FRAGMENT,
        to=url_for(".redemption", redemption_id=redemption_id),
        notice=translate(said),
        **context,
    )


def _seen(session: Session, redemption_id: UUID) -> Redemption:
    return queries.redemption_for(session, redemption_id, reader=me().id, at=now())


def _settle_if_due(redemption_id: UUID) -> None:
    """Make what is due ready at the first look; the job does the rest."""
    at = now()
    with reading() as session:
        found = queries.redemption_for(session, redemption_id, reader=me().id, at=at)
        is_due = (
            found.state == RedemptionState.PLACED
            and rules.state_at(found, at) != found.state
        )
    if is_due:
        with transaction() as session:
            actions.settle_due(session, at)


def _my_balances(session: Session) -> dict[str, Any]:
    person = find_me()
    return dict(wallet.balances_of(session, person.id)) if person else {}


def _reward_context(
    session: Session, reward_id: UUID, *, for_id: UUID | None = None
) -> dict[str, Any]:
    item = queries.reward_for(session, reward_id)
    programme = programmes.programme_for(session, item.programme_id)
    rule = programmes.rule_on(session, programme.id, day_of(now()))
    free = queries.free_stock(session, [item.id]).get(item.id, [])
    where = places.places_by_ids(session, [one.place_id for one in free])
    person = find_me()
    for_whom = None
    if person is not None and for_id not in (None, person.id):
        for_whom = _resident_of_clerk(session, person.id, for_id)
    balance = None
    if person is not None:
        payer = for_whom.id if for_whom else person.id
        balance = wallet.balances_of(session, payer)[programme.unit].available
    return {
        "reward": item,
        "programme": programme,
        "tone": TONES[item.kind],
        "undo_minutes": rule.undo_minutes,
        "free": [(where[one.place_id], one.free) for one in free],
        "place_options": _place_options(free, where),
        "for_whom": for_whom,
        "balance": balance,
        "balance_after": _after(balance, item),
        "is_donation": item.kind == RewardKind.DONATION,
    }


def _resident_of_clerk(
    session: Session, clerk_id: UUID, resident_id: UUID | None
) -> people.Person | None:
    """Return whom a clerk acts for; where, is asked when it is sent."""
    assert resident_id is not None
    reach = people.permitted_place_ids(
        session, clerk_id, Permission.ACT_FOR_RESIDENT, on=day_of(now())
    )
    if reach is not None and not reach:
        raise NotAllowed(msg("You can only redeem for yourself."))
    return people.person_for(session, resident_id)


def _place_options(
    free: list[queries.PlaceStock], where: object
) -> list[tuple[str, str, str, str]]:
    assert hasattr(where, "__getitem__")
    return [
        (
            str(one.place_id),
            localized(where[one.place_id], "name"),
            translate(msg("%(count)s left"), count=one.free),
            "pin",
        )
        for one in free
    ]


def _after(balance: Decimal | None, item: RewardItem) -> Decimal | None:
    return None if balance is None else balance - item.points


def _redemption_context(session: Session, found: Redemption) -> dict[str, Any]:
    at = now()
    reader = me().id
    item = queries.rewards_by_ids(session, [found.reward_id])[found.reward_id]
    who = people.people_by_ids(session, [found.person_id, found.entered_by])
    place = None
    if found.place_id is not None:
        place = places.place_for(session, found.place_id)
    is_own = reader in (found.person_id, found.entered_by)
    return {
        "redemption": found,
        "state": rules.state_at(found, at),
        "reward": item,
        "programme": programmes.programme_for(session, item.programme_id),
        "place": place,
        "person": who[found.person_id],
        "actor": who[found.entered_by],
        "is_own": is_own,
        "code": rules.shown_code(found.pickup_code)
        if found.pickup_code and is_own
        else None,
        "steps": rules.steps_open_to_owner(found, at=at) if is_own else (),
        "can_hand_over": me().permissions >= {Permission.HAND_OVER} and not is_own,
    }


def _uuid(typed: str | None) -> UUID | None:
    try:
        return UUID(typed) if typed else None
    except ValueError:
        return None
