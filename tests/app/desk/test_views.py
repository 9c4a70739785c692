"""The desk by role: who sees it, what lies on it, and what is done for a visitor."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlmodel import select

from app.kernel.db import Database
from app.kernel.doings import Doing
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from tests.cast import NOON, Cast, known_id
from tests.web import Client, text_of

Browser = Callable[..., Client]


@pytest.mark.parametrize(
    ("who", "status"),
    [("lin", 403), ("wang", 403), ("sun", 200), ("ma", 200), ("qian", 200),
     ("shen", 200), ("jin", 200)],
)  # fmt: skip
def test_the_desk_opens_for_staff_only(
    client_of: Browser, cast: Cast, who: str, status: int
) -> None:
    assert client_of(getattr(cast, who)).get("/desk/").status_code == status


def test_a_stranger_is_shown_the_way_to_sign_in(client: Client) -> None:
    answer = client.get("/desk/")

    assert answer.status_code == 303
    assert "back=/desk/" in answer.location.replace("%2F", "/")


def test_an_empty_desk_says_so(client_of: Browser, cast: Cast) -> None:
    assert "Nothing waits for you" in text_of(client_of(cast.sun).get("/desk/"))


def test_each_line_carries_its_buttons_and_is_replaced_by_the_answer(
    app: Flask, client_of: Browser, cast: Cast
) -> None:
    item = DeskItem(
        kind=DeskKind.RECORD, id=known_id("record"), title="2 h · Meals",
        since=NOON, url="/volunteering/records/1", place_id=cast.centre,
        actions=(
            DeskAction(label="Confirm", op="hours.verify", url="/volunteering/yes"),
        ),
    )  # fmt: skip
    app.extensions["fair_desk_sources"] = (lambda *_args, **_on: [item],)
    ma = client_of(cast.ma)

    page = ma.get("/desk/")

    assert "Hours to verify 1" in text_of(page)
    assert "Wangchao Community Centre" in text_of(page)
    assert 'data-op="hours.verify"' in page.text
    assert f'hx-target="#desk-record-{item.id}"' in page.text
    assert f'id="desk-record-{item.id}"' in page.text
    swap = ma.get("/desk/", headers={"HX-Request": "true"})
    assert swap.text.lstrip().startswith('<div id="_waiting"')
    assert "2 h · Meals" not in text_of(ma.get("/desk/at/C04"))
    assert "2 h · Meals" in text_of(ma.get("/desk/at/C01"))
    assert ma.get("/desk/at/NOWHERE").status_code == 404


def test_a_visitor_is_found_by_number_and_the_look_is_written_down(
    client_of: Browser, cast: Cast, db: Database
) -> None:
    sun = client_of(cast.sun)

    found = sun.post("/desk/people", data={"words": "CAST0000"})
    page = sun.get(f"/desk/people/{cast.lin}")

    assert "林小满" in text_of(found)
    assert "13800000000" not in found.text
    assert "Points to spend 20" in text_of(page)
    assert "13800000000" not in page.text
    with db.reading() as session:
        look = session.exec(select(Doing).where(Doing.verb == "person.look")).one()
    assert (look.who_id, look.for_whom_id) == (cast.sun, cast.lin)
    assert "孙窗口 · opened the page" in text_of(sun.get(f"/desk/people/{cast.lin}"))


@pytest.mark.parametrize("words", ["", "1", "138"])
def test_too_few_words_stay_beside_the_field(
    client_of: Browser, cast: Cast, words: str
) -> None:
    answer = client_of(cast.sun).swap("/desk/people", words=words)

    assert answer.status_code == 422
    assert answer.text.lstrip().startswith('<section id="_found"')
    assert 'id="f-words-error"' in answer.text


def test_who_is_close_is_told_to_call_a_colleague(
    client_of: Browser, cast: Cast
) -> None:
    zhou = client_of(cast.zhou)

    assert "You are close to this person" in text_of(
        zhou.get(f"/desk/people/{cast.lin}")
    )


def test_residents_open_nobodys_page(client_of: Browser, cast: Cast) -> None:
    lin = client_of(cast.lin)

    assert lin.get(f"/desk/people/{cast.chen}").status_code == 403
    assert lin.post("/desk/people", data={"words": "陈"}).status_code == 403
    assert client_of(cast.sun).get(f"/desk/people/{uuid4()}").status_code == 404


def test_registering_twice_with_one_form_makes_one_person(
    client_of: Browser, cast: Cast
) -> None:
    sun = client_of(cast.sun)
    fields = {"display_name": "赵阿婆", "place_id": str(cast.station)}
    key = str(uuid4())

    first = sun.send("/desk/people/register", key, **fields)
    second = sun.send("/desk/people/register", key, **fields)

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert "赵阿婆" in text_of(sun.get(first.location))


def test_a_bad_registration_keeps_what_was_typed(
    client_of: Browser, cast: Cast
) -> None:
    answer = client_of(cast.sun).send(
        "/desk/people/register", display_name="赵", place_id=str(cast.station)
    )

    assert answer.status_code == 422
    assert 'id="f-display_name-error"' in answer.text
    assert 'value="赵"' in answer.text
