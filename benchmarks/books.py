"""Books to measure: made by the library, or filled fast with its guards off.

`fill` writes what the library would have written (headers, postings, running
balances, canonical records, the chain) straight into the tables, so that ten
million entries take minutes. `ledger.verify` finds nothing wrong with it.
"""

from __future__ import annotations

import gc
import random
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3
from sqlalchemy import Connection, Engine, event
from sqlmodel import Session, SQLModel, create_engine

import ledger
from ledger import Leg, canonical

ISSUANCE = "sys:issuance:bench:POINT"
FUND = "fund:bench:POINT"
START = datetime(2020, 1, 1, tzinfo=UTC)
BEAT = timedelta(seconds=16)
"""Between two entries; ten million of them take five years."""
GIVEN = 10_000 * 10_000
"""What each member starts with, in ten-thousandths."""
ENTRIES_A_MEMBER = 100
CHUNK = 50_000


def sqlite_engine(path: Path) -> Engine:
    """Return an engine as durable as the application's."""
    engine = create_engine(f"sqlite:///{path}", module=pysqlite3, pool_size=16)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "busy_timeout=5000",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def make_tables(engine: Engine, *, guards: bool = True) -> None:
    """Make the tables of the ledger, with or without what guards them."""
    tables = [t for t in SQLModel.metadata.sorted_tables if "ledger_" in t.name]
    SQLModel.metadata.create_all(engine, tables=tables)
    if guards:
        with engine.begin() as connection:
            ledger.install_guards(connection)
    engine.dispose()


def open_book(engine: Engine, people: int, *, at: datetime) -> None:
    """Open issuance, fund and *people* who hold 1,000,000 points each."""
    with Session(engine) as session:
        ledger.ensure_units(session)
        for code, floor in [
            (ISSUANCE, None),
            (FUND, Decimal(0)),
            *((person(number), Decimal(0)) for number in range(people)),
        ]:
            ledger.open_account(
                session, code=code, unit=ledger.POINT, kind="x", floor=floor, at=at
            )
        codes = [FUND, *(person(number) for number in range(people))]
        ledger.post(
            session,
            [Leg(ISSUANCE, code, Decimal(1_000_000)) for code in codes],
            key="open",
            kind="OPENING",
            cause="bench:1",
            at=at,
        )
        session.commit()
    engine.dispose()


def unguarded(path: Path) -> pysqlite3.Connection:
    """Open the book as a programmer without a library does."""
    db = pysqlite3.connect(path, isolation_level=None)
    triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.close()  # a connection that has run DDL is slower by half
    db = pysqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        db.execute(f"PRAGMA {pragma}")
    return db


def person(number: int) -> str:
    return f"person:{number}:POINT"


@dataclass
class Entry:
    """One transaction with its one posting, or an account's opening."""

    number: int
    header: tuple[Any, ...]
    posting: tuple[int, ...] | None
    change: tuple[int, int | None] | None
    seal: tuple[int, int, str, str]
    record: str


@dataclass
class Town:
    """The accounts of a book that is being filled, and where its chain stands."""

    members: int
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    sequence: int = 0
    postings: int = 0
    hash: str = canonical.GENESIS

    def __post_init__(self) -> None:
        count = self.members + 2
        self.codes = [ISSUANCE, FUND, *(person(n) for n in range(self.members))]
        self.public = [f"{self.chance.getrandbits(80):020x}" for _ in range(count)]
        self.balance = [0] * count
        self.debits = [0] * count
        self.credits = [0] * count
        self.last_posting: list[int | None] = [None] * count
        self.last_act: list[int | None] = [None] * count

    def account_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the accounts as they stand, in `ACCOUNT` order."""
        for place, code in enumerate(self.codes):
            yield (
                place + 1,
                code,
                self.public[place],
                "POINT",
                "x",
                None if place == 0 else 0,
                self.debits[place],
                self.credits[place],
                self.last_posting[place],
                self.last_act[place],
                canonical_moment(START + BEAT * (place + 1)),
            )

    def entries(self, count: int) -> Iterator[Entry]:
        """Yield the openings, each member's first points, and transfers.

        One in ten transfers goes to or from the fund.
        """
        accounts = len(self.codes)
        for place in range(accounts):
            yield self._opening(place)
        for place in range(1, accounts):
            yield self._transfer(0, place, GIVEN)
        for _ in range(count - (accounts - 1)):
            payer = self.chance.randrange(2, accounts)
            payee = self.chance.randrange(2, accounts)
            lot = self.chance.random()
            if lot < 0.05 or payer == payee:
                payee = 1
            elif lot < 0.1:
                payer = 1
            steps = self.chance.randrange(1, 500) * 100
            if self.balance[payer] < steps:
                payer, payee = payee, payer
            yield self._transfer(payer, payee, steps)

    def _opening(self, place: int) -> Entry:
        floor = None if place == 0 else 0
        line = canonical.account_line(
            self.public[place], "POINT", "x", "open", floor, 0
        )
        self.last_act[place] = self.sequence + 1
        entry = self._entry("OPEN", 0, [line])
        entry.change = (place + 1, floor)
        return entry

    def _transfer(self, payer: int, payee: int, steps: int) -> Entry:
        self.balance[payer] -= steps
        self.balance[payee] += steps
        self.debits[payer] += steps
        self.credits[payee] += steps
        self.postings += 1
        self.last_posting[payer] = self.last_posting[payee] = self.postings
        line = canonical.posting_line(
            self.public[payer], self.public[payee], "POINT", steps
        )
        entry = self._entry("TRANSFER", 1, [line])
        entry.posting = (
            self.postings,
            entry.number,
            1,
            payer + 1,
            payee + 1,
            steps,
            self.balance[payer],
            self.balance[payee],
        )
        return entry

    def _entry(self, kind: str, count: int, lines: list[canonical.Line]) -> Entry:
        self.sequence += 1
        number = self.sequence
        moment = START + BEAT * number
        at, day = canonical_moment(moment), moment.date().isoformat()
        key, cause, salt = f"k:{number}", f"bench:{number}", secrets.token_hex(16)
        request_hash = salt * 2
        head = canonical.head_of(
            number=number,
            kind=kind,
            at=at,
            effective_on=day,
            rule_version=None,
            cause=cause,
            reverses=None,
            refunds=None,
            link=None,
            private=canonical.private_digest(
                salt, "", key, cause, None, None, request_hash
            ),
            memo=None,
        )
        record = canonical.record_text(head, lines)
        leaf = canonical.leaf_of(record)
        self.hash = canonical.chained(self.hash, leaf)
        header = (number, "", key, request_hash, kind, cause, at, day, count, salt)
        seal = (number, number, leaf, self.hash)
        return Entry(number, header, None, None, seal, record)


def canonical_moment(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


ACCOUNT = (
    "id, code, public_code, unit, kind, floor, debits_posted, credits_posted,"
    " last_posting_id, last_act_id, opened_at, state, debits_pending,"
    " credits_pending, keeps_lots"
)
ACCOUNT_REST: tuple[Any, ...] = ("open", 0, 0, 0)
HEADER = (
    "id, scope, key, request_hash, kind, cause, at, effective_on, posting_count,"
    " salt, format"
)
HEADER_REST: tuple[Any, ...] = (2,)
POSTING = (
    "id, transaction_id, line, debit_account_id, credit_account_id, amount,"
    " debit_balance_after, credit_balance_after"
)
CHANGE = "transaction_id, account_id, state, floor, keeps_lots"
SEAL = "sequence, transaction_id, leaf, hash"


def tables_of(entries: Sequence[Entry]) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield (table, columns, rows) of a chunk of entries."""
    yield "ledger_transaction", HEADER, [e.header + HEADER_REST for e in entries]
    postings = [entry.posting for entry in entries if entry.posting]
    yield "ledger_posting", POSTING, postings
    changes = [
        (entry.number, entry.change[0], "open", entry.change[1], 0)
        for entry in entries
        if entry.change
    ]
    yield "ledger_account_change", CHANGE, changes
    yield "ledger_seal", SEAL, [entry.seal for entry in entries]


def chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in lists of `CHUNK`."""
    waiting: list[Entry] = []
    for entry in entries:
        waiting.append(entry)
        if len(waiting) == CHUNK:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


class SqliteBook:
    """An empty SQLite book that takes rows as they are, until `finish`."""

    def __init__(self, path: Path) -> None:
        self.engine = sqlite_engine(path)
        make_tables(self.engine, guards=False)
        with Session(self.engine) as session:
            ledger.ensure_units(session)
            session.commit()
        self.engine.dispose()
        self._db = pysqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._indexes = self._db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT"
            " NULL AND tbl_name IN ('ledger_posting', 'ledger_transaction')"
        ).fetchall()
        for name, _ in self._indexes:
            self._db.execute(f"DROP INDEX {name}")
        self._db.execute("BEGIN")

    def put(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows."""
        marks = ", ".join("?" * (columns.count(",") + 1))
        self._db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def finish(self, _: Town) -> None:
        """Make the indexes again, and the guards."""
        self._db.execute("COMMIT")
        for _, text in self._indexes:
            self._db.execute(text)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.close()
        with self.engine.begin() as connection:
            ledger.install_guards(connection)
        self.engine.dispose()


class PostgresBook:
    """An empty PostgreSQL book that takes rows as they are, until `finish`."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self._url = url
        make_tables(engine, guards=False)
        with Session(engine) as session:
            ledger.ensure_units(session)
            session.commit()
        engine.dispose()
        self._db = psycopg.connect(url)
        # No foreign keys and no order of tables while the rows come in.
        self._db.execute("SET session_replication_role = replica")
        self._db.execute("SET synchronous_commit = off")
        self._indexes = self._db.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN"
            " ('ledger_posting', 'ledger_transaction') AND indexname LIKE 'ix_%'"
        ).fetchall()
        for name, _ in self._indexes:
            self._db.execute(f"DROP INDEX {name}")

    def put(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Copy the rows in; none of their words has a tab, a break or a backslash."""
        lines = [
            "\t".join(["\\N" if value is None else str(value) for value in row])
            for row in rows
        ]
        with (
            self._db.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
        ):
            copy.write("".join([f"{line}\n" for line in lines]))

    def finish(self, town: Town) -> None:
        """Make the indexes again, count on from here, and make the guards."""
        for _, text in self._indexes:
            self._db.execute(text)
        for table, last in (
            ("ledger_transaction", town.sequence),
            ("ledger_posting", town.postings),
            ("ledger_account", len(town.codes)),
        ):
            self._db.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table, last)
            )
        self._db.commit()
        self._db.close()
        with self.engine.begin() as connection:
            ledger.install_guards(connection)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        self.engine.dispose()


def members_of(count: int) -> int:
    """Return how many members a book of *count* transfers has."""
    return max(20, count // ENTRIES_A_MEMBER)


def fill(
    count: int, books: Sequence[SqliteBook | PostgresBook], *, members: int = 0
) -> Town:
    """Write the same *count* transfers into every one of the books.

    There is a member for each hundred of them when *members* is not given.
    """
    town = Town(members or members_of(count))
    gc.disable()  # chunk after chunk it would look through rows that live but once
    try:
        for chunk in chunks(town.entries(count)):
            for table, columns, rows in tables_of(chunk):
                for book in books:
                    book.put(table, columns, rows)
    finally:
        gc.enable()
    accounts = [row + ACCOUNT_REST for row in town.account_rows()]
    for book in books:
        book.put("ledger_account", ACCOUNT, accounts)
        book.finish(town)
    return town
