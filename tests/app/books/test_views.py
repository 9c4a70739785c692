"""A proposal's page: for those who keep the books, and for whom it concerns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import books
from app.kernel.db import Database
from app.kernel.permissions import Role
from tests.app.books.conftest import keep_books
from tests.app.books.test_actions import propose
from tests.cast import NOON, Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


@pytest.fixture
def page(db: Database, cast: Cast) -> str:
    with db.transaction() as session:
        return f"/books/proposals/{propose(session, cast, cast.jin).id}"


@pytest.mark.parametrize(("who", "status"), [("lin", 200), ("chen", 404), ("ma", 404)])
def test_only_keepers_and_the_person_concerned_see_it(
    client_of: ClientOf, cast: Cast, page: str, who: str, status: int
) -> None:
    assert client_of(getattr(cast, who)).get(page).status_code == status


def test_an_auditor_reads_it_without_the_name(
    client_of: ClientOf, db: Database, cast: Cast, page: str
) -> None:
    keep_books(db, cast.hua, Role.AUDITOR)
    shown = text_of(client_of(cast.hua).get(page))
    assert "一张签到表漏登了" in shown
    assert "林小满" not in shown
    assert "Yes, write it" not in shown


def test_the_person_reads_why_and_finds_it_from_the_passbook(
    client_of: ClientOf, db: Database, cast: Cast, page: str
) -> None:
    from uuid import UUID

    with db.transaction() as session:
        books.take_step(
            session, UUID(page.rpartition("/")[2]), books.Step.APPROVE,
            by=cast.pan, at=NOON,
        )  # fmt: skip
    lin = client_of(cast.lin)
    assert f'href="{page}"' in lin.get("/wallet/?unit=POINT").text
    shown = text_of(lin.get(page))
    assert "一张签到表漏登了" in shown
    assert "Decided by 潘伙伴" in shown


def test_a_guest_is_asked_to_sign_in(client: Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]
