"""The main line of each of the four stories, in Chromium, with and without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app import programmes, rewards
from app.bookings import Booking
from app.fair import Slot
from app.kernel.clock import now
from app.rewards import FundingSource, RewardKind
from app.volunteering import Claim, Shift
from tests.app.fair.world import published, slot_of
from tests.app.workshops.shop import open_shop
from tests.browser.conftest import Site
from tests.browser.walker import Mode, Walker
from tests.cast import NOON
from tests.journeys.test_volunteer import claim_of, publish_shift

pytestmark = pytest.mark.browser


def last_id(walker: Walker) -> UUID:
    return UUID(walker.page.url.rsplit("/", 1)[1].split("?")[0])


def code_on(walker: Walker) -> str:
    """Read the large code on a slip or a screen."""
    words = walker.page.locator(".slip-code").inner_text()
    found = re.search(r"([A-Z0-9]{3}) ?([A-Z0-9]{3})\s*$", words)
    assert found, words
    return found[1] + found[2]


def test_the_volunteers_story(site: Site, mode: Mode) -> None:
    shift_id = publish_shift(site.town, site.cast, timedelta(minutes=20))
    chen, sun = site.walker(mode, site.cast.chen), site.walker(mode, site.cast.sun)
    lunch = chen.name("午餐送到家", "Lunch to the door")
    chen.go("/volunteering/").follow(lunch)
    chen.press("Take this shift").press("Undo").sees(chen.name("撤", "ndone"))
    chen.go("/volunteering/").follow(lunch)
    chen.press("Take this shift").press("Send now")
    chen.go("/volunteering/mine").follow_said("Check in")

    sun.go(f"/volunteering/door/{site.cast.station}")
    chen.fill("code", code_on(sun)).press("Check in")
    chen.reads("You are checked in. Have a good shift!")
    claim = claim_of(site.town, site.cast.chen)
    site.town.let_pass(timedelta(minutes=80), (Shift, shift_id), (Claim, claim.id))
    sun.go(f"/volunteering/door/{site.cast.station}")
    chen.go("/volunteering/attendance").fill("code", code_on(sun)).press("Check out")
    chen.reads("Thank you! The station will verify your hours.")
    record = chen.page.url

    ma = site.walker(mode, site.cast.ma)
    ma.go("/desk/").sees("陈向晚").press("Verify the hours")
    ma.sees(
        ma.say("Verified and credited") if mode.has_scripts else ma.say("Nothing waits")
    )
    chen.go("/wallet/").follow(lunch)
    assert chen.page.url == record
    chen.reads("Verified and credited")
    assert site.town.purse(site.cast.chen)[0] > 0
    site.town.ensure_books_are_right()


def test_the_residents_story(site: Site, mode: Mode) -> None:
    soon = now() + timedelta(days=1)
    with site.town.db.transaction() as session:
        haircut = published(session, site.cast).id
        slot_id = slot_of(session, haircut, start=soon).id
        love_bank = programmes.programme_for(session, site.cast.love_bank)
        bottle = rewards.add_reward(
            session, kind=RewardKind.GOODS, programme=love_bank, title="洗衣液",
            title_en="Washing liquid", points=Decimal(15), at=NOON,
        )  # fmt: skip
        rewards.add_stock(
            session, bottle, place_id=site.cast.station, quantity=1, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        )  # fmt: skip
    site.town.settle()
    lin = site.walker(mode)
    words = lin.name("理发", "haircuts")
    lin.go("/search").fill("q", words).press("Search")
    lin.page.locator("#results .card a").first.click()
    lin.page.locator("a[href*='/bookings/new']").first.click()
    lin.sign_in("林小满")
    lin.press("Book").press("Undo").reads("The points are free again.")
    assert site.town.purse(site.cast.lin) == (20, 0)
    lin.go(f"/bookings/new?slot={slot_id}").press("Book").press("Send it now")
    lin.reads("The points are set aside. They are spent only when it has taken place.")
    booking = last_id(lin)

    wang = site.walker(mode, site.cast.wang)
    wang.go("/bookings/provider").sees("林小满").press("Agree")
    wang.reads("Agreed. Thank you.") if mode.has_scripts else wang.reads("agreed")
    site.town.let_pass(
        timedelta(days=1, minutes=9), (Slot, slot_id), (Booking, booking)
    )
    wang.go("/bookings/provider").press("It took place").reads("Done. Thank you.")
    assert site.town.purse(site.cast.lin) == (15, 0)
    lin.go(f"/bookings/{booking}").choose("stars", "5").press("Say how it was")
    lin.reads("%(stars)s of 5 stars", stars=5)

    lin.go("/rewards/").follow(lin.name("洗衣液", "Washing liquid"))
    lin.choose("place_id", str(site.cast.station))
    lin.page.locator("main form[data-op='redemption.create'] button").click()
    lin.press("No need to wait")
    code = code_on(lin)
    sun = site.walker(mode, site.cast.sun)
    sun.go("/rewards/desk/").fill("code", code).press("Hand it over")
    sun.reads("Handed over by you today").sees("林小满")
    assert site.town.purse(site.cast.lin) == (0, 0)
    site.town.ensure_books_are_right()


def test_the_partners_story(site: Site, mode: Mode) -> None:
    wang, shen = site.walker(mode, site.cast.wang), site.walker(mode, site.cast.shen)
    title = wang.name("周三剪发", "Scissors on Wednesday")
    wang.go("/fair/new").fill("title", "周三剪发").fill("summary", "推子剪刀都带上")
    for name, value in (
        ("kind", "service"), ("category", "daily_repair"), ("audiences", "elderly"),
        ("service_nature", "volunteer"), ("price_mode", "points"),
        ("programme_id", str(site.cast.love_bank)), ("place_id", str(site.cast.centre)),
    ):  # fmt: skip
        wang.choose(name, value)
    wang.fill("points", "5")
    more = wang.say("In other languages and scripts")
    wang.page.locator("summary", has_text=more).click()
    wang.fill("title_en", "Scissors on Wednesday").press("Save and hand in for review")
    wang.reads("Handed in. Somebody else looks at it, usually within a day.")
    offering = wang.page.url

    shen.go("/desk/").sees(title).press("Take for review")
    shen.go("/fair/reviews").follow(title)
    shen.fill("reason", "请写明要不要自带毛巾").press("Ask for changes")
    wang.go(offering).sees("请写明要不要自带毛巾").follow_said("Edit")
    wang.fill("summary", "毛巾也带上").press("Save and hand in for review")
    shen.go("/fair/reviews").follow(title).press("Take for review")
    if not mode.has_scripts:
        shen.follow(title)
    shen.press("Approve")
    shen.sees(shen.say("Published") if mode.has_scripts else shen.say("Nothing waits"))
    site.town.settle()
    guest = site.walker(mode)
    guest.go("/search").fill("q", guest.name("剪发", "scissors")).press("Search")
    guest.follow(title).sees("毛巾也带上")
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    wang.go(offering).follow_said("Times")
    wang.fill("day", tomorrow).fill("starts", "09:00").fill("ends", "10:00").press(
        "Add"
    )
    wang.sees("09:00–10:00")
    guest.go(offering)
    assert guest.page.locator("a[href*='/bookings/new']").count() == 1


def test_the_workshops_story(site: Site, mode: Mode) -> None:
    with site.town.db.transaction() as session:
        open_shop(session, site.cast)
    tao, lin, sun = (
        site.walker(mode, one) for one in (site.cast.tao, site.cast.lin, site.cast.sun)
    )
    basket = tao.name("竹篮", "Bamboo basket")
    tao.go("/workshops/manage").follow_said("New good")
    tao.fill("title", "竹篮").fill("title_en", "Bamboo basket").fill("unit", "1 个")
    tao.choose("category", "craft").fill("price_cny", "98.60").press("Save")
    tao.fill("quantity", "2").press("Put on stock").press("Put on sale")
    tao.reads("It is on sale now.")

    lin.go("/goods").follow(basket).press("Put in the basket")
    lin.go("/basket").follow_said("On to place and payment")
    lin.choose("place_id", str(site.cast.centre)).choose("pay_with", "cash")
    lin.press("Order now").press("Send now, without waiting")
    order = lin.page.url
    tao.go("/workshops/manage").press("Confirm").press("Packed and sent")
    sun.go("/counter").press("It has arrived")
    lin.go(order)
    code = code_on(lin)
    sun.go("/counter").fill("code", code).press("Show the order").sees("98.60")
    sun.fill("code", code).press("%(price)s received, hand over", price="¥98.60")
    sun.sees(sun.say("Collect"))
    lin.go(order).reads("Paid in cash")
    tao.go("/workshops/manage").sees("¥90.71")
    site.town.ensure_books_are_right()
