"""Idempotency keys: the same request sent twice is done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, Session, SQLModel, select

from app.kernel.columns import Moment
from app.kernel.errors import Conflict
from app.kernel.i18n import msg

KEY_LENGTH_MAX = 100


class UsedKey(SQLModel, table=True):
    """A key that was used, by whom, for what, and what came of it; kept for ever."""

    __tablename__ = "used_key"
    __table_args__ = (UniqueConstraint("owner", "operation", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(max_length=80)
    operation: str = Field(max_length=60)
    key: str = Field(max_length=KEY_LENGTH_MAX)
    body_hash: str = Field(max_length=64)
    outcome: str = Field(max_length=200)
    at: datetime = Field(sa_type=Moment)


class KeyReused(Conflict):
    """The key came before, with another body."""


@dataclass(frozen=True)
class Remembered:
    """What the first request with this key came to."""

    outcome: str


def recall(
    session: Session,
    *,
    owner: str,
    operation: str,
    key: str,
    body: Mapping[str, object],
) -> Remembered | None:
    """Return what this key came to, or None when it is new.

    Asked before any business check, inside the transaction.

    Raises:
        KeyReused: the same key came before with another body.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two at once with one key: the second waits and gets the first's answer.
        turn = func.hashtext(f"{owner}:{operation}:{key}")
        session.connection().execute(select(func.pg_advisory_xact_lock(turn)))
    used = session.exec(
        select(UsedKey).where(
            UsedKey.owner == owner, UsedKey.operation == operation, UsedKey.key == key
        )
    ).first()
    if used is None:
        return None
    if used.body_hash != _digest(body):
        raise KeyReused(
            msg("This form was already sent with other contents. Please open it anew.")
        )
    return Remembered(used.outcome)


def remember(
    session: Session,
    *,
    owner: str,
    operation: str,
    key: str,
    body: Mapping[str, object],
    outcome: str,
    at: datetime,
) -> None:
    """Keep what *key* came to; two at once: the second fails at the constraint."""
    session.add(
        UsedKey(
            owner=owner,
            operation=operation,
            key=key,
            body_hash=_digest(body),
            outcome=outcome,
            at=at,
        )
    )
    session.flush()


def _digest(body: Mapping[str, object]) -> str:
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
