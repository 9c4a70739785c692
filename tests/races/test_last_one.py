"""Everybody wants the last one at the same moment: one gets it, the books agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import select

from app import programmes, rewards, volunteering, wallet, workshops
from app.bookings import Booking
from app.fair import PriceMode
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.rewards import FundingSource, Redemption, RedemptionState, RewardKind
from app.volunteering import Claim
from app.workshops import Order
from tests.app.fair.world import published, slot_of
from tests.app.volunteering.world import ZONE, a_post
from tests.app.workshops.shop import open_shop
from tests.cast import NOON, Cast
from tests.races.conftest import Crowd, at_once, count_by_status, taken
from tests.web import Client, sign_in

Check = Callable[[], None]


def purse(db: Database, person_id: UUID) -> tuple[Decimal, Decimal]:
    with db.reading() as session:
        balance = wallet.balances_of(session, person_id)["POINT"]
    return balance.posted, balance.held


def test_fifty_bookings_of_one_seat_are_one_booking(
    db: Database, seat: UUID, crowd: Crowd, ensure_books_are_right: Check
) -> None:
    answers = at_once(
        *(lambda one=one: one.send("/bookings/", slot_id=seat) for one in crowd(50))
    )
    assert count_by_status(answers) == {303: 1, 409: 49}
    assert taken(db, seat) == 1
    with db.reading() as session:
        assert len(session.exec(select(Booking)).all()) == 1
    ensure_books_are_right()


def test_one_key_sent_twenty_times_is_one_booking_and_one_answer(
    app: Flask, other_app: Flask, db: Database, cast: Cast,
    paid_seats: list[UUID], ensure_books_are_right: Check,
) -> None:  # fmt: skip
    tabs = [sign_in((app, other_app)[n % 2], cast.lin) for n in range(20)]
    answers = at_once(
        *(
            lambda tab=tab: tab.send("/bookings/", key="k", slot_id=paid_seats[0])
            for tab in tabs
        )
    )
    assert count_by_status(answers) == {303: 20}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert taken(db, paid_seats[0]) == 1
    assert purse(db, cast.lin) == (20, 5)
    ensure_books_are_right()


def test_points_are_not_spent_twice_on_different_things(
    app: Flask, other_app: Flask, db: Database, cast: Cast,
    paid_seats: list[UUID], ensure_books_are_right: Check,
) -> None:  # fmt: skip
    tabs = [sign_in((app, other_app)[n % 2], cast.lin) for n in range(6)]
    answers = at_once(
        *(
            lambda tab=tab, seat=seat: tab.send("/bookings/", slot_id=seat)
            for tab, seat in zip(tabs, paid_seats, strict=True)
        )
    )
    assert count_by_status(answers) == {303: 4, 409: 2}, "20 points are four haircuts"
    assert purse(db, cast.lin) == (20, 20)
    assert sum(taken(db, one) for one in paid_seats) == 4
    ensure_books_are_right()


def test_one_person_is_not_in_two_places_at_once(
    app: Flask, other_app: Flask, db: Database, cast: Cast
) -> None:
    start = now() + timedelta(days=1)
    free = {"price_mode": PriceMode.FREE, "points": None, "programme_id": None}
    with db.transaction() as session:
        seats = [
            slot_of(session, published(session, cast, **free).id, start=start).id
            for _ in range(6)
        ]
    tabs = [sign_in((app, other_app)[n % 2], cast.lin) for n in range(6)]
    answers = at_once(
        *(
            lambda tab=tab, seat=seat: tab.send("/bookings/", slot_id=seat)
            for tab, seat in zip(tabs, seats, strict=True)
        )
    )
    assert count_by_status(answers) == {303: 1, 409: 5}
    assert sum(taken(db, one) for one in seats) == 1


def test_the_last_bottle_goes_to_one_of_twelve(
    db: Database, cast: Cast, crowd: Crowd, ensure_books_are_right: Check
) -> None:
    with db.transaction() as session:
        love_bank = programmes.programme_for(session, cast.love_bank)
        bottle = rewards.add_reward(
            session, kind=RewardKind.GOODS, programme=love_bank, title="洗衣液",
            points=Decimal(15), at=NOON,
        )  # fmt: skip
        rewards.add_stock(
            session, bottle, place_id=cast.station, quantity=1, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        )  # fmt: skip
        url = f"/rewards/{bottle.id}/redemptions"
    answers = at_once(
        *(lambda one=one: one.send(url, place_id=cast.station) for one in crowd(12))
    )
    assert count_by_status(answers) == {303: 1, 409: 11}
    with db.reading() as session:
        (made,) = session.exec(select(Redemption)).all()
        assert rewards.free_stock(session, [bottle.id]) in ({}, {bottle.id: 0})
    assert purse(db, made.person_id) == (20, 15)
    ensure_books_are_right()


def test_one_pickup_code_is_handed_over_once_by_two_clerks(
    app: Flask,
    other_app: Flask,
    db: Database,
    cast: Cast,
    ensure_books_are_right: Check,
) -> None:
    with db.transaction() as session:
        love_bank = programmes.programme_for(session, cast.love_bank)
        bottle = rewards.add_reward(
            session, kind=RewardKind.GOODS, programme=love_bank, title="洗衣液",
            points=Decimal(15), at=NOON,
        )  # fmt: skip
        rewards.add_stock(
            session, bottle, place_id=cast.station, quantity=1, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        )  # fmt: skip
        wish = rewards.place_redemption(
            session, reward_id=bottle.id, person_id=cast.lin, by=cast.lin,
            place_id=cast.station, at=now(),
        )  # fmt: skip
        rewards.send_now(session, wish.id, by=cast.lin, at=now())
        code = wish.pickup_code
    clerks = [
        sign_in(server, who)
        for server, who in ((app, cast.sun), (other_app, cast.ma))
        for _ in range(3)
    ]
    answers = at_once(
        *(
            lambda one=one: one.send("/rewards/desk/hand-overs", code=code)
            for one in clerks
        )
    )
    assert count_by_status(answers).get(303) == 1, [a.status_code for a in answers]
    assert {answer.status_code for answer in answers} <= {303, 409, 422}
    assert purse(db, cast.lin) == (5, 0)
    with db.reading() as session:
        assert session.get_one(Redemption, wish.id).state is RedemptionState.HANDED_OVER
    ensure_books_are_right()


def test_three_stools_go_to_three_of_sixteen(
    db: Database, cast: Cast, crowd: Crowd, ensure_books_are_right: Check
) -> None:
    with db.transaction() as session:
        shop = open_shop(session, cast)
    buyers = crowd(16)
    for one in buyers:
        assert one.send("/basket", good_id=shop.stool, quantity=1).status_code == 303

    def order(one: Client, pay_with: str) -> object:
        return one.send(
            "/orders",
            workshop_id=shop.workshop,
            place_id=cast.centre,
            pay_with=pay_with,
        )

    ways = ("cash", "points")
    answers = at_once(
        *(lambda one=one, n=n: order(one, ways[n % 2]) for n, one in enumerate(buyers))
    )
    assert count_by_status(answers) == {303: 3, 409: 13}
    with db.reading() as session:
        made = session.exec(select(Order)).all()
        assert workshops.stock_of(session, [shop.stool], on=day_of(now())) == {
            shop.stool: 0
        }
        held = [
            wallet.balances_of(session, one.person_id)["POINT"].held
            for one in made
            if one.total_points is not None
        ]
    assert len(made) == 3
    assert all(amount == 15 for amount in held)
    ensure_books_are_right()


@pytest.mark.parametrize("kind", ["the last place", "two at once"])
def test_shifts_are_neither_overfull_nor_overlapping(
    app: Flask, other_app: Flask, db: Database, cast: Cast, kind: str
) -> None:
    starts_at = now() + timedelta(hours=5)
    with db.transaction() as session:
        post = a_post(session, cast, at=now() - timedelta(days=1))
        shifts = [
            volunteering.add_shift(
                session, post.id, day=starts_at.astimezone(ZONE).date(),
                starts_at=starts_at + timedelta(minutes=n),
                ends_at=starts_at + timedelta(minutes=60 + n), people_wanted=1,
                by=cast.ma, at=now() - timedelta(hours=1),
            ).id
            for n in range(4)
        ]  # fmt: skip
    servers = (app, other_app)
    if kind == "the last place":
        who = [cast.chen, cast.lin, cast.wang, cast.chen]
        urls = [f"/volunteering/shifts/{shifts[0]}/claims"] * 4
    else:
        who = [cast.chen] * 4
        urls = [f"/volunteering/shifts/{one}/claims" for one in shifts]
    tabs = [sign_in(servers[n % 2], one) for n, one in enumerate(who)]
    answers = at_once(
        *(
            lambda tab=tab, url=url: tab.send(url)
            for tab, url in zip(tabs, urls, strict=True)
        )
    )
    assert count_by_status(answers) == {303: 1, 409: 3}
    with db.reading() as session:
        assert len(session.exec(select(Claim)).all()) == 1
