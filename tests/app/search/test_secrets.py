"""Nobody meets what they may not see: planted words, each role, every way to search.

Each hidden thing carries 魑魅 and 饕餮 and a made-up English word. Whoever asks for the
one half is not told the other: not by hits, counts, facets, completions or "did you
mean". Timing tells nothing either, since the index holds no word of it. What people say
in private (a booking's note, an order, a record) is found by staff of the place alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from typing import cast as typed

import pytest
from flask import Flask
from sqlmodel import Session, select

from app import (
    bookings,
    people,
    places,
    rewards,
    search,
    volunteering,
    wallet,
    workshops,
)
from app.fair import Category, OfferingState, PriceMode
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.permissions import Role
from app.partners import Organisation, OrganisationState
from app.search import Catalogue
from app.wishes import actions as wishes
from app.workshops import Good, GoodState, Workshop
from tests.app.fair.world import draft, give_role, published, slot_of
from tests.app.search.test_feeds import _reward, _team
from tests.app.volunteering.world import a_post, a_record, wall
from tests.app.workshops.shop import open_shop
from tests.cast import BEGINNING, NOON, Cast, known_id
from tests.web import Client

ASKED = ("魑魅", "chimei", "cm", "zyzz", "chi")
SECRET = ("饕餮", "taotie", "zyzzyva")
WORDS = "魑魅饕餮 zyzzyva"
BEFORE = NOON - timedelta(days=1)
CONFIDENTIAL = Category.LAW_FINANCE
MORE = {
    "a resident": (Role.RESIDENT, None),
    "a partner": (Role.PARTNER, None),
    "a workshop's manager": (Role.WORKSHOP_MANAGER, None),
    "a clerk elsewhere": (Role.STATION_WORKER, "other_centre"),
    "a manager elsewhere": (Role.CENTRE_MANAGER, "other_centre"),
    "an auditor": (Role.AUDITOR, None),
}
"""Roles the cast does not hold, or holds at home only."""
STRANGERS = [None, "lin", "wang", "pan", "tao", *MORE]
AT_HOME = ["sun", "ma", "zhou"]
WHO = [*STRANGERS, *AT_HOME, "qian", "shen", "jin"]


@pytest.fixture(autouse=True)
def planted(
    app: Flask, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> Catalogue:
    """Plant one of everything that strangers may not find; and one thing they may."""
    monkeypatch.setattr("app.search.rules.CONFIDENTIAL", frozenset({CONFIDENTIAL}))
    with db.transaction() as session:
        published(session, cast, title="周三理发")
        _meet_more(session, cast)
        told = published(session, cast, title=WORDS, category=CONFIDENTIAL)
        told.summary = told.title_en = WORDS
        for number, state in enumerate(OfferingState):
            if state is not OfferingState.PUBLISHED:
                one = draft(session, cast, title=f"{WORDS} {number}")
                one.summary = one.title_en = WORDS
                one.state, one.submitted_at = state, NOON
        _hide_goods(session, cast)
        _hide_teams(session, cast)
        post = a_post(session, cast, title=WORDS, title_en=WORDS)
        volunteering.end_post(session, post.id, by=cast.ma, at=NOON)
        place = places.add_place(
            session, code="X9", kind=places.PlaceKind.STATION, name=WORDS,
            parent=session.get(places.Place, cast.centre), at=BEGINNING,
        )  # fmt: skip
        place.closed_at = NOON
        _reward(session, cast, WORDS)
        for item in rewards.all_rewards(session):
            item.is_active = item.title != WORDS
        people.register_person(
            session, display_name="魑魅饕餮", phone="13912345678",
            place_id=cast.centre, person_id=known_id("secret"), member_no="zyzzyva",
            at=BEGINNING,
        )  # fmt: skip
        wishes.post_wish(session, WORDS, key=search.fold_key(WORDS), at=now())
        wishes.keep_search(session, f"q={WORDS}", WORDS, by=cast.chen, at=NOON)
    catalogue = typed("Catalogue", app.extensions["fair_catalogue"])
    search.rebuild(db, catalogue, at=now())
    return catalogue


def _meet_more(session: Session, cast: Cast) -> None:
    for number, (who, (role, place)) in enumerate(MORE.items()):
        people.register_person(
            session, display_name=f"生人{number}", phone=f"1370000000{number}",
            place_id=cast.other_centre, person_id=known_id(who),
            member_no=f"MORE{number}", at=BEGINNING,
        )  # fmt: skip
        give_role(session, known_id(who), role, place_id=place and getattr(cast, place))


@pytest.fixture
def private(app: Flask, db: Database, cast: Cast, planted: Catalogue) -> list[str]:
    """What the secret person and the station tell each other; return its addresses."""
    who = known_id("secret")
    with db.transaction() as session:
        wallet.open_wallet(session, who, at=BEGINNING)
        offer = published(
            session, cast, title="磨剪子", price_mode=PriceMode.FREE, points=None,
            programme_id=None,
        )  # fmt: skip
        booked = bookings.request_booking(
            session, slot_id=slot_of(session, offer.id).id, resident_id=who,
            by=cast.sun, at=BEFORE, note=WORDS,
        )  # fmt: skip
        shop = session.exec(select(Workshop)).one().id
        goods = {one.title: one.id for one in session.exec(select(Good))}
        ordered = workshops.place_order(
            session, person_id=who, workshop_id=shop, lines={goods["chopsticks"]: 1},
            place_id=cast.centre, pay_with=workshops.PayWith.CASH, by=cast.sun, at=BEFORE,
        )  # fmt: skip
        ordered.reason = WORDS
        record = a_record(session, cast, cast.wang, wall(9), 60)
        record.activity = WORDS
        session.flush()
        urls = [
            f"/bookings/{booked.id}", f"/orders/{ordered.id}",
            f"/volunteering/records/{record.id}",
        ]  # fmt: skip
    search.rebuild(db, planted, at=now())
    return urls


def _hide_goods(session: Session, cast: Cast) -> None:
    shop = open_shop(session, cast)
    for state in GoodState:
        if state is not GoodState.LISTED:
            good = workshops.add_good(
                session, shop.workshop, title=f"{WORDS} {state}", unit="1",
                price_cny=workshops.good_for(session, shop.stool).price_cny,
                category=workshops.GoodCategory.CRAFT, by=cast.tao, at=BEGINNING,
            )  # fmt: skip
            session.get_one(Good, good.id).state = state


def _hide_teams(session: Session, cast: Cast) -> None:
    """Plant partners that are not active, and an offering of each."""
    for state in OrganisationState:
        if state is OrganisationState.ACTIVE:
            continue
        team = _team(session, cast, name=f"{WORDS} {state}")
        offer = published(session, cast, title=f"{WORDS} of {state}")
        offer.organisation_id = team.id
        session.flush()
        session.get_one(Organisation, team.id).state = state


def _ways(browser: Client, words: str) -> Iterator[tuple[str, str]]:
    """Ask in every way a page or a program can; the question itself is taken out."""
    for url in (
        f"/search?q={words}",
        f"/search?q={words}&view=grouped&sort=newest",
        f"/search?q={words}&lang=en&open=now",
        f"/search/suggestions?q={words}",
        f"/search/completions?q={words}",
        f"/api/v1/search?q={words}",
        f"/api/v1/suggest?q={words}",
    ):
        yield url, browser.get(url).text.replace(words, "")


@pytest.fixture
def browser_of(
    client: Client, client_of: Callable[..., Client], cast: Cast
) -> Callable[[str | None], Client]:
    def browser(who: str | None) -> Client:
        if who is None:
            return client
        return client_of(known_id(who) if who in MORE else getattr(cast, who))

    return browser


def test_every_role_looks(db: Database, cast: Cast) -> None:
    with db.reading() as session:
        roles = {
            one.role
            for who in filter(None, WHO)
            for one in people.held_by(
                session, known_id(who) if who in MORE else getattr(cast, who),
                on=NOON.date(),
            )
        }  # fmt: skip

    assert roles == set(Role)


@pytest.mark.usefixtures("private")
@pytest.mark.parametrize("who", WHO)
def test_nobody_is_told_the_other_half(
    browser_of: Callable[[str | None], Client], who: str | None
) -> None:
    browser = browser_of(who)

    for words in ASKED:
        for url, said in _ways(browser, words):
            assert not [one for one in SECRET if one in said.lower()], url


@pytest.mark.parametrize("who", WHO)
def test_nothing_of_it_is_counted(
    browser_of: Callable[[str | None], Client], who: str | None
) -> None:
    browser = browser_of(who)
    everything: dict[str, Any] = browser.get("/api/v1/search").json

    for words in (*SECRET, "魑魅饕餮", "13912345678"):
        told = browser.get(f"/api/v1/search?q={words}").json
        assert (told["total"], told["did_you_mean"]) == (0, None), words
    # The published one, the shop's two, the cast's places: no hidden thing beside.
    assert everything["facets"]["kind"] == {"offering": 1, "goods": 2, "place": 6}
    assert CONFIDENTIAL not in everything["facets"]["category"]


@pytest.mark.parametrize("who", STRANGERS)
def test_the_desk_tells_strangers_nothing_of_it(
    browser_of: Callable[[str | None], Client], private: list[str], who: str | None
) -> None:
    """By no name, number, title or day: also who works at another place's desk."""
    browser = browser_of(who)

    for words in (*ASKED, "13912345678", "zyzzyva", "磨剪", "chopsticks", "2026-06-04"):
        answer = browser.swap("/desk/search/", words=words)
        said = answer.text.replace(words, "").lower()
        assert not [one for one in SECRET if one in said], words
        met = [url for url in private if url in said]
        if who == "an auditor":  # reads the records of the whole district, no more
            assert {browser.get(url).status_code for url in met} <= {200}
            met = [url for url in met if "/records/" not in url]
        assert not met, words


@pytest.mark.parametrize("who", AT_HOME)
def test_the_desk_of_the_place_finds_all_of_it(
    browser_of: Callable[[str | None], Client], private: list[str], who: str
) -> None:
    found = browser_of(who).swap("/desk/search/", words="魑魅").text

    assert [url for url in private if url not in found] == []


@pytest.mark.usefixtures("private")
def test_the_index_holds_no_word_of_it(planted: Catalogue) -> None:
    """What is not there cannot show by how long one looks for it."""
    snapshot = planted.index._snapshot()  # type: ignore[attr-defined]
    known = {word for leaf in snapshot.leaves for word in leaf.segment.lexicon()}

    assert any("理发" in word for word in known)
    assert any("磨剪" in word for word in known)
    assert not [word for word in known if any(one in word for one in SECRET)]


@pytest.mark.parametrize("words", ASKED)
def test_the_tables_tell_no_more_while_the_index_is_lost(
    client: Client, planted: Catalogue, words: str
) -> None:
    planted.folder.rename(planted.folder.with_name("gone"))
    planted.opened = None

    for url, said in _ways(client, words):
        assert not [one for one in SECRET if one in said.lower()], url


def test_staff_do_read_what_is_theirs_to_read(
    client_of: Callable[..., Client], cast: Cast
) -> None:
    """The planted words are there to be found, where they belong."""
    assert "饕餮" in client_of(cast.sun).get("/wishes/desk/").text
    assert "饕餮" in client_of(cast.sun).swap("/desk/search/", words="魑魅").text
    assert "饕餮" in client_of(cast.shen).get("/fair/reviews").text
