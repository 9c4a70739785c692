"""Sent twice, done once: the idempotency key of a form or an API call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import request
from pydantic import BaseModel
from sqlmodel import Session

from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.kernel.keys import KEY_LENGTH_MAX, recall, remember

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"


def request_key() -> str | None:
    """Return the key that came with the request: the header, else the field.

    Raises:
        Invalid: it is longer than a key may be.
    """
    typed = request.headers.get(HEADER) or request.form.get(FIELD) or ""
    key = typed.replace("\x00", "").strip()  # PostgreSQL keeps no NUL
    if len(key) > KEY_LENGTH_MAX:
        raise Invalid(msg("The idempotency key is too long."), field=FIELD)
    return key or None


def typed_fields() -> dict[str, object]:
    """Return what was typed into the form, without its key: a body for `once`."""
    return {name: request.form.getlist(name) for name in request.form if name != FIELD}


def once(
    session: Session,
    operation: str,
    *,
    owner: object,
    body: BaseModel | Mapping[str, object],
    at: datetime,
    do: Callable[[], object],
) -> str:
    """Do it unless this key did it already; return the outcome's id as text.

    Asked inside the transaction and before any business check, so that a form
    sent again after the answer was lost gets the first answer.

    Args:
        session: The open transaction.
        operation: The form's `data-op`, for example "booking.create".
        owner: Whose key it is (person id); keys of two people never meet.
        body: What was sent; the same key with another body is refused.
        at: Now.
        do: Does the change, returns the id of what came of it.
    """
    sent = body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body)
    key = request_key()
    if key is None:
        return str(do())
    before = recall(session, owner=str(owner), operation=operation, key=key, body=sent)
    if before is not None:
        return before.outcome
    outcome = str(do())
    remember(
        session,
        owner=str(owner),
        operation=operation,
        key=key,
        body=sent,
        outcome=outcome,
        at=at,
    )
    return outcome
