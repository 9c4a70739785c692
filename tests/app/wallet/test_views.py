"""The passbook: balances, lines that open their cause, paper and file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest

from app import programmes, wallet
from app.kernel.db import Database
from tests.cast import NOON, Cast, known_id
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


def earn(db: Database, cast: Cast, times: int) -> None:
    """Let Lin earn one hour and ten points so many times."""
    with db.transaction() as session:
        love_bank = programmes.programme_for(session, cast.love_bank)
        for number in range(times):
            wallet.credit_hours(
                session, person_id=cast.lin, programme=love_bank,
                record_id=known_id(f"record {number}"), hours=Decimal(1),
                amount=Decimal(10), rule_version=1, at=NOON,
                effective_on=NOON.date(), entered_by=cast.sun, approved_by=cast.ma,
            )  # fmt: skip


def test_the_passbook_shows_hours_and_points_apart(
    client_of: ClientOf, cast: Cast
) -> None:
    lin = client_of(cast.lin)

    points = text_of(lin.get("/wallet/"))
    assert "20 points you can use" in points
    assert "2.0 hours of service, for good" in points
    assert "Service verified +20 20" in points
    assert "Service verified +2 2" in text_of(lin.get("/wallet/?unit=HOUR"))
    assert "No lines yet" in text_of(lin.get("/wallet/?unit=TIME"))


def test_a_person_who_never_earned_sees_zeros_and_a_next_step(
    client_of: ClientOf, cast: Cast
) -> None:
    page = text_of(client_of(cast.tao).get("/wallet/"))
    assert "0 points you can use" in page
    assert "No lines yet" in page


def test_long_books_are_turned_page_by_page(
    db: Database, client_of: ClientOf, cast: Cast
) -> None:
    earn(db, cast, 34)
    lin = client_of(cast.lin)
    first = lin.get("/wallet/")
    assert text_of(first).count("Service verified") == 30

    start = first.text.index('rel="next" href="') + len('rel="next" href="')
    older = first.text[start:].split('"', 1)[0].replace("&amp;", "&")
    second = text_of(lin.get(older))
    assert second.count("Service verified") == 5
    assert "+20 20" in second


@pytest.mark.parametrize("query", ["unit=CNY", "unit=", "after=nonsense", "after=1"])
def test_pages_that_are_none_are_not_there(
    client_of: ClientOf, cast: Cast, query: str
) -> None:
    assert client_of(cast.lin).get(f"/wallet/?{query}").status_code == 404


def test_the_file_has_every_line_with_its_balance(
    db: Database, client_of: ClientOf, cast: Cast
) -> None:
    earn(db, cast, 2)
    answer = client_of(cast.lin).get("/wallet/passbook.csv")

    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [Decimal(row["balance"]) for row in rows] == [40, 30, 20]
    assert sum(Decimal(row["amount"]) for row in rows) == 40


def test_the_paper_page_names_whose_book_it_is(client_of: ClientOf, cast: Cast) -> None:
    page = text_of(client_of(cast.lin).get("/wallet/paper?unit=HOUR"))
    assert "林小满" in page
    assert "CAST0000" in page


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    for url in ("/wallet/", "/wallet/paper", "/wallet/passbook.csv"):
        assert client.get(url).status_code == 303
