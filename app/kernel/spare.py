"""Room kept on the disk so that SQLite can be opened when everything else is full.

Opening a database anew needs some 32 KiB for the index of its log, also for reading
only: after a restart on a full disk there would be no fair at all.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from app.kernel.failures import room_left

SLICE = 64 * 1024
"""Given at each opening; the index of a log is 32 KiB as long as it is short."""
SLICES = 16
WORTH_KEEPING = 16
"""It is kept when the disk has so many times as much left, and never taken."""


class Spare:
    """A file beside a database that is there to be made smaller."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self) -> None:
        """Make it whole again while there is plenty of room."""
        size = SLICE * SLICES
        missing = size - self._size()
        if missing <= 0 or room_left(self._path.parent) < missing * WORTH_KEEPING:
            return
        with suppress(OSError):  # some file systems cannot; then there is none
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(file, 0, size)
            finally:
                os.close(file)

    def give(self) -> bool:
        """Give a slice back to the disk; False when nothing is left."""
        left = self._size()
        if left == 0:
            return False
        os.truncate(self._path, max(0, left - SLICE))
        return True

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0
