"""Who meets whom in the staff's search and in the public one, by planted names."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from app import bookings, people, programmes, rewards
from app.kernel.db import Database
from app.kernel.permissions import Role
from search_index.names import is_name_of
from tests.app.fair.world import published, slot_of
from tests.app.volunteering.world import a_record, wall
from tests.app.workshops.shop import bring_to_counter, open_shop
from tests.app.workshops.shop import order as place_order
from tests.cast import BEGINNING, NOON, Cast, known_id
from tests.web import Client, text_of

Browser = Callable[..., Client]
HERE, THERE = "闻人秘卿", "欧阳隐墨"
"""A planted person of the centre, and one of the other town's centre."""


@pytest.fixture
def planted(db: Database, cast: Cast) -> Cast:
    """Plant one person in each town, and a clerk, Yu, in the other one."""
    with db.transaction() as session:
        for name, place, number in (
            (HERE, cast.centre, 1), (THERE, cast.other_centre, 2), ("于别处", cast.other_centre, 3),
        ):  # fmt: skip
            people.register_person(
                session, display_name=name, phone=f"1390000000{number}",
                place_id=place, person_id=known_id(name),
                member_no=f"SECRET{number}", at=BEGINNING,
            )  # fmt: skip
        people.assign_role(
            session, person_id=known_id("于别处"), role=Role.STATION_WORKER,
            place_id=cast.other_centre, starts_on=BEGINNING.date(), at=BEGINNING,
            by=None,
        )  # fmt: skip
    return cast


@pytest.mark.parametrize(
    "words",
    ["闻", "聞人", "秘卿", "wenren", "wenrmq", "wrmq", "13900000001", "SECRET1"],
)
def test_a_clerk_finds_who_is_theirs_and_another_places_clerk_does_not(
    planted: Cast, client_of: Browser, words: str
) -> None:
    ours = client_of(planted.sun).post("/desk/search/", data={"words": words})
    theirs = client_of(known_id("于别处")).post("/desk/search/", data={"words": words})

    assert HERE in ours.text
    assert THERE not in ours.text
    assert "1 person found" in text_of(ours)
    assert HERE not in theirs.text
    assert "Nobody of that name" in text_of(theirs)
    assert "Looked in: Nanbu Old Street Centre" in text_of(theirs)


def test_the_other_clerk_finds_theirs(planted: Cast, client_of: Browser) -> None:
    yu = client_of(known_id("于别处"))

    assert THERE in yu.swap("/desk/search/", words="ouyang").text


@pytest.mark.parametrize("words", ["1390000", "0001", "SECRET", "w", ""])
def test_part_of_a_number_finds_nobody(
    planted: Cast, client_of: Browser, words: str
) -> None:
    answer = client_of(planted.sun).post("/desk/search/", data={"words": words})

    assert answer.status_code == 200
    assert HERE not in answer.text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Please write a name, a number, a day"),
        ("  …  ", "Please write a name, a number, a day"),
        ("w", "one Chinese character, or two letters"),
        ("2026-13-77", "There is no such day: 2026-13-77"),
        ("闻 2026-02-30", "There is no such day: 2026-02-30"),
    ],
)
def test_what_cannot_be_looked_for_gets_a_sentence(
    planted: Cast, client_of: Browser, words: str, sentence: str
) -> None:
    sun = client_of(planted.sun)
    for send in (sun.send, sun.swap):
        answer = send("/desk/search/", words=words)
        assert sentence in text_of(answer)
        assert "found" not in text_of(answer)
        assert "Nobody of that name" not in text_of(answer)
    assert "Please write" not in text_of(sun.get("/desk/search/"))


@pytest.mark.parametrize(
    ("who", "status"),
    [("lin", 403), ("wang", 403), ("tao", 403), ("pan", 403), ("qian", 200),
     ("shen", 200), ("jin", 200)],
)  # fmt: skip
def test_who_does_not_act_for_residents_finds_no_people(
    planted: Cast, client_of: Browser, who: str, status: int
) -> None:
    answer = client_of(getattr(planted, who)).post(
        "/desk/search/", data={"words": "闻"}
    )

    assert answer.status_code == status
    assert HERE not in answer.text
    assert "person found" not in text_of(answer)


@pytest.fixture
def busy(db: Database, planted: Cast) -> dict[str, str]:
    """Plant a record, a booking, an order, a redemption here; return kind → address."""
    with db.transaction() as session:
        record = a_record(session, planted, planted.wang, wall(9), 60)
        order = bring_to_counter(
            session,
            planted,
            place_order(session, planted, open_shop(session, planted)).id,
        )
        liquid = rewards.add_reward(
            session, kind=rewards.RewardKind.GOODS, points=Decimal(0), at=NOON,
            programme=programmes.programme_for(session, planted.love_bank),
            title="洗衣液", title_en="Washing liquid",
        )  # fmt: skip
        rewards.add_stock(
            session, liquid, place_id=planted.station, quantity=3, by=None, at=NOON,
            funding_source=rewards.FundingSource.DONOR,
        )  # fmt: skip
        session.flush()
        redeemed = rewards.place_redemption(
            session, reward_id=liquid.id, person_id=planted.chen, place_id=planted.station,
            by=planted.chen, at=NOON,
        )  # fmt: skip
        offer = published(session, planted, title="磨剪子", title_en="Scissors ground")
        booked = bookings.request_booking(
            session, slot_id=slot_of(session, offer.id).id, resident_id=planted.lin,
            by=planted.sun, at=NOON,
        )  # fmt: skip
        session.flush()
        return {
            "record": f"/volunteering/records/{record.id}",
            "order": f"/orders/{order.id}",
            "redemption": f"/rewards/redemptions/{redeemed.id}",
            "booking": f"/bookings/{booked.id}",
            "code": order.pickup_code or "",
        }


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("王阿宽", {"record"}),
        ("wangak", {"record"}),
        ("午餐", {"record"}),
        ("lunch", {"record"}),
        ("林小滿 桃源", {"order"}),
        ("chopsticks", {"order"}),
        ("陈向晚 洗衣液", {"redemption"}),
        ("washing", {"redemption"}),
        ("林小滿 磨剪", {"booking"}),
        ("lxm scissors", {"booking"}),
        ("2026-06-04", {"booking"}),
        ("林 洗衣液", set()),
        ("2026", set()),
    ],
)
def test_records_orders_and_rewards_are_found_by_whose_and_what(
    busy: dict[str, str], planted: Cast, client_of: Browser, words: str, kinds: set[str]
) -> None:
    page = client_of(planted.sun).swap("/desk/search/", words=words).text
    found = {kind for kind, url in busy.items() if url.startswith("/") and url in page}

    assert found == kinds


def test_a_day_and_a_code_find_what_is_theirs(
    busy: dict[str, str], planted: Cast, client_of: Browser
) -> None:
    sun = client_of(planted.sun)
    day = wall(9).date().isoformat()

    assert busy["record"] in sun.swap("/desk/search/", words=day).text
    assert busy["order"] in sun.swap("/desk/search/", words=busy["code"]).text
    assert busy["order"] not in sun.swap("/desk/search/", words=busy["code"][:3]).text
    assert "No record, booking, order or reward" in text_of(
        sun.swap("/desk/search/", words="2024-02-29")
    )


def test_the_page_says_when_older_ones_were_not_compared(
    busy: dict[str, str], planted: Cast, client_of: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sun = client_of(planted.sun)
    assert "were compared" not in sun.swap("/desk/search/", words="午餐").text
    for room in ("app.search.desk.staff", "app.volunteering.desk.shown"):
        monkeypatch.setattr(f"{room}.FINDS_MAX", 1)

    page = text_of(sun.swap("/desk/search/", words="午餐"))

    assert busy["record"]
    assert "Of each kind the latest 1 were compared" in page


@pytest.mark.parametrize(
    "words", ["王阿宽", "午餐", "磨剪", "桃源", "洗衣液", "chopsticks"]
)
def test_another_places_clerk_finds_none_of_it(
    busy: dict[str, str], client_of: Browser, words: str
) -> None:
    page = client_of(known_id("于别处")).swap("/desk/search/", words=words).text

    assert not [url for url in busy.values() if url and url in page]


@pytest.mark.parametrize(
    ("who", "kinds"),
    [("ma", {"record", "booking", "order", "redemption"}), ("qian", {"record"}),
     ("shen", {"record"}), ("jin", {"record"})],
)  # fmt: skip
def test_each_role_finds_what_it_may_open(
    busy: dict[str, str], planted: Cast, client_of: Browser, who: str, kinds: set[str]
) -> None:
    """Whatever is found can be opened; whatever cannot be opened is not found."""
    browser = client_of(getattr(planted, who))
    found = set()
    asked = {"record": "午餐", "booking": "磨剪", "order": "桃源", "redemption": "洗衣"}
    for kind, words in asked.items():
        page = browser.swap("/desk/search/", words=words).text
        if busy[kind] in page:
            found.add(kind)
        assert (busy[kind] in page) == (browser.get(busy[kind]).status_code == 200)

    assert found == kinds


def test_no_input_keeps_the_comparison_busy() -> None:
    """Letters that can be cut in many ways are followed in all ways at once."""
    begun = time.process_time()
    assert not is_name_of("a" * 60 + "x", "阿" * 40)
    assert is_name_of("a" * 30, "阿" * 40)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("who", [None, "lin", "sun", "shen", "jin"])
@pytest.mark.parametrize(
    "url",
    ["/search?q={}", "/search/suggestions?q={}", "/api/v1/search?q={}",
     "/api/v1/suggest?q={}"],
)  # fmt: skip
def test_the_public_search_knows_no_people(
    planted: Cast, client: Client, client_of: Browser, who: str | None, url: str
) -> None:
    browser = client_of(getattr(planted, who)) if who else client

    for words in ("闻人", "秘卿", "wenrenmiqing", "SECRET1", "13900000001"):
        assert HERE not in browser.get(url.format(words)).text


@pytest.mark.parametrize(
    ("asked", "found"),
    [("林", True), ("小滿", True), ("linxm", True), ("lxm", True), ("xiaoman", True),
     ("Lin Xiaoman", True), ("lxn", False), ("l", False), ("linm", False), ("1", False)],
)  # fmt: skip
def test_a_name_is_found_as_it_is_written_spelled_or_begun(
    asked: str, *, found: bool
) -> None:
    assert is_name_of(asked, "林小满") is found
