"""What wording does when somebody searches: it counts, and forgets who it was."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter

from sqlalchemy.exc import SQLAlchemyError

from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.web.store import settings, transaction
from app.wording import actions

WRITE_EVERY_S = 60.0
WRITE_AT = 100
"""Different questions that are counted in memory before they are written down."""

log = logging.getLogger(__name__)


class Listener:
    """Counts in memory; writes once a minute. What a restart loses is no loss."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._lock = threading.Lock()
        self._times: Counter[str] = Counter()
        self._typed: dict[str, str] = {}
        self._begun = time.monotonic()

    def __call__(self, text: str) -> None:
        """Count a question."""
        key = actions.key_of(text)
        if not key:
            return
        with self._lock:
            self._times[key] += 1
            self._typed[key] = text
            waited = time.monotonic() - self._begun
            is_due = len(self._times) >= WRITE_AT or waited > WRITE_EVERY_S
        if is_due:
            self.write()

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
