"""The turn to write on SQLite: first come, first served, among threads and processes.

SQLite's own `busy_timeout` starves: of four writing processes one got a single commit
in two seconds. So does one lock file that everybody polls: who has just let go of it
is the first to ask again.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from app.kernel.errors import Busy
from app.kernel.i18n import msg

COUNTER = struct.Struct("<Q")
FIRST_TICKET = 64
"""Where in the file the tickets begin; before them stands the newest one's number."""
PAUSE_FIRST_S, PAUSE_MAX_S = 0.0001, 0.001


class Line:
    """Waiting in line, inside one process and then with others at the same file.

    Args:
        path: The file of the tickets; None when no other process can be there.
        wait_s: How long anybody waits, in seconds.
    """

    def __init__(self, path: Path | None, wait_s: float) -> None:
        self._wait_s = wait_s
        self._inside = _FairLock()
        self._tickets = _Tickets(path) if path is not None else None

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._wait_s
        is_ours = self._inside.acquire(self._wait_s)
        if is_ours and self._tickets is not None:
            try:
                is_ours = self._tickets.take(deadline)
            except BaseException:
                self._inside.release()
                raise
            if not is_ours:
                self._inside.release()
        if not is_ours:
            raise Busy(msg("The fair is very busy. Please try again in a moment."))

    def __exit__(self, *_: object) -> None:
        if self._tickets is not None:
            self._tickets.give_back()
        self._inside.release()


class _FairLock:
    """A lock that is handed to whoever has waited longest."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, wait_s: float) -> bool:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            called = threading.Event()
            self._waiting.append(called)
        try:
            if called.wait(wait_s):
                return True
        except BaseException:
            self._leave(called)
            raise
        with self._guard:
            if called.is_set():  # in the very last moment
                return True
            self._waiting.remove(called)
            return False

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False

    def _leave(self, called: threading.Event) -> None:
        with self._guard:
            was_called = called.is_set()
            if not was_called:
                self._waiting.remove(called)
        if was_called:
            self.release()


class _Tickets:
    """Numbered tickets: each holds a lock on its own byte of a file.

    Whose turn it is has no lower number before it. The system lets go of the locks
    of a process that dies, whatever it was doing, so nothing is left to clean up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def take(self, deadline: float) -> bool:
        """Draw a ticket and wait for the turn; False when the time is over."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not self._lock_by(deadline, fcntl.F_WRLCK, 0, 1):
                self.give_back()
                return False
            ticket = self._draw()
            if ticket > 0 and not self._lock_by(
                deadline, fcntl.F_RDLCK, FIRST_TICKET, ticket
            ):
                self.give_back()
                return False
        except BaseException:
            self.give_back()
            raise
        return True

    def give_back(self) -> None:
        """Let the next one have the turn."""
        os.close(self._file)  # and with it every lock on it
        self._file = -1

    def _draw(self) -> int:
        """Take the next number, while nobody else does."""
        written = os.pread(self._file, COUNTER.size, 0)
        ticket = 0
        if len(written) == COUNTER.size:
            ticket = COUNTER.unpack(written)[0] + 1
        # The lock before the number: who dies in between leaves no gap.
        self._lock(fcntl.F_WRLCK, FIRST_TICKET + ticket, 1)
        os.pwrite(self._file, COUNTER.pack(ticket), 0)
        self._lock(fcntl.F_UNLCK, 0, 1)
        return ticket

    def _lock_by(self, deadline: float, kind: int, start: int, length: int) -> bool:
        pause = PAUSE_FIRST_S
        while True:
            with suppress(BlockingIOError, PermissionError):
                self._lock(kind, start, length)
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX_S)

    def _lock(self, kind: int, start: int, length: int) -> None:
        """Lock bytes for this opening of the file, not for the whole process."""
        wanted = struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0)
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, wanted)
