"""The code on the station's screen: a new one each minute, good for two."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

WINDOW_S = 60
DIGITS = 6
LINK_LENGTH = 32


def window_at(at: datetime) -> int:
    """Return the number of the minute a moment lies in."""
    return int(at.timestamp()) // WINDOW_S


def window_ends_at(window: int) -> datetime:
    """Return when the code of *window* leaves the screen."""
    return datetime.fromtimestamp((window + 1) * WINDOW_S, UTC)


def digits_for(secret: bytes, place_id: UUID, window: int) -> str:
    """Return the six digits to type."""
    number = int.from_bytes(_mac(secret, "digits", place_id, window)[:8])
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def link_code_for(secret: bytes, place_id: UUID, window: int) -> str:
    """Return the longer code inside the QR."""
    return _mac(secret, "link", place_id, window).hex()[:LINK_LENGTH]


def find_window(
    secret: bytes, place_id: UUID, typed: str, *, at: datetime
) -> int | None:
    """Return the window whose code was typed or scanned, None when none fits.

    The present window counts and the one before, so that a code read at the last
    second can still be typed.
    """
    given = "".join(typed.split()).lower()
    present = window_at(at)
    for window in (present, present - 1):
        for known in (digits_for, link_code_for):
            if hmac.compare_digest(
                known(secret, place_id, window).encode(), given.encode()
            ):
                return window
    return None


def calendar_token(secret: bytes, person_id: UUID) -> str:
    """Return the secret part of a person's calendar address."""
    return _mac(secret, "calendar", person_id, 0).hex()[:LINK_LENGTH]


def _mac(secret: bytes, purpose: str, about: UUID, number: int) -> bytes:
    text = f"{purpose}:{about}:{number}".encode()
    return hmac.new(secret, text, hashlib.sha256).digest()
