"""A full disk: one clear sentence, nothing half done, and reading goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlmodel import func, select
from werkzeug.test import TestResponse

from app import fair, programmes, wallet
from app.bookings import Booking
from app.fair import PriceMode
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.errors import NoRoom
from app.kernel.messages import Message
from app.kernel.outbox import OutboxRow
from app.people.models import SignInSession
from tests.app.fair.world import published, slot_of
from tests.cast import NOON, Cast, known_id
from tests.programs import Program, problem, program_of
from tests.web import Client, text_of

SENTENCES = {
    "en": "The fair's disk is full, so nothing can be saved right now.",
    "zh-CN": "集上的硬盘满了，暂时没法保存。",
    "zh-TW": "集上的硬碟滿了，暫時沒法保存。",
}
REFUSE_ALL = """
CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION no_room();
"""
TABLES = ("booking", "ledger_transaction", "outbox", "sign_in_code")


class Disk:
    """The database's own: SQLite may take no further page, PostgreSQL no row."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pages = 0

    def fill(self) -> None:
        if not self._db.is_sqlite:
            with self._db.transaction() as session:
                for table in TABLES:
                    session.connection().exec_driver_sql(REFUSE_ALL.format(table=table))
            return
        with self._db.reading() as session:
            self._pages = session.connection().scalar(text("PRAGMA page_count")) or 0
        event.listen(self._db.engine, "begin", self._limit)
        for size in (2000, 200, 20):
            for _ in range(200):
                try:
                    with self._db.transaction() as session:
                        session.add(
                            OutboxRow(kind="x" * 70, data={"x": "x" * size}, at=NOON)
                        )
                except NoRoom:
                    break

    def make_room(self) -> None:
        if not self._db.is_sqlite:
            with self._db.transaction() as session:
                for table in TABLES:
                    session.connection().execute(
                        text(f"DROP TRIGGER no_room ON {table}")
                    )
            return
        self._pages = 1_000_000

    def _limit(self, connection: object) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={self._pages}")  # type: ignore[attr-defined]


@pytest.fixture
def disk(db: Database) -> Disk:
    return Disk(db)


@pytest.fixture
def seats(db: Database, cast: Cast) -> list[UUID]:
    """Sixty free hours of Wang's."""
    with db.transaction() as session:
        free = published(
            session, cast, price_mode=PriceMode.FREE, points=None, programme_id=None
        )
        start = now() + timedelta(days=1)
        return [
            slot_of(session, free.id, start=start + timedelta(hours=2 * n)).id
            for n in range(60)
        ]


def book_until_full(
    seats: list[UUID], book: Callable[[UUID], TestResponse]
) -> tuple[UUID, int, TestResponse]:
    """Book until there is no room; which seat it was, how many came before."""
    for done, seat in enumerate(seats):
        answer = book(seat)
        if answer.status_code not in (201, 303):
            return seat, done, answer
    raise AssertionError("the disk was never full")


def bookings(db: Database) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(Booking)).one()


@pytest.mark.parametrize("language", SENTENCES)
def test_a_page_says_that_the_disk_is_full_and_reading_goes_on(
    db: Database, disk: Disk, client_of: Callable[..., Client], cast: Cast,
    seats: list[UUID], language: str,
) -> None:  # fmt: skip
    lin = client_of(cast.lin, Accept_Language=language)
    disk.fill()

    seat, done, answer = book_until_full(
        seats, lambda one: lin.send("/bookings/", key=str(one), slot_id=one)
    )

    assert answer.status_code == 507
    assert answer.headers["Retry-After"] == "60"
    assert SENTENCES[language] in text_of(answer)
    assert bookings(db) == done
    with db.reading() as session:
        assert fair.slot_for(session, seat).taken == 0
    for page in ("/", "/bookings/", "/wallet/", "/search", "/sunshine/", "/rewards/"):
        assert lin.get(page).status_code == 200

    disk.make_room()
    again = lin.send("/bookings/", key=str(seat), slot_id=seat)
    assert again.status_code == 303
    assert bookings(db) == done + 1


def test_a_program_is_told_as_problem_json(
    db: Database, disk: Disk, app: Flask, cast: Cast, seats: list[UUID]
) -> None:
    lin: Program = program_of(app, cast.lin)
    disk.fill()

    seat, done, answer = book_until_full(
        seats, lambda one: lin.send("/bookings", key=str(one), slot_id=one)
    )

    told = problem(answer, 507)
    assert told["title"] == "Insufficient Storage"
    assert told["detail"].startswith(SENTENCES["en"])
    assert answer.headers["Retry-After"] == "60"
    assert lin.look("/bookings").status_code == 200

    disk.make_room()
    assert lin.send("/bookings", key=str(seat), slot_id=seat).status_code == 201
    assert bookings(db) == done + 1


def test_an_htmx_form_is_told_in_the_notice(
    disk: Disk, client_of: Callable[..., Client], cast: Cast, seats: list[UUID]
) -> None:
    lin = client_of(cast.lin)
    disk.fill()
    _, _, answer = book_until_full(
        seats, lambda one: lin.send("/bookings/", slot_id=one)
    )
    assert answer.status_code == 507
    answer = lin.swap("/bookings/", slot_id=seats[-1])

    assert answer.status_code == 507
    assert SENTENCES["en"] in text_of(answer)
    assert answer.headers["Retry-After"] == "60"


def test_the_book_says_it_in_the_same_words_and_verifies(
    db: Database, disk: Disk, cast: Cast
) -> None:
    """The book speaks to the driver directly: its errors are no SQLAlchemy errors."""
    disk.fill()

    def credit(number: int) -> None:
        with db.transaction() as session:
            wallet.credit_hours(
                session, person_id=cast.chen, hours=Decimal(1), amount=Decimal(10),
                programme=programmes.programme_for(session, cast.love_bank),
                record_id=known_id(f"full {number}"), rule_version=1, at=NOON,
                effective_on=NOON.date(), entered_by=cast.sun, approved_by=cast.ma,
            )  # fmt: skip

    done = 0
    for done in range(400):
        try:
            credit(done)
        except NoRoom:
            break
    with db.reading() as session:
        assert wallet.balances_of(session, cast.chen)["POINT"].posted == done * 10
    disk.make_room()
    credit(done)
    with db.transaction() as session:
        wallet.seal_book(session, NOON)
        report = wallet.verify_book(session)
    assert report.ok, report.first_bad


def test_somebody_who_comes_back_after_a_while_can_read_on_a_full_disk(
    db: Database, client_of: Callable[..., Client], cast: Cast
) -> None:
    """When a device was last seen is written down at times; that may wait."""
    lin = client_of(cast.lin)
    with db.transaction() as session:
        for row in session.exec(select(SignInSession)):
            row.seen_at = now() - timedelta(hours=1)
    event.listen(db.engine, "begin", _refuse_writes)

    assert lin.get("/wallet/").status_code == 200


def _refuse_writes(connection: object) -> None:
    """An update in place needs no page, so the disk alone would not refuse it."""
    options = connection.get_execution_options()  # type: ignore[attr-defined]
    if options.get("fair_write"):
        raise OSError(errno.ENOSPC, "No space left on device")


class FullMessenger:
    def send(self, message: Message) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_code_that_cannot_be_sent_is_no_crash(app: Flask, client: Client) -> None:
    app.extensions["fair_messenger"] = FullMessenger()

    answer = client.send("/sign-in/code", phone="13800000001")

    assert answer.status_code == 507
    assert SENTENCES["en"] in text_of(answer)
