"""What wording does when somebody searches: it counts, and forgets who it was."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from datetime import date
from hashlib import blake2b

from sqlalchemy.exc import SQLAlchemyError

from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.web.store import settings, transaction
from app.wording import actions

WRITE_EVERY_S = 60.0
WRITE_AT = 100
"""Different questions that are counted in memory before they are written down."""
TOLD_APART_MAX = 50_000
"""Of who asked what today; beyond it everything is forgotten and begins anew."""

log = logging.getLogger(__name__)


class Listener:
    """Counts in memory; writes once a minute. What a restart loses is no loss."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._lock = threading.Lock()
        self._times: Counter[str] = Counter()
        self._typed: dict[str, str] = {}
        self._begun = time.monotonic()
        self._day: date | None = None
        self._salt = b""
        self._counted: set[bytes] = set()

    def __call__(self, text: str, who: str) -> None:
        """Count a question, once a day for each who asks: filters ask it again."""
        key = actions.key_of(text)
        if not key:
            return
        with self._lock:
            if self._is_counted(key, who):
                return
            self._times[key] += 1
            self._typed[key] = text
            waited = time.monotonic() - self._begun
            is_due = len(self._times) >= WRITE_AT or waited > WRITE_EVERY_S
        if is_due:
            self.write()

    def _is_counted(self, key: str, who: str) -> bool:
        """Say whether this asker was counted today.

        The salt lives for a day and in memory only: nobody can ask it who asked what.
        """
        today = day_of(now())
        if today != self._day or len(self._counted) >= TOLD_APART_MAX:
            self._day, self._salt = today, secrets.token_bytes(16)
            self._counted.clear()
        one = blake2b(f"{who}\n{key}".encode(), key=self._salt, digest_size=8).digest()
        if one in self._counted:
            return True
        self._counted.add(one)
        return False

    def write(self) -> None:
        """Write down what was counted; a busy database is no reason to fail a page."""
        with self._lock:
            asked = {key: (self._typed[key], n) for key, n in self._times.items()}
            self._times.clear()
            self._typed.clear()
            self._begun = time.monotonic()
        try:
            with transaction() as session:
                actions.note_asked(
                    session, asked, secret=settings().secret_key(), at=now()
                )
        except (Refusal, SQLAlchemyError) as problem:
            log.warning("what was asked is not counted: %s", problem)
