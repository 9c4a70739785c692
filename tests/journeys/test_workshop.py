"""Story 4: a workshop sells, a resident collects, the books say what is owed."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app import people, wallet, workshops
from app.kernel.clock import day_of, now
from app.kernel.permissions import Role
from app.workshops import Order, OrderState, Payment
from tests.app.workshops.shop import Shop, open_shop
from tests.cast import BEGINNING, Cast
from tests.journeys.visitor import Town, Visitor


@pytest.fixture
def shop(town: Town, cast: Cast) -> Shop:
    with town.db.transaction() as session:
        return open_shop(session, cast)


def order_in(town: Town, url: str) -> Order:
    with town.db.reading() as session:
        return session.get_one(Order, UUID(url.rsplit("/", 1)[1]))


def owed(town: Town, shop: Shop) -> Decimal:
    with town.db.reading() as session:
        return wallet.owed_to_workshop(session, shop.workshop).posted


def left(town: Town, good_id: UUID) -> int:
    with town.db.reading() as session:
        return workshops.stock_of(session, [good_id], on=day_of(now()))[good_id]


def order(
    lin: Visitor, good: str, cast: Cast, pay_with: str = "cash", count: int = 1
) -> str:
    """Order through the shelf, the basket and the page that shows everything."""
    lin.go("/")
    lin.click("Workshop goods")
    lin.click(good)
    lin.press("Put in the basket", quantity=count)
    lin.go("/basket")
    lin.click("On to place and payment")
    assert "You can undo the order for 10 minutes" in lin.page.text
    lin.press("Order now", place_id=cast.centre, pay_with=pay_with)
    return lin.page.url


def bring_to_counter(town: Town, cast: Cast, url: str) -> str:
    """Tao confirms and packs, Sun takes the parcel in; return the pickup code."""
    tao, sun, lin = (town.visitor(one) for one in (cast.tao, cast.sun, cast.lin))
    tao.go("/workshops/manage")
    tao.press("Confirm")
    tao.go("/workshops/manage")
    tao.press("Packed and sent")
    sun.go("/counter")
    sun.press("It has arrived")
    lin.go(url)
    code = re.search(r"Code: (\S+)", lin.page.text)
    assert code, lin.page.text
    return code[1]


def test_a_good_from_its_label_to_the_cash_in_the_books(
    town: Town, cast: Cast, shop: Shop
) -> None:
    tao, lin, sun = (town.visitor(one) for one in (cast.tao, cast.lin, cast.sun))
    tao.go("/")
    tao.click("My workshop")
    tao.click("New good")
    tao.press("Save", 422, title="竹篮", unit="1 个", price_cny="-3", category="craft")
    assert tao.page.errors["f-price_cny"]
    tao.press("Save", title="竹篮", title_en="Bamboo basket", unit="1 个",
              price_cny="98.60", category="craft")  # fmt: skip
    good = tao.page.url
    good_id = UUID(good.split("/")[2])
    assert "Bamboo basket" not in town.visitor().go("/goods").text, "a draft"
    tao.press("Put on stock", 422, quantity=0, made_on=day_of(now()))
    assert tao.page.errors["f-quantity"]
    tao.press("Put on stock", quantity=2, made_on=day_of(now()))
    tao.press("Put on sale")
    town.settle()
    assert "Bamboo basket" in town.visitor().go("/goods").text
    found = town.visitor()
    found.go("/search")
    found.press("Search", q="bamboo basket")
    assert "Bamboo basket" in found.page.text

    # Ordered, undone, ordered again: stock follows.
    first = order(lin, "Bamboo basket", cast)
    assert left(town, good_id) == 1
    assert "New orders stand here ten minutes" in tao.go("/workshops/manage").text
    lin.press("Undo")
    assert order_in(town, first).state is OrderState.UNDONE
    assert left(town, good_id) == 2
    second = order(lin, "Bamboo basket", cast)
    lin.press("Send now, without waiting")
    code = bring_to_counter(town, cast, second)

    # A wrong code shows nothing; the right one shows what is to be paid first.
    sun.go("/")
    sun.click("desk")
    sun.go("/counter")
    sun.press("Show the order", 422, code="QQQQQQ")
    assert sun.page.errors["f-code"]
    sun.press("Show the order", code=code)
    assert "98.60" in sun.page.text
    sun.press("¥98.60 received, hand over")
    done = order_in(town, second)
    assert (done.state, done.payment) == (OrderState.COLLECTED, Payment.RECORDED_CASH)
    assert owed(town, shop) == Decimal("90.71")
    assert town.purse(cast.lin) == (20, 0)
    assert left(town, good_id) == 1

    tao.go("/workshops/manage")
    assert "¥90.71" in tao.page.text
    tao.click("Line by line")
    assert second in tao.page.links_to("/orders/"), "each line leads to its order"
    town.ensure_books_are_right()


def test_points_are_captured_at_the_counter_and_the_fund_owes_the_price(
    town: Town, cast: Cast, shop: Shop
) -> None:
    lin, sun = town.visitor(cast.lin), town.visitor(cast.sun)
    url = order(lin, "stool", cast, "points")
    assert town.purse(cast.lin) == (20, 15)
    lin.press("Send now, without waiting")
    code = bring_to_counter(town, cast, url)
    zhou = town.visitor(cast.zhou)
    zhou.go("/counter")
    zhou.press("Show the order", code=code)
    if zhou.page.has_button("Hand over"):
        zhou.press("Hand over", 403, code=code)
    assert order_in(town, url).state is OrderState.READY, "not to one's own wife"
    sun.go("/counter")
    sun.press("Show the order", code=code)
    sun.press("Hand over", code=code)
    assert order_in(town, url).payment is Payment.POINTS_CAPTURED
    assert town.purse(cast.lin) == (5, 0)
    assert owed(town, shop) == Decimal("41.40"), "the price less the commission"
    lin.go("/wallet/")
    assert url in lin.page.links_to("/orders/")
    town.ensure_books_are_right()


def test_what_cannot_be_ordered_is_said_before_anything_is_reserved(
    town: Town, cast: Cast, shop: Shop
) -> None:
    lin, chen, tao = (town.visitor(one) for one in (cast.lin, cast.chen, cast.tao))
    guest = town.visitor()
    guest.go(f"/goods/{shop.stool}")
    assert not guest.page.has_button("Put in the basket")
    guest.click("Sign in to order")
    tao.go(f"/goods/{shop.stool}")
    assert not tao.page.has_button("Put in the basket"), "not from one's own workshop"

    lin.go(f"/goods/{shop.stool}")
    for count in ("0", "-1", "1.5", "many", "100"):
        lin.press("Put in the basket", 422, quantity=count)
        assert lin.page.errors["f-quantity"], count
    lin.press("Put in the basket", quantity=3)
    lin.go("/basket")
    lin.click("On to place and payment")
    checked = lin.page
    lin.press("Order now", 422, place_id="")
    assert set(lin.page.errors) == {"f-place_id"}

    order(chen, "stool", cast, count=2)
    lin.page = checked  # opened before Chen was quicker
    lin.press("Order now", 409, place_id=cast.centre, pay_with="cash")
    assert left(town, shop.stool) == 1
    lin.go("/basket")
    assert "Only 1 left" in lin.page.text
    lin.press("Change", quantity=1)
    lin.click("On to place and payment")
    checked = lin.page
    lin.press("Order now", place_id=cast.centre, pay_with="cash")
    mine = lin.page.url
    lin.page = checked
    lin.press("Order now", place_id=cast.centre, pay_with="cash")
    assert lin.page.url == mine, "pressed twice, ordered once"
    assert left(town, shop.stool) == 0
    chen.go(mine, 404)
    assert chen.client.send(f"{mine}/cancellation").status_code == 404
    town.ensure_books_are_right()


def test_a_rejected_a_cancelled_and_a_forgotten_order_give_everything_back(
    town: Town, cast: Cast, shop: Shop
) -> None:
    lin, tao = town.visitor(cast.lin), town.visitor(cast.tao)
    rejected = order(lin, "stool", cast, "points")
    lin.press("Send now, without waiting")
    tao.go("/workshops/manage")
    tao.press("Reject the order", 422, reason="")
    tao.press("Reject the order", reason="木料没到")
    assert "木料没到" in lin.go(rejected).text
    assert order_in(town, rejected).state is OrderState.REJECTED

    cancelled = order(lin, "stool", cast, "points")
    lin.press("Send now, without waiting")
    lin.press("Cancel the order")
    assert order_in(town, cancelled).state is OrderState.CANCELLED

    forgotten = order(lin, "stool", cast, "points")
    lin.press("Send now, without waiting")
    bring_to_counter(town, cast, forgotten)
    assert left(town, shop.stool) == 2
    town.settle(now() + timedelta(days=40))
    assert order_in(town, forgotten).state is OrderState.UNCOLLECTED
    assert left(town, shop.stool) == 3
    assert town.purse(cast.lin) == (20, 0)
    assert owed(town, shop) == 0
    town.ensure_books_are_right()


def test_a_workshop_is_paid_by_two_people(town: Town, cast: Cast, shop: Shop) -> None:
    with town.db.transaction() as session:
        for name in ("jin", "qian"):
            people.assign_role(
                session, person_id=getattr(cast, name), role=Role.LEDGER_ADMIN,
                place_id=None, starts_on=BEGINNING.date(), at=BEGINNING, by=None,
            )  # fmt: skip
    lin, sun = town.visitor(cast.lin), town.visitor(cast.sun)
    url = order(lin, "stool", cast)
    lin.press("Send now, without waiting")
    code = bring_to_counter(town, cast, url)
    sun.go("/counter")
    sun.press("Show the order", code=code)
    sun.press("¥45.00 received, hand over")
    assert owed(town, shop) == Decimal("41.40")

    jin, qian = town.visitor(cast.jin), town.visitor(cast.qian)
    jin.go("/settlements")
    jin.press("Propose the payout", 409, amount="41.41", place_id=cast.centre)
    jin.press("Propose the payout", amount="41.40", place_id=cast.centre)
    assert not jin.page.has_button("Yes, pay it out")
    assert owed(town, shop) == Decimal("41.40"), "a proposal is not in the books"
    qian.go("/settlements")
    qian.press("Yes, pay it out")
    assert owed(town, shop) == 0
    town.ensure_books_are_right()
