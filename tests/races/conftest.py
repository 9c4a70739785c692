"""A crowd at the same door: real threads, two web processes' worth of applications."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import fair, people, programmes, wallet
from app.fair import PriceMode
from app.kernel.clock import now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.wiring import create_app
from tests.app.fair.world import published, slot_of
from tests.cast import BEGINNING, Cast
from tests.web import Client, sign_in

Crowd = Callable[[int], list[Client]]


def at_once(*acts: Callable[[], TestResponse]) -> list[TestResponse]:
    """Let every act begin at the same moment, each in its thread."""
    start = Barrier(len(acts))

    def wait_and_do(act: Callable[[], TestResponse]) -> TestResponse:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(wait_and_do, acts))


def count_by_status(answers: Sequence[TestResponse]) -> dict[int, int]:
    found: dict[int, int] = {}
    for answer in answers:
        found[answer.status_code] = found.get(answer.status_code, 0) + 1
    return found


@pytest.fixture
def other_app(app: Flask, settings: Settings) -> Iterator[Flask]:
    """A second server on the same database, as a second process would be."""
    application = create_app(settings)
    application.config["RATELIMIT_ENABLED"] = False
    yield application
    application.extensions["fair_database"].close()


@pytest.fixture
def crowd(app: Flask, other_app: Flask, db: Database, cast: Cast) -> Crowd:
    """`crowd(50)`: signed-in residents with 20 points each, half at each server."""

    def make(count: int) -> list[Client]:
        with db.transaction() as session:
            love_bank = programmes.programme_for(session, cast.love_bank)
            ids = [_neighbour(session, cast, number) for number in range(count)]
            session.flush()
            for person_id in ids:
                wallet.open_wallet(session, person_id, at=BEGINNING)
                wallet.credit_hours(
                    session, person_id=person_id, programme=love_bank,
                    record_id=uuid4(), hours=Decimal(2), amount=Decimal(20),
                    rule_version=1, at=BEGINNING, effective_on=BEGINNING.date(),
                    entered_by=cast.sun, approved_by=cast.ma,
                )  # fmt: skip
        servers = (app, other_app)
        return [sign_in(servers[n % 2], one) for n, one in enumerate(ids)]

    return make


def _neighbour(session: object, cast: Cast, number: int) -> UUID:
    return people.register_person(
        session,  # type: ignore[arg-type]
        display_name=f"邻居{number}",
        phone=f"1390000{number:04d}",
        place_id=cast.centre,
        member_no=f"RACE{number:04d}",
        at=BEGINNING,
    ).id


@pytest.fixture
def seat(db: Database, cast: Cast) -> UUID:
    """The only seat at a free hour of Wang's, tomorrow."""
    with db.transaction() as session:
        offering = published(
            session, cast, price_mode=PriceMode.FREE, points=None, programme_id=None
        )
        return slot_of(session, offering.id, start=now() + timedelta(days=1)).id


@pytest.fixture
def paid_seats(db: Database, cast: Cast) -> list[UUID]:
    """Six haircuts for 5 points, hour after hour, tomorrow."""
    with db.transaction() as session:
        haircut = published(session, cast)
        start = now() + timedelta(days=1)
        return [
            slot_of(session, haircut.id, start=start + timedelta(hours=2 * n)).id
            for n in range(6)
        ]


@pytest.fixture
def ensure_books_are_right(db: Database) -> Callable[[], None]:
    def check() -> None:
        with db.transaction() as session:
            wallet.seal_book(session, now())
        with db.reading() as session:
            report = wallet.verify_book(session)
        assert report.ok, report.first_bad

    return check


def taken(db: Database, slot_id: UUID) -> int:
    with db.reading() as session:
        return fair.slot_for(session, slot_id).taken
