"""powercut: every disk a power cut could leave holds whatever was acknowledged.

Killing a process proves nothing here: what it wrote stays in the page cache. So a
writer runs under strace, which notes every write and every fsync of the files of the
book, and each acknowledgement between them. From these notes the drill rebuilds what
a disk may hold after a cut at any moment: all that was synced before it, and of the
rest nothing, a beginning, any subset, also with one write torn at a sector. A file
made or removed may be back as it was until its folder is synced.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from app.kernel.db import Database
from tests.drills import book
from tests.drills.drill import Drill, Options, Result, Skipped

STATES_PER_TRACE = 250
ACTS = 60
"""Acts of one trace; with 250 states of each, 10,000 states see 2,400 acts."""
SECTOR = 512
HAND = 0
CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename"
NAME = "book.sqlite3"


def write(folder: Path, synchronous: str | None, acts: int) -> None:
    """Do the acts and write each number to the file `acks` once it is committed."""
    db = book.open_database(book.sqlite_url(folder / NAME), synchronous=synchronous)
    acks = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in range(acts):
        with db.transaction() as session:
            book.act(session, HAND, number)
        os.write(acks, b"%d\n" % number)
        if number == acts // 2:
            _checkpoint(db)
    os._exit(0)  # nothing tidies up before a power cut


def _checkpoint(db: Database) -> None:
    """Do once what SQLite does by itself every thousand pages."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        connection.exec_driver_sql("BEGIN")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trace: what, on which file, where, with which bytes."""

    what: str
    path: str
    offset: int = 0
    data: bytes = b""


@dataclass(slots=True)
class File:
    """A file on a disk with a cache: what is safe, and what waits in order."""

    safe: bytearray = field(default_factory=bytearray)
    waiting: list[Event] = field(default_factory=list)
    safe_name: bool = False
    exists: bool = True

    def sync(self) -> None:
        for change in self.waiting:
            _apply(self.safe, change)
        self.waiting.clear()


class Disk:
    """The files of the book as the trace goes by."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            one.name: File(safe=bytearray(one.read_bytes()), safe_name=True)
            for one in folder.iterdir()
            if one.is_file()
        }

    def take(self, event: Event) -> None:
        """Let one event of the trace happen."""
        file = self.files.get(event.path)
        match event.what:
            case "make" if file is None or not file.exists:
                self.files[event.path] = File()
            case "write" | "cut" if file is not None:
                file.waiting.append(event)
            case "sync" if file is not None:
                file.sync()
            case "remove" if file is not None:
                file.exists = False
            case "sync folder":
                self._sync_names()

    def _sync_names(self) -> None:
        for name, file in list(self.files.items()):
            file.safe_name = True
            if not file.exists:
                del self.files[name]

    def after_a_cut(self, chance: random.Random) -> dict[str, bytearray]:
        """Return what a disk may hold if the power goes now."""
        left = {}
        for name, file in self.files.items():
            if not file.safe_name and chance.random() < 0.3:
                continue  # its name never reached the folder
            if not file.exists and chance.random() < 0.5:
                continue
            content = bytearray(file.safe)
            for change in _survivors(file.waiting, chance):
                _apply(content, change)
            left[name] = content
        return left


def _survivors(waiting: list[Event], chance: random.Random) -> list[Event]:
    """Choose which unsynced changes reached the disk; one of them may be torn."""
    how = chance.choice(("none", "all", "beginning", "subset", "late"))
    if how == "none" or not waiting:
        return []
    if how == "beginning":
        chosen = waiting[: chance.randrange(len(waiting) + 1)]
    elif how == "late":
        chosen = waiting[chance.randrange(len(waiting)) :]
    elif how == "subset":
        share = chance.random()
        chosen = [one for one in waiting if chance.random() < share]
    else:
        chosen = list(waiting)
    if chosen and chance.random() < 0.5:
        at = chance.randrange(len(chosen))
        chosen[at : at + 1] = _torn(chosen[at], chance)
    return chosen


def _torn(change: Event, chance: random.Random) -> list[Event]:
    """Return the sectors of a write that reached the disk."""
    if change.what != "write":
        return []
    parts = []
    begin = 0
    while begin < len(change.data):
        end = begin + SECTOR - (change.offset + begin) % SECTOR
        if chance.random() < 0.5:
            parts.append(
                Event(
                    "write",
                    change.path,
                    change.offset + begin,
                    change.data[begin:end],
                )
            )
        begin = end
    return parts


def _apply(content: bytearray, change: Event) -> None:
    if change.what == "cut":
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    end = change.offset + len(change.data)
    if end > len(content):
        content.extend(bytes(end - len(content)))
    content[change.offset : end] = change.data


LINE = re.compile(r"^(\d+) +(\w+)\((.*)$", re.DOTALL)
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
FILE = re.compile(r"^\d+<([^>]*)>")
QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
WRITE = re.compile(r'^\d+<([^>]*)>, "((?:\\x[0-9a-f]{2})*)", (\d+)(?:, (\d+))?')


def events_of(trace: Path, folder: Path) -> Iterator[Event]:
    """Read a trace; yield what happened to the files of *folder*, in order."""
    appended: dict[str, int] = {}
    unfinished: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            begun = LINE.match(line)
            if begun and line.endswith("<unfinished ...>\n"):
                unfinished[begun[1]] = begun[3].removesuffix("<unfinished ...>\n")
                continue
            ended = RESUMED.match(line)
            if ended:
                thread, call, rest = ended.groups()
                rest = unfinished.pop(thread, "") + rest
            elif begun:
                thread, call, rest = begun.groups()
            else:
                continue
            if rest.rstrip().rpartition("= ")[2].startswith("-1"):
                continue
            yield from _event(call, rest, str(folder.resolve()), appended)


def _event(
    call: str, rest: str, folder: str, appended: dict[str, int]
) -> Iterator[Event]:
    """Yield what a call did in *folder*; nothing if it was elsewhere."""
    if call in {"write", "pwrite64"}:
        yield from _written(rest, folder, appended)
    elif call in {"fsync", "fdatasync", "ftruncate"}:
        yield from _synced_or_cut(call, rest, folder)
    elif call == "rename":
        assert folder not in _text(rest), "nothing of the book is renamed"
    elif call == "unlink" or "O_CREAT" in rest:
        path = Path(_text(rest))
        if str(path.parent) == folder:
            yield Event("remove" if call == "unlink" else "make", path.name)


def _written(rest: str, folder: str, appended: dict[str, int]) -> Iterator[Event]:
    found = WRITE.match(rest)
    path = Path(_plain(found[1])) if found else Path()
    if not found or str(path.parent) != folder:
        return
    data = bytes.fromhex(found[2].replace("\\x", ""))
    assert len(data) == int(found[3]), "strace cut a write short"
    offset = int(found[4]) if found[4] else appended.get(path.name, 0)
    if not found[4]:
        appended[path.name] = offset + len(data)
    yield Event("write", path.name, offset, data)


def _synced_or_cut(call: str, rest: str, folder: str) -> Iterator[Event]:
    found = FILE.match(rest)
    path = Path(_plain(found[1])) if found else Path()
    if str(path) == folder:
        yield Event("sync folder", "")
    elif str(path.parent) == folder and call == "ftruncate":
        yield Event("cut", path.name, int(rest.split(", ", 1)[1].split(")", 1)[0]))
    elif str(path.parent) == folder:
        yield Event("sync", path.name)


def _text(rest: str) -> str:
    found = QUOTED.search(rest)
    return _plain(found[1]) if found else ""


def _plain(text: str) -> str:
    """Return a path as it is; strace writes every byte as \\xNN."""
    return bytes.fromhex(text.replace("\\x", "")).decode()


def run(options: Options) -> Result:
    """Check `options.count` disks; see the module."""
    strace = shutil.which("strace")
    if strace is None:
        raise Skipped("strace is missing (apt-get install strace)")
    chance = random.Random(options.seed)
    problems: list[str] = []
    states = acts = 0
    while states < options.count and options.has_time and not problems:
        folder = options.folder / f"trace{states}"
        events, base = _trace(strace, folder, options.canary)
        wanted = min(STATES_PER_TRACE, options.count - states)
        for problem in _check_cuts(events, base, folder, wanted, chance):
            problems += problem
            states += 1
        acts += sum(event.path == "acks" and bool(event.data) for event in events)
        shutil.rmtree(folder)
    if states < options.count and not problems:
        problems.append(f"time was up after {states} of {options.count} states")
    lost = sum("lost" in problem for problem in problems)
    return Result(
        f"{states} disks after a power cut, {acts} acknowledged, {lost} disks lost one",
        problems,
    )


def _trace(strace: str, folder: Path, canary: bool) -> tuple[list[Event], Disk]:
    """Run the writer under strace in *folder*; return what happened and the start."""
    home = folder / "home"
    home.mkdir(parents=True)
    book.make_book(book.open_database(book.sqlite_url(home / NAME)))
    base = Disk(home)
    trace = folder / "trace"
    subprocess.run(
        [
            strace, "-f", "-y", "-xx", "-s", "1000000", "-o", str(trace),
            "-e", f"trace={CALLS}", "--seccomp-bpf",
            sys.executable, "-m", "tests.drills.powercut",
            str(home.resolve()), "NORMAL" if canary else "", str(ACTS),
        ],
        check=True,
        timeout=300,
    )  # fmt: skip
    return list(events_of(trace, home)), base


def _check_cuts(
    events: list[Event], disk: Disk, folder: Path, wanted: int, chance: random.Random
) -> Iterator[list[str]]:
    """Cut the power *wanted* times along the trace; yield the problems of each."""
    first = next(n for n, one in enumerate(events) if one.path == "acks")
    moments = sorted(chance.randrange(first, len(events) + 1) for _ in range(wanted))
    acknowledged = at = 0
    for moment in moments:
        while at < moment:
            if events[at].path == "acks":
                acknowledged += bool(events[at].data)
            else:
                disk.take(events[at])
            at += 1
        left = folder / "left"
        left.mkdir()
        for name, content in disk.after_a_cut(chance).items():
            if name.startswith(NAME) and not name.endswith("-shm"):
                (left / name).write_bytes(content)
        yield [
            f"cut at event {moment}, {acknowledged} acknowledged: {problem}"
            for problem in _problems(left / NAME, acknowledged)
        ]
        shutil.rmtree(left)


def _problems(path: Path, acknowledged: int) -> list[str]:
    db = book.open_database(book.sqlite_url(path))
    try:
        with db.reading() as session:
            found = session.connection().scalars(text("PRAGMA integrity_check")).all()
        if found != ["ok"]:
            return [f"integrity_check: {found[0]}"]
        return book.problems_of(db, {HAND: acknowledged})
    except Exception as failure:  # noqa: BLE001 - the disk did not give a book
        return [f"{type(failure).__name__}: {failure}"]
    finally:
        db.close()


DRILL = Drill(
    run=run,
    unit="states of the disk",
    full=10_000,
    quick=200,
    canary=40,
    defect="synchronous=NORMAL",
)

if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2] or None, int(sys.argv[3]))
