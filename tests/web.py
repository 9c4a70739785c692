"""A browser for tests: same-origin by default, signed in as anybody."""

from __future__ import annotations

import html
import re
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.clock import now
from app.people import person_for
from app.people.actions import open_session
from app.people.views import SESSION_COOKIE
from app.web.store import transaction


class Client(FlaskClient):
    """A Flask test client whose requests come from our own pages, in English."""

    def __init__(self, app: Flask, **headers: str) -> None:
        super().__init__(app, app.response_class, use_cookies=True)
        self.headers = {
            "Sec-Fetch-Site": "same-origin",
            "Accept-Language": "en",
        } | {name.replace("_", "-"): value for name, value in headers.items()}

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request with this browser's headers."""
        kwargs["headers"] = self.headers | dict(kwargs.get("headers") or {})
        return super().open(*args, **kwargs)

    def send(self, url: str, key: str | None = None, **fields: Any) -> TestResponse:
        """Send a form with an idempotency key, as a page without JavaScript would."""
        data = {"idempotency_key": key or str(uuid4())} | fields
        return self.post(url, data=data)

    def swap(self, url: str, key: str | None = None, **fields: Any) -> TestResponse:
        """Send a form as htmx would."""
        data = {"idempotency_key": key or str(uuid4())} | fields
        return self.post(url, data=data, headers={"HX-Request": "true"})


def sign_in(app: Flask, person_id: Any, **headers: str) -> Client:
    """Return a browser that is signed in as a person."""
    with app.app_context(), transaction() as session:
        person = person_for(session, UUID(str(person_id)))
        token = open_session(session, person, at=now(), device="test")
    client = Client(app, **headers)
    client.set_cookie(SESSION_COOKIE, token)
    return client


def text_of(answer: TestResponse) -> str:
    """Return what a person reads on the page: no tags, one space between words."""
    body = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()
