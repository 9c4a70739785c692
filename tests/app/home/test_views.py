"""The front page and its few pages of words, for everybody and on an empty fair."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask

from app.kernel.permissions import Role
from tests.cast import Cast
from tests.web import Client, text_of

PAGES = ("/", "/inclusive", "/help", "/about", "/privacy", "/style")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
def test_every_page_of_words_opens_in_each_language(
    client: Client, path: str, language: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": language})

    assert answer.status_code == 200
    assert "%(" not in answer.text


def test_the_front_page_counts_what_is_there(client: Client) -> None:
    text = text_of(client.get("/"))

    assert "3 places" in text
    assert "2 hours given" in text
    assert "0 offerings" in text


def test_a_reader_finds_their_points_and_staff_their_desk(
    client: Client, client_of: Callable[..., Client], cast: Cast
) -> None:
    assert "points to spend" not in text_of(client.get("/"))
    assert "20 points to spend" in text_of(client_of(cast.lin).get("/"))
    assert 'href="/desk' in client_of(cast.sun).get("/").text
    assert 'href="/desk' not in client_of(cast.lin).get("/").text


def test_the_rules_of_each_programme_are_published(client: Client) -> None:
    text = text_of(client.get("/about"))

    assert "Love Bank" in text
    assert "One verified hour 10 points" in text
    assert "One verified hour 1 time credits" in text


def test_role_words_stand_on_the_cast_cards(client: Client) -> None:
    text = text_of(client.get("/sign-in"))

    assert "马中心" in text
    assert "Centre manager" in text
    assert Role.CENTRE_MANAGER not in text


@pytest.mark.parametrize(
    "path",
    ["/search", "/fair/{id}", "/bookings/new", "/bookings/{id}", "/volunteering/",
     "/volunteering/mine", "/volunteering/shifts/{id}", "/goods", "/orders/{id}",
     "/rewards/", "/rewards/{id}", "/rewards/redemptions/{id}", "/wallet/"],
)  # fmt: skip
def test_what_the_front_page_and_the_desk_link_to_exists(app: Flask, path: str) -> None:
    """Their links across the street are written out; this is what holds them."""
    adapter = app.url_map.bind("localhost")

    endpoint, _ = adapter.match(path.format(id=uuid4()), method="GET")

    assert endpoint in app.view_functions
