"""Looks and registrations at the desk, on a real database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from app import people, wallet
from app.desk import actions
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.kernel.errors import Invalid, Refusal
from tests.cast import NOON, TODAY, Cast


def looks(db: Database) -> int:
    with db.reading() as session:
        return len(session.exec(select(Doing).where(Doing.verb == "person.look")).all())


def test_a_look_is_written_down_once_per_half_hour(db: Database, cast: Cast) -> None:
    for minutes in (0, 5, 29, 31):
        with db.transaction() as session:
            actions.note_look(
                session,
                who=cast.sun,
                whom=cast.lin,
                at=NOON + timedelta(minutes=minutes),
            )
    assert looks(db) == 2

    with db.transaction() as session:
        actions.note_look(session, who=cast.sun, whom=cast.sun, at=NOON)
    assert looks(db) == 2


def test_a_resident_without_a_phone_gets_number_and_passbook(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        person = actions.register_resident(
            session, display_name="赵阿婆", phone=None, birth_on=date(1941, 5, 1),
            place_id=cast.station, by=cast.sun, at=NOON, today=TODAY,
        )  # fmt: skip

    with db.reading() as session:
        assert people.person_for(session, person.id).member_no
        assert wallet.passbook(session, person.id, "POINT") is not None
        doing = session.exec(select(Doing).where(Doing.verb == "person.register")).one()
    assert (doing.who_id, doing.for_whom_id) == (cast.sun, person.id)


@pytest.mark.parametrize(
    ("who", "change", "field"),
    [
        ("sun", {"birth_on": date(2090, 1, 1)}, "birth_on"),
        ("sun", {"birth_on": date(1800, 1, 1)}, "birth_on"),
        ("sun", {"phone": "no"}, "phone"),
        ("sun", {"phone": "13800000000"}, "phone"),
        ("sun", {"place": "other_centre"}, None),
        ("lin", {}, None),
    ],
)
def test_a_bad_registration_leaves_nothing(
    db: Database, cast: Cast, who: str, change: dict[str, object], field: str | None
) -> None:
    def count() -> int:
        with db.reading() as session:
            return len(session.exec(select(people.Person.id)).all())

    before = count()
    place = getattr(cast, str(change.pop("place", "station")))
    given = {"phone": None, "birth_on": None} | change

    with pytest.raises(Refusal) as refused, db.transaction() as session:
        actions.register_resident(
            session, display_name="赵阿婆", place_id=place, by=getattr(cast, who),
            at=NOON, today=TODAY, **given,  # type: ignore[arg-type]
        )  # fmt: skip

    assert refused.value.field == field
    assert isinstance(refused.value, Invalid) == (
        field is not None and change.get("phone") != "13800000000"
    )
    assert count() == before
