"""The fair through the API: live offerings and free times, for anybody."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app import fair
from app.fair import Slot
from app.kernel.clock import now
from app.kernel.db import Database
from tests.app.fair.world import draft, published, slot_of
from tests.cast import Cast
from tests.programs import Program, problem, stranger


@pytest.fixture
def anyone(app: Flask) -> Program:
    return stranger(app)


@pytest.fixture
def haircut(db: Database, cast: Cast) -> UUID:
    with db.transaction() as session:
        return published(session, cast, external_id="O-1").id


def test_an_offering_is_told_with_price_and_a_masked_name(
    db: Database, cast: Cast, anyone: Program, haircut: UUID
) -> None:
    with db.transaction() as session:
        slot_of(session, haircut, start=now() + timedelta(days=2))

    answer = anyone.look(f"/offerings/{haircut}")

    told = answer.json
    assert answer.status_code == 200
    assert told["external_id"] == "O-1"
    assert told["title"] == "周三理发"
    assert (told["price_mode"], told["points"]) == ("points", "5.00")
    assert told["provider"] == "王*宽"
    assert "王阿宽" not in answer.text
    assert told["place_id"] == str(cast.centre)
    assert told["next_free"].endswith("Z")


def test_drafts_are_in_no_list_and_at_no_address(
    db: Database, cast: Cast, anyone: Program, haircut: UUID
) -> None:
    with db.transaction() as session:
        hidden = draft(session, cast).id

    listed = anyone.look("/offerings").json["items"]

    assert [one["id"] for one in listed] == [str(haircut)]
    problem(anyone.look(f"/offerings/{hidden}"), 404)
    problem(anyone.look(f"/offerings/{hidden}/slots"), 404)
    problem(anyone.look(f"/offerings/{uuid4()}"), 404)


def test_only_free_times_to_come_are_listed_the_soonest_first(
    db: Database, anyone: Program, haircut: UUID
) -> None:
    with db.transaction() as session:
        late, full, soon, gone = (
            slot_of(session, haircut, start=now() + timedelta(days=days), seats=2).id
            for days in (5, 4, 3, 2)
        )
        session.get_one(Slot, full).taken = 2
        session.get_one(Slot, soon).taken = 1
        fair.withdraw_slot(session, gone, by=None, at=now())

    first = anyone.look(f"/offerings/{haircut}/slots", limit=1).json
    rest = anyone.look(
        f"/offerings/{haircut}/slots", limit=1, cursor=first["next_cursor"]
    ).json

    (told,) = first["items"]
    assert (told["id"], told["capacity"], told["free"]) == (str(soon), 2, 1)
    assert [one["id"] for one in rest["items"]] == [str(late)]
    assert rest["next_cursor"] is None


def test_the_catalogue_goes_on_by_cursor(
    db: Database, cast: Cast, anyone: Program
) -> None:
    with db.transaction() as session:
        made = {str(published(session, cast).id) for _ in range(3)}

    first = anyone.look("/offerings", limit=2).json
    rest = anyone.look("/offerings", limit=2, cursor=first["next_cursor"]).json

    assert {one["id"] for one in first["items"] + rest["items"]} == made
    assert rest["next_cursor"] is None
    problem(anyone.look("/offerings", cursor="bm9uc2Vuc2U"), 422)
