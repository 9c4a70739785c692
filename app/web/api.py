"""The JSON API's manners: bearer tokens, scopes, keys, cursors, problem+json.

    bp = api_blueprint("bookings_api")

    @bp.post("/bookings")
    @spec.validate(json=BookingIn, resp=Response(HTTP_201=BookingOut), tags=["bookings"])
    @for_programs("write")
    def create() -> ResponseReturnValue: ...

The same actions as the pages', the same refusals said as `application/problem+json`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, ValidationError
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType

from app.kernel.errors import Invalid, NotAllowed
from app.kernel.i18n import msg
from app.web.forms import FormRefused, sentences_of
from app.web.guards import MARK, find_me
from app.web.once import request_key

P = ParamSpec("P")

PREFIX = "/api/v1"
LIMIT_MAX = 100


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: dict[str, str] | None = None


class Paging(BaseModel):
    """Where to go on, and how far."""

    limit: int = Field(20, ge=1, le=LIMIT_MAX)
    cursor: str | None = Field(None, max_length=200)


def _refuse(
    _request: Any, _response: Any, error: ValidationError | None, _instance: Any
) -> None:
    """Say what cannot be taken in our sentences, before the view runs."""
    if error is not None:
        raise FormRefused(sentences_of(error))


spec = SpecTree(
    "flask",
    title="Common Fair",
    version="1",
    annotations=False,
    before=_refuse,
    validation_error_model=Problem,
    security_schemes=[
        SecurityScheme(
            name="token",
            data={"type": SecureType.HTTP, "scheme": "bearer"},
        )
    ],
    security={"token": []},
)
"""What the API is, collected from the views."""


def api_blueprint(name: str) -> Blueprint:
    """Return a feature's part of the API."""
    return Blueprint(name, __name__, url_prefix=PREFIX)


def for_programs(
    scope: str,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let in a bearer token with *scope* ("read" or "write"); writes carry a key."""

    def wrap(
        view: Callable[P, ResponseReturnValue],
    ) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            found = find_me()
            if found is None:
                abort(401)
            if scope not in (found.scopes or frozenset()):
                raise NotAllowed(msg("This token may not do that."))
            if scope == "write" and request_key() is None:
                raise Invalid(
                    msg("Please send an Idempotency-Key with every change."),
                    field="Idempotency-Key",
                )
            return view(*args, **kwargs)

        setattr(guarded, MARK, f"token {scope}")
        return guarded

    return wrap


def body(model: type[BaseModel]) -> Any:
    """Return the request's JSON as checked by `spec.validate(json=model)`."""
    found = request.context.json  # type: ignore[attr-defined]
    assert isinstance(found, model)
    return found


def query(model: type[BaseModel]) -> Any:
    """Return the address's values as checked by `spec.validate(query=model)`."""
    found = request.context.query  # type: ignore[attr-defined]
    assert isinstance(found, model)
    return found


def created(model: BaseModel) -> Response:
    """Answer 201 with *model*."""
    return answer(model, 201)


def answer(model: BaseModel, status: int = 200) -> Response:
    """Answer with *model* as JSON."""
    return Response(
        model.model_dump_json(), status=status, content_type="application/json"
    )


def to_cursor(text: str) -> str:
    """Return an opaque cursor for *text*."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> str | None:
    """Return what a cursor stands for.

    Raises:
        Invalid: it is none of ours.
    """
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError, UnicodeDecodeError):
        raise Invalid(msg("This cursor is none of ours."), field="cursor") from None
