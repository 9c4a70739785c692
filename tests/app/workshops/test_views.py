"""The shop through HTTP: who sees what, what a form answers, fragments."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app import workshops
from app.kernel.clock import now
from app.kernel.db import Database
from app.workshops.models import BasketRow, Batch, Good, Order
from tests.app.workshops.shop import Shop, open_shop
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


@pytest.fixture
def shop(db: Database, cast: Cast) -> Shop:
    with db.transaction() as session:
        return open_shop(session, cast)


def order_by_http(lin: Client, cast: Cast, shop: Shop, pay_with: str = "cash") -> UUID:
    lin.send("/basket", good_id=shop.stool, quantity=1)
    answer = lin.send(
        "/orders", workshop_id=shop.workshop, place_id=cast.centre, pay_with=pay_with
    )
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["Location"].rsplit("/", 1)[1])


def let_window_pass(db: Database, order_id: UUID) -> None:
    with db.transaction() as session:
        found = session.get_one(Order, order_id)
        found.placed_at -= timedelta(minutes=11)
        found.effective_at -= timedelta(minutes=11)


def test_anybody_sees_the_shelf_the_good_and_who_sells_it(
    client: Client, shop: Shop
) -> None:
    shelf = text_of(client.get("/goods"))
    good = text_of(client.get(f"/goods/{shop.stool}"))
    seller = text_of(client.get(f"/workshops/{shop.workshop}"))

    assert "chopsticks" in shelf
    assert "¥26.80 / 1" in shelf
    assert "Only 3 left" in shelf
    assert "or 15 points" in good
    assert "Sign in to order" in good
    for page in (good, seller):
        assert "No licence needed: home handicraft" in page
    assert client.get("/workshops").status_code == 200


def test_shelves_sort_and_swap(client: Client, shop: Shop) -> None:
    assert shop
    page = client.get("/goods/shelf/craft/price-down/1")
    assert page.text.index("stool") < page.text.index("chopsticks")
    swapped = client.get("/goods/shelf/craft", headers={"HX-Request": "true"})
    assert re.sub(r"\s+", " ", swapped.text).strip().startswith('<div id="shelf"')
    assert "This shelf is empty" in client.get("/goods/shelf/tea").text
    assert client.get("/goods/shelf/tea/sideways/1").status_code == 404
    assert client.get("/goods/shelf/nothing").status_code == 404


def test_a_draft_is_for_its_managers_only(
    db: Database, cast: Cast, shop: Shop, client: Client, client_of: ClientOf
) -> None:
    with db.transaction() as session:
        session.get_one(Good, shop.stool).state = workshops.GoodState.DRAFT

    assert client.get(f"/goods/{shop.stool}").status_code == 404
    assert client_of(cast.tao).get(f"/goods/{shop.stool}").status_code == 200


def test_the_order_is_shown_in_full_before_it_is_placed(
    cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin = client_of(cast.lin)
    lin.send("/basket", good_id=shop.stool, quantity=1)

    page = text_of(lin.get(f"/orders/new/{shop.workshop}"))

    assert "To pay when you collect ¥45.00" in page
    assert "You have 20 free, 5 remain" in page
    assert "undo the order for 10 minutes" in page


def test_an_order_walks_from_basket_to_counter(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin, tao, sun = (client_of(one) for one in (cast.lin, cast.tao, cast.sun))
    order_id = order_by_http(lin, cast, shop)
    url = f"/orders/{order_id}"
    assert "You can undo this until" in lin.get(url).text
    assert tao.get(url).status_code == 404
    let_window_pass(db, order_id)

    back_room = text_of(tao.get(f"/workshops/{shop.workshop}/manage"))
    assert "林*满" in back_room
    assert "林小满" not in back_room
    assert "Packed and sent" in tao.swap(f"{url}/confirmation").text
    assert tao.send(f"{url}/packing").status_code == 303
    assert "It has arrived" in sun.get("/counter").text
    assert sun.swap(f"{url}/arrival").text.strip().startswith('<article id="order-')
    with db.reading() as session:
        code = session.get_one(Order, order_id).pickup_code
    assert code
    assert code in lin.get(url).text
    assert code not in tao.get(url).text
    assert code in lin.get(f"{url}/slip").text

    found = sun.send("/counter/code", code=code.lower())
    assert "¥45.00 received, hand over" in text_of(found)
    assert sun.send(f"{url}/hand-over", code=code).status_code == 303

    assert "Paid in cash" in text_of(lin.get(url))
    statement = tao.get(f"/workshops/{shop.workshop}/statement")
    assert "¥41.40" in statement.text
    assert f'href="{url}"' in statement.text
    assert tao.get(f"{statement.request.path}?after=nonsense").status_code == 404


def test_undo_swaps_the_order_and_puts_the_stool_back(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin = client_of(cast.lin)
    order_id = order_by_http(lin, cast, shop, "points")

    answer = lin.swap(f"/orders/{order_id}/undoing")

    assert answer.text.strip().startswith(f'<article id="order-{order_id}"')
    assert "Undone" in text_of(answer)
    assert "<button" not in answer.text
    with db.reading() as session:
        batch = session.exec(select(Batch).where(Batch.good_id == shop.stool)).one()
        assert batch.reserved == 0


def test_undo_after_the_window_is_refused_and_cancel_offered(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin = client_of(cast.lin)
    order_id = order_by_http(lin, cast, shop)
    let_window_pass(db, order_id)

    answer = lin.send(f"/orders/{order_id}/undoing")

    assert answer.status_code == 409
    assert "The time to undo is over" in answer.text
    assert "Cancel the order" in lin.get(f"/orders/{order_id}").text


def test_a_form_sent_twice_orders_once(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin = client_of(cast.lin)
    lin.send("/basket", good_id=shop.stool, quantity=1)
    key = str(uuid4())
    fields = {
        "workshop_id": shop.workshop,
        "place_id": cast.centre,
        "pay_with": "cash",
    }

    first = lin.send("/orders", key, **fields)
    again = lin.send("/orders", key, **fields)

    assert first.headers["Location"] == again.headers["Location"]
    with db.reading() as session:
        assert len(session.exec(select(Order)).all()) == 1


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"pay_with": "gold"}, 422, "choose one from the list"),
        ({"place_id": "nowhere"}, 422, "choose one from the list"),
        ({"place_id": ""}, 422, "fill this in"),
    ],
)
def test_bad_orders_say_what_is_wrong_beside_the_field(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf,
    fields: dict[str, str], status: int, sentence: str,
) -> None:  # fmt: skip
    lin = client_of(cast.lin)
    lin.send("/basket", good_id=shop.stool, quantity=1)
    wanted = {"workshop_id": shop.workshop, "place_id": cast.centre, "pay_with": "cash"}

    answer = lin.send("/orders", **(wanted | fields))

    assert answer.status_code == status
    assert sentence in text_of(answer)
    with db.reading() as session:
        assert session.exec(select(Order)).all() == []


@pytest.mark.parametrize("quantity", ["0", "-1", "100", "many", ""])
def test_a_wrong_quantity_stays_out_of_the_basket(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf, quantity: str
) -> None:
    answer = client_of(cast.lin).send("/basket", good_id=shop.stool, quantity=quantity)

    if quantity == "":
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    with db.reading() as session:
        assert session.exec(select(BasketRow)).all() == []


def test_a_sold_out_good_cannot_be_ordered_from_the_basket(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin, chen = client_of(cast.lin), client_of(cast.chen)
    lin.send("/basket", good_id=shop.stool, quantity=1)
    chen.send("/basket", good_id=shop.stool, quantity=3)
    fields = {"workshop_id": shop.workshop, "place_id": cast.centre, "pay_with": "cash"}
    assert chen.send("/orders", **fields).status_code == 303

    answer = lin.send("/orders", **fields)

    assert answer.status_code == 409
    assert "sold out" in answer.text
    assert "Sold out" in lin.get("/basket").text


def test_the_basket_is_changed_and_emptied(
    cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin = client_of(cast.lin)
    lin.send("/basket", good_id=shop.stool, quantity=1)

    more = lin.swap(f"/basket/{shop.stool}/quantity", quantity=2)
    assert "¥90.00" in more.text
    assert lin.send(f"/basket/{shop.stool}/quantity", quantity=-1).status_code == 422
    lin.send(f"/basket/{shop.stool}/quantity", quantity=0)

    assert "Your basket is empty" in lin.get("/basket").text
    assert lin.get(f"/orders/new/{shop.workshop}").status_code == 303


def test_other_peoples_orders_and_back_rooms_stay_closed(
    cast: Cast, shop: Shop, client: Client, client_of: ClientOf
) -> None:
    order_id = order_by_http(client_of(cast.lin), cast, shop)
    chen = client_of(cast.chen)

    assert chen.get(f"/orders/{order_id}").status_code == 404
    assert chen.send(f"/orders/{order_id}/undoing").status_code == 404
    assert chen.get(f"/workshops/{shop.workshop}/manage").status_code == 403
    assert chen.send(f"/goods/{shop.stool}/pause").status_code == 403
    assert chen.get("/counter").status_code == 403
    assert chen.get("/settlements").status_code == 403
    assert client.get("/orders").status_code == 303
    assert chen.get(f"/orders/{uuid4()}").status_code == 404


def test_a_manager_writes_a_label_adds_a_batch_and_puts_it_on_sale(
    cast: Cast, shop: Shop, client: Client, client_of: ClientOf
) -> None:
    tao = client_of(cast.tao)
    assert tao.get("/workshops/manage").headers["Location"].endswith("/manage")
    made = tao.send(
        f"/workshops/{shop.workshop}/goods", title="竹提篮", unit="1 pc",
        category="craft", price_cny="58.00",
    )  # fmt: skip
    edit = made.headers["Location"]
    good = edit.removesuffix("/edit")
    assert "residents see it as sold out" in tao.get(edit).text
    batch = {"quantity": "4", "made_on": "2026-01-02"}
    assert tao.send(f"{good}/batches", **batch).status_code == 303
    assert tao.send(f"{good}/listing").status_code == 303

    assert "竹提篮" in client.get("/goods").text
    page = tao.get(edit)
    assert "4 free, 0 reserved" in page.text
    batch_id = re.search(r"/batches/([0-9a-f-]+)/write-off", page.text)
    assert batch_id
    gone = tao.send(f"/batches/{batch_id[1]}/write-off", quantity=1)
    assert gone.status_code == 303
    assert "3 free" in tao.get(edit).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "fill this in"),
        ({"title": "x" * 81}, "at most 80"),
        ({"price_cny": "1.234"}, "At most 2 decimals"),
        ({"price_cny": "0"}, "more than 0"),
        ({"price_cny": "cheap"}, "enter a number"),
        ({"price_cny": "NaN"}, "enter a number"),
        ({"category": "prepared_food"}, "needs a licence"),
    ],
)
def test_a_bad_label_is_refused_beside_its_field(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf,
    fields: dict[str, str], sentence: str,
) -> None:  # fmt: skip
    label = {"title": "篮", "unit": "1", "category": "craft", "price_cny": "5"}

    answer = client_of(cast.tao).send(
        f"/workshops/{shop.workshop}/goods", **(label | fields)
    )

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    with db.reading() as session:
        assert len(session.exec(select(Good)).all()) == 2


def test_a_batch_made_tomorrow_is_refused_and_what_was_typed_stays(
    cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    tomorrow = (now() + timedelta(days=2)).date().isoformat()

    answer = client_of(cast.tao).send(
        f"/goods/{shop.stool}/batches", quantity="7", made_on=tomorrow
    )

    assert answer.status_code == 422
    assert "still to come" in answer.text
    assert f'value="{tomorrow}"' in answer.text


def test_a_workshop_rejects_with_a_reason_or_not_at_all(
    db: Database, cast: Cast, shop: Shop, client_of: ClientOf
) -> None:
    lin, tao = client_of(cast.lin), client_of(cast.tao)
    order_id = order_by_http(lin, cast, shop)
    let_window_pass(db, order_id)
    assert "We cannot do it" in tao.get(f"/orders/{order_id}").text

    assert tao.swap(f"/orders/{order_id}/rejection", reason=" ").status_code == 422
    assert (
        tao.swap(f"/orders/{order_id}/rejection", reason="没有竹子").status_code == 200
    )

    assert "没有竹子" in lin.get(f"/orders/{order_id}").text


def test_every_page_of_the_shop_opens_when_there_is_nothing(
    cast: Cast, client: Client, client_of: ClientOf
) -> None:
    lin, sun, jin = (client_of(one) for one in (cast.lin, cast.sun, cast.jin))
    assert "This shelf is empty" in client.get("/goods").text
    assert "No workshop yet" in client.get("/workshops").text
    assert "No orders yet" in lin.get("/orders").text
    assert "Your basket is empty" in lin.get("/basket").text
    assert "You manage no workshop" in lin.get("/workshops/manage").text
    assert "No parcel is on its way" in sun.get("/counter").text
    assert "Nothing is owed" in jin.get("/settlements").text
