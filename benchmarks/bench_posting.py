"""Durable transfers: the ledger's public API against hand-written SQL.

The reference writes the same rows (transaction, posting, seal, two counters) with
the same fsync through the driver, checks the key and the balance, and has no
guards in the database. Rounds are interleaved, figures are medians; trust the
ratio more than the figures.

    python -m benchmarks.bench_posting [--rounds 7] [--transfers 400]
"""

import argparse
import hashlib
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median

import pysqlite3
from sqlalchemy import Connection, Engine, event
from sqlmodel import Session, SQLModel, create_engine

import ledger
from benchmarks.report import Figure
from ledger import Leg

PEOPLE = 200
ISSUANCE = "sys:issuance:bench:POINT"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def person(number: int) -> str:
    return f"person:{number % PEOPLE}:POINT"


def open_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", module=pysqlite3)

    @event.listens_for(engine, "connect")
    def prepare(connection: pysqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def make_book(path: Path, *, guards: bool) -> Engine:
    """A book of 200 people who hold 1,000,000 points each."""
    engine = open_engine(path)
    tables = [t for t in SQLModel.metadata.sorted_tables if "ledger_" in t.name]
    SQLModel.metadata.create_all(engine, tables=tables)
    with engine.begin() as connection:
        ledger.install_guards(connection)
    with Session(engine) as session:
        ledger.ensure_units(session)
        accounts = [(ISSUANCE, None), *((person(n), Decimal(0)) for n in range(PEOPLE))]
        for code, floor in accounts:
            ledger.open_account(
                session, code=code, unit=ledger.POINT, kind="x", floor=floor, at=NOW
            )
        for number in range(PEOPLE):
            legs = [Leg(ISSUANCE, person(number), Decimal(1_000_000))]
            ledger.post(
                session, legs, key=f"open:{number}", kind="OPENING", cause="b:1", at=NOW
            )
        session.commit()
    if not guards:
        with engine.begin() as connection:
            found = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for name in found.scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
    engine.dispose()
    return engine


def transfer_by_ledger(session: Session, number: int) -> None:
    ledger.post(
        session,
        [Leg(person(number), person(number + 7), Decimal("1.50"))],
        key=f"transfer:{number}",
        kind="TRANSFER",
        cause=f"bench:{number}",
        at=NOW,
        entered_by="person:clerk",
    )


def transfer_by_hand(db: pysqlite3.Connection, number: int) -> None:
    """What a careful programmer writes for one transfer, without a library."""
    key, payer, payee, amount = (
        f"transfer:{number}",
        person(number),
        person(number + 7),
        15_000,
    )
    known = "SELECT id FROM ledger_transaction WHERE scope = '' AND key = ?"
    assert db.execute(known, (key,)).fetchone() is None
    found = "SELECT id, credits_posted - debits_posted FROM ledger_account WHERE code=?"
    payer_id, payer_has = db.execute(found, (payer,)).fetchone()
    payee_id, payee_has = db.execute(found, (payee,)).fetchone()
    assert payer_has >= amount
    at, day, salt = "2026-06-01T12:00:00.000000Z", "2026-06-01", secrets.token_hex(16)
    row = ("", key, salt * 2, "TRANSFER", f"bench:{number}", at, day, "person:clerk")
    transaction = db.execute(
        "INSERT INTO ledger_transaction (scope, key, request_hash, kind, cause, at,"
        " effective_on, entered_by, posting_count, salt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
        (*row, salt),
    ).lastrowid
    db.execute(
        "INSERT INTO ledger_posting (transaction_id, line, debit_account_id,"
        " credit_account_id, amount, debit_balance_after, credit_balance_after)"
        " VALUES (?, 1, ?, ?, ?, ?, ?)",
        (
            transaction,
            payer_id,
            payee_id,
            amount,
            payer_has - amount,
            payee_has + amount,
        ),
    )
    for column, account in (("debits_posted", payer_id), ("credits_posted", payee_id)):
        db.execute(
            f"UPDATE ledger_account SET {column} = {column} + ? WHERE id = ?",
            (amount, account),
        )
    last = "SELECT sequence, hash FROM ledger_seal ORDER BY sequence DESC LIMIT 1"
    sequence, previous = db.execute(last).fetchone()
    leaf = hashlib.sha256(repr((transaction, row, amount)).encode()).hexdigest()
    link = hashlib.sha256(bytes.fromhex(previous + leaf)).hexdigest()
    db.execute(
        "INSERT INTO ledger_seal (sequence, transaction_id, leaf, hash)"
        " VALUES (?, ?, ?, ?)",
        (sequence + 1, transaction, leaf, link),
    )


def seconds(act: Callable[[int], None], start: int, count: int) -> float:
    begun = time.perf_counter()
    for number in range(start, start + count):
        act(number)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--transfers", type=int, default=400)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        compare(Path(folder), asked.rounds, asked.transfers)


def compare(folder: Path, rounds: int, count: int) -> list[Figure]:
    """Print the figures; return the line for the table."""
    engine = make_book(folder / "ours.sqlite3", guards=True)
    bare = make_book(folder / "theirs.sqlite3", guards=False)
    db = pysqlite3.connect(folder / "theirs.sqlite3", isolation_level=None)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        db.execute(f"PRAGMA {pragma}")

    def ours(number: int) -> None:
        with Session(engine) as session:
            transfer_by_ledger(session, number)
            session.commit()

    def theirs(number: int) -> None:
        db.execute("BEGIN IMMEDIATE")
        transfer_by_hand(db, number)
        db.execute("COMMIT")

    ours(0), theirs(0)
    figures: list[tuple[float, float]] = []
    for turn in range(rounds):
        start = 1 + turn * count
        pair = [(ours, 0), (theirs, 1)]
        took = [0.0, 0.0]
        for act, place in pair if turn % 2 else pair[::-1]:
            took[place] = seconds(act, start, count)
        figures.append((count / took[0], count / took[1]))
    print(f"durable transfers a second, {rounds} rounds of {count}, medians")
    print(f"  ledger.post + commit   {median(f[0] for f in figures):8.0f}")
    print(f"  hand-written SQL       {median(f[1] for f in figures):8.0f}")
    print(f"  ratio                  {median(f[0] / f[1] for f in figures):8.2f}")

    start = 1 + rounds * count
    with Session(engine) as session:
        begun = time.process_time()
        for number in range(start, start + 5 * count):
            transfer_by_ledger(session, number)
        spent = time.process_time() - begun
        session.commit()
        begun = time.process_time()
        report = ledger.verify(session)
        checked = time.process_time() - begun
    assert report.ok, report.problems
    print(f"CPU per post in one transaction  {spent / (5 * count) * 1e6:6.0f} µs")
    print(f"verify, {report.entries} entries          {checked:8.2f} s CPU")
    engine.dispose()
    bare.dispose()
    db.close()
    ours, theirs = (median(f[place] for f in figures) for place in (0, 1))
    return [
        Figure(
            "durable transfers", ours, theirs, "a second", "hand-written SQL",
            more_is_better=True,
        )
    ]  # fmt: skip


if __name__ == "__main__":
    main()
