"""Reading a young book and an old one: what a balance and a page cost as it grows.

Two books stand side by side, one of 10,000 entries and one of many more, filled
past the guards (`books.fill`). Members have some hundred entries each in both; the
fund has a twentieth of all. Each round reads both books; figures are medians.

    python -m benchmarks.bench_growth [--entries 300000] [--rounds 9] [--reads 60]
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

    def p50(self, read: Read, *, of_fund: bool) -> float:
        """Return the median of some reads, in µs."""
        chance = self._chance
        took = []
        for turn in range(self._reads + 5):
            place = chance.randrange(self._town.members)
            code = FUND if of_fund else person(place)
            at = START + BEAT * chance.randrange(self._town.sequence)
            begun = time.perf_counter()
            read(self._session, code, at)
            if turn >= 5:
                took.append((time.perf_counter() - begun) * 1e6)
        return median(took)


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
            ours, reference = take_turns(acts, rounds)
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
    parser.add_argument("--entries", type=int, default=300_000)
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
