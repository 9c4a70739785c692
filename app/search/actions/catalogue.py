"""The index of one installation: opened once for each process, missed when lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.search.queries import Context
from search_index import Backend, IndexUnavailable, open_backend
from search_index.folders import locked

FEEDING_WAIT_S = 30.0
"""How long a feeder waits for another one of the same folder."""

log = logging.getLogger(__name__)


@dataclass
class Catalogue:
    """The index of one installation, opened once for each process.

    The last three belong to the one who feeds it: what of the outbox it has written
    beyond the cursor, into which version, and up to when it has let times begin.
    """

    folder: Path
    timezone: str
    engine: str = "whoosh"
    opened: Backend | None = field(default=None, repr=False)
    reached: str | None = field(default=None, repr=False)
    fed_version: str = field(default="", repr=False)
    turned_at: datetime | None = field(default=None, repr=False)

    @property
    def index(self) -> Backend:
        """The index.

        Raises:
            IndexUnavailable: it is missing, damaged, or was never filled; `rebuild`
                mends it.
        """
        if self.opened is None:
            try:
                found = open_backend(self.engine, self.folder, create=False)
            except OSError as problem:
                raise IndexUnavailable(str(problem)) from problem
            if not found.cursor():
                raise IndexUnavailable("The index was never filled.")
            self.opened = found
        return self.opened

    def is_ready(self) -> bool:
        """Say whether the index can be read and is of today's analysis."""
        try:
            return self.index.is_healthy
        except IndexUnavailable:
            return False

    def can_be_read(self) -> bool:
        """Say whether searches are answered, also from an index to be rebuilt."""
        try:
            return self.index.count() >= 0
        except IndexUnavailable:
            return False

    def context(self, at: datetime) -> Context:
        """Return what documents need besides their rows."""
        return Context(at=at, zone=ZoneInfo(self.timezone))

    # -- from those who read to the one who feeds --------------------------------

    @property
    def _note(self) -> Path:
        """Beside the folder: the folder itself may be what is broken."""
        return self.folder.with_name(f"{self.folder.name}.missed")

    def miss(self) -> None:
        """Tell the feeder that the index cannot be read, from whichever process."""
        with suppress(OSError):
            self._note.touch(mode=0o600)

    def was_missed(self) -> bool:
        """Say whether somebody could not read it since the last call."""
        try:
            self._note.unlink()
        except OSError:
            return False
        return True

    def look_anew(self) -> None:
        """Forget what is open, so that every file is read and verified again."""
        self.opened = self.reached = None

    @contextmanager
    def being_fed(self) -> Iterator[None]:
        """Hold the place at the trough: one feeder at a time writes what it read.

        Otherwise the slower of two could write an older state over a newer one.

        Raises:
            IndexUnavailable: somebody else holds it for too long.
        """
        with locked(self.folder, "feed", FEEDING_WAIT_S):
            yield


def open_index(folder: Path, timezone: str, engine: str = "whoosh") -> Catalogue:
    """Return the installation's catalogue; nothing is read before it is used."""
    return Catalogue(folder, timezone, engine)
