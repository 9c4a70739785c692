"""Story 2: a resident finds, books, undoes, is served, and redeems her points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app import fair, programmes, rewards
from app.bookings import Booking, BookingState, upcoming_of
from app.fair import PriceMode, ServiceNature, Slot
from app.kernel.clock import now
from app.rewards import FundingSource, Redemption, RedemptionState, RewardKind
from tests.app.fair.world import published, slot_of
from tests.cast import NOON, Cast
from tests.journeys.reader import Page, read
from tests.journeys.visitor import Town, Visitor

HAIRCUT = "Wednesday haircuts"


@dataclass(frozen=True)
class Stall:
    """Ids: Wang's haircut for 5 points with two times, one seat each."""

    haircut: UUID
    tomorrow: UUID
    later: UUID


@pytest.fixture
def stall(town: Town, cast: Cast) -> Stall:
    soon = now() + timedelta(days=1)
    with town.db.transaction() as session:
        haircut = published(session, cast)
        first = slot_of(session, haircut.id, start=soon)
        second = slot_of(session, haircut.id, start=soon + timedelta(days=1))
        published(
            session, cast, title="免费磨刀", title_en="Knives sharpened",
            price_mode=PriceMode.FREE, points=None, programme_id=None,
            service_nature=ServiceNature.VOLUNTEER, place_id=cast.other_centre,
        )  # fmt: skip
        made = Stall(haircut.id, first.id, second.id)
    town.settle()
    return made


def open_first_time(visitor: Visitor, stall: Stall) -> Page:
    visitor.go(f"/fair/{stall.haircut}")
    return visitor.go(visitor.page.links_to("/bookings/new")[0])


def book(visitor: Visitor, stall: Stall) -> UUID:
    open_first_time(visitor, stall)
    visitor.press("Book")
    return UUID(visitor.page.url.rsplit("/", 1)[1])


def state_of(town: Town, booking_id: UUID) -> BookingState:
    with town.db.reading() as session:
        return session.get_one(Booking, booking_id).state


def taken(town: Town, slot_id: UUID) -> int:
    with town.db.reading() as session:
        return fair.slot_for(session, slot_id).taken


def test_without_an_account_one_finds_filters_and_opens_an_offering(
    town: Town, cast: Cast, stall: Stall
) -> None:
    guest = town.visitor()
    guest.go("/")
    guest.press("Search", q="haircuts")
    assert guest.page.url.startswith("/search")
    assert HAIRCUT in guest.page.text
    assert "Knives" not in guest.page.text
    guest.click(HAIRCUT)
    assert "5 points" in guest.page.text
    assert len(guest.page.links_to("/bookings/new")) == 2

    guest.go("/search")
    assert {HAIRCUT, "Knives sharpened"} <= {words for words, _ in guest.page.links}
    guest.click("Points")
    assert HAIRCUT in guest.page.text
    assert "Knives sharpened" not in guest.page.text
    guest.go("/places/")
    guest.click("Nanbu Old Street Centre")
    guest.go(guest.page.links_to("/search?place=")[0])
    assert "Knives sharpened" in guest.page.text
    assert HAIRCUT not in guest.page.text
    for nonsense in (
        "/search?q=" + "長" * 3000,
        "/search?place=x&price=y&page=-1&sort=z",
    ):
        guest.go(nonsense)
    guest.press("Search", q="zzzzqqq")
    assert "Nothing fits yet" in guest.page.text


def test_a_seat_is_booked_undone_booked_again_and_the_points_are_spent(
    town: Town, cast: Cast, stall: Stall
) -> None:
    guest = town.visitor()
    open_first_time(guest, stall)
    assert guest.page.url.startswith("/sign-in")
    guest.press("林小满 Volunteer", to="/sign-in/cast")
    assert guest.page.has_button("Book"), "signing in leads back to the time one chose"

    lin, wang = town.visitor(cast.lin), town.visitor(cast.wang)
    before = open_first_time(lin, stall)
    assert re.search(r"You have 20 .*This costs 5 .*Then you have 15", before.text)
    assert re.search(r"You can undo it until \d\d:\d\d", before.text)
    lin.press("Book", note="住三楼")
    assert "You can undo this until" in lin.page.text
    first = UUID(lin.page.url.rsplit("/", 1)[1])
    assert town.purse(cast.lin) == (20, 5)
    assert taken(town, stall.tomorrow) == 1
    assert "No requests yet" in wang.go("/bookings/provider").text

    lin.press("Undo")
    assert "Undone" in lin.page.text
    assert state_of(town, first) is BookingState.UNDONE
    assert town.purse(cast.lin) == (20, 0)
    assert taken(town, stall.tomorrow) == 0

    second = book(lin, stall)
    lin.press("Send it now")
    assert not lin.page.has_button("Undo")
    wang.go("/bookings/provider")
    assert "林小满" in wang.page.text
    wang.press("Agree")
    assert state_of(town, second) is BookingState.CONFIRMED
    assert not wang.page.has_button("It took place"), "not before it began"
    assert "Wednesday haircuts" in lin.go("/bookings/").text

    town.let_pass(
        timedelta(days=1, minutes=20), (Slot, stall.tomorrow), (Booking, second)
    )
    wang.go("/bookings/provider")
    wang.press("It took place")
    assert state_of(town, second) is BookingState.COMPLETED
    assert town.purse(cast.lin) == (15, 0)
    assert town.purse(cast.wang) == (0, 0), "points go to the pool, not to a person"
    lin.go(f"/bookings/{second}")
    lin.press("Say how it was", 422, comment="没选星")
    assert lin.page.errors["f-stars"]
    lin.press("Say how it was", stars=5, comment="手艺好")
    assert "5 of 5 stars" in lin.page.text

    lin.go("/wallet/")
    assert f"/bookings/{second}" in lin.page.links_to("/bookings/")
    town.ensure_books_are_right()


def test_declined_cancelled_and_not_answered_all_give_points_and_seat_back(
    town: Town, cast: Cast, stall: Stall
) -> None:
    lin, wang = town.visitor(cast.lin), town.visitor(cast.wang)
    declined = book(lin, stall)
    lin.press("Send it now")
    wang.go("/bookings/provider")
    wang.press("Decline", 422, reason="")
    assert wang.page.errors
    wang.press("Decline", reason="那天回老家")
    assert state_of(town, declined) is BookingState.DECLINED
    assert "那天回老家" in lin.go(f"/bookings/{declined}").text

    cancelled = book(lin, stall)
    lin.press("Send it now")
    wang.go("/bookings/provider")
    wang.press("Agree")
    lin.go(f"/bookings/{cancelled}")
    lin.press("Cancel it")
    assert state_of(town, cancelled) is BookingState.CANCELLED

    nobody_came = book(lin, stall)
    lin.press("Send it now")
    wang.go("/bookings/provider")
    wang.press("Agree")
    town.let_pass(
        timedelta(days=1, minutes=20), (Slot, stall.tomorrow), (Booking, nobody_came)
    )
    lin.go(f"/bookings/{nobody_came}")
    lin.press("Nobody came")
    assert state_of(town, nobody_came) is BookingState.NO_SHOW_PROVIDER

    forgotten = book(lin, stall)
    lin.press("Send it now")
    assert town.purse(cast.lin) == (20, 5)
    town.settle(now() + timedelta(days=3))
    assert state_of(town, forgotten) is BookingState.EXPIRED
    assert town.purse(cast.lin) == (20, 0)
    assert taken(town, stall.later) == 0
    town.ensure_books_are_right()


def test_every_refusal_of_a_booking_stands_on_its_page_and_changes_nothing(
    town: Town, cast: Cast, stall: Stall
) -> None:
    lin, chen, wang = (town.visitor(one) for one in (cast.lin, cast.chen, cast.wang))
    open_first_time(chen, stall)
    assert "Still missing 5" in chen.page.text
    assert not chen.page.has_button("Book")
    forged = chen.client.send("/bookings/", slot_id=stall.tomorrow)
    assert forged.status_code == 409
    assert "points" in read("/", 409, forged.text).alerts

    opened = open_first_time(lin, stall)
    lin.press("Book", 422, note="字" * 301)
    assert lin.page.errors["f-note"]
    lin.page = opened
    lin.press("Book")
    mine = lin.page.url
    lin.page = opened  # the same page sent again, with the same key
    lin.press("Book")
    assert lin.page.url == mine
    lin.page = opened
    lin.press("Book", 409, note="another body under the same key")
    with town.db.reading() as session:
        assert len(upcoming_of(session, cast.lin, at=now())) == 1
    assert town.purse(cast.lin) == (20, 5)

    late = chen.client.send("/bookings/", slot_id=stall.tomorrow)
    assert late.status_code == 409
    shown = read("/bookings/", 409, late.text)
    assert "just been taken" in shown.alerts
    assert shown.links_to("/bookings/new"), "the times that are still free"
    wang.go(f"/fair/{stall.haircut}")
    assert not wang.page.links_to("/bookings/new")
    assert wang.client.send("/bookings/", slot_id=stall.later).status_code == 403
    for stranger in (chen, town.visitor(cast.tao)):
        stranger.go(mine, 404)
        assert stranger.client.send(f"{mine}/undo").status_code == 404
    for junk in ("", "?slot=", "?slot=junk", f"?slot={cast.lin}"):
        lin.go(f"/bookings/new{junk}", 404)
    town.let_pass(timedelta(days=3), (Slot, stall.later))
    assert chen.client.send("/bookings/", slot_id=stall.later).status_code == 409
    assert taken(town, stall.later) == 0
    town.ensure_books_are_right()


@pytest.fixture
def bottle(town: Town, cast: Cast) -> UUID:
    """Washing liquid for 15 points, the last bottle, at the station."""
    with town.db.transaction() as session:
        love_bank = programmes.programme_for(session, cast.love_bank)
        liquid = rewards.add_reward(
            session, kind=RewardKind.GOODS, programme=love_bank, title="洗衣液",
            title_en="Washing liquid", points=Decimal(15), at=NOON,
        )  # fmt: skip
        rewards.add_stock(
            session, liquid, place_id=cast.station, quantity=1, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        )  # fmt: skip
        return liquid.id


def redemption_state(town: Town, url: str) -> RedemptionState:
    with town.db.reading() as session:
        return session.get_one(Redemption, UUID(url.rsplit("/", 1)[1])).state


def test_points_become_a_bottle_over_the_counter(
    town: Town, cast: Cast, bottle: UUID
) -> None:
    lin, sun = town.visitor(cast.lin), town.visitor(cast.sun)
    lin.go("/")
    lin.click("Rewards")
    lin.click("Washing liquid")
    opened = lin.page
    lin.press("Redeem for 15 points", 422)
    assert lin.page.errors["f-place_id"]
    lin.press("Redeem for 15 points", place_id=cast.station)
    assert "You can undo this until" in lin.page.text
    assert town.purse(cast.lin) == (20, 15)
    assert "Gone for now" in town.visitor(cast.chen).go(f"/rewards/{bottle}").text
    undone = lin.page.url
    lin.press("Undo")
    assert redemption_state(town, undone) is RedemptionState.UNDONE
    assert town.purse(cast.lin) == (20, 0)

    lin.go(opened.url)
    lin.press("Redeem for 15 points", place_id=cast.station)
    wish = lin.page.url
    assert "Code:" not in lin.page.text
    lin.press("No need to wait")
    code = re.search(r"Code: ([A-Z0-9]{3}.?[A-Z0-9]{3})", lin.page.text)
    assert code, lin.page.text

    # Her husband runs the place, and still does not hand over to her; nor does a guess.
    for name, typed in (("zhou", code[1]), ("sun", "AAAAAA"), ("sun", "")):
        clerk = town.visitor(getattr(cast, name))
        clerk.go("/rewards/desk/")
        clerk.press("Hand it over", 422 if name == "sun" else 403, code=typed)
        assert clerk.page.errors["f-code"]
    assert redemption_state(town, wish) is RedemptionState.READY
    sun.go("/")
    sun.click("desk")
    sun.click("Hand over rewards")
    sun.press("Hand it over", code=code[1].lower())
    assert redemption_state(town, wish) is RedemptionState.HANDED_OVER
    assert town.purse(cast.lin) == (5, 0)
    sun.go("/rewards/desk/")
    sun.press("Hand it over", 422, code=code[1])
    assert town.purse(cast.lin) == (5, 0), "a code is good once"
    lin.go("/wallet/")
    assert wish in lin.page.links_to("/rewards/redemptions/")
    town.ensure_books_are_right()


def test_a_bottle_nobody_collects_goes_back_on_the_shelf(
    town: Town, cast: Cast, bottle: UUID
) -> None:
    lin = town.visitor(cast.lin)
    lin.go(f"/rewards/{bottle}")
    lin.press("Redeem for 15 points", place_id=cast.station)
    wish = lin.page.url
    town.settle(now() + timedelta(minutes=11))
    lin.go(wish)
    assert "Code:" in lin.page.text, "the worker makes it ready after the undo time"
    town.settle(now() + timedelta(days=60))
    assert redemption_state(town, wish) is RedemptionState.LAPSED
    assert town.purse(cast.lin) == (20, 0)
    lin.go(f"/rewards/{bottle}")
    assert lin.page.has_button("Redeem for 15 points")
    town.ensure_books_are_right()
