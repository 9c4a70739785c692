"""Registering, roles, codes and closeness, on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from app import people
from app.kernel.db import Database
from app.kernel.permissions import Permission, Role
from app.people import actions
from app.people.errors import MayNot, PhoneTaken, TooManyTries, WrongCode
from app.people.models import Person, SignInCode, SignInSession
from tests.cast import NOON, TODAY, Cast

LINS = "13800000000"
NEW = "13911112222"


def ask(db: Database, phone: str = NEW, minutes: int = 0) -> str:
    with db.transaction() as session:
        return actions.send_code(session, phone, at=NOON + timedelta(minutes=minutes))[
            1
        ]


def use(db: Database, code: str, phone: str = NEW, minutes: int = 1) -> Person | None:
    with db.transaction() as session:
        return actions.use_code(
            session, phone, code, at=NOON + timedelta(minutes=minutes)
        )


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_one_number_belongs_to_one_person(db: Database, cast: Cast) -> None:
    with pytest.raises(PhoneTaken), db.transaction() as session:
        actions.register_person(session, display_name="林二", phone=LINS, at=NOON)

    with db.reading() as session:
        assert people.find_person_by_phone(session, LINS).id == cast.lin  # type: ignore[union-attr]


def test_the_first_right_code_registers_a_resident(db: Database) -> None:
    person = use(db, ask(db))

    assert person is not None
    with db.reading() as session:
        held = people.held_by(session, person.id, on=TODAY)
    assert [one.role for one in held] == [Role.RESIDENT]


def test_a_code_works_once(db: Database) -> None:
    code = ask(db)

    assert use(db, code) is not None
    assert use(db, code) is None


def test_a_code_is_too_old_after_ten_minutes(db: Database) -> None:
    code = ask(db)

    assert use(db, code, minutes=10) is None


def test_after_five_wrong_tries_the_right_code_is_worth_nothing(db: Database) -> None:
    code = ask(db)
    for _ in range(5):
        assert use(db, wrong(code)) is None

    assert use(db, code) is None


def test_only_five_codes_a_day_go_to_one_number(db: Database) -> None:
    for minutes in range(5):
        ask(db, minutes=minutes)
    with pytest.raises(TooManyTries):
        ask(db, minutes=6)

    assert ask(db, minutes=24 * 60 + 1)
    with db.reading() as session:
        assert len(session.exec(select(SignInCode)).all()) == 6


def test_no_code_is_kept_in_clear(db: Database) -> None:
    code = ask(db)

    with db.reading() as session:
        row = session.exec(select(SignInCode)).one()
    assert code not in row.model_dump_json()


def test_roles_are_given_by_who_may_and_for_places_below(
    db: Database, cast: Cast
) -> None:
    with pytest.raises(MayNot), db.transaction() as session:
        actions.assign_role(
            session, person_id=cast.chen, role=Role.CENTRE_MANAGER,
            place_id=cast.centre, starts_on=TODAY, at=NOON, by=cast.ma,
        )  # fmt: skip

    with db.transaction() as session:
        actions.assign_role(
            session, person_id=cast.chen, role=Role.CENTRE_MANAGER,
            place_id=cast.centre, starts_on=TODAY, at=NOON, by=cast.jin,
        )  # fmt: skip

    def may(place: object, days: int = 0) -> bool:
        with db.reading() as session:
            return people.has_permission(
                session, cast.chen, Permission.VERIFY_HOURS,
                place_id=place, on=TODAY + timedelta(days=days),  # type: ignore[arg-type]
            )  # fmt: skip

    assert may(cast.centre)
    assert may(cast.station)
    assert not may(cast.other_centre)
    assert not may(None)
    assert not may(cast.centre, days=-1)


def test_ending_a_role_signs_its_holder_out(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        given = actions.assign_role(
            session, person_id=cast.chen, role=Role.REVIEWER, place_id=None,
            starts_on=TODAY, at=NOON, by=None,
        )  # fmt: skip
        chen = people.person_for(session, cast.chen)
        actions.open_session(session, chen, at=NOON, device=None)
        actions.end_role(session, given, on=TODAY, by=cast.jin, at=NOON)

    with db.reading() as session:
        rows = session.exec(
            select(SignInSession).where(SignInSession.person_id == cast.chen)
        ).all()
    assert [row.ended_at for row in rows] == [NOON]


def test_a_suspended_person_cannot_sign_in(db: Database, cast: Cast) -> None:
    code = ask(db, LINS)
    with db.transaction() as session:
        lin = people.person_for(session, cast.lin)
        actions.set_password(session, lin, "three peaches please")
        lin.suspended_at = NOON
        session.add(lin)

    assert use(db, code, LINS) is None
    with pytest.raises(WrongCode), db.transaction() as session:
        actions.check_password(session, LINS, "three peaches please")


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [("lin", "lin", True), ("lin", "zhou", True), ("zhou", "lin", True),
     ("chen", "hua", True), ("hua", "chen", True), ("lin", "chen", False),
     ("chen", "wang", False)],
)  # fmt: skip
def test_households_and_relatives_are_close(
    db: Database, cast: Cast, one: str, other: str, close: bool
) -> None:
    with db.reading() as session:
        found = people.are_close(session, getattr(cast, one), getattr(cast, other))
    assert found is close
