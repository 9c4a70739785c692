"""Editors tell the search words, see first what changes, and take them away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from typing import cast as typed
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import select

from app import search
from app.fair import Offering, OfferingState
from app.kernel.clock import day_of, now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.search.views import answers
from app.wiring import create_app
from app.wording import AskedWords, LineKind, SearchLine, note_asked
from app.wording.reactions import Listener
from app.wording.rules import PINS_MAX
from tests.app.fair.world import draft, published
from tests.cast import NOON, Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]
LONG = ",".join("长" * 38 + one for one in "甲乙丙丁戊己庚辛")


@pytest.fixture(autouse=True)
def town(app: Flask, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Two services in the index; every question looks the wording up anew."""
    monkeypatch.setattr(answers, "LOOK_EVERY_S", -1.0)
    with db.transaction() as session:
        published(session, cast, title="公益理发日", title_en=None)
        tea = published(session, cast, title="老茶馆评弹", title_en=None).id
        draft(session, cast, title="草稿")
    search.rebuild(db, typed("Any", app.extensions["fair_catalogue"]), at=now())
    return tea


@pytest.fixture
def shen(client_of: ClientOf, cast: Cast) -> Client:
    return client_of(cast.shen)


def lines(db: Database) -> list[SearchLine]:
    with db.reading() as session:
        return list(session.exec(select(SearchLine)))


def found(client: Client, words: str) -> list[str]:
    told = client.get(f"/api/v1/search?q={words}&kind=offering").json
    return [one["title"] for one in told["items"]]


def test_a_synonym_counts_until_it_is_taken_away(
    shen: Client, client: Client, db: Database
) -> None:
    assert found(client, "刀客") == []
    answer = shen.send("/desk/words/", kind="equal", asked="刀客", found="理发")
    assert answer.status_code == 303
    assert found(client, "刀客") == ["公益理发日"]
    assert "刀客 → 理发" in text_of(shen.get("/desk/words/"))

    (line,) = lines(db)
    assert shen.send(f"/desk/words/{line.id}/end").status_code == 303
    assert found(client, "刀客") == []
    assert "Taken away" in text_of(shen.get("/desk/words/"))
    with db.reading() as session:
        verbs = {one.verb for one in session.exec(select(Doing))}
    assert {"search.add_line", "search.end_line"} <= verbs


def test_what_comes_first_is_an_address_strangers_can_open(
    shen: Client, client: Client, db: Database, town: UUID
) -> None:
    page = f"http://localhost/fair/{town}"
    shen.send("/desk/words/", kind="pin", asked="理髮", found=page)

    assert found(client, "理发") == ["老茶馆评弹", "公益理发日"]
    assert found(client, "公益理发") == ["公益理发日"]
    with db.reading() as session:
        hidden = session.exec(select(Offering.id).where(Offering.title == "草稿")).one()
    refused = shen.send("/desk/words/", kind="pin", asked="x", found=f"/fair/{hidden}")
    assert refused.status_code == 422
    assert "Nobody can find this page today" in text_of(refused)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"kind": "equal", "asked": "カット", "found": "理发"}, "Latin letters"),
        ({"kind": "equal", "asked": "师傅", "found": "理发"}, "says nothing"),
        ({"kind": "kinds", "asked": "理发", "found": "somebody"}, "says nothing"),
        ({"kind": "equal", "asked": "haircut", "found": "haircuts"}, "both sides"),
        ({"kind": "equal", "asked": "刀客", "found": LONG}, "At most 200 characters"),
        ({"kind": "stop", "asked": LONG[:200]}, "At most 200 characters"),
        ({"kind": "equal", "asked": "刀客", "found": ""}, "at least one word"),
        ({"kind": "equal", "asked": "", "found": "理发"}, "Please"),
        ({"kind": "equal", "asked": "理髮", "found": "理发"}, "on both sides"),
        ({"kind": "nonsense", "asked": "a", "found": "b"}, "choose one"),
        ({"kind": "pin", "asked": "理发", "found": "不是网址"}, "address of a page"),
        ({"kind": "stop", "asked": "a > b"}, "signs that are no word"),
        ({"kind": "pin", "asked": "…", "found": "/fair/1"}, "what people type"),
    ],
)
def test_bad_lines_get_a_sentence_and_nothing_is_kept(
    shen: Client, db: Database, more: dict[str, str], sentence: str
) -> None:
    for url in ("/desk/words/", "/desk/words/preview"):
        answer = shen.send(url, **more)
        assert answer.status_code == 422
        assert sentence in text_of(answer)
    assert lines(db) == []


def test_the_same_line_twice_is_said_and_the_same_key_is_one(
    shen: Client, db: Database
) -> None:
    line = {"kind": "equal", "asked": "刀客", "found": "理发"}
    shen.send("/desk/words/", key="k1", **line)
    shen.send("/desk/words/", key="k1", **line)
    again = shen.send("/desk/words/", key="k2", **line)

    assert again.status_code == 409
    assert "knows this line already" in text_of(again)
    assert len(lines(db)) == 1


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (("equal", "刀客", "推头匠"), ("equal", "推頭匠", "刀客")),
        (("equal", "刀客, 推头匠", "剪手"), ("related", "刀客", "剪手")),
        (("kinds", "刀客", "推头匠"), ("kinds", "刀客", "推頭匠")),
        (("stop", "那厢, 这厢", ""), ("stop", "這廂", "")),
        (("stop", "那厢", ""), ("stop", "的", "")),
        (("stop", "那厢", ""), ("equal", "理发", "剃头")),
    ],
)
def test_what_the_house_or_a_line_says_already_is_said_once(
    shen: Client, first: tuple[str, str, str], again: tuple[str, str, str]
) -> None:
    answers = [
        shen.send("/desk/words/", kind=kind, asked=asked, found=found_)
        for kind, asked, found_ in (first, again)
    ]

    assert [one.status_code for one in answers] == [303, 409]
    assert "knows this line already" in text_of(answers[1])


def test_a_word_that_says_nothing_has_no_synonyms(shen: Client) -> None:
    shen.send("/desk/words/", kind="stop", asked="那厢")
    refused = shen.send("/desk/words/", kind="equal", asked="那廂", found="理发")

    assert refused.status_code == 422
    assert "says nothing in a question" in text_of(refused)


def test_a_pin_ends_by_itself_and_makes_room(
    shen: Client, db: Database, cast: Cast, town: UUID
) -> None:
    page, past = f"/fair/{town}", day_of(now()) - timedelta(days=1)
    refused = shen.send("/desk/words/", kind="pin", asked="x", found=page, until=past)
    assert refused.status_code == 422
    assert "This day has passed" in text_of(refused)

    with db.transaction() as session:
        for number in range(PINS_MAX):
            session.add(
                SearchLine(
                    kind=LineKind.PIN, asked="理发", found=f"offering:{number}",
                    until=past, added_by=cast.shen, added_at=NOON,
                )
            )  # fmt: skip
    sent = shen.send("/desk/words/", kind="pin", asked="理发", found=page)
    assert sent.status_code == 303


def test_what_comes_first_and_is_hidden_later_is_not_found(
    app: Flask, shen: Client, client: Client, db: Database, town: UUID
) -> None:
    shen.send("/desk/words/", kind="pin", asked="理发", found=f"/fair/{town}")
    assert found(client, "理发") == ["老茶馆评弹", "公益理发日"]

    with db.transaction() as session:
        session.get_one(Offering, town).state = OfferingState.TAKEN_DOWN
    search.rebuild(db, typed("Any", app.extensions["fair_catalogue"]), at=now())

    assert found(client, "理发") == ["公益理发日"]


@pytest.fixture
def another_process(settings: Settings) -> Iterator[Callable[[], Client]]:
    """Start the application beside the first one: its own memory, the same tables."""
    started = []

    def start() -> Client:
        started.append(create_app(settings))
        return Client(started[-1])

    yield start
    for one in started:
        one.extensions["fair_database"].close()


def test_another_process_knows_a_line_within_two_seconds(
    shen: Client,
    another_process: Callable[[], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that has looked before looks again; one that starts looks at once."""
    monkeypatch.setattr(answers, "LOOK_EVERY_S", 1.0)
    guest = another_process()
    assert found(guest, "刀客") == []

    shen.send("/desk/words/", kind="equal", asked="刀客", found="理发")
    until = time.monotonic() + 2
    while found(guest, "刀客") != ["公益理发日"]:
        assert time.monotonic() < until
        time.sleep(0.1)

    assert found(another_process(), "刀客") == ["公益理发日"]


def test_a_line_nobody_can_read_takes_no_page_down(
    client: Client, db: Database, cast: Cast
) -> None:
    """Whatever stands in the table: each question reads all of it."""
    with db.transaction() as session:
        for asked, found_ in (("カット", "理发"), ("…", "★"), ("刀客, привет", "理发")):
            session.add(
                SearchLine(
                    kind=LineKind.EQUAL, asked=asked, found=found_,
                    added_by=cast.shen, added_at=NOON,
                )
            )  # fmt: skip

    assert client.get("/search?q=理发").status_code == 200
    assert found(client, "刀客") == ["公益理发日"]


def test_a_preview_shows_the_change_and_saves_nothing(
    shen: Client, client: Client, db: Database, town: UUID
) -> None:
    with db.transaction() as session:
        note_asked(
            session,
            {"听曲儿": ("听曲儿", 5), "理发": ("理发", 4)},
            secret=b"x",
            at=now(),
        )
    shen.send("/desk/words/", kind="check", asked="听曲儿", found=f"/fair/{town}")

    page = text_of(
        shen.send("/desk/words/preview", kind="equal", asked="听曲儿", found="评弹")
    )

    assert "1 of 3 questions would find something else first" in page
    assert "Nothing 老茶馆评弹" in page
    assert "stands at 0.0 now, at 1.0 then" in page
    assert "Nothing is saved yet" in page
    assert found(client, "听曲儿") == []
    assert len(lines(db)) == 1


@pytest.mark.parametrize("who", ["lin", "pan", "sun", "ma", "qian", "jin"])
def test_others_edit_no_words(client_of: ClientOf, cast: Cast, who: str) -> None:
    browser = client_of(getattr(cast, who))

    assert browser.get("/desk/words/").status_code == 403
    sent = browser.send("/desk/words/", kind="equal", asked="a", found="b")
    assert sent.status_code == 403


def test_what_is_asked_is_counted_without_the_person(
    app: Flask, db: Database, client_of: ClientOf, cast: Cast, client: Client
) -> None:
    """One who presses filters and comes back has asked once; three have asked thrice.

    A guest is told from another by address and browser, for a day, in memory only.
    """
    listener: Listener = app.extensions["fair_wording"].hear
    lin, wang = client_of(cast.lin), client_of(cast.wang)
    for more in ("", "&sort=newest", "&open=now", "&page=2", ""):
        lin.get(f"/search?q=只有我问{more}")
    for browser, words in (
        (lin, "修收音机"),
        (wang, "修收音機"),
        (client, "修 收音机"),
    ):
        browser.get(f"/search?q={words}")
    with app.app_context():
        listener.write()

    with db.reading() as session:
        rows = list(session.exec(select(AskedWords)))
    assert {(one.times, one.words) for one in rows} == {(3, "修 收音机"), (1, None)}
    assert "lin" not in repr(rows)


def test_months_are_counted_apart_and_old_ones_go(db: Database) -> None:
    for day in (10, 120):
        at = NOON.replace(month=1, day=day) if day < 32 else now()
        with db.transaction() as session:
            note_asked(session, {"a": ("甲", 3)}, secret=b"x", at=at)

    with db.reading() as session:
        (row,) = session.exec(select(AskedWords))
    assert row.month == day_of(now()).replace(day=1)
