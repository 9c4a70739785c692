"""The JSON API's manners: bearer tokens, scopes, keys, cursors, problem+json.

    bp = api_blueprint("bookings_api")

    @bp.post("/bookings")
    @for_programs("write")
    @spec.validate(json=BookingForm, resp=answers(BookingOut, 201), tags=["Bookings"])
    def create() -> ResponseReturnValue: ...

The same actions as the pages', the same refusals said as `application/problem+json`.
Amounts are texts ("12.50"), moments are ISO 8601 in UTC.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData
from sqlmodel import Session, and_, or_
from werkzeug.exceptions import BadRequest

from app.kernel.clock import now
from app.kernel.errors import Invalid, NotAllowed
from app.kernel.i18n import msg
from app.web.forms import FormRefused, sentences_of
from app.web.guards import MARK, find_me, me
from app.web.moments import read_moment
from app.web.once import once, request_key
from app.web.store import transaction

P = ParamSpec("P")

PREFIX = "/api/v1"
LIMIT_MAX = 100
NUL = b"\\u0000"
SEVERAL = frozenset({"Side", "Step"})
"""Names that several features have, each with its own meaning."""


class Out(BaseModel):
    """What is told: built from a row or from values, never changed."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


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
    _request: Any, _response: Any, error: Exception | None, *_more: Any
) -> None:
    """Say what cannot be taken in our sentences, before the view runs."""
    if isinstance(error, ValidationError):
        raise FormRefused(sentences_of(error))


spec = SpecTree(
    "flask",
    title="Common Fair",
    version="1",
    mode="strict",  # only what is ours to describe, not the pages
    annotations=False,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda parent, child: (
        f"{parent}.{child}" if child in SEVERAL else child
    ),
    before=_refuse,
    validation_error_model=Problem,
    security_schemes=[
        SecurityScheme(
            name="token",
            data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"),
        )
    ],
    security={"token": []},
)
"""What the API is, collected from the views."""


def api_blueprint(name: str) -> Blueprint:
    """Return a feature's part of the API."""
    part = Blueprint(name, __name__, url_prefix=PREFIX)
    part.after_request(_say_how_to_come_in)
    return part


def _say_how_to_come_in(told: Response) -> Response:
    """Name the scheme to who came without a token (RFC 9110, 11.6.1)."""
    if told.status_code == 401:
        told.headers["WWW-Authenticate"] = "Bearer"
    return told


def answers(model: type[BaseModel], status: int = 200, *problems: int) -> Answers:
    """Describe what an operation answers: *model*, and the *problems* it may say."""
    told: dict[str, Any] = {f"HTTP_{status}": model}
    return Answers(**told, **{f"HTTP_{code}": Problem for code in problems})


READS = (401, 403)
"""The problems of reading with a token."""
READS_ONE = (401, 403, 404)
WRITES = (400, 401, 403, 404, 409, 503, 507)
"""The last two: nothing was done, the same request may be sent again later."""


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
            if scope == "write":
                _ensure_json()
            return view(*args, **kwargs)

        setattr(guarded, MARK, f"token {scope}")
        return guarded

    return wrap


def _ensure_json() -> None:
    """Refuse a body that is no JSON, before it reads as an empty one.

    Raises:
        BadRequest, UnsupportedMediaType: there is a body, and it cannot be read.
    """
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        return
    try:
        found = request.get_json()
        if not isinstance(found, dict) or NUL in request.get_data():
            raise BadRequest
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character, as "\ud83c": no database keeps it
        raise BadRequest from None
    except RecursionError:  # thousands of brackets within brackets
        raise BadRequest from None


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
        raise bad_cursor() from None


def page_of(
    session: Session,
    wanted: Any,
    paging: Paging,
    *,
    by: tuple[Any, Any],
    newest_first: bool = True,
) -> tuple[list[Any], str | None]:
    """Return a page of rows in the order of a moment, and the cursor of the next.

    Args:
        session: The open reading.
        wanted: A select of one table.
        paging: How many, and after which.
        by: The column of the moment and the one of the id that breaks ties.
        newest_first: Which way.

    Raises:
        Invalid: the cursor is none of ours.
    """
    moment, one = by
    if paging.cursor is not None:
        at, after = _place_of(paging.cursor)
        if newest_first:
            beyond, next_id = moment < at, one < after
        else:
            beyond, next_id = moment > at, one > after
        wanted = wanted.where(or_(beyond, and_(moment == at, next_id)))
    order = (moment.desc(), one.desc()) if newest_first else (moment, one)
    rows = list(session.exec(wanted.order_by(*order).limit(paging.limit + 1)))
    if len(rows) <= paging.limit:
        return rows, None
    last = rows[paging.limit - 1]
    at = getattr(last, moment.key)
    return rows[: paging.limit], to_cursor(f"{at.isoformat()} {last.id}")


def _place_of(cursor: str) -> tuple[datetime, UUID]:
    at, _, after = (from_cursor(cursor) or "").partition(" ")
    moment = read_moment(at)
    try:
        one = UUID(after)
    except ValueError:
        raise bad_cursor() from None
    if moment is None:
        raise bad_cursor()
    return moment, one


def bad_cursor() -> Invalid:
    """Return the refusal of a cursor that no page gave."""
    return Invalid(msg("This cursor is none of ours."), field="cursor")


def take_step(
    operation: str,
    noun: str,
    thing_id: UUID,
    act: Callable[..., Any],
    tell: Callable[[Session, UUID], BaseModel],
    *,
    secret: bytes | None = None,
    **more: Any,
) -> Response:
    """Take one step of a thing, once, and tell how it stands then.

    Args:
        operation: What the key is for, for example "booking.undo".
        noun: What the thing is called in the remembered body.
        thing_id: Which one.
        act: The action; it gets the session, the id, `by`, `at` and *more*.
        tell: Reads the thing for the answer, in the same transaction.
        secret: Given to the action and kept out of the remembered body.
        more: What else was sent.
    """
    at = now()
    unsaid = {} if secret is None else {"secret": secret}
    with transaction() as session:
        once(
            session,
            operation,
            owner=me().id,
            body={noun: str(thing_id)} | more,
            at=at,
            do=lambda: act(session, thing_id, by=me().id, at=at, **more, **unsaid).id,
        )
        told = tell(session, thing_id)
    return answer(told)
