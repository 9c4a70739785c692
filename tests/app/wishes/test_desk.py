"""The desk's list of what is missing: words, counts and days, for staff only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app import search
from app.kernel.clock import now
from app.kernel.db import Database
from app.search import fold_key
from app.wishes import actions
from tests.cast import Cast
from tests.web import Client, text_of


@pytest.fixture(autouse=True)
def wishes(app: Flask, db: Database) -> None:
    search.rebuild(db, app.extensions["fair_catalogue"], at=now())
    with db.transaction() as session:
        for words, days in [("修收音机", 0), ("修收音機", 2), ("遛狗", 40)]:
            actions.post_wish(
                session, words, key=fold_key(words), at=now() - timedelta(days=days)
            )


@pytest.mark.parametrize("name", ["sun", "ma", "qian", "shen", "jin"])
def test_staff_read_needs_by_words_with_counts(
    client_of: Callable[..., Client], cast: Cast, name: str
) -> None:
    page = text_of(client_of(getattr(cast, name)).get("/wishes/desk/"))

    assert "3 wishes · 2 needs" in page
    assert "修收音机 2 2" in page
    assert page.index("修收音机") < page.index("遛狗")
    assert "Nothing yet" in page


def test_the_list_can_look_back_less(
    client_of: Callable[..., Client], cast: Cast
) -> None:
    page = text_of(client_of(cast.sun).get("/wishes/desk/?days=7"))

    assert "修收音机" in page
    assert "遛狗" not in page


@pytest.mark.parametrize("name", ["lin", "wang", "pan", "tao"])
def test_neighbours_do_not(
    client_of: Callable[..., Client], cast: Cast, name: str
) -> None:
    assert client_of(getattr(cast, name)).get("/wishes/desk/").status_code == 403


def test_guests_are_shown_the_way_to_sign_in(client: Client) -> None:
    assert client.get("/wishes/desk/").status_code == 303
