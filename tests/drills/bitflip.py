"""bitflip: one wrong bit in the file, and either it is found or it changed nothing.

SQLite has no checksums of its own. A small book is flipped bit by bit, read-only, in
memory: every row of every table of the ledger is compared with what it was. If a row
differs, SQLite, its integrity check or the ledger's own verification must say so.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pysqlite3
from sqlalchemy import NullPool, Table, create_engine
from sqlmodel import Session

import ledger
from tests.drills import book
from tests.drills.drill import Drill, Options, Result
from tests.ledger.tables import LEDGER_TABLES

ACTS = 48
MEMORY = Path("/dev/shm")


LABEL = "ledger_unit.name"
"""Words for people, which no act and no record reads; not sealed on purpose."""


class Victim:
    """A settled book in a file, and one connection per look at it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        self.uri = f"file:{path}?mode=ro&immutable=1"
        self.engine = create_engine(
            "sqlite://", creator=self.connect, module=pysqlite3, poolclass=NullPool
        )
        self.rows = self.read()
        with Session(self.engine) as session:
            self.head = ledger.head(session)

    def connect(self) -> pysqlite3.Connection:
        return pysqlite3.connect(self.uri, uri=True, check_same_thread=False)

    def read(self) -> list[list[tuple[object, ...]]]:
        """Read every row from the tables themselves, not from an index."""
        connection = self.connect()
        connection.text_factory = bytes
        try:
            return [
                connection.execute(_every_row(table)).fetchall()
                for table in LEDGER_TABLES
            ]
        finally:
            connection.close()

    def flip(self, bit: int) -> None:
        """Turn one bit; turning it twice makes it what it was."""
        with self.path.open("r+b") as file:
            file.seek(bit // 8)
            byte = file.read(1)[0]
            file.seek(bit // 8)
            file.write(bytes([byte ^ (1 << bit % 8)]))

    def differs(self) -> str | None:
        """Name the first column that is not what it was; None if all are."""
        now = self.read()
        for table, before, after in zip(LEDGER_TABLES, self.rows, now, strict=True):
            if before == after:
                continue
            if len(before) != len(after):
                return table.name
            row = next(n for n, one in enumerate(before) if one != after[n])
            pairs = zip(before[row], after[row], table.columns, strict=True)
            column = next(str(name) for was, is_, name in pairs if was != is_)
            if column != LABEL:
                return column
        return None


def _every_row(table: Table) -> str:
    columns = ", ".join(column.name for column in table.columns)
    return f"SELECT {columns} FROM {table.name} NOT INDEXED"


def verified(victim: Victim) -> bool:
    """Let the ledger verify itself, and know the head it published."""
    with Session(victim.engine) as session:
        report = ledger.verify_book(session)
        return bool(report.ok) and ledger.head(session) == victim.head


def integral(victim: Victim) -> bool:
    connection = victim.connect()
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


Witness = Callable[[Victim], bool]
WITNESSES: dict[str, Witness] = {
    "verify": verified,
    "integrity_check": integral,
}


def run(options: Options) -> Result:
    """Flip `options.count` bits; see the module."""
    chance = random.Random(options.seed)
    folder = MEMORY if MEMORY.is_dir() else options.folder
    path = folder / f"{options.folder.name}.sqlite3"
    witnesses = dict(WITNESSES)
    if options.canary:
        witnesses = {"integrity_check": integral}
    try:
        victim = _make(path)
        return _flip_many(victim, chance, witnesses, options)
    finally:
        path.unlink(missing_ok=True)


def _make(path: Path) -> Victim:
    db = book.open_database(book.sqlite_url(path))
    book.make_book(db)
    for number in range(ACTS):
        with db.transaction() as session:
            book.act(session, 0, number)
    book.settle(db)
    db.close()
    connection = pysqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    Path(f"{path}.turn").unlink()
    return Victim(path)


def _flip_many(
    victim: Victim,
    chance: random.Random,
    witnesses: dict[str, Witness],
    options: Options,
) -> Result:
    assert all(is_well(victim) for is_well in witnesses.values())
    found: Counter[str] = Counter()
    problems: list[str] = []
    flips = 0
    while flips < options.count and options.has_time:
        bit = chance.randrange(len(victim.content) * 8)
        victim.flip(bit)
        by = _found_by(victim, witnesses)
        victim.flip(bit)
        flips += 1
        found[by.partition(":")[0]] += 1
        if by.startswith("nobody"):
            problems.append(f"bit {bit}: {by}")
    if flips < options.count and not problems:
        problems.append(f"time was up after {flips} of {options.count} flips")
    figures = ", ".join(f"{count} {by}" for by, count in found.most_common())
    return Result(
        f"{flips} flips in {len(victim.content) // 1024} kB: {figures}", problems
    )


def _found_by(victim: Victim, witnesses: dict[str, Witness]) -> str:
    try:
        table = victim.differs()
    except (pysqlite3.Error, UnicodeError):  # the message itself may be garbled
        return "found by reading"
    if table is None:
        return "changed no row"
    for name, is_well in witnesses.items():
        try:
            if not is_well(victim):
                return f"found by {name}"
        except Exception:  # noqa: BLE001 - it does not even read: found
            return f"found by {name}"
    return f"nobody saw that {table} differs"


DRILL = Drill(
    run=run,
    unit="flips",
    full=10_000,
    quick=150,
    canary=60,
    defect="nobody looks but integrity_check",
)
