"""Who meets whom in the staff's search and in the public one, by planted names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import people
from app.kernel.db import Database
from app.kernel.permissions import Role
from search_index.names import is_name_of
from tests.cast import BEGINNING, Cast, known_id
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


@pytest.mark.parametrize("who", ["lin", "wang", "tao", "pan", "qian", "shen", "jin"])
def test_who_does_not_act_for_residents_has_no_such_search(
    planted: Cast, client_of: Browser, who: str
) -> None:
    answer = client_of(getattr(planted, who)).post(
        "/desk/search/", data={"words": "闻"}
    )

    assert answer.status_code == 403
    assert HERE not in answer.text


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
