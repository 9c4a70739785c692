"""Checkpoints signed with the site's key, and receipts that an entry is in one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session, col, select

import ledger
from app.kernel.i18n import msg
from app.wallet.errors import PageNotFound
from ledger import checkpoints as kept
from ledger.tables import Checkpoint, Seal


def site_key(secret: bytes) -> Ed25519PrivateKey:
    """Return the key that signs heads and checkpoints.

    It grows from the site's secret, so that a copy of the database alone cannot sign.
    """
    seed = hmac.new(secret, b"common-fair ledger head", hashlib.sha256).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def publish_checkpoint(
    session: Session, *, secret: bytes, at: datetime
) -> Checkpoint | None:
    """Sign how long the book is, its root and its hash; None for an empty book.

    When nothing was sealed since the last checkpoint, that one is returned.
    """
    if ledger.head(session).sequence == 0:
        return None
    key = site_key(secret)
    public = key.public_key().public_bytes_raw().hex()

    def sign(text: bytes) -> tuple[str, str]:
        return public, key.sign(text).hex()

    return kept.make_checkpoint(session, at=at, sign=sign)


def checkpoints(session: Session, *, limit: int = 50) -> Sequence[Checkpoint]:
    """Return the newest checkpoints, newest first."""
    return kept.checkpoints(session, limit)


def latest_checkpoint(session: Session) -> Checkpoint | None:
    """Return the newest checkpoint, or None."""
    return kept.latest_checkpoint(session)


def checkpoint_of(session: Session, size: int) -> Checkpoint:
    """Return the checkpoint of this size.

    Raises:
        PageNotFound: none was made at this size.
    """
    found = kept.find_checkpoint(session, size)
    if found is None:
        raise PageNotFound(msg("There is no such checkpoint."))
    return found


def receipt_for(session: Session, sequence: int) -> kept.Proof | None:
    """Return the proof that an entry is in the newest checkpoint; None: not yet.

    Raises:
        PageNotFound: the chain has no such entry.
    """
    number = session.exec(
        select(Seal.transaction_id).where(Seal.sequence == sequence)
    ).first()
    if number is None:
        raise PageNotFound(msg("The book has no such entry."))
    newest = kept.latest_checkpoint(session)
    if newest is None or newest.size < sequence:
        return None
    return kept.inclusion_proof(session, number, newest.size)


def closes_since(session: Session, size: int) -> bool:
    """Say whether a month was closed after the first *size* entries."""
    asked = (
        select(Seal.sequence)
        .join(ledger.Period, col(ledger.Period.transaction_id) == Seal.transaction_id)
        .where(Seal.sequence > size)
    )
    return session.exec(asked.limit(1)).first() is not None
