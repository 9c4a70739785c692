"""The role that posts and edits nothing (PostgreSQL)."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlmodel import Session

import ledger
from ledger import Draft, Leg, Teller
from tests.ledger.pages import NOON, Page, points

ROLE = "fair_teller"

FORBIDDEN = (
    "UPDATE ledger_posting SET amount = 1",
    "DELETE FROM ledger_posting",
    "TRUNCATE ledger_posting CASCADE",
    "UPDATE ledger_transaction SET cause = ''",
    "DELETE FROM ledger_transaction",
    "UPDATE ledger_account SET credits_posted = credits_posted + 1",
    "UPDATE ledger_account SET floor = NULL",
    "DELETE FROM ledger_account",
    "UPDATE ledger_lot SET used = 0",
    "DELETE FROM ledger_lot_use",
    "UPDATE ledger_seal SET hash = ''",
    "DELETE FROM ledger_checkpoint",
    "DELETE FROM ledger_open_hold",
    "DELETE FROM ledger_period",
    "ALTER TABLE ledger_posting DISABLE TRIGGER ALL",
    "DROP TRIGGER ledger_posting_no_edit ON ledger_posting",
    "DROP TABLE ledger_period_balance",
    "SET session_replication_role = replica",
)


@pytest.fixture
def restricted(kind: str, engine: Engine) -> Iterator[Engine]:
    """An engine on the same book that has become the role."""
    if kind != "postgresql":
        pytest.skip("SQLite knows no roles")
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        known = run(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'").scalar()
        if not known:
            run(f"CREATE ROLE {ROLE}")
        ledger.allow_posting(connection, ROLE)
    restricted = create_engine(
        engine.url, connect_args={"options": f"-c role={ROLE} -c timezone=UTC"}
    )
    yield restricted
    restricted.dispose()


def test_the_role_keeps_the_whole_book(restricted: Engine) -> None:
    with Session(restricted) as session:
        page = Page(session, at=NOON)
        page.play(
            """
            gift     lin 9.00
            pay      lin wang 2.00
            hold     cut lin wang 3.00
            capture  cut 1.00
            hold     two lin wang 1.00
            release  two
            freeze   chen
            unfreeze chen
            """
        )
        ledger.open_account(
            session, code="lots", unit="POINT", kind="x", keeps_lots=True, at=NOON
        )
        for key, leg in (
            ("in", Leg(points("lin"), "lots", Decimal("2.00"))),
            ("out", Leg("lots", points("wang"), Decimal("0.50"))),
        ):
            ledger.post(session, [leg], key=key, kind="PAY", cause="t:1", at=NOON)
        ledger.credit_many(
            session,
            points("wang"),
            {points("lin"): Decimal("0.10"), points("chen"): Decimal("0.10")},
            key="many",
            kind="PAY",
            cause="t:1",
            at=NOON,
        )
        ledger.seal_pending(session)
        ledger.make_checkpoint(session, at=NOON)
        ledger.stop_posting(session, reason="a test", at=NOON)
        ledger.resume_posting(session, at=NOON, by="t")
        session.commit()
    teller = Teller(restricted)
    teller.post(
        Draft(
            legs=[Leg(points("lin"), points("wang"), Decimal("0.10"))],
            key="teller",
            kind="PAY",
            cause="t:1",
            at=NOON,
        )
    )
    teller.close()
    with Session(restricted) as session:
        ledger.seal_pending(session)
        report = ledger.verify_book(session)
        assert report.ok, report.problems
        ledger.erase_owner(session, points("lin"))


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_the_role_edits_nothing(restricted: Engine, sql: str) -> None:
    with restricted.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == ROLE
        with pytest.raises((ProgrammingError, DBAPIError)) as refused:
            connection.exec_driver_sql(sql)
    assert refused.value.orig.sqlstate == "42501"  # type: ignore[union-attr]
