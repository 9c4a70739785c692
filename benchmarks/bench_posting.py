"""Durable transfers: the ledger's public API against hand-written SQL.

The reference writes the same rows (transaction, posting, seal, two counters) with
the same fsync through the driver, checks the key and the balance, and has no
guards in the database. Rounds are interleaved, figures are medians; trust the
ratio more than the figures.

    python -m benchmarks.bench_posting [--rounds 7] [--transfers 400]
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path

import pysqlite3
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from benchmarks.books import make_tables, open_book, person, sqlite_engine, unguarded
from benchmarks.report import Goal, compared, machine_line, print_goals, take_turns
from ledger import Draft, Leg
from ledger.teller import Teller

PEOPLE = 200
REACH = 0.75
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def someone(number: int) -> str:
    return person(number % PEOPLE)


def draft_of(number: int) -> Draft:
    return Draft(
        legs=[Leg(someone(number), someone(number + 7), Decimal("1.50"))],
        key=f"transfer:{number}",
        kind="TRANSFER",
        cause=f"bench:{number}",
        at=NOW,
        entered_by="person:clerk",
    )


def transfer_by_ledger(session: Session, number: int) -> None:
    ledger.post(
        session,
        [Leg(someone(number), someone(number + 7), Decimal("1.50"))],
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
        someone(number),
        someone(number + 7),
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
        " effective_on, entered_by, posting_count, salt, format)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 2)",
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


def a_second(act: Callable[[int], object], numbers: count[int], many: int) -> float:
    """Return how often a second *act* is done, one after the other."""
    begun = time.perf_counter()
    for _ in range(many):
        act(next(numbers))
    return many / (time.perf_counter() - begun)


def compare(folder: Path, *, rounds: int, transfers: int) -> list[Goal]:
    """Transfer in turns; print what else was seen, return the lines for the table."""
    paths = [folder / f"{name}.sqlite3" for name in ("teller", "session", "by-hand")]
    engines = [sqlite_engine(path) for path in paths]
    for engine in engines:
        make_tables(engine)
        open_book(engine, PEOPLE, at=NOW)
    by_teller, by_session, _ = engines
    db = unguarded(paths[2])
    teller = Teller(by_teller)

    def in_session(number: int) -> None:
        with Session(by_session) as session:
            transfer_by_ledger(session, number)
            session.commit()

    def by_hand(number: int) -> None:
        db.execute("BEGIN IMMEDIATE")
        transfer_by_hand(db, number)
        db.execute("COMMIT")

    acts = [lambda number: teller.post(draft_of(number)), in_session, by_hand]
    slices = [partial(a_second, act, count(), transfers) for act in acts]
    for warm_up in slices:
        warm_up()
    rates = take_turns(slices, rounds)
    _print_cpu(by_session, 5 * transfers)
    teller.close()
    db.close()
    for engine in engines:
        engine.dispose()
    return [
        compared(
            f"SQLite: one durable transfer, {what}",
            ours,
            rates[2],
            unit="tps",
            against="hand-written SQL, no guards",
            reach=REACH,
        )
        for what, ours in (("Teller", rates[0]), ("session and post", rates[1]))
    ]


def _print_cpu(engine: Engine, many: int) -> None:
    """Say what posting and checking cost apart from the disk."""
    start = 10_000_000
    with Session(engine) as session:
        begun = time.process_time()
        for number in range(start, start + many):
            transfer_by_ledger(session, number)
        spent = time.process_time() - begun
        session.commit()
        begun = time.process_time()
        report = ledger.verify_book(session)
        checked = time.process_time() - begun
    assert report.ok, report.problems
    print(f"CPU per post in one transaction  {spent / many * 1e6:6.0f} µs")
    print(f"verify_book, {report.entries} entries {checked:8.2f} s CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--transfers", type=int, default=400)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        goals = compare(Path(folder), rounds=asked.rounds, transfers=asked.transfers)
    print(f"--- {machine_line()}")
    print_goals(goals)


if __name__ == "__main__":
    main()
