"""What every answer has: headers, refusals in the reader's form, only our own host."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app import search
from app.kernel.clock import now
from app.kernel.db import Database
from app.people import Person
from tests.cast import Cast
from tests.programs import problem, program_of
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
def test_health_is_said_to_anybody(
    app: Flask, client: Client, db: Database, path: str
) -> None:
    search.catch_up(db, app.extensions["fair_catalogue"], at=now())

    assert client.get(path).get_json()["status"] == "ok"


def test_what_the_database_refuses_is_logged_without_the_row(
    app: Flask, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL repeats the values in its DETAIL (product rule 6)."""
    lin_again = Person(
        display_name="x", phone="13800000000", member_no="x", created_at=now()
    )
    with pytest.raises(IntegrityError) as refused, db.transaction() as session:
        session.add(lin_again)

    with app.test_request_context("/"):
        answer = app.make_response(app.handle_user_exception(refused.value))

    assert answer.status_code == 409
    assert "constraint refused" in caplog.text
    assert "13800000000" not in caplog.text


def test_brackets_without_end_are_no_request(app: Flask, cast: Cast) -> None:
    answer = program_of(app, cast.lin).post(
        "/api/v1/bookings",
        data=b'{"slot_id":' + b"[" * 100_000,
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )

    problem(answer, 400)


@pytest.mark.parametrize("path", ["/desk/at/a%00b", "/places/in/a%00b"])
def test_a_character_no_database_keeps_names_nothing(
    client_of: Callable[..., Client], cast: Cast, path: str
) -> None:
    assert client_of(cast.ma).get(path).status_code == 404


def test_a_key_with_such_a_character_is_a_key(
    client_of: Callable[..., Client], cast: Cast
) -> None:
    lin = client_of(cast.lin)
    answer = lin.send(f"/bookings/{cast.lin}/undo", key="\x00k")

    assert answer.status_code == 404
