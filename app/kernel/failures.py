"""What a database's failure means: no room left, or merely unknown."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from app.kernel.errors import NoRoom
from app.kernel.i18n import msg

SQLITE_UNCLEAR = frozenset({"SQLITE_IOERR", "SQLITE_CANTOPEN"})
ROOM_MIN = 1 << 20
"""With fewer bytes left on its disk, what SQLite could not write found no room."""
POSTGRESQL_NO_ROOM = frozenset({"53100"})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_no_room(problem: BaseException, folder: Path | None = None) -> bool:
    """Say whether something failed because nothing more can be written.

    Args:
        problem: Of SQLAlchemy, straight from a driver, or of the system.
        folder: Where an SQLite database stands. The index of its log finds no room
            as a mere "disk I/O error", which can also be a broken disk.
    """
    if isinstance(problem, OSError):
        return problem.errno in NO_ROOM
    driver: Any = problem.orig if isinstance(problem, DBAPIError) else problem
    name = getattr(driver, "sqlite_errorname", None)
    if name is None:
        return getattr(driver, "sqlstate", None) in POSTGRESQL_NO_ROOM
    if name in SQLITE_UNCLEAR and folder is not None:
        return room_left(folder) < ROOM_MIN
    return bool(name == "SQLITE_FULL")


def room_left(folder: Path) -> int:
    """Return how many bytes may still be written on the disk of a folder."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def is_outage(problem: BaseException) -> bool:
    """Say whether a driver reports a fault of the database, none of what was asked.

    The book speaks to the drivers directly; their errors reach a counter bare. Every
    driver calls this one by the same name (PEP 249).
    """
    return any(kind.__name__ == "OperationalError" for kind in type(problem).__mro__)


def first_line(problem: BaseException) -> str:
    """Return what the database says; its DETAIL repeats the row, phone and all."""
    said = problem.orig if isinstance(problem, DBAPIError) else problem
    return str(said).partition("\n")[0]


def no_room() -> NoRoom:
    """Return what a person is told when the disk is full."""
    return NoRoom(
        msg(
            "The fair's disk is full, so nothing can be saved right now. Nothing was"
            " changed, and everything can still be read. Please try again later."
        )
    )
