"""5,000 volunteers credited in one transaction, against the raw batch of the same rows.

The references write what the ledger writes (header, 5,000 postings, the balances,
the seal or its place in the queue) and commit as durably; they check nothing and
their books have no triggers. On SQLite it is `executemany`; on PostgreSQL `COPY`
and one UPDATE of the balances, keys and foreign keys as in ours.

    python -m benchmarks.bench_batch [--people 5000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from benchmarks.books import (
    ISSUANCE,
    POSTING,
    PostgresBook,
    SqliteBook,
    fill,
    person,
    unguarded,
)
from benchmarks.report import Goal, compared, machine_line, print_goals, take_turns
from benchmarks.server import Server, engine_of, postgres, run_sql

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AT, DAY = "2026-06-01T12:00:00.000000Z", "2026-06-01"
STEPS = 350_000
REACH_SQLITE, REACH_POSTGRESQL = 0.6, 0.9

HEADER = (
    "scope, key, request_hash, kind, cause, at, effective_on, entered_by,"
    " posting_count, salt, format"
)
POSTED = POSTING.removeprefix("id, ")
MARK = "INSERT INTO ledger_seal (sequence, transaction_id, leaf, hash) VALUES "


def header(number: int, people: int) -> tuple[Any, ...]:
    """Return the values of a batch's header."""
    salt = secrets.token_hex(16)
    key = f"batch:{number}"
    return ("", key, salt * 2, "EARN", "b:1", AT, DAY, "person:clerk", people, salt, 2)


def postings(
    number: int, source: tuple[int, int], payees: Sequence[tuple[int, int]]
) -> list[tuple[int, ...]]:
    """Return the postings of a batch out of *source*; both are (id, balance)."""
    paying, has = source
    return [
        (number, line, paying, payee, STEPS, has - STEPS * line, balance + STEPS)
        for line, (payee, balance) in enumerate(payees, start=1)
    ]


class ByLedger:
    """`ledger.credit_many`, with everything that guards it."""

    def __init__(self, engine: Engine, people: int) -> None:
        self._engine = engine
        self._amounts = {person(n): Decimal("35.00") for n in range(people)}
        self._numbers = count()

    def seconds(self) -> float:
        """Return how long one durable batch takes."""
        key = f"batch:{next(self._numbers)}"
        begun = time.perf_counter()
        with Session(self._engine) as session:
            ledger.credit_many(
                session,
                ISSUANCE,
                self._amounts,
                key=key,
                kind="EARN",
                cause="b:1",
                at=NOW,
                entered_by="person:clerk",
            )
            session.commit()
        return time.perf_counter() - begun


class ByExecutemany:
    """The rows and nothing else, through the driver of SQLite."""

    def __init__(self, path: Path, people: int) -> None:
        self._db = unguarded(path)
        self._codes = [person(n) for n in range(people)]
        self._numbers = count()

    def seconds(self) -> float:
        """Return how long one durable batch takes."""
        db, people = self._db, len(self._codes)
        begun = time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        found = "SELECT code, id, credits_posted - debits_posted FROM ledger_account"
        known = {row[0]: row[1:] for row in db.execute(found)}
        values = header(next(self._numbers), people)
        transaction = db.execute(
            f"INSERT INTO ledger_transaction ({HEADER})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        ).lastrowid
        payees = [known[code] for code in self._codes]
        rows = postings(transaction, known[ISSUANCE], payees)
        db.executemany(
            f"INSERT INTO ledger_posting ({POSTED}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )
        db.executemany(
            "UPDATE ledger_account SET credits_posted = credits_posted + ? WHERE id=?",
            [(STEPS, payee) for payee, _ in payees],
        )
        db.execute(
            "UPDATE ledger_account SET debits_posted = debits_posted + ? WHERE id = ?",
            (STEPS * people, known[ISSUANCE][0]),
        )
        last = "SELECT sequence, hash FROM ledger_seal ORDER BY sequence DESC LIMIT 1"
        sequence, previous = db.execute(last).fetchone()
        leaf = hashlib.sha256(repr((values, rows)).encode()).hexdigest()
        link = hashlib.sha256(bytes.fromhex(previous + leaf)).hexdigest()
        db.execute(MARK + "(?, ?, ?, ?)", (sequence + 1, transaction, leaf, link))
        db.execute("COMMIT")
        return time.perf_counter() - begun

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


class ByCopy:
    """The rows and nothing else, through `COPY`."""

    def __init__(self, url: str, people: int) -> None:
        tables = ("transaction", "posting", "account", "unsealed")
        run_sql(url, *(f"ALTER TABLE ledger_{t} DISABLE TRIGGER USER" for t in tables))
        self._db = psycopg.connect(url, autocommit=True)
        self._codes = [person(n) for n in range(people)]
        self._numbers = count()

    def seconds(self) -> float:
        """Return how long one durable batch takes."""
        people = len(self._codes)
        begun = time.perf_counter()
        with self._db.transaction(), self._db.cursor() as cursor:
            cursor.execute(
                "SELECT code, id, credits_posted - debits_posted FROM ledger_account"
                " WHERE code = ANY(%s)",
                ([ISSUANCE, *self._codes],),
            )
            known = {row[0]: row[1:] for row in cursor.fetchall()}
            cursor.execute(
                f"INSERT INTO ledger_transaction ({HEADER})"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                header(next(self._numbers), people),
            )
            found = cursor.fetchone()
            assert found is not None
            payees = [known[code] for code in self._codes]
            with cursor.copy(f"COPY ledger_posting ({POSTED}) FROM STDIN") as copy:
                for row in postings(found[0], known[ISSUANCE], payees):
                    copy.write_row(row)
            cursor.execute(
                "UPDATE ledger_account a SET credits_posted = credits_posted"
                " + m.credits, debits_posted = debits_posted + m.debits"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])"
                " AS m(id, debits, credits) WHERE a.id = m.id",
                (
                    [known[ISSUANCE][0], *(payee for payee, _ in payees)],
                    [STEPS * people, *[0] * people],
                    [0, *[STEPS] * people],
                ),
            )
            cursor.execute(
                "INSERT INTO ledger_unsealed (transaction_id) VALUES (%s)", found
            )
        return time.perf_counter() - begun

    def close(self) -> None:
        """Let go of the connection."""
        self._db.close()


def measure(
    server: Server | None, folder: Path, *, people: int, rounds: int
) -> list[Goal]:
    """Credit everybody in turns, on each database."""
    paths = [folder / "batch-ours.sqlite3", folder / "batch-raw.sqlite3"]
    books: list[Any] = [SqliteBook(path) for path in paths]
    if server is not None:
        urls = [server.database() for _ in range(2)]
        books += [PostgresBook(engine_of(url), url) for url in urls]
    fill(2 * people, books, members=people)
    ours, raw = ByLedger(books[0].engine, people), ByExecutemany(paths[1], people)
    goals = [_compare("SQLite", "raw executemany", ours, raw, people, rounds)]
    raw.close()
    if server is not None:
        byledger, copy = ByLedger(books[2].engine, people), ByCopy(urls[1], people)
        goals.append(_compare("PostgreSQL", "COPY", byledger, copy, people, rounds))
        copy.close()
    for book in books:
        book.engine.dispose()
    return goals


def _compare(
    name: str,
    against: str,
    ours: ByLedger,
    raw: ByExecutemany | ByCopy,
    people: int,
    rounds: int,
) -> Goal:
    ours.seconds(), raw.seconds()
    took = take_turns([ours.seconds, raw.seconds], rounds)
    mine, theirs = ([people / one / 1e3 for one in times] for times in took)
    return compared(
        f"{name}: {people:,} credits in one batch",
        mine,
        theirs,
        unit="k/s",
        against=f"{against}, no guards",
        reach=REACH_SQLITE if name == "SQLite" else REACH_POSTGRESQL,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder, postgres() as server:
        goals = measure(server, Path(folder), people=asked.people, rounds=asked.rounds)
    print(f"--- {machine_line()}")
    print_goals(goals)


if __name__ == "__main__":
    main()
