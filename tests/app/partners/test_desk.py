"""The vetting desk: who may come, and nobody vets their own."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from app import partners
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.kernel.permissions import Role
from app.partners import OrganisationKind, OrganisationState
from app.partners.desk import desk_items
from tests.app.fair.world import give_role
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


@pytest.fixture
def club(db: Database, cast: Cast) -> UUID:
    with db.transaction() as session:
        made = partners.apply(
            session,
            name="骑手互助队",
            kind=OrganisationKind.TEAM,
            place_id=cast.centre,
            by=cast.pan,
            at=now(),
        )
    return made.id


@pytest.mark.parametrize("who", ["lin", "sun", "ma", "jin"])
def test_others_do_not_vet(
    cast: Cast, client_of: ClientOf, club: UUID, who: str
) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get("/partners/desk").status_code == 403
    assert browser.send(f"/partners/desk/{club}/verification").status_code == 403


def test_nobody_vets_their_own(
    db: Database, cast: Cast, client_of: ClientOf, club: UUID
) -> None:
    with db.transaction() as session:
        give_role(session, cast.pan, Role.REVIEWER)
    pan = client_of(cast.pan)
    page = pan.get(f"/partners/desk/{club}")
    assert "Somebody outside this organisation" in text_of(page)
    assert pan.send(f"/partners/desk/{club}/verification").status_code == 403
    with db.reading() as session:
        found = partners.organisation_for(session, club)
    assert found.state == OrganisationState.APPLIED


def test_declining_needs_a_reason_that_the_applicant_reads(
    db: Database, cast: Cast, client_of: ClientOf, club: UUID
) -> None:
    shen = client_of(cast.shen)
    silent = shen.swap(f"/partners/desk/{club}/refusal")
    assert silent.status_code == 422
    assert "Please give a reason" in text_of(silent)
    assert (
        shen.swap(f"/partners/desk/{club}/refusal", reason="材料不全").status_code
        == 200
    )
    assert "材料不全" in client_of(cast.pan).get(f"/partners/{club}/office").text


def test_a_step_out_of_turn_is_said_plainly(
    cast: Cast, client_of: ClientOf, club: UUID
) -> None:
    answer = client_of(cast.shen).send(f"/partners/desk/{club}/admission")
    assert answer.status_code == 409
    assert "moved on" in text_of(answer)


def test_the_desk_shows_what_waits_to_those_who_may(
    app: Flask, db: Database, cast: Cast, club: UUID
) -> None:
    with app.test_request_context(), db.reading() as session:
        items = desk_items(session, actor_id=cast.shen, on=day_of(now()))
        nothing = desk_items(session, actor_id=cast.ma, on=day_of(now()))
    assert [(item.id, item.actions[0].op) for item in items] == [
        (club, "partner.verify")
    ]
    assert nothing == []
