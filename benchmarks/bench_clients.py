"""Many clients on one PostgreSQL: ours, TPC-B-like, an ORM and the peers, in turns.

Every contestant has a database of its own on the same server, a thousand accounts,
and its slice of each round; commits are durable for all. *Spread* pays from
anybody to anybody, *hot* from anybody to the one fund. The one order and
pgledger are driven by `pgbench`, everything else by threads in a Python.

    python -m benchmarks.bench_clients [--rounds 5] [--seconds 2] [--no-peers]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

from benchmarks import peers, reference_orm_ledger
from benchmarks.books import PostgresBook, SqliteBook, fill
from benchmarks.clients import AMOUNT, PEOPLE, Call, OurClients, a_second, pair
from benchmarks.report import (
    Goal,
    compared,
    machine_line,
    print_goals,
    skipped,
    take_turns,
)
from benchmarks.server import Pgbench, Server, engine_of, postgres

CLIENTS = 16
SCALE = 16

Act = Callable[[], float]
Measured = dict[str, list[float]]

GOALS = (
    ("one order, spread", "order", "tpcb", "TPC-B-like", 1.5),
    ("Teller, spread", "spread", "tpcb", "TPC-B-like", 1.0),
    ("Teller, hot", "hot", "spread", "Teller, spread", 0.95),
    ("Teller, hot", "hot", "orm hot", "ORM with FOR UPDATE, hot", 10.0),
    ("Teller, spread", "spread", "hordak spread", "django-hordak", 15.0),
    ("Teller, hot", "hot", "hordak hot", "django-hordak, hot", 15.0),
    ("one order, spread", "order", "pgledger spread", "pgledger", 3.0),
    ("Teller, spread", "spread", "pgledger spread", "pgledger", 3.0),
    ("Teller, hot", "hot", "pgledger hot", "pgledger, hot", 3.0),
)


class Field:
    """The contestants of one run, each ready to run its slice."""

    def __init__(self, server: Server, folder: Path, seconds: float) -> None:
        self._server = server
        self._folder = folder
        self._seconds = seconds
        self._closing: list[Callable[[], object]] = []
        self.acts: dict[str, Act] = {}

    def close(self) -> None:
        """Let go of every connection and process."""
        for close in reversed(self._closing):
            close()

    def add_ours(self) -> None:
        """The `Teller`, and the one order driven by pgbench."""
        url = self._server.database()
        book = PostgresBook(engine_of(url, clients=CLIENTS), url)
        fill(2 * PEOPLE, [book], members=PEOPLE)
        ours = OurClients(book.engine)
        self._closing.append(ours.close)
        for name, hot in (("spread", False), ("hot", True)):
            self.acts[name] = partial(
                ours.rate,
                ours.by_teller(hot=hot),
                clients=CLIENTS,
                seconds=self._seconds,
            )
        bench = self._pgbench(url)
        if bench is not None:
            script = order_script(self._folder / "order.sql")
            self._add_pgbench("order", bench, script)

    def add_tpcb(self) -> None:
        """What PostgreSQL comes with to measure itself."""
        bench = self._pgbench(self._server.database())
        if bench is None:
            skipped("TPC-B-like", "there is no pgbench")
            return
        bench.fill(SCALE)
        self._add_pgbench("tpcb", bench, None)

    def add_orm(self) -> None:
        """The textbook's ledger."""
        engine = engine_of(self._server.database(), clients=CLIENTS)
        self._closing.append(engine.dispose)
        reference_orm_ledger.make(engine, PEOPLE)
        numbers = count()
        self.acts["orm hot"] = partial(
            a_second,
            orm_call(engine),
            numbers,
            clients=CLIENTS,
            seconds=self._seconds,
        )

    def add_hordak(self) -> None:
        """The peer on Django."""
        url = self._server.database()
        try:
            hordak = peers.Hordak(url, PEOPLE)
        except peers.Missing as why:
            skipped("django-hordak", str(why))
            return
        self._closing.append(hordak.close)
        for name, hot in (("hordak spread", False), ("hordak hot", True)):
            self.acts[name] = partial(
                hordak.rate, hot=hot, clients=CLIENTS, seconds=self._seconds
            )

    def add_pgledger(self) -> None:
        """The peer inside PostgreSQL."""
        bench = self._pgbench(self._server.database())
        if bench is None:
            skipped("pgledger", "there is no pgbench")
            return
        try:
            peers.make_pgledger(bench.url, PEOPLE)
        except peers.Missing as why:
            skipped("pgledger", str(why))
            return
        for name, hot in (("pgledger spread", False), ("pgledger hot", True)):
            path = self._folder / f"{name.replace(' ', '-')}.sql"
            script = peers.pgledger_script(path, PEOPLE, hot=hot)
            self._add_pgbench(name, bench, script)

    def _pgbench(self, url: str) -> Pgbench | None:
        binary = self._server.pgbench()
        return None if binary is None else Pgbench(binary, url)

    def _add_pgbench(self, name: str, bench: Pgbench, script: Path | None) -> None:
        self.acts[name] = partial(
            bench.run, clients=CLIENTS, seconds=self._seconds, script=script
        )


def orm_call(engine: Engine) -> Call:
    """Return what pays the fund by the textbook."""

    def call(number: int) -> None:
        payer, _ = pair(number, hot=True)
        key = f"transfer:{number}"
        reference_orm_ledger.transfer(engine, payer + 1, 0, AMOUNT, key=key)

    return call


def order_script(path: Path) -> Path:
    """Write the pgbench script of one order, which PostgreSQL posts by itself.

    Its number is empty for what it leaves to others, and no row comes back; a
    division by zero then ends the run, so only what was posted is counted. (pgbench
    takes a colon with a letter after it for a variable, in quotes too.)
    """
    path.write_text(
        f"\\set payer random(0, {PEOPLE - 1})\n"
        "\\set other random(1, 97)\n"
        f"\\set payee (:payer + :other) % {PEOPLE}\n"
        "\\set key random(1, 9000000000000000000)\n"
        "WITH done AS (INSERT INTO ledger_order (scope, key, request_hash, kind,"
        " cause, at, effective_on, entered_by, salt, debit, credit, amount) VALUES ("
        f"'', 'f:' || :key::text, '{'ab' * 32}', 'TRANSFER', 'bench', now(),"
        f" current_date, 'clerk', '{'cd' * 16}', 'person:' || :payer::text || ':'"
        " || 'POINT', 'person:' || :payee::text || ':' || 'POINT', 100)"
        " RETURNING number) SELECT 1 / count(number) FROM done;\n"
    )
    return path


def measure(
    server: Server, folder: Path, *, rounds: int, seconds: float, with_peers: bool
) -> list[Goal]:
    """Let everybody run in turns, and compare."""
    field = Field(server, folder, seconds)
    try:
        field.add_tpcb()
        field.add_ours()
        field.add_orm()
        if with_peers:
            field.add_hordak()
            field.add_pgledger()
        names = list(field.acts)
        for act in field.acts.values():  # caches, plans, connections
            act()
        measured = dict(
            zip(names, take_turns(list(field.acts.values()), rounds), strict=True)
        )
    finally:
        field.close()
    print(f"transfers a second, {CLIENTS} clients, medians of {rounds} rounds:")
    for name, rates in measured.items():
        print(
            f"  {name:18} {median(rates):8,.0f}  ({min(rates):,.0f}-{max(rates):,.0f})"
        )
    return [
        compared(
            f"{CLIENTS} clients: {what}",
            measured[ours],
            measured[other],
            unit="tps",
            against=against,
            reach=reach,
        )
        for what, ours, other, against, reach in GOALS
        if ours in measured and other in measured
    ]


def measure_few(
    server: Server, folder: Path, *, rounds: int, seconds: float
) -> list[Goal]:
    """Compare the teller with the direct call while one or two clients call."""
    url = server.database()
    books: list[SqliteBook | PostgresBook] = [
        PostgresBook(engine_of(url), url),
        SqliteBook(folder / "few.sqlite3"),
    ]
    fill(2 * PEOPLE, books, members=PEOPLE)
    goals = []
    for name, book, clients in (
        ("PostgreSQL", books[0], 1),
        ("PostgreSQL", books[0], 2),
        ("SQLite", books[1], 1),
    ):
        ours = OurClients(book.engine, count(clients * 10_000_000))
        calls = [ours.by_teller(), ours.by_session()]
        acts = [
            partial(ours.rate, call, clients=clients, seconds=seconds) for call in calls
        ]
        for act in acts:
            act()
        rates = take_turns(acts, rounds)
        ours.close()
        many = "1 client" if clients == 1 else f"{clients} clients"
        goals.append(
            compared(
                f"{name}, {many}: Teller",
                *rates,
                unit="tps",
                against="session, post, commit",
                reach=0.95,
            )
        )
    return goals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--no-peers", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as name, postgres() as server:
        folder = Path(name)
        goals = measure(
            server,
            folder,
            rounds=asked.rounds,
            seconds=asked.seconds,
            with_peers=not asked.no_peers,
        )
        goals += measure_few(server, folder, rounds=asked.rounds, seconds=1)
    print(f"--- {machine_line()}")
    print_goals(goals)


if __name__ == "__main__":
    main()
