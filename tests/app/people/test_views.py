"""The door: codes, passwords, the demo cast, sessions that can be ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import select

from app.kernel import db as database
from app.kernel.config import Settings
from app.kernel.db import Database
from app.people import person_for, set_password
from app.people.models import SignInSession
from app.people.views import SESSION_COOKIE
from app.wiring import create_app
from tests.cast import Cast
from tests.web import Client, text_of

CODE = re.compile(r"\b\d{6}\b")


def sent_code(settings: Settings) -> str:
    newest = max(Path(settings.messages_dir).glob("*.json"))
    found = CODE.search(json.loads(newest.read_text("utf-8"))["text"])
    assert found
    return found.group()


def test_a_code_from_the_outbox_signs_in(client: Client, settings: Settings) -> None:
    asked = client.post("/sign-in/code", data={"phone": "13800000000", "back": "/me"})
    assert asked.status_code == 200

    answer = client.post(
        "/sign-in",
        data={"phone": "13800000000", "code": sent_code(settings), "back": "/me"},
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    assert "林小满" in client.get("/me").text


def test_a_code_is_good_once(client: Client, settings: Settings) -> None:
    client.post("/sign-in/code", data={"phone": "13800000000"})
    fields = {"phone": "13800000000", "code": sent_code(settings)}

    assert client.post("/sign-in", data=fields).status_code == 303
    again = client.post("/sign-in", data=fields)

    assert again.status_code == 422
    assert "wrong or too old" in again.text


def test_five_wrong_tries_spoil_the_code(client: Client, settings: Settings) -> None:
    client.post("/sign-in/code", data={"phone": "13800000000"})
    right = sent_code(settings)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        client.post("/sign-in", data={"phone": "13800000000", "code": wrong})

    answer = client.post("/sign-in", data={"phone": "13800000000", "code": right})

    assert answer.status_code == 422


def test_known_and_unknown_numbers_get_the_same_answer(client: Client) -> None:
    known = client.post("/sign-in/code", data={"phone": "13800000000"})
    unknown = client.post("/sign-in/code", data={"phone": "13900000000"})

    key = re.compile(r'value="[^"]*"')
    assert known.status_code == unknown.status_code == 200
    assert key.sub("", known.text) == key.sub("", unknown.text)


@pytest.mark.parametrize("phone", ["", "abc", "1" * 30])
def test_a_wrong_number_gets_its_sentence_beside_the_field(
    client: Client, phone: str
) -> None:
    answer = client.post("/sign-in/code", data={"phone": phone})

    assert answer.status_code == 422
    assert 'id="f-phone-error"' in answer.text or "aria-invalid" in answer.text


def test_a_password_signs_in_and_a_wrong_one_does_not_say_which(
    client: Client, db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        set_password(session, person_for(session, cast.lin), "correct horse")

    wrong = client.post(
        "/sign-in/password", data={"phone": "13800000000", "password": "wrong horse"}
    )
    nobody = client.post(
        "/sign-in/password", data={"phone": "13999999999", "password": "wrong horse"}
    )
    right = client.post(
        "/sign-in/password", data={"phone": "13800000000", "password": "correct horse"}
    )

    assert (wrong.status_code, nobody.status_code, right.status_code) == (422, 422, 303)
    assert "not right" in text_of(wrong)
    assert "not right" in text_of(nobody)


def test_signing_out_ends_the_session_on_the_server(
    app: Flask, cast: Cast, client_of: Callable[..., Client]
) -> None:
    lin = client_of(cast.lin)
    cookie = lin.get_cookie(SESSION_COOKIE)
    assert cookie
    assert lin.get("/me").status_code == 200
    lin.post("/sign-out")

    replay = Client(app)
    replay.set_cookie(SESSION_COOKIE, cookie.value)

    assert replay.get("/me").status_code == 303


def test_the_cast_is_offered_in_the_demo_and_nowhere_else(
    client: Client, settings: Settings
) -> None:
    assert "林小满" in client.get("/sign-in").text
    assert (
        client.post("/sign-in/cast", data={"member_no": "CAST0000"}).status_code == 303
    )

    real = Client(create_app(settings.model_copy(update={"demo": False})))

    assert "林小满" not in real.get("/sign-in").text
    assert real.post("/sign-in/cast", data={"member_no": "CAST0000"}).status_code == 404


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"],
)
def test_nobody_is_sent_off_the_site(client: Client, back: str) -> None:
    answer = client.post("/sign-in/cast", data={"member_no": "CAST0000", "back": back})

    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
def test_a_form_from_another_site_is_refused(
    cast: Cast, client_of: Callable[..., Client], headers: dict[str, str]
) -> None:
    lin = client_of(cast.lin)

    assert lin.post("/sign-out", headers=headers).status_code == 403
    assert lin.get("/me").status_code == 200


def test_a_page_is_there_while_somebody_writes_for_long(
    db: Database, cast: Cast, client_of: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """That a device was seen is written now and then; a reader never waits for it."""
    lin = client_of(cast.lin)
    with db.transaction() as session:
        device = session.exec(select(SignInSession)).one()
        device.seen_at -= timedelta(hours=1)
        session.add(device)
    monkeypatch.setattr(database, "WRITE_WAIT_S", 0.05)

    with db.transaction():
        assert lin.get("/me").status_code == 200
