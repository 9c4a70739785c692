"""The partners' counter: directory, applying, one's own office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app import partners
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.partners import OrganisationKind, OrganisationState
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]

APPLICATION = {
    "name": "针线盒缝补社",
    "name_en": "Thimble Mending Society",
    "kind": "residents_club",
    "about": "每周三在中心缝补拉链、雨伞和书包。",
}


@pytest.fixture
def club(db: Database, cast: Cast) -> UUID:
    with db.transaction() as session:
        made = partners.apply(
            session,
            name="针线盒缝补社",
            name_en="Thimble Mending Society",
            kind=OrganisationKind.RESIDENTS_CLUB,
            place_id=cast.centre,
            about="缝补",
            by=cast.pan,
            at=now(),
        )
    return made.id


def test_an_application_is_public_only_after_it_was_admitted(
    db: Database, cast: Cast, client: Client, client_of: ClientOf
) -> None:
    pan = client_of(cast.pan)

    sent = pan.send("/partners/", place_id=str(cast.centre), **APPLICATION)

    assert sent.status_code == 303
    office = sent.headers["Location"]
    organisation_id = office.split("/")[-2]
    assert "Papers are checked" in text_of(pan.get(office))
    assert client.get(f"/partners/{organisation_id}").status_code == 404
    assert "Thimble" not in client.get("/partners/").text
    shen = client_of(cast.shen)
    assert "Thimble" in text_of(shen.get("/partners/desk"))
    for step in ("verification", "admission"):
        assert shen.swap(f"/partners/desk/{organisation_id}/{step}").status_code == 200
    assert "Thimble" in text_of(client.get("/partners/"))
    assert client.get(f"/partners/{organisation_id}").status_code == 200
    assert "cannot list" not in text_of(client_of(cast.pan).get("/fair/new"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "长" * 81}, "at most 80"),
        ({"kind": "castle"}, "choose one from the list"),
        ({"about": "短"}, "at least 10"),
        ({"place_id": "here"}, "choose one from the list"),
    ],
)
def test_an_application_says_what_is_wrong(
    db: Database,
    cast: Cast,
    client_of: ClientOf,
    changes: dict[str, str],
    sentence: str,
) -> None:
    answer = client_of(cast.pan).send("/partners/", **(APPLICATION | changes))
    assert answer.status_code == 422
    assert sentence in text_of(answer)


def test_applying_twice_with_one_form_applies_once(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    pan, key = client_of(cast.pan), str(uuid4())
    first = pan.send("/partners/", key, **APPLICATION)
    assert (
        pan.send("/partners/", key, **APPLICATION).headers["Location"]
        == (first.headers["Location"])
    )
    with db.reading() as session:
        found = partners.organisations_in(session, [OrganisationState.APPLIED])
    assert len(found) == 1


def test_the_office_is_for_members(
    cast: Cast, client: Client, client_of: ClientOf, club: UUID
) -> None:
    assert client.get(f"/partners/{club}/office").status_code == 303
    assert client_of(cast.lin).get(f"/partners/{club}/office").status_code == 404
    assert client_of(cast.pan).get(f"/partners/{club}/office").status_code == 200


def test_a_licence_counts_once_somebody_saw_it(
    db: Database, cast: Cast, client_of: ClientOf, club: UUID
) -> None:
    pan, day = client_of(cast.pan), day_of(now())
    paper = {
        "kind": "food",
        "number": "JY-1",
        "valid_from": day.isoformat(),
        "expires_on": (day + timedelta(days=365)).isoformat(),
    }
    backwards = pan.send(
        f"/partners/{club}/licences", **(paper | {"expires_on": "2020-01-01"})
    )
    assert backwards.status_code == 422
    assert "must not lie before" in text_of(backwards)
    assert pan.send(f"/partners/{club}/licences", **paper).status_code == 303
    assert "Not seen yet" in text_of(pan.get(f"/partners/{club}/office"))
    with db.reading() as session:
        licence = partners.licences_of(session, organisation_id=club)[0]
    shen = client_of(cast.shen)
    assert "I have seen it" in text_of(shen.get(f"/partners/desk/{club}"))
    seen = shen.swap(f"/partners/desk/licences/{licence.id}/seen")
    assert seen.status_code == 200
    assert "Counts" in text_of(seen)


def test_members_are_taken_in_by_the_number_on_their_card(
    db: Database, cast: Cast, client_of: ClientOf, club: UUID
) -> None:
    pan = client_of(cast.pan)
    unknown = pan.send(f"/partners/{club}/members", member_no="NOBODY99")
    assert unknown.status_code == 422
    assert "Nobody has this number" in text_of(unknown)
    assert (
        pan.send(f"/partners/{club}/members", member_no="cast0002").status_code == 303
    )
    with db.reading() as session:
        assert partners.is_member(session, club, cast.chen, on=day_of(now()))
    assert (
        client_of(cast.chen)
        .send(f"/partners/{club}/members", member_no="CAST0000")
        .status_code
        == 403
    )
    pan.send(f"/partners/{club}/members/{cast.chen}/exit")
    with db.reading() as session:
        tomorrow = day_of(now()) + timedelta(days=1)
        assert not partners.is_member(session, club, cast.chen, on=tomorrow)
