"""Booking in the browser: both sides, strangers, staff, with and without htmx."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from app import wallet
from app.bookings import Booking
from app.kernel.db import Database
from tests.app.bookings.conftest import Menu
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]
STEPS = (
    "undo", "sending", "confirmation", "refusal", "cancellation", "completion",
    "absence", "rating", "contact",
)  # fmt: skip


def held(db: Database, person: UUID) -> Decimal:
    with db.reading() as session:
        return wallet.balances_of(session, person)["POINT"].held


def book(client: Client, slot: UUID, **fields: str) -> str:
    answer = client.send("/bookings/", slot_id=str(slot), **fields)
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def shift(db: Database, address: str, by: timedelta) -> None:
    """Let time pass for a booking: all its moments move back."""
    with db.transaction() as session:
        found = session.get_one(Booking, UUID(address.rsplit("/", 1)[1]))
        for name in ("requested_at", "effective_at", "starts_at", "ends_at"):
            setattr(found, name, getattr(found, name) - by)


def test_the_review_page_says_everything_before_one_says_yes(
    client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    page = text_of(client_of(cast.lin).get(f"/bookings/new?slot={menu.real_time}"))

    assert "Haircut" in page
    assert "Wangchao Community Centre" in page
    assert "You have 20 This costs 5 Then you have 15" in page
    assert "You can undo it until" in page


def test_a_stranger_signs_in_first_and_comes_back(client: Client, menu: Menu) -> None:
    answer = client.get(f"/bookings/new?slot={menu.real_time}")
    assert answer.status_code == 303
    assert "/sign-in?back=/bookings/new" in answer.headers["Location"]


@pytest.mark.parametrize("slot", ["", "nonsense", str(UUID(int=1))])
def test_an_unknown_time_is_not_there(
    client_of: ClientOf, cast: Cast, menu: Menu, slot: str
) -> None:
    lin = client_of(cast.lin)
    assert lin.get(f"/bookings/new?slot={slot}").status_code == 404
    assert lin.send("/bookings/", slot_id=slot).status_code in (404, 422)


def test_the_story_from_request_to_stars(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin, wang = client_of(cast.lin), client_of(cast.wang)
    address = book(lin, menu.real_time, note="请带推子")
    assert f'action="{address}/undo"' in lin.get(address).text
    assert wang.get(address).status_code == 404
    assert "No requests yet" in text_of(wang.get("/bookings/provider"))

    shift(db, address, timedelta(minutes=11))
    assert "请带推子" in text_of(wang.get("/bookings/provider"))
    confirmed = wang.swap(f"{address}/confirmation")
    assert confirmed.status_code == 200
    assert confirmed.text.lstrip().startswith('<article class="panel stack" id="book')
    assert "agreed" in text_of(confirmed)
    assert "13800000000" in text_of(wang.send(f"{address}/contact"))

    shift(db, address, timedelta(days=1))
    assert "Begun: did it take place?" in text_of(wang.get("/bookings/provider"))
    assert wang.send(f"{address}/completion").status_code == 303
    assert held(db, cast.lin) == Decimal("0.00")

    shift(db, address, timedelta(hours=1))
    too_many = lin.swap(f"{address}/rating", stars="6")
    assert too_many.status_code == 422
    assert "at most 5" in text_of(too_many)
    rated = lin.swap(f"{address}/rating", stars="5", comment="很好")
    assert "5 of 5 stars" in text_of(rated)
    assert "Haircut" in text_of(lin.get("/bookings/?when=past"))
    assert "Haircut Spent -5 15" in text_of(lin.get("/wallet/"))


def test_undone_in_place_everything_is_free_again(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin = client_of(cast.lin)
    address = book(lin, menu.real_time)
    assert held(db, cast.lin) == Decimal("5.00")

    answer = lin.swap(f"{address}/undo")

    assert answer.status_code == 200
    assert "The points are free again" in text_of(answer)
    assert held(db, cast.lin) == Decimal("0.00")
    book(lin, menu.real_time)


def test_late_undo_is_refused_beside_a_cancel_button(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin = client_of(cast.lin)
    address = book(lin, menu.real_time)
    shift(db, address, timedelta(minutes=11))

    answer = lin.send(f"{address}/undo")

    assert answer.status_code == 409
    assert "The time to undo is over. You can still cancel." in text_of(answer)
    assert f'action="{address}/cancellation"' in answer.text
    assert held(db, cast.lin) == Decimal("5.00")


def test_the_same_form_twice_is_one_booking(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin, key = client_of(cast.lin), str(uuid4())
    fields = {"slot_id": str(menu.real_time)}
    first, second = (lin.send("/bookings/", key, **fields) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    other = lin.send("/bookings/", key, slot_id=str(menu.real_time), note="x")
    assert other.status_code == 409
    assert "already sent with other contents" in text_of(other)
    assert held(db, cast.lin) == Decimal("5.00")


def test_a_taken_time_offers_the_other_times(
    client_of: ClientOf, cast: Cast, menu: Menu, db: Database
) -> None:
    book(client_of(cast.lin), menu.real_time)
    chen = client_of(cast.chen)

    page = chen.get(f"/bookings/new?slot={menu.real_time}")
    assert "cannot be booked any more" in text_of(page)
    assert "booking.create" not in page.text
    sent = chen.send("/bookings/", slot_id=str(menu.real_time))
    assert sent.status_code == 409
    assert "just been taken" in text_of(sent)


@pytest.mark.parametrize(
    ("who", "sentence", "status"),
    [
        ("chen", "There are not enough points for this.", 409),
        ("wang", "You offer this yourself", 403),
    ],
)
def test_refusals_stand_above_the_form(
    client_of: ClientOf, cast: Cast, menu: Menu, who: str, sentence: str, status: int
) -> None:
    answer = client_of(getattr(cast, who)).send(
        "/bookings/", slot_id=str(menu.real_time), note="我写的话"
    )

    assert answer.status_code == status
    assert sentence in text_of(answer)
    assert "我写的话" in answer.text


def test_a_long_note_is_refused_beside_its_field(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    answer = client_of(cast.lin).send(
        "/bookings/", slot_id=str(menu.real_time), note="长" * 301
    )
    assert answer.status_code == 422
    assert "at most 300 characters" in text_of(answer)
    assert held(db, cast.lin) == Decimal("0.00")


def test_declining_needs_a_reason_which_the_resident_reads(
    db: Database, client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin, wang = client_of(cast.lin), client_of(cast.wang)
    address = book(lin, menu.real_time)
    lin.send(f"{address}/sending")

    empty = wang.swap(f"{address}/refusal", reason=" ")
    assert empty.status_code == 422
    assert "Please fill this in" in text_of(empty)
    assert wang.swap(f"{address}/refusal", reason="那天出差").status_code == 200
    assert "那天出差" in text_of(lin.get(address))
    assert held(db, cast.lin) == Decimal("0.00")


def test_strangers_find_nothing_at_any_address(
    client_of: ClientOf, cast: Cast, menu: Menu, db: Database
) -> None:
    address = book(client_of(cast.lin), menu.real_time)
    shift(db, address, timedelta(minutes=11))
    chen = client_of(cast.chen)

    assert chen.get(address).status_code == 404
    assert chen.get(f"{address}/slip").status_code == 404
    found = {
        step: chen.send(f"{address}/{step}", reason="so", stars="5").status_code
        for step in STEPS
    }
    assert found == dict.fromkeys(STEPS, 404)
    assert held(db, cast.lin) == Decimal("5.00")


def test_each_side_is_refused_the_other_sides_steps(
    client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin, wang = client_of(cast.lin), client_of(cast.wang)
    address = book(lin, menu.real_time)
    lin.send(f"{address}/sending")

    assert lin.send(f"{address}/confirmation").status_code == 403
    assert wang.send(f"{address}/undo").status_code == 403
    assert wang.send(f"{address}/rating", stars="5").status_code == 403
    assert wang.send(f"{address}/completion").status_code == 409


def test_no_number_before_it_is_agreed(
    client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    lin, wang = client_of(cast.lin), client_of(cast.wang)
    address = book(lin, menu.real_time)
    lin.send(f"{address}/sending")
    assert wang.send(f"{address}/contact").status_code == 409
    assert "1380000" not in wang.get(address).text


def test_a_clerk_books_for_a_resident_with_both_names(
    client_of: ClientOf, cast: Cast, menu: Menu
) -> None:
    sun, chen, lin = (client_of(who) for who in (cast.sun, cast.chen, cast.lin))
    url = f"/bookings/new?slot={menu.real_time}&for={cast.lin}"
    assert "孙窗口 for 林小满" in text_of(sun.get(url))
    assert chen.get(url).status_code == 403

    address = book(sun, menu.real_time, resident_id=str(cast.lin))
    for client in (sun, lin):
        assert "孙窗口 for 林小满" in text_of(client.get(address))
    assert "林小满" in text_of(sun.get(f"{address}/slip"))


def test_empty_pages_say_what_to_do(client_of: ClientOf, cast: Cast) -> None:
    lin = client_of(cast.lin)
    assert "Nothing booked" in text_of(lin.get("/bookings/"))
    assert "Nothing here yet" in text_of(lin.get("/bookings/?when=past"))
    assert "No requests yet" in text_of(lin.get("/bookings/provider"))
