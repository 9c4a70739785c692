"""What every answer has: headers, refusals in the reader's form, only our own host."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.web import Client


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "[::2]"])
def test_another_host_gets_no_page(client: Client, host: str) -> None:
    answer = client.get("/", headers={"Host": host})

    assert answer.status_code == 400
    assert "<a" not in answer.text


@pytest.mark.parametrize("path", ["/", "/nope", "/search", "/api/v1/nope", "/me"])
def test_every_answer_carries_the_policy(client: Client, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_of_somebody_signed_in_are_not_kept(
    cast: Cast, client_of: Callable[..., Client]
) -> None:
    assert client_of(cast.lin).get("/").headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("headers", "path", "kind"),
    [
        ({}, "/nope", "text/html"),
        ({}, "/api/v1/nope", "application/problem+json"),
        ({"HX-Request": "true"}, "/nope", "text/html"),
    ],
)
def test_a_missing_page_is_said_in_the_form_that_was_asked_for(
    client: Client, headers: dict[str, str], path: str, kind: str
) -> None:
    answer = client.get(path, headers=headers)

    assert answer.status_code == 404
    assert answer.content_type.startswith(kind)
    assert ("<html" in answer.text) == (kind == "text/html" and not headers)


def test_the_language_follows_the_browser_and_then_the_choice(client: Client) -> None:
    assert (
        'lang="zh-Hant"' in client.get("/", headers={"Accept-Language": "zh-TW"}).text
    )
    assert 'lang="zh-Hans"' in client.get("/", headers={"Accept-Language": "zh"}).text
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "en-GB"}).text
    assert 'lang="zh-Hans"' in client.get("/", headers={"Accept-Language": "fr"}).text

    client.post("/modes", data={"lang": "zh-Hant", "back": "/places"})

    assert 'lang="zh-Hant"' in client.get("/", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_said_to_anybody(client: Client, path: str) -> None:
    assert client.get(path).get_json()["status"] == "ok"
