"""A program for tests: a bearer token, JSON, and a fresh key with every change."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.clock import now
from app.people.actions import create_token
from app.web.store import transaction

API = "/api/v1"


class Program(FlaskClient):
    """A Flask test client that speaks to the API as somebody's program."""

    def __init__(self, app: Flask, token: str | None) -> None:
        super().__init__(app, app.response_class)
        self.headers = {"Accept-Language": "en"}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request with this program's token."""
        kwargs["headers"] = self.headers | dict(kwargs.get("headers") or {})
        return super().open(*args, **kwargs)

    def look(self, path: str, **query: Any) -> TestResponse:
        """Read."""
        return self.get(API + path, query_string=query)

    def send(self, path: str, key: str | None = None, **body: Any) -> TestResponse:
        """Change something, with an idempotency key."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        plain = {
            name: str(value) if isinstance(value, UUID) else value
            for name, value in body.items()
        }
        return self.post(
            API + path,
            data=json.dumps(plain),
            content_type="application/json",
            headers=headers,
        )


def program_of(app: Flask, person_id: Any, scopes: str = "read write") -> Program:
    """Return a program that holds a token of a person."""
    with app.app_context(), transaction() as session:
        token = create_token(
            session, UUID(str(person_id)), name="test", scopes=scopes, at=now()
        )
    return Program(app, token)


def stranger(app: Flask) -> Program:
    """Return a program without a token."""
    return Program(app, None)


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """Return the problem an answer tells, once it is one with this status."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.json
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told
