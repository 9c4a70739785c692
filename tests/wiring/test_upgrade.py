"""A book kept before there were lots goes on with them, to the last hundredth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pysqlite3
import pytest

from app import programmes, wallet
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.wiring.schema import newest_version, upgrade
from tests.cast import known_id

BEFORE_LOTS = Path(__file__).parents[1] / "fixtures" / "before_lots.sql"
"""The cast's town at migration 0001. Chen earned 30 on 2 March 2026, 20 on 10
November 2025, and spent 25; Hua's 40 were reversed, 15 came after; Wang has three
time credits; Lin has 20 points, 5 of them held."""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "before.sqlite3"
    book = pysqlite3.connect(str(path))
    book.executescript(BEFORE_LOTS.read_text("utf-8"))
    book.close()
    db = Database(f"sqlite:///{path}")
    yield db
    db.close()


def lots(db: Database, name: str, unit: str = "POINT") -> list[tuple[object, ...]]:
    with db.reading() as session:
        found = wallet.lots_of(session, known_id(name), unit)
    return [(lot.left, lot.earned_on, lot.expires_on) for lot in found]


def test_accounts_begin_with_what_is_left_of_what_they_earned(old: Database) -> None:
    told_in_time = day_of(now()) + timedelta(days=90)

    upgrade(old)

    assert lots(old, "chen") == [
        (Decimal("25.00"), date(2026, 3, 2), max(date(2028, 3, 2), told_in_time))
    ]
    assert lots(old, "hua") == [
        (Decimal("15.00"), date(2026, 5, 2), max(date(2028, 5, 2), told_in_time))
    ]
    assert [left for left, _, _ in lots(old, "wang", "TIME")] == [Decimal("3.00")]
    (lin,) = lots(old, "lin")
    assert lin[:2] == (Decimal("20.00"), date(2025, 1, 1))
    assert lots(old, "sun") == []


def test_an_upgraded_book_verifies_and_goes_on(old: Database) -> None:
    upgrade(old)
    before = lots(old, "lin")

    upgrade(old)  # at the newest version already: nothing begins twice

    assert lots(old, "lin") == before
    with old.transaction() as session:
        bank = programmes.find_programme(session, "love-bank")
        assert bank is not None
        held = wallet.hold_points(
            session, person_id=known_id("lin"), programme=bank, amount=Decimal(15),
            cause="test:4", key="go on", at=now(), entered_by=known_id("lin"),
        )  # fmt: skip
        wallet.capture(
            session, held, key="went on", at=now(), entered_by=known_id("sun")
        )
    assert lots(old, "lin")[0][0] == Decimal("5.00")
    with old.reading() as session:
        assert wallet.balances_of(session, known_id("lin"))["POINT"].available == 0
        report = wallet.verify_book(session)
    assert report.ok, report.first_bad


def test_half_an_upgrade_is_none(old: Database) -> None:
    def tell(sql: str) -> list[object]:
        with old.engine.execution_options(fair_write=True).begin() as connection:
            result = connection.exec_driver_sql(sql)
            return list(result.scalars()) if result.returns_rows else []

    tell(
        "CREATE TRIGGER power BEFORE INSERT ON ledger_seal"
        " BEGIN SELECT RAISE(ABORT, 'the power went'); END"
    )
    with pytest.raises(pysqlite3.Error, match="the power went"):
        upgrade(old)
    assert tell("SELECT version_num FROM alembic_version") != [newest_version()]

    tell("DROP TRIGGER power")
    upgrade(old)
    assert len(lots(old, "chen")) == 1
