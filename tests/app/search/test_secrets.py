"""Nobody meets what they may not see: planted words, each role, every way to search.

Each hidden thing carries 魑魅 and 饕餮 and a made-up English word. Whoever asks for the
one half is not told the other: not by hits, counts, facets, completions or "did you
mean". Timing tells nothing either, since the index holds no word of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from typing import cast as typed

import pytest
from flask import Flask
from sqlmodel import Session

from app import people, places, rewards, search, volunteering, workshops
from app.fair import OfferingState
from app.kernel.clock import now
from app.kernel.db import Database
from app.partners import Organisation, OrganisationState
from app.search import Catalogue
from app.wishes import actions as wishes
from app.workshops import Good, GoodState
from tests.app.fair.world import draft, published
from tests.app.search.test_feeds import _reward, _team
from tests.app.volunteering.world import a_post
from tests.app.workshops.shop import open_shop
from tests.cast import BEGINNING, NOON, Cast, known_id
from tests.web import Client

ASKED = ("魑魅", "chimei", "cm", "zyzz", "chi")
SECRET = ("饕餮", "taotie", "zyzzyva")
WORDS = "魑魅饕餮 zyzzyva"
WHO = [None, "lin", "wang", "zhou", "pan", "tao", "sun", "ma", "qian", "shen", "jin"]


@pytest.fixture(autouse=True)
def planted(app: Flask, db: Database, cast: Cast) -> Catalogue:
    """Plant one of everything that strangers may not find; and one thing they may."""
    with db.transaction() as session:
        published(session, cast, title="周三理发")
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


@pytest.mark.parametrize("who", WHO)
def test_nobody_is_told_the_other_half(
    client: Client, client_of: Callable[..., Client], cast: Cast, who: str | None
) -> None:
    browser = client_of(getattr(cast, who)) if who else client

    for words in ASKED:
        for url, said in _ways(browser, words):
            assert not [one for one in SECRET if one in said.lower()], url


@pytest.mark.parametrize("who", [None, "sun", "shen", "jin"])
def test_nothing_of_it_is_counted(
    client: Client, client_of: Callable[..., Client], cast: Cast, who: str | None
) -> None:
    browser = client_of(getattr(cast, who)) if who else client
    everything: dict[str, Any] = browser.get("/api/v1/search").json

    for words in (*SECRET, "魑魅饕餮", "13912345678"):
        told = browser.get(f"/api/v1/search?q={words}").json
        assert (told["total"], told["did_you_mean"]) == (0, None), words
    # The published one, the shop's two, the cast's places: no hidden thing beside.
    assert everything["facets"]["kind"] == {"offering": 1, "goods": 2, "place": 6}


def test_the_index_holds_no_word_of_it(planted: Catalogue) -> None:
    """What is not there cannot show by how long one looks for it."""
    snapshot = planted.index._snapshot()  # type: ignore[attr-defined]
    known = {word for leaf in snapshot.leaves for word in leaf.segment.lexicon()}

    assert any("理发" in word for word in known)
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
