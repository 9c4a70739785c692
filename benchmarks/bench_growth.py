"""Reading a young book and an old one: what a balance and a page cost as it grows.

Two books stand side by side, one of 10,000 entries and one of many more, filled
past the guards (`books.fill`). Members have about 200 lines each in both; the fund
has a tenth of all. Each round reads both books, another account each time, and
each account twice: the first touch of an old book is often a touch of the disk and
is printed apart, the second is what is compared.

    python -m benchmarks.bench_growth [--entries 100000] [--rounds 9] [--reads 60]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median

from sqlmodel import Session

import ledger
from benchmarks.books import (
    BEAT,
    FUND,
    START,
    PostgresBook,
    SqliteBook,
    Town,
    fill,
    person,
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


class Reader:
    """Somebody who reads one book, another account each time."""

    def __init__(self, session: Session, town: Town, reads: int) -> None:
        self._session = session
        self._town = town
        self._reads = reads
        self._chance = random.Random(11)
        self.first: list[float] = []

    def p50(self, read: Read, *, of_fund: bool) -> float:
        """Return the median of some reads, in µs; see `first` for the others."""
        chance = self._chance
        firsts, seconds = [], []
        for _ in range(self._reads):
            place = chance.randrange(self._town.members)
            code = FUND if of_fund else person(place)
            at = START + BEAT * chance.randrange(self._town.sequence)
            for took in (firsts, seconds):
                begun = time.perf_counter()
                read(self._session, code, at)
                took.append((time.perf_counter() - begun) * 1e6)
        self.first.append(median(firsts))
        return median(seconds)


def measure(
    server: Server, folder: Path, *, entries: int, rounds: int, reads: int
) -> list[Goal]:
    """Fill two books on each database and read them in turns."""
    both: dict[int, Town] = {}
    sqlite: dict[int, SqliteBook] = {}
    postgresql: dict[int, PostgresBook] = {}
    for count in (YOUNG, entries):
        begun = time.monotonic()
        url = server.database()
        sqlite[count] = SqliteBook(folder / f"{count}.sqlite3")
        postgresql[count] = PostgresBook(engine_of(url), url)
        both[count] = fill(count, [sqlite[count], postgresql[count]])
        print(f"filled {count:,} entries, {time.monotonic() - begun:.0f} s", flush=True)
    goals = []
    for name, books in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        young, old = (Session(books[count].engine) for count in (YOUNG, entries))
        with young, old:
            goals += _compare(
                name,
                Reader(young, both[YOUNG], reads),
                Reader(old, both[entries], reads),
                entries,
                rounds,
            )
        for count in (YOUNG, entries):
            books[count].engine.dispose()
    return goals


def _compare(
    name: str, young: Reader, old: Reader, entries: int, rounds: int
) -> list[Goal]:
    goals = []
    for what, read in READS.items():
        for of_fund in (False, True):
            acts = [partial(one.p50, read, of_fund=of_fund) for one in (old, young)]
            young.first, old.first = [], []
            ours, reference = take_turns(acts, rounds)
            print(
                f"{name}: {what}, {'fund' if of_fund else 'member'}, first touch:"
                f" {median(old.first):,.0f} µs; {median(young.first):,.0f} µs in the"
                " young book"
            )
            goals.append(
                compared(
                    f"{name}: {what}, {'fund' if of_fund else 'member'}, {entries:,}",
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
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder, postgres() as server:
        goals = measure(
            server,
            Path(folder),
            entries=asked.entries,
            rounds=asked.rounds,
            reads=asked.reads,
        )
    print(f"--- {machine_line()}")
    print_goals(goals)


if __name__ == "__main__":
    main()
