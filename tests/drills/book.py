"""The book the drills write in: acts that follow from their number alone.

Hand 0 does act 0, 1, 2 … in order, each once, under a key that holds its number.
So whoever knows how many acts were acknowledged knows every balance to the last
step, and needs no second book to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import event, text
from sqlmodel import Session, SQLModel

import ledger
from app.kernel.db import Database
from ledger import Leg
from tests.ledger.tables import LEDGER_TABLES

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUANCE = "sys:issuance:drill:POINT"
POOL = "pool:drill:POINT"
PEOPLE = [f"person:drill{n}:POINT" for n in range(6)]
CODES = [ISSUANCE, POOL, *PEOPLE]
START = Decimal(1_000_000)
"""What each person begins with: no act is ever refused for want of points."""

Move = tuple[str, str, Decimal]


def open_database(url: str, *, synchronous: str | None = None) -> Database:
    """Return the application's own database; *synchronous* weakens it for a canary."""
    db = Database(url)
    if synchronous is not None:

        @event.listens_for(db.engine, "connect")
        def weaken(connection: object, _: object) -> None:
            connection.execute(f"PRAGMA synchronous={synchronous}")  # type: ignore[attr-defined]

    return db


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def make_book(db: Database) -> None:
    """Create the tables, the guards, the units and the accounts; everyone has points."""
    SQLModel.metadata.create_all(db.engine, tables=LEDGER_TABLES)
    with db.transaction() as session:
        ledger.install_guards(session.connection())
    with db.transaction() as session:
        ledger.ensure_units(session)
        for code in CODES:
            kind = code.partition(":")[0]
            floor = None if code == ISSUANCE else Decimal(0)
            ledger.open_account(
                session,
                code=code,
                unit=ledger.POINT,
                kind={"sys": "issuance", "person": "member"}.get(kind, kind),
                floor=floor,
                at=NOON,
            )
        _post(session, [(ISSUANCE, one, START) for one in PEOPLE], "start")
    if db.is_sqlite:
        settle(db)
    db.close()


def settle(db: Database) -> None:
    """Put everything into the file itself, so that a copy of it is the book."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")


def key_of(hand: int, number: int) -> str:
    return f"drill:{hand}:{number:08d}"


def act(session: Session, hand: int, number: int) -> None:
    """Do act *number* of *hand*: earn, give, hold, capture, hold, release, give, undo."""
    payer = _pair(hand, number)[0]
    key = key_of(hand, number)
    at = NOON + timedelta(seconds=number)
    match number % 8:
        case 2 | 4:
            ledger.place_hold(
                session,
                payer=payer,
                payee=POOL,
                amount=Decimal(3),
                key=key,
                kind="HOLD",
                cause=key,
                at=at,
            )
        case 3:
            hold_id = _hold_of(session, key_of(hand, number - 1))
            ledger.capture_hold(session, hold_id, key=key, at=at, amount=Decimal(2))
        case 5:
            hold_id = _hold_of(session, key_of(hand, number - 1))
            ledger.release_hold(session, hold_id, key=key, at=at)
        case 7:
            ledger.reverse(
                session,
                _number_of(session, key_of(hand, number - 1)),
                key=key,
                cause=key,
                at=at,
                entered_by="drill",
            )
        case _:
            _post(session, moves(hand, number), key)


def moves(hand: int, number: int) -> list[Move]:
    """What act *number* moves, in whole points."""
    payer, payee = _pair(hand, number)
    return {
        0: [(ISSUANCE, payer, Decimal(8)), (ISSUANCE, payee, Decimal(1))],
        1: [(payer, payee, Decimal("1.5"))],
        3: [(payer, POOL, Decimal(2))],
        6: [(payer, payee, Decimal(4))],
        7: [(payee, payer, Decimal(4))],
    }.get(number % 8, [])


def expected(done: dict[int, int]) -> dict[str, tuple[Decimal, Decimal]]:
    """Return (posted, held) of every account after *done* acts of each hand."""
    posted = dict.fromkeys(CODES, Decimal(0))
    held = dict.fromkeys(CODES, Decimal(0))
    start = [(ISSUANCE, one, START) for one in PEOPLE]
    for debit, credit, amount in (*start, *_all_moves(done)):
        posted[debit] -= amount
        posted[credit] += amount
    for hand, count in done.items():
        if (count - 1) % 8 in {2, 4}:
            held[_pair(hand, count - 1)[0]] += Decimal(3)
    return {code: (posted[code], held[code]) for code in CODES}


def done_by(session: Session, hand: int) -> int:
    """Return how many acts of *hand* are in the book, going by its newest key."""
    newest = session.connection().scalar(
        text("SELECT max(key) FROM ledger_transaction WHERE key LIKE :like"),
        {"like": f"drill:{hand}:%"},
    )
    return 0 if newest is None else int(newest.rpartition(":")[2]) + 1


def problems_of(db: Database, acknowledged: dict[int, int]) -> list[str]:
    """Compare the book with what was acknowledged; one sentence for each difference.

    Args:
        db: The book, after whatever happened to it.
        acknowledged: How many acts of each hand were answered. One more of each may
            be there: the one under way.
    """
    if not db.is_sqlite:
        with db.transaction() as session:
            ledger.seal_pending(session)
    found = []
    with db.reading() as session:
        done = {}
        for hand, count in acknowledged.items():
            keys = session.connection().scalars(
                text("SELECT key FROM ledger_transaction WHERE key LIKE :like"),
                {"like": f"drill:{hand}:%"},
            )
            numbers = sorted(int(key.rpartition(":")[2]) for key in keys)
            lost = sorted(set(range(count)) - set(numbers))
            if lost:
                found.append(f"hand {hand}: {len(lost)} acknowledged lost, {lost[:5]}")
            if len(numbers) != len(set(numbers)):
                found.append(f"hand {hand}: an act was done twice")
            if len(numbers) > count + 1:
                found.append(f"hand {hand}: {len(numbers)} done, {count} acknowledged")
            done[hand] = len(numbers)
        if not found:
            found += _wrong_balances(session, done)
        report = ledger.verify_book(session)
        if not report.ok:
            found.append(f"the book does not verify: {report.first_bad}")
    return found


def _wrong_balances(session: Session, done: dict[int, int]) -> Iterator[str]:
    balances = ledger.balances(session, CODES)
    for code, (posted, held) in expected(done).items():
        is_now = balances[code]
        if (is_now.posted, is_now.held) != (posted, held):
            yield f"{code} has {is_now.posted} ({is_now.held} held), not {posted} ({held})"


def _pair(hand: int, number: int) -> tuple[str, str]:
    at = hand + number // 8
    return PEOPLE[at % 6], PEOPLE[(at + 1) % 6]


def _all_moves(done: dict[int, int]) -> Iterator[Move]:
    for hand, count in done.items():
        for number in range(count):
            yield from moves(hand, number)


def _post(session: Session, legs: list[Move], key: str) -> None:
    ledger.post(
        session,
        [Leg(*leg) for leg in legs],
        key=key,
        kind="DRILL",
        cause=key,
        at=NOON,
    )


def _number_of(session: Session, key: str) -> int:
    found = session.connection().scalar(
        text("SELECT id FROM ledger_transaction WHERE key = :key AND scope = ''"),
        {"key": key},
    )
    assert found is not None
    return int(found)


def _hold_of(session: Session, key: str) -> UUID:
    found = session.connection().scalar(
        text(
            "SELECT h.id FROM ledger_hold h JOIN ledger_transaction t"
            " ON t.id = h.transaction_id WHERE t.key = :key AND t.scope = ''"
        ),
        {"key": key},
    )
    return found if isinstance(found, UUID) else UUID(str(found))
