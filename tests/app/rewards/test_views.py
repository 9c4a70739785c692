"""The shop, one's redemptions and the counter, by role, with and without htmx."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from app import wallet
from app.kernel.db import Database
from app.rewards import Redemption, StockLot
from tests.app.rewards.conftest import Shop
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


def held(db: Database, person: UUID) -> Decimal:
    with db.reading() as session:
        return wallet.balances_of(session, person)["POINT"].held


def redeem(client: Client, cast: Cast, reward: UUID) -> str:
    answer = client.send(f"/rewards/{reward}/redemptions", place_id=str(cast.station))
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def age(db: Database, address: str) -> None:
    """Let eleven minutes pass for a redemption."""
    with db.transaction() as session:
        found = session.get_one(Redemption, UUID(address.rsplit("/", 1)[1]))
        found.placed_at -= timedelta(minutes=11)
        found.effective_at -= timedelta(minutes=11)


def test_anybody_sees_the_shop_with_services_first(client: Client, shop: Shop) -> None:
    page = text_of(client.get("/rewards/"))

    assert page.index("One haircut at home") < page.index("Washing liquid")
    assert "15 points" in page
    assert "3 left" in page
    assert "neighbours hold 20 points" in page


def test_a_stranger_is_asked_to_sign_in(client: Client, cast: Cast, shop: Shop) -> None:
    page = client.get(f"/rewards/{shop.liquid}")
    assert "Sign in to see your points" in text_of(page)
    assert "redemption.create" not in page.text

    sent = client.send(
        f"/rewards/{shop.liquid}/redemptions", place_id=str(cast.station)
    )
    assert sent.status_code == 303
    assert "/sign-in" in sent.headers["Location"]


def test_the_page_says_balance_before_and_after(
    client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    page = text_of(client_of(cast.lin).get(f"/rewards/{shop.liquid}"))

    assert "You have 20 This costs 15 Then you have 5" in page
    assert "undo it for 10 minutes" in page


def test_redeemed_undone_in_place(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin = client_of(cast.lin)
    address = redeem(lin, cast, shop.liquid)
    assert held(db, cast.lin) == Decimal("15.00")
    assert f'action="{address}/undo"' in lin.get(address).text

    answer = lin.swap(f"{address}/undo")

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<article class="panel stack" id="redempt')
    assert "Your points are free again" in text_of(answer)
    assert held(db, cast.lin) == Decimal("0.00")


def test_late_undo_is_refused_beside_a_cancel_button(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin = client_of(cast.lin)
    address = redeem(lin, cast, shop.liquid)
    age(db, address)

    answer = lin.send(f"{address}/undo")

    assert answer.status_code == 409
    assert "You can still cancel" in text_of(answer)
    assert f'action="{address}/cancellation"' in answer.text
    assert held(db, cast.lin) == Decimal("15.00")
    assert lin.send(f"{address}/cancellation").status_code == 303
    assert held(db, cast.lin) == Decimal("0.00")


def test_the_same_form_twice_is_one_redemption(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin, key = client_of(cast.lin), str(uuid4())
    places = [
        lin.send(
            f"/rewards/{shop.liquid}/redemptions", key, place_id=str(cast.station)
        ).headers["Location"]
        for _ in range(2)
    ]

    assert places[0] == places[1]
    assert held(db, cast.lin) == Decimal("15.00")
    undone = [lin.send(f"{places[0]}/undo", key).status_code for _ in range(2)]
    assert undone == [303, 303]


def test_missing_place_too_few_points_and_nonsense_are_said_beside_the_form(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin, wang = client_of(cast.lin), client_of(cast.wang)
    url = f"/rewards/{shop.liquid}/redemptions"

    missing = lin.send(url)
    assert missing.status_code == 422
    assert "Please choose where to collect it" in text_of(missing)
    nonsense = lin.send(url, place_id="the moon")
    assert nonsense.status_code == 422
    poor = wang.send(url, place_id=str(cast.station))
    assert poor.status_code == 409
    assert "not enough points" in text_of(poor)
    assert lin.send(f"/rewards/{uuid4()}/redemptions").status_code == 404
    with db.reading() as session:
        assert session.get_one(StockLot, shop.lot).reserved == 0


def test_a_strangers_redemption_is_not_there(
    client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    address = redeem(client_of(cast.lin), cast, shop.liquid)
    chen = client_of(cast.chen)

    for url in (address, f"{address}/slip"):
        assert chen.get(url).status_code == 404
    for step in ("undo", "sending", "cancellation"):
        assert chen.send(f"{address}/{step}").status_code == 404


def test_the_first_look_shows_the_code_and_the_clerk_never_sees_it(
    db: Database, client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin, sun = client_of(cast.lin), client_of(cast.sun)
    address = redeem(lin, cast, shop.liquid)
    assert "slip-code" not in lin.get(address).text
    age(db, address)

    page = lin.get(address)
    assert "slip-code" in page.text
    with db.reading() as session:
        code = session.get_one(Redemption, UUID(address.rsplit("/", 1)[1])).pickup_code
    assert code is not None
    shown = f"{code[:3]} {code[3:]}"
    assert shown in lin.get(f"{address}/slip").text
    for url in (address, "/rewards/desk/"):
        seen = sun.get(url)
        assert seen.status_code == 200
        assert shown not in seen.text
        assert code not in seen.text


def test_a_clerk_redeems_for_a_resident_and_both_names_stand_there(
    client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    sun, chen = client_of(cast.sun), client_of(cast.chen)
    page = text_of(sun.get(f"/rewards/{shop.liquid}?for={cast.lin}"))
    assert "孙窗口 for 林小满" in page

    fields = {"place_id": str(cast.station), "resident_id": str(cast.lin)}
    made = sun.send(f"/rewards/{shop.liquid}/redemptions", **fields)
    assert made.status_code == 303, text_of(made)
    assert "孙窗口 for 林小满" in text_of(sun.get(made.headers["Location"]))
    assert chen.get(f"/rewards/{shop.liquid}?for={cast.lin}").status_code == 403
    stolen = chen.send(f"/rewards/{shop.liquid}/redemptions", **fields)
    assert stolen.status_code == 403


def test_an_empty_shop_says_what_to_do(client: Client) -> None:
    assert "The shop is still empty" in text_of(client.get("/rewards/"))


def test_mine_lists_the_newest_first(
    client_of: ClientOf, cast: Cast, shop: Shop
) -> None:
    lin = client_of(cast.lin)
    assert "Nothing redeemed yet" in text_of(lin.get("/rewards/mine"))
    redeem(lin, cast, shop.liquid)
    page = text_of(lin.get("/rewards/mine"))
    assert "Washing liquid" in page
    assert lin.get("/rewards/mine?before=nonsense").status_code == 200
