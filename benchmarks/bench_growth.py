"""Reading a young book and an old one: what a balance and a page cost as it grows.

Two books stand side by side, one of 10,000 entries and one of many more, filled
past the guards (`books.fill`). Members have about 200 lines each in both; the fund
has a tenth of all. Each round reads both books, another account each time, and
each account three times: the first touch of an old book is often a touch of the
disk, the second is what is compared, and the third, when the processor's own caches
have seen it as well, is printed beside the first.

    python -m benchmarks.bench_growth [--entries 100000] [--rounds 9] [--reads 60]
        [--only sqlite|postgresql] [--keep FOLDER]

Ten million entries take long to fill. ``--keep`` leaves the books in a folder (on
another machine, or after a change of the tables, remove it), ``--only`` fills and
reads one database.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from benchmarks.books import (
    BEAT,
    FUND,
    START,
    PostgresBook,
    SqliteBook,
    fill,
    members_of,
    person,
    sqlite_engine,
)
from benchmarks.report import Goal, compared, machine_line, print_goals, take_turns
from benchmarks.server import Server, engine_of, postgres
from ledger.balances import balance_at

YOUNG = 10_000
REACH = 1.3

Read = Callable[[Session, str, datetime], object]
READS: dict[str, Read] = {
    "balance": lambda session, code, _: ledger.balance(session, code),
    "statement page": lambda session, code, _: ledger.statement(session, code),
    "as-of balance": balance_at,
}


DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Reader:
    """Somebody who reads one book of *count* entries, another account each time."""

    def __init__(self, session: Session, count: int, reads: int) -> None:
        self._session = session
        self._members = members_of(count)
        self._sequence = count + self._members + 2
        self._reads = reads
        self._chance = random.Random(11)
        self.first: list[float] = []
        self.third: list[float] = []

    def p50(self, read: Read, *, of_fund: bool) -> float:
        """Return the median of second reads, in µs; see `first` and `third`."""
        chance = self._chance
        firsts: list[float] = []
        seconds: list[float] = []
        thirds: list[float] = []
        for _ in range(self._reads):
            place = chance.randrange(self._members)
            code = FUND if of_fund else person(place)
            at = START + BEAT * chance.randrange(self._sequence)
            for took in (firsts, seconds, thirds):
                begun = time.perf_counter()
                read(self._session, code, at)
                took.append((time.perf_counter() - begun) * 1e6)
        self.first.append(median(firsts))
        self.third.append(median(thirds))
        return median(seconds)


class Shelf:
    """Where the books stand: filled when they are asked for, or kept from before."""

    def __init__(self, server: Server, folder: Path, databases: Sequence[str]) -> None:
        self._server = server
        self._folder = folder
        self._databases = databases

    def fill(self, count: int) -> None:
        """Fill the books of *count* entries that are not there yet."""
        missing = [
            one for one in self._databases if not self._mark(one, count).exists()
        ]
        if not missing:
            return
        begun = time.monotonic()
        fill(count, [self._empty(one, count) for one in missing])
        for one in missing:
            self._mark(one, count).touch()
        print(f"filled {count:,} entries, {time.monotonic() - begun:.0f} s", flush=True)

    def engine(self, database: str, count: int) -> Engine:
        """Return an engine on a book that is filled."""
        if database == "sqlite":
            return sqlite_engine(self._file(count))
        return engine_of(self._server.url_of(f"growth_{count}"))

    def _empty(self, database: str, count: int) -> SqliteBook | PostgresBook:
        if database == "sqlite":
            self._file(count).unlink(missing_ok=True)
            return SqliteBook(self._file(count))
        url = self._server.database(f"growth_{count}")
        return PostgresBook(engine_of(url), url)

    def _file(self, count: int) -> Path:
        return self._folder / f"{count}.sqlite3"

    def _mark(self, database: str, count: int) -> Path:
        """Return the file that says a book is whole."""
        return self._folder / f"{count}.{database}.filled"


def measure(
    server: Server,
    folder: Path,
    *,
    entries: int,
    rounds: int,
    reads: int,
    databases: Sequence[str] = tuple(DATABASES),
) -> list[Goal]:
    """Fill two books on each of the databases and read them in turns."""
    shelf = Shelf(server, folder, databases)
    for count in (YOUNG, entries):
        shelf.fill(count)
    goals = []
    for name in databases:
        engines = [shelf.engine(name, count) for count in (YOUNG, entries)]
        young, old = (Session(engine) for engine in engines)
        with young, old:
            goals += _compare(
                DATABASES[name],
                Reader(young, YOUNG, reads),
                Reader(old, entries, reads),
                entries,
                rounds,
            )
        for engine in engines:
            engine.dispose()
    return goals


def _compare(
    name: str, young: Reader, old: Reader, entries: int, rounds: int
) -> list[Goal]:
    goals = []
    for what, read in READS.items():
        for of_fund in (False, True):
            acts = [partial(one.p50, read, of_fund=of_fund) for one in (old, young)]
            for one in (young, old):
                one.first, one.third = [], []
            ours, reference = take_turns(acts, rounds)
            title = f"{name}: {what}, {'fund' if of_fund else 'member'}"
            for touch, of_old, of_young in (
                ("first", old.first, young.first),
                ("third", old.third, young.third),
            ):
                print(
                    f"{title}, {touch} touch: {median(of_old):,.0f} µs;"
                    f" {median(of_young):,.0f} µs in the young book"
                )
            goals.append(
                compared(
                    f"{title}, {entries:,}",
                    ours,
                    reference,
                    unit="µs",
                    against=f"{YOUNG:,} entries",
                    reach=REACH,
                    more_is_better=False,
                )
            )
    return goals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--reads", type=int, default=60)
    parser.add_argument("--only", choices=DATABASES)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        postgres(asked.keep and asked.keep.absolute() / "postgresql") as server,
    ):
        goals = measure(
            server,
            asked.keep or Path(folder),
            entries=asked.entries,
            rounds=asked.rounds,
            reads=asked.reads,
            databases=[asked.only] if asked.only else tuple(DATABASES),
        )
    print(f"--- {machine_line()}")
    print_goals(goals)


if __name__ == "__main__":
    main()
