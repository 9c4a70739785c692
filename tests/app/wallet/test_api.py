"""The passbook through the API: one's own balances and lines, nobody else's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from flask import Flask

from app import programmes, wallet
from app.kernel.clock import now
from app.kernel.db import Database
from app.web.api import to_cursor
from tests.cast import Cast
from tests.programs import problem, program_of, stranger


def credit(db: Database, cast: Cast, hours: int, day: int) -> None:
    at = now() - timedelta(days=day)
    with db.transaction() as session:
        wallet.credit_hours(
            session,
            person_id=cast.lin,
            programme=programmes.programme_for(session, cast.love_bank),
            record_id=uuid4(),
            hours=Decimal(hours),
            amount=Decimal(hours * 10),
            rule_version=1,
            at=at,
            effective_on=at.date(),
            entered_by=cast.sun,
            approved_by=cast.ma,
        )


def test_balances_are_texts_of_ones_own(app: Flask, cast: Cast) -> None:
    lin = program_of(app, cast.lin, "read").look("/wallet").json["balances"]
    chen = program_of(app, cast.chen, "read").look("/wallet").json["balances"]

    assert {one["unit"]: one["available"] for one in lin} == {
        "HOUR": "2.00",
        "POINT": "20.00",
        "TIME": "0.00",
    }
    assert {one["available"] for one in chen} == {"0.00"}


def test_the_statement_goes_on_by_cursor_and_adds_up(
    app: Flask, db: Database, cast: Cast
) -> None:
    for hours in (1, 2, 3):
        credit(db, cast, hours, day=10 - hours)
    lin = program_of(app, cast.lin, "read")

    first = lin.look("/wallet/statement", unit="POINT", limit=3).json
    rest = lin.look(
        "/wallet/statement", unit="POINT", limit=3, cursor=first["next_cursor"]
    ).json

    lines = first["items"] + rest["items"]
    assert [one["amount"] for one in lines] == ["30.00", "20.00", "10.00", "20.00"]
    assert first["opening"] == rest["closing"] == "20.00"
    assert first["closing"] == "80.00"
    assert rest["opening"] == "0.00"
    assert rest["next_cursor"] is None
    assert lines[0]["cause"].startswith("record:")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        to_cursor("1"),
        to_cursor("a.b"),
        to_cursor("9" * 30 + ".1"),
        to_cursor("٣.٣"),
    ],
)
def test_a_cursor_nobody_gave_is_refused(app: Flask, cast: Cast, cursor: str) -> None:
    lin = program_of(app, cast.lin, "read")
    told = problem(lin.look("/wallet/statement", cursor=cursor), 422)
    assert set(told["errors"]) == {"cursor"}


def test_an_account_without_lines_reads_as_empty(app: Flask, cast: Cast) -> None:
    told = program_of(app, cast.chen, "read").look("/wallet/statement", unit="TIME")
    assert told.json["items"] == []
    assert told.json["closing"] == "0.00"


def test_who_may_look(app: Flask, cast: Cast) -> None:
    for path in ("/wallet", "/wallet/statement"):
        problem(stranger(app).look(path), 401)
        problem(program_of(app, cast.lin, "write").look(path), 403)
    lin = program_of(app, cast.lin, "read")
    told = problem(lin.look("/wallet/statement", unit="CNY"), 422)
    assert set(told["errors"]) == {"unit"}
