"""The nightly recomputation: it is kept, and it sees a changed counter."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from app import sunshine, wallet
from app.kernel.db import Database
from tests.cast import NOON


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


def test_a_counter_changed_behind_our_back_is_found(db: Database) -> None:
    with db.transaction() as session:
        triggers = (
            session.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            )
            if db.is_sqlite
            else []
        )
        for (name,) in list(triggers):
            session.execute(text(f'DROP TRIGGER "{name}"'))
        if not db.is_sqlite:
            session.execute(text("ALTER TABLE ledger_account DISABLE TRIGGER USER"))
        session.execute(
            text(
                "UPDATE ledger_account SET credits_posted = credits_posted + 10000"
                " WHERE unit = 'POINT' AND kind = 'member' AND credits_posted > 0"
            )
        )
    sunshine.check_book(db, NOON)

    with db.reading() as session:
        check = sunshine.last_check(session)
    assert check is not None
    assert not check.is_right
    assert check.first_bad
