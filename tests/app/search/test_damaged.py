"""Damaged imports are listed with what is wrong, until somebody says they are right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import select

from app import fair
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.kernel.permissions import Role
from tests.app.fair.world import give_role, published
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


@pytest.fixture
def broken(db: Database, cast: Cast) -> str:
    with db.transaction() as session:
        published(session, cast, title="理发")
        one = published(
            session,
            cast,
            title="匯總?cè)罕娦枨?",
            summary="本區(qū)農產品",
            title_en=None,
        )
        one.needs_check = True
        return f"/desk/search/damaged/{one.id}/confirmation"


def test_a_reviewer_sees_what_is_wrong_and_takes_it_off(
    db: Database, client_of: ClientOf, cast: Cast, broken: str
) -> None:
    shen = client_of(cast.shen)
    page = shen.get("/desk/search/damaged")
    assert "characters were lost, a spelling was copied along" in text_of(page)
    assert "<mark>(qū)</mark>" in page.text
    assert "理发" not in text_of(page).split("Damaged texts", 2)[2]

    assert shen.send(broken).status_code == 303
    assert "No text is damaged" in text_of(shen.get("/desk/search/damaged"))
    with db.reading() as session:
        assert "offering.confirm_text" in {
            one.verb for one in session.exec(select(Doing))
        }
        assert not fair.damaged_offerings(session)


@pytest.mark.parametrize("who", ["lin", "wang", "pan", "sun", "ma", "jin"])
def test_others_do_neither(
    db: Database, client_of: ClientOf, cast: Cast, broken: str, who: str
) -> None:
    browser = client_of(getattr(cast, who))

    assert browser.get("/desk/search/damaged").status_code == 403
    assert browser.send(broken).status_code == 403
    with db.reading() as session:
        assert fair.damaged_offerings(session)


def test_nobody_confirms_what_they_wrote(
    db: Database, client_of: ClientOf, cast: Cast, broken: str
) -> None:
    with db.transaction() as session:
        give_role(session, cast.wang, Role.REVIEWER)

    assert client_of(cast.wang).send(broken).status_code == 403
    with db.reading() as session:
        assert fair.damaged_offerings(session)
