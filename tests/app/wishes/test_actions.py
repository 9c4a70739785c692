"""Wishes counted without anybody; kept searches that say what is new, once a day."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import col, select, update

from app import fair, search, wishes
from app.kernel.clock import now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.outbox import OutboxRow
from app.kernel.relay import relay_pending
from app.people import Person
from app.search import Find, fold_key
from app.wiring.hearing import make_hearing
from app.wiring.timetable import TIMETABLE
from app.wishes import actions, queries
from app.wishes.errors import SearchNotFound, TooManySearches, WishUnreadable
from app.wishes.models import KeptFind, KeptSearch, Wish
from app.wishes.rules import KEPT_MAX
from tests.app.fair.world import published
from tests.cast import NOON, TODAY, Cast


@pytest.fixture
def at() -> datetime:
    return now().replace(hour=4, minute=0, second=0, microsecond=0)


def wish(db: Database, words: str, moment: datetime = NOON) -> None:
    with db.transaction() as session:
        actions.post_wish(session, words, key=fold_key(words), at=moment)


def keep(db: Database, person: object, line: str, at: datetime) -> KeptSearch:
    with db.transaction() as session:
        row = actions.keep_search(session, line, "理发", by=person, at=at)  # type: ignore[arg-type]
        session.flush()
        return row.model_copy()


def work(app: Flask, db: Database, moment: datetime) -> int:
    """Index what is there, look for news, and tell of it."""
    search.catch_up(db, app.extensions["fair_catalogue"], at=moment)
    (job,) = (one for one in TIMETABLE if one.name == "news for kept searches")
    with app.app_context():
        told = job.do(db, moment)
        relay_pending(db, make_hearing(), at=moment)
    return told


def notices(settings: Settings) -> list[dict[str, str]]:
    folder: Path = settings.messages_dir
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*new-finds*"))]


def offer(db: Database, cast: Cast, title: str, moment: datetime) -> fair.Offering:
    with db.transaction() as session:
        row = published(
            session,
            cast,
            external_id=title,
            title=title,
            title_en=title,
            summary="街坊都说好",
        )
        session.exec(
            update(fair.Offering)
            .where(col(fair.Offering.id) == row.id)
            .values(published_at=moment)
        )
        return row


def test_the_same_wish_in_either_script_is_counted_together(db: Database) -> None:
    wish(db, "修傘")
    wish(db, "修伞 ")
    wish(db, "修伞", NOON + timedelta(days=1))

    with db.reading() as session:
        rows = queries.wishes_since(session, TODAY)
    assert [(row.day, row.times) for row in rows] == [
        (TODAY + timedelta(days=1), 1),
        (TODAY, 2),
    ]


def test_a_wish_has_no_room_for_a_person_or_a_moment() -> None:
    assert set(Wish.model_fields) == {"key", "day", "words", "times"}


def test_a_search_is_kept_once_and_without_a_position(
    db: Database, cast: Cast, at: datetime
) -> None:
    first = keep(db, cast.lin, "q=理发&near=30.1,122.1&walk=8&page=3", at)
    again = keep(db, cast.lin, "?q=理发", at)

    assert first.id == again.id
    assert first.line == "q=%E7%90%86%E5%8F%91"


def test_a_search_for_nothing_is_refused(
    db: Database, cast: Cast, at: datetime
) -> None:
    with pytest.raises(WishUnreadable):
        keep(db, cast.lin, "sort=newest&page=2", at)


def test_there_is_an_end_of_keeping(db: Database, cast: Cast, at: datetime) -> None:
    for number in range(KEPT_MAX):
        keep(db, cast.lin, f"q={number}", at)
    with pytest.raises(TooManySearches):
        keep(db, cast.lin, "q=more", at)
    keep(db, cast.chen, "q=more", at)


def test_only_its_owner_renames_and_deletes_a_search(
    app: Flask, db: Database, cast: Cast, at: datetime
) -> None:
    row = keep(db, cast.lin, "q=理发", at)
    with pytest.raises(SearchNotFound), db.transaction() as session:
        actions.rename_search(session, row.id, "x", by=cast.chen)
    with pytest.raises(SearchNotFound), db.transaction() as session:
        actions.forget_search(session, row.id, by=cast.chen)
    offer(db, cast, "上门理发", at + timedelta(minutes=1))
    assert work(app, db, at + timedelta(hours=1)) == 1

    with db.transaction() as session:
        actions.rename_search(session, row.id, "剪头", by=cast.lin)
    with db.transaction() as session:
        assert queries.kept_for(session, row.id, owner=cast.lin).name == "剪头"
        actions.forget_search(session, row.id, by=cast.lin)
    with db.reading() as session:
        assert queries.kept_by(session, cast.lin) == []
        assert session.exec(select(KeptFind)).all() == []


def test_what_is_new_is_told_once_a_day_and_never_twice(
    app: Flask, db: Database, cast: Cast, settings: Settings, at: datetime
) -> None:
    offer(db, cast, "早就有的理发", at - timedelta(days=1))
    keep(db, cast.lin, "q=理发", at)
    assert work(app, db, at + timedelta(hours=1)) == 0

    offer(db, cast, "上门理发", at + timedelta(hours=1))
    offer(db, cast, "修收音机", at + timedelta(hours=1))
    assert work(app, db, at + timedelta(hours=2)) == 1
    assert work(app, db, at + timedelta(hours=2)) == 0
    (told,) = notices(settings)
    assert "上门理发" in told["text"]
    assert "早就有的" not in told["text"]
    assert "收音机" not in told["text"]

    tomorrow = at + timedelta(days=1, hours=1)
    offer(db, cast, "周末理发", at + timedelta(hours=3))
    assert work(app, db, at + timedelta(hours=4)) == 0
    assert work(app, db, tomorrow) == 1
    assert len(notices(settings)) == 2
    assert "周末理发" in notices(settings)[1]["text"]
    assert work(app, db, tomorrow + timedelta(days=1)) == 0


def test_what_was_taken_back_meanwhile_is_not_spoken_of(
    app: Flask, db: Database, cast: Cast, settings: Settings, at: datetime
) -> None:
    keep(db, cast.lin, "q=理发", at)
    row = offer(db, cast, "上门理发", at + timedelta(minutes=1))
    moment = at + timedelta(hours=1)
    search.catch_up(db, app.extensions["fair_catalogue"], at=moment)
    (job,) = (one for one in TIMETABLE if one.name == "news for kept searches")
    with app.app_context():
        assert job.do(db, moment) == 1
        app.extensions["fair_catalogue"].index.apply([], [f"offering:{row.id}"])
        relay_pending(db, make_hearing(), at=moment)

    assert notices(settings) == []


def test_a_narrow_search_hears_only_of_what_fits_its_choices(
    app: Flask, db: Database, cast: Cast, at: datetime
) -> None:
    keep(db, cast.lin, "q=理发&price=free", at)
    offer(db, cast, "上门理发", at + timedelta(minutes=1))

    assert work(app, db, at + timedelta(hours=1)) == 0


def test_every_word_must_be_answered(
    app: Flask, db: Database, cast: Cast, at: datetime
) -> None:
    keep(db, cast.lin, "q=理发 收音机", at)
    offer(db, cast, "上门理发", at + timedelta(minutes=1))

    assert work(app, db, at + timedelta(hours=1)) == 0


def test_each_is_told_in_their_own_language_and_the_suspended_not_at_all(
    app: Flask, db: Database, cast: Cast, settings: Settings, at: datetime
) -> None:
    keep(db, cast.lin, "q=理发", at)
    keep(db, cast.chen, "q=理发", at)
    with db.transaction() as session:
        session.exec(
            update(Person).where(col(Person.id) == cast.lin).values(language="en")
        )
        session.exec(
            update(Person).where(col(Person.id) == cast.chen).values(suspended_at=at)
        )
    offer(db, cast, "上门理发", at + timedelta(minutes=1))
    work(app, db, at + timedelta(hours=1))

    (told,) = notices(settings)
    assert told["text"].startswith("Common Fair: something new fits your search")


def test_nothing_is_lost_while_the_index_cannot_be_read(
    db: Database, cast: Cast, at: datetime
) -> None:
    row = keep(db, cast.lin, "q=理发", at)
    moment = at + timedelta(hours=1)

    assert wishes.look_for_news(db, lambda *_: None, at=moment) == 0
    with db.reading() as session:
        assert queries.kept_for(session, row.id, owner=cast.lin).looked_at == at
    found = [Find("offering:1", "上门理发")]
    assert wishes.look_for_news(db, lambda *_: found, at=moment) == 1
    with db.reading() as session:
        kinds = [one.kind for one in session.exec(select(OutboxRow))]
    assert kinds.count("SomethingNewFits") == 1
