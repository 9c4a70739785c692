"""diskfull: no room left, at many sizes: refused clearly, nothing half done, then on.

The book stands on a disk that is too small, in three ways: a file system of its own
(tmpfs; needs root), a limit on the size of a file (RLIMIT_FSIZE), and SQLite's own
limit on pages. Acts are done until one is refused. Then everything must still be
readable and right; and after there is room the same act must succeed, through the
same connections, without a restart.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.kernel.db import Database
from app.kernel.errors import NoRoom
from tests.drills import book
from tests.drills.drill import Drill, Options, Result

HAND = 0
ACTS_MAX = 400
ROOM_MAX = 700_000
"""Bytes beyond the book itself; some 100 acts fill them."""
LOG_INDEX = 32_768
"""What SQLite needs to open a book at all; the disk fills up afterwards."""
UNCLEAR = "disk I/O error"
"""All SQLite says at a limit on the size of a file, while the disk has room."""
NAME = "book.sqlite3"


class Wall:
    """A limit around a copy of the book, and the way to take it down."""

    def __init__(self, db: Database, take_down: Callable[[], None]) -> None:
        self.db = db
        self.take_down = take_down


@contextmanager
def small_disk(base: Path, folder: Path, room: int) -> Iterator[Wall]:
    """Put the book on a file system with *room* bytes left."""
    size = -(-(base.stat().st_size + LOG_INDEX + room) // 4096) * 4096 + 4096
    mount = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={size},mode=700",
        "drill",
        str(folder),
    ]
    subprocess.run(mount, check=True)
    try:
        db = _opened(base, folder)
        yield Wall(
            db,
            lambda: _run("mount", "-o", "remount,size=64m", str(folder)),
        )
        db.close()
    finally:
        _run("umount", str(folder))


@contextmanager
def small_file(base: Path, folder: Path, room: int) -> Iterator[Wall]:
    """Let no file of this process grow beyond *room* bytes (or the book's size)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def take_down() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    db = _opened(base, folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(room, 4096), hard))
    try:
        yield Wall(db, take_down)
    finally:
        take_down()
    db.close()


@contextmanager
def few_pages(base: Path, folder: Path, room: int) -> Iterator[Wall]:
    """Let SQLite refuse further pages; in the file an act needs an eighth of its log."""
    db = _opened(base, folder)
    pages = [base.stat().st_size // 4096 + room // 8 // 4096]

    @event.listens_for(db.engine, "begin")
    def limit(connection: object) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}")  # type: ignore[attr-defined]

    def take_down() -> None:
        pages[0] = 1_000_000

    yield Wall(db, take_down)
    db.close()


WAYS = {"disk": small_disk, "file": small_file, "pages": few_pages}


def _opened(base: Path, folder: Path) -> Database:
    shutil.copy(base, folder / NAME)
    db = book.open_database(book.sqlite_url(folder / NAME))
    db.is_ready()  # the disk fills up under a running server
    return db


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def run(options: Options) -> Result:
    """Fill `options.count` disks; see the module."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.drills.diskfull"])
    with context.Pool(1) as pool:  # a limit on files would be one on ours, too
        return pool.apply(_fill_many, (options,))


def _fill_many(options: Options) -> Result:
    chance = random.Random(options.seed)
    base = options.folder / "base.sqlite3"
    book.make_book(book.open_database(book.sqlite_url(base)))
    ways = [way for way in WAYS if way != "disk" or _may_mount(options.folder)]
    problems: list[str] = []
    full = acts = 0
    while full < options.count and options.has_time and not problems:
        way = ways[full % len(ways)]
        room = chance.randrange(ROOM_MAX)
        folder = options.folder / f"full{full}"
        folder.mkdir()
        with WAYS[way](base, folder, room) as wall:
            done, found = fill(wall, swallows=options.canary)
        problems += [f"{way}, {room} bytes left: {problem}" for problem in found]
        acts += done
        full += 1
        shutil.rmtree(folder)
    if full < options.count and not problems:
        problems.append(f"time was up after {full} of {options.count} disks")
    left_out = "" if "disk" in ways else " (no tmpfs: may not mount here)"
    return Result(
        f"{full} disks full by {', '.join(ways)}{left_out}, {acts} acknowledged",
        problems,
    )


def _may_mount(folder: Path) -> bool:
    place = folder / "may"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "drill", place],
        check=False,
        capture_output=True,
    )
    if tried.returncode == 0:
        _run("umount", str(place))
    return tried.returncode == 0


def fill(wall: Wall, *, swallows: bool) -> tuple[int, list[str]]:
    """Act until the wall is hit, look around, take it down and go on."""
    done, refusal = _until_refused(wall.db, swallows=swallows)
    if refusal is None:
        if not swallows:
            return done, [f"nothing was refused in {done} acts"]
    elif not isinstance(refusal, NoRoom) and UNCLEAR not in str(refusal):
        return done, [f"refused with {type(refusal).__name__}: {refusal}"]
    problems = [f"while full: {one}" for one in _look(wall.db, done)]
    wall.take_down()
    try:
        with wall.db.transaction() as session:
            book.act(session, HAND, done)
    except Exception as failure:  # noqa: BLE001 - any is a miss
        problems.append(f"no act after there was room: {failure}")
    else:
        problems += [f"after: {one}" for one in _look(wall.db, done + 1)]
    return done, problems


def _until_refused(db: Database, *, swallows: bool) -> tuple[int, Exception | None]:
    for number in range(ACTS_MAX):
        try:
            with db.transaction() as session:
                book.act(session, HAND, number)
        except (NoRoom, OperationalError) as refusal:
            if not swallows:
                return number, refusal
            return number + 1, None
        except Exception as refusal:  # noqa: BLE001 - looked at by the caller
            return number, refusal
    return ACTS_MAX, None


def _look(db: Database, done: int) -> list[str]:
    """Read everything; the refused act is not there, not even in part."""
    try:
        with db.reading() as session:
            there = book.done_by(session, HAND)
        half_done = [f"{there} acts are there, not {done}"] if there != done else []
        return half_done + book.problems_of(db, {HAND: done})
    except Exception as failure:  # noqa: BLE001 - reading must work
        return [f"cannot be read: {failure}"]


DRILL = Drill(
    run=run,
    unit="disks",
    full=200,
    quick=30,
    canary=3,
    defect="swallows the failure and acknowledges",
)
