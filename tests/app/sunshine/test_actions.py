"""The nightly check that stops a broken book, and the checkpoints that are published."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session

from app import programmes, sunshine, wallet
from app.kernel.db import Database
from tests.cast import NOON, TODAY, Cast


def test_a_right_book_is_written_down_as_right(db: Database) -> None:
    assert sunshine.check_book(db, NOON) == 1

    with db.reading() as session:
        check = sunshine.last_check(session)
        head = wallet.book_head(session)
    assert check is not None
    assert check.is_right
    assert (check.head_sequence, check.head_hash) == (head.sequence, head.hash)


def test_it_is_not_read_again_the_same_day(db: Database) -> None:
    sunshine.check_book(db, NOON)
    assert sunshine.check_book(db, NOON + timedelta(hours=2)) == 0
    assert sunshine.check_book(db, NOON + timedelta(hours=21)) == 1


def unguard(session: Session) -> None:
    """Take every guard off, as somebody with the database file could."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.exec_driver_sql(asked).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    for table in ("ledger_account", "ledger_posting"):
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def tamper(db: Database, change: str) -> None:
    with db.transaction() as session:
        wallet.seal_book(session, NOON)
        unguard(session)
        session.execute(text(change))


RICHER = (
    "UPDATE ledger_account SET credits_posted = credits_posted + 10000"
    " WHERE unit = 'POINT' AND kind = 'member' AND credits_posted > 0"
)
REWRITTEN = (
    "UPDATE ledger_posting SET amount = amount + 10000 WHERE id ="
    " (SELECT MIN(id) FROM ledger_posting)"
)


@pytest.mark.parametrize("change", [RICHER, REWRITTEN], ids=["counter", "posting"])
def test_a_book_changed_behind_our_back_is_found_and_not_written_into(
    db: Database, cast: Cast, change: str
) -> None:
    tamper(db, change)
    sunshine.check_book(db, NOON)

    with db.reading() as session:
        check = sunshine.last_check(session)
        stop = wallet.posting_stop(session)
    assert check is not None
    assert not check.is_right
    assert check.first_bad
    assert stop is not None
    assert stop.reason == check.first_bad
    with pytest.raises(wallet.PostingPaused), db.transaction() as session:
        credit(session, cast)
    with db.reading() as session:
        assert wallet.balances_of(session, cast.lin)["HOUR"].posted == 2
    with db.transaction() as session:
        wallet.resume_posting(session, at=NOON, by="Jin")
        assert wallet.posting_stop(session) is None
        credit(session, cast)


def credit(session: Session, cast: Cast) -> int:
    return wallet.credit_hours(
        session, person_id=cast.chen, record_id=cast.chen, hours=Decimal(1),
        programme=programmes.programme_for(session, cast.love_bank),
        amount=Decimal(10), rule_version=1, at=NOON, effective_on=TODAY,
        entered_by=cast.sun, approved_by=cast.ma,
    )  # fmt: skip


def test_a_checkpoint_comes_hourly_when_something_is_new(
    db: Database, cast: Cast
) -> None:
    def due(hours: float) -> int:
        with db.transaction() as session:
            wallet.seal_book(session, NOON)
        return sunshine.publish_checkpoint(db, b"secret", NOON + timedelta(hours=hours))

    assert due(0) == 1
    assert due(2) == 0  # nothing new
    with db.transaction() as session:
        credit(session, cast)
    assert due(0.5) == 0  # too soon
    assert due(1) == 1
    with db.reading() as session:
        newest, first = wallet.checkpoints(session)
        assert newest.size == wallet.book_head(session).sequence > first.size


def test_a_month_close_is_published_at_once(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        wallet.seal_book(session, NOON)
    assert sunshine.publish_checkpoint(db, b"secret", NOON) == 1
    with db.transaction() as session:
        wallet.close_month(
            session, "2026-05", at=NOON, entered_by=cast.jin, approved_by=cast.pan
        )
        wallet.seal_book(session, NOON)
    assert sunshine.publish_checkpoint(db, b"secret", NOON) == 1


def test_nothing_is_vouched_for_while_the_book_is_stopped(db: Database) -> None:
    with db.transaction() as session:
        wallet.seal_book(session, NOON)
        wallet.stop_posting(session, "entry 3 is not what was sealed", at=NOON)
    assert sunshine.publish_checkpoint(db, b"secret", NOON) == 0
    with db.reading() as session:
        assert wallet.latest_checkpoint(session) is None
