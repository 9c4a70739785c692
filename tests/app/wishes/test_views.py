"""Leaving a wish as anybody; one's own searches, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlmodel import select

from app.kernel.db import Database
from app.kernel.keys import UsedKey
from app.wishes.models import KeptSearch, Wish
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


def kept(db: Database) -> list[KeptSearch]:
    with db.reading() as session:
        return list(session.exec(select(KeptSearch)))


def test_a_guest_leaves_a_wish_and_is_thanked(client: Client, db: Database) -> None:
    answer = client.send("/wishes", words="修收音机")

    assert answer.status_code == 303
    page = text_of(client.get(answer.headers["Location"]))
    assert "The station desk sees what is missing" in page
    with db.reading() as session:
        (row,) = session.exec(select(Wish))
    assert (row.words, row.times) == ("修收音机", 1)


def test_sent_twice_a_wish_is_one_and_its_key_is_nobodys(
    client_of: ClientOf, cast: Cast, db: Database
) -> None:
    lin, key = client_of(cast.lin), str(uuid4())
    lin.send("/wishes", key=key, words="修收音机")
    lin.send("/wishes", key=key, words="修收音机")

    with db.reading() as session:
        assert [row.times for row in session.exec(select(Wish))] == [1]
        owners = {one.owner for one in session.exec(select(UsedKey))}
    assert owners == {"anyone"}


@pytest.mark.parametrize("words", ["", "电话 13800138000", "…", "长" * 300])
def test_what_is_no_wish_is_a_sentence(
    client: Client, db: Database, words: str
) -> None:
    assert client.send("/wishes", words=words).status_code == 422
    with db.reading() as session:
        assert session.exec(select(Wish)).all() == []


def test_nothing_found_offers_to_post_the_wish_with_the_words(client: Client) -> None:
    page = client.get("/search?q=潜水艇").text

    assert 'action="/wishes"' in page
    assert 'name="words" value="潜水艇"' in page
    assert "Sign in to be told" in page


def test_a_search_is_kept_renamed_and_deleted(
    client_of: ClientOf, cast: Cast, db: Database
) -> None:
    lin = client_of(cast.lin)
    assert "Tell me when something new fits" in lin.get("/search?q=理发").text

    lin.send("/searches", line="q=理发&time=evening", name="晚上理发")
    page = text_of(lin.get("/searches"))
    assert "晚上理发" in page
    assert "nothing new yet" in page
    (row,) = kept(db)

    lin.send(f"/searches/{row.id}/name", name="剪头")
    assert "剪头" in text_of(lin.get("/searches"))
    lin.send(f"/searches/{row.id}/end")
    assert kept(db) == []
    assert "No searches yet" in text_of(lin.get("/searches"))


def test_another_persons_search_is_not_there(
    client_of: ClientOf, cast: Cast, db: Database
) -> None:
    client_of(cast.lin).send("/searches", line="q=理发", name="我的秘密")
    (row,) = kept(db)
    chen = client_of(cast.chen)

    assert "我的秘密" not in chen.get("/searches").text
    assert chen.send(f"/searches/{row.id}/name", name="x").status_code == 404
    assert chen.send(f"/searches/{row.id}/end").status_code == 404
    assert kept(db)[0].name == "我的秘密"


def test_guests_are_shown_the_way_to_sign_in(client: Client, app: Flask) -> None:
    del app
    assert client.get("/searches").status_code == 303
    assert client.send("/searches", line="q=x", name="x").status_code == 303
    assert client.send(f"/searches/{uuid4()}/end").status_code == 303


def test_a_search_for_nothing_is_refused(client_of: ClientOf, cast: Cast) -> None:
    lin = client_of(cast.lin)
    assert lin.send("/searches", line="page=2", name="x").status_code == 422
    assert lin.send("/searches", line="q=x").status_code == 422
    lin.send("/searches", line="q=x", name="x")
