"""Who is about to lose points is told in time: once a month, in their own language."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import col, select, update

from app import programmes, wallet
from app.kernel.clock import day_of
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.outbox import OutboxRow
from app.kernel.relay import relay_pending
from app.people import Person
from app.wiring.hearing import make_hearing
from app.wiring.timetable import TIMETABLE
from tests.app.wallet.test_lots import at_noon, earn, spend
from tests.cast import Cast

ENDS = date(2027, 3, 2)
EARNED = date(2025, 3, 2)
Told = list[dict[str, str]]


@pytest.fixture(autouse=True)
def quiet(db: Database, cast: Cast) -> None:
    """Chen has 25 that are good until 2 March 2027; nothing else is waiting."""
    earn(db, cast, "25", EARNED)
    with db.transaction() as session:
        session.exec(update(OutboxRow).values(relayed_at=at_noon(EARNED)))


def night(app: Flask, db: Database, at: datetime) -> int:
    """Do the job and tell what it says; how many were announced."""
    (job,) = (one for one in TIMETABLE if one.name == "notices of expiry")
    with app.app_context():
        done = job.do(db, at)
        relay_pending(db, make_hearing(), at=at)
    return done


def told(settings: Settings) -> Told:
    folder: Path = settings.messages_dir
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*expiry*"))]


def change(db: Database, person_id: object, **values: object) -> None:
    with db.transaction() as session:
        session.exec(update(Person).where(col(Person.id) == person_id).values(**values))


def test_somebody_is_told_once_a_month_until_it_is_gone(
    app: Flask, db: Database, settings: Settings
) -> None:
    opens = ENDS - timedelta(days=90)  # 2 December
    assert night(app, db, at_noon(opens - timedelta(days=1))) == 0
    assert night(app, db, at_noon(opens)) == 1
    for days in (0, 1, 20):
        assert night(app, db, at_noon(opens + timedelta(days=days))) == 0
    assert len(told(settings)) == 1
    assert night(app, db, at_noon(date(2027, 1, 1))) == 1
    assert night(app, db, at_noon(date(2027, 1, 31))) == 0
    assert night(app, db, at_noon(date(2027, 2, 1))) == 1
    assert len(told(settings)) == 3, "three notices, story L5"

    with db.transaction() as session:
        wallet.expire_points(session, at_noon(ENDS))
    assert night(app, db, at_noon(ENDS)) == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "25 · Love points · before 2 Mar 2027, Tue"),
        ("zh-Hans", "25 · 爱心积分 · 2027年3月2日"),
        ("zh-Hant", "25 · 愛心積分 · 2027年3月2日"),
        (None, "您攒下的快要过期了：25 · 爱心积分"),
    ],
)
def test_it_is_said_in_their_language(
    app: Flask, db: Database, cast: Cast, settings: Settings,
    language: str | None, words: str,
) -> None:  # fmt: skip
    change(db, cast.chen, language=language)

    night(app, db, at_noon(date(2026, 12, 24)))

    (message,) = told(settings)
    assert words in message["text"]
    assert message["to"] == "13800000002"
    assert message["kind"] == "expiry-notice"
    assert "%(" not in message["text"]


def test_who_has_no_phone_is_named_by_the_number_on_the_card(
    app: Flask, db: Database, cast: Cast, settings: Settings
) -> None:
    change(db, cast.chen, phone=None)
    night(app, db, at_noon(date(2026, 12, 24)))
    assert [one["to"] for one in told(settings)] == ["CAST0002"]


def test_what_is_set_aside_is_not_lost_and_nobody_is_bothered(
    app: Flask, db: Database, cast: Cast, settings: Settings
) -> None:
    with db.transaction() as session:
        wallet.hold_points(
            session, person_id=cast.chen, amount=Decimal(25), cause="test:1",
            programme=programmes.programme_for(session, cast.love_bank),
            key="all", at=at_noon(date(2026, 12, 1)), entered_by=cast.chen,
        )  # fmt: skip
    assert night(app, db, at_noon(date(2026, 12, 24))) == 0
    assert told(settings) == []


def test_who_spent_it_before_the_message_went_out_hears_nothing(
    app: Flask, db: Database, cast: Cast, settings: Settings
) -> None:
    at = at_noon(date(2026, 12, 24))
    with db.transaction() as session:
        assert wallet.announce_expiry(session, at) == 1
    spend(db, cast, "25", at)
    with app.app_context():
        relay_pending(db, make_hearing(), at=at)
    assert told(settings) == []


def test_who_is_suspended_hears_nothing(
    app: Flask, db: Database, cast: Cast, settings: Settings
) -> None:
    change(db, cast.chen, suspended_at=at_noon(EARNED))
    night(app, db, at_noon(date(2026, 12, 24)))
    assert told(settings) == []


def test_a_message_that_was_sent_before_the_power_went_is_not_a_second_one(
    app: Flask, db: Database, settings: Settings
) -> None:
    """The relay may tell an event again: the messenger writes the same file."""
    at = at_noon(date(2026, 12, 24))
    night(app, db, at)
    with db.transaction() as session:
        session.exec(
            update(OutboxRow)
            .where(col(OutboxRow.kind) == "PointsExpireSoon")
            .values(relayed_at=None)
        )
    with app.app_context():
        assert relay_pending(db, make_hearing(), at=at + timedelta(hours=1)) == 1
    assert len(told(settings)) == 1


def test_many_are_told_in_parts(app: Flask, db: Database, cast: Cast) -> None:
    for name in ("wang", "hua", "ma"):
        earn(db, cast, f"{len(name)}.25", EARNED, person=getattr(cast, name))
    at = at_noon(date(2026, 12, 24))
    done = []
    for _ in range(3):
        with db.transaction() as session:
            done.append(wallet.announce_expiry(session, at, limit=3))
    assert done == [3, 1, 0]
    with db.reading() as session:
        rows = session.exec(
            select(OutboxRow.data).where(OutboxRow.kind == "PointsExpireSoon")
        ).all()
    assert len({row["person_id"] for row in rows}) == 4
    assert day_of(at) == date(2026, 12, 24)
