"""The little town with one of everything in it, for walks over every page."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from app import (
    bookings,
    books,
    fair,
    partners,
    programmes,
    rewards,
    volunteering,
    workshops,
)
from app.fair.models import Revision
from app.partners import LicenceKind, OrganisationKind
from app.rewards import FundingSource, RewardKind
from app.workshops.models import Batch
from tests.app.fair.world import published, slot_of
from tests.app.volunteering.world import ZONE, a_post
from tests.app.workshops.shop import open_shop
from tests.cast import NOON, Cast

DAY = timedelta(days=1)


def furnish(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    """Put one of everything into the town; return ids by their name in addresses."""
    ids = {"person_id": cast.lin, "place_id": cast.centre}
    for add in (
        _add_fair, _add_volunteering, _add_rewards, _add_shop, _add_partner, _add_books,
    ):  # fmt: skip
        ids |= add(session, cast, at)
        session.flush()
    return ids


def _add_fair(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    haircut = published(session, cast)
    slots = [slot_of(session, haircut.id, start=at + n * DAY).id for n in (1, 2, 3)]
    waiting = published(session, cast, title="磨刀", title_en="Knives sharpened")
    fair.edit_offering(session, waiting.id, {"points": Decimal(8)}, by=cast.wang, at=at)
    session.flush()
    booking = bookings.request_booking(
        session, slot_id=slots[0], resident_id=cast.lin, by=cast.lin, at=at
    )
    bookings.send_now(session, booking.id, by=cast.lin, at=at)
    bookings.confirm_booking(session, booking.id, by=cast.wang, at=at)
    return {
        "offering_id": haircut.id,
        "slot_id": slots[1],
        "booking_id": booking.id,
        "revision_id": session.exec(select(Revision)).one().id,
    }


def _add_volunteering(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    post = a_post(
        session, cast, at=at - 9 * DAY, title="饭后陪走", title_en="A walk after lunch"
    )

    def shift(starts_at: datetime, wanted: int) -> Any:
        made = volunteering.add_shift(
            session, post.id, day=starts_at.astimezone(ZONE).date(), starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1), people_wanted=wanted, by=cast.ma,
            at=at - 8 * DAY,
        )  # fmt: skip
        session.flush()
        return made

    served, coming = shift(at - timedelta(hours=20), 2), shift(at + 2 * DAY, 3)
    done = volunteering.claim_shift(
        session,
        served.id,
        person_id=cast.chen,
        at=served.starts_at - timedelta(hours=3),
    )
    volunteering.scan_in(session, [done.id], by=cast.sun, at=served.starts_at)
    (record,) = volunteering.scan_out(
        session, [done.id], by=cast.sun, at=served.ends_at
    )
    claim = volunteering.claim_shift(session, coming.id, person_id=cast.lin, at=at)
    return {
        "post_id": post.id, "shift_id": coming.id, "claim_id": claim.id,
        "record_id": record.id,
    }  # fmt: skip


def _add_rewards(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    love_bank = programmes.programme_for(session, cast.love_bank)
    liquid = rewards.add_reward(
        session, kind=RewardKind.GOODS, programme=love_bank, title="洗衣液",
        title_en="Washing liquid", points=Decimal(5), at=NOON,
    )  # fmt: skip
    rewards.add_stock(
        session, liquid, place_id=cast.station, quantity=3, by=None, at=NOON,
        funding_source=FundingSource.DONOR,
    )  # fmt: skip
    session.flush()
    wish = rewards.place_redemption(
        session, reward_id=liquid.id, person_id=cast.lin, by=cast.lin,
        place_id=cast.station, at=at,
    )  # fmt: skip
    rewards.send_now(session, wish.id, by=cast.lin, at=at)
    return {"reward_id": liquid.id, "redemption_id": wish.id}


def _add_shop(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    shop = open_shop(session, cast)
    order = workshops.place_order(
        session, person_id=cast.lin, workshop_id=shop.workshop,
        lines={shop.chopsticks: 2}, place_id=cast.centre,
        pay_with=workshops.PayWith.CASH, by=cast.lin, at=at - timedelta(minutes=11),
    )  # fmt: skip
    session.flush()
    workshops.put_in_basket(session, cast.lin, shop.stool, 1)
    batch = session.exec(select(Batch).where(Batch.good_id == shop.stool)).one()
    return {
        "workshop_id": shop.workshop, "good_id": shop.stool, "order_id": order.id,
        "batch_id": batch.id,
    }  # fmt: skip


def _add_partner(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    team = partners.apply(
        session, name="晚晴志愿队", name_en="Evening Sun Team", kind=OrganisationKind.TEAM,
        place_id=cast.centre, about="陪老人散步", by=cast.pan, at=at,
    )  # fmt: skip
    session.flush()
    for step in (partners.Step.VERIFY, partners.Step.ADMIT):
        partners.take_step(session, team.id, step, by=cast.shen, at=at)
    licence = partners.add_licence(
        session, organisation_id=team.id, kind=LicenceKind.BUSINESS, number="B1",
        valid_from=at.date(), expires_on=at.date() + 90 * DAY, by=cast.pan, at=at,
    )  # fmt: skip
    return {"organisation_id": team.id, "licence_id": licence.id}


def _add_books(session: Session, cast: Cast, at: datetime) -> dict[str, UUID]:
    proposal = books.propose_correction(
        session, person_id=cast.lin, programme_id=cast.love_bank, unit="POINT",
        amount=Decimal(1), reason="登记时漏了", grounds="签到表第 3 行", by=cast.jin, at=at,
    )  # fmt: skip
    return {"proposal_id": proposal.id}
