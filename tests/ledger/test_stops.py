"""A stop refuses every write until somebody has looked; reading goes on."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

import ledger
from tests.ledger.pages import ISSUANCE, NOON, Page, points


@pytest.fixture
def broken(page: Page) -> Page:
    """A street whose posting was stopped while a hold was open."""
    page.play("gift lin 6.00\npay lin wang 1.00\nhold cut lin wang 2.00")
    page.session.commit()
    ledger.stop_posting(page.session, "entry 7: the chain is broken here", page.at)
    page.session.commit()
    return page


WRITES = [
    "gift lin 1.00",
    "pay lin wang 1.00",
    "hold walk lin wang 1.00",
    "capture cut",
    "release cut",
    "reverse pay-1",
    "freeze lin",
]


@pytest.mark.parametrize("sentence", WRITES)
def test_nothing_is_written_while_a_stop_stands(broken: Page, sentence: str) -> None:
    broken.refused("PostingStopped", *sentence.split())


def test_no_month_is_closed_while_a_stop_stands(broken: Page) -> None:
    with pytest.raises(ledger.PostingStopped):
        ledger.close_period(
            broken.session,
            "2026-06",
            at=NOON + timedelta(days=40),
            entered_by="staff:1",
        )


def test_reading_goes_on(broken: Page) -> None:
    broken.play("balance lin 5.00 held 2.00")
    assert len(ledger.statement(broken.session, points("lin")).lines) == 2
    assert ledger.trial_balance(broken.session, "POINT").difference == 0
    assert ledger.find_account(broken.session, ISSUANCE) is not None
    assert ledger.verify_book(broken.session).ok


def test_the_first_reason_stands_until_somebody_lifts_it(broken: Page) -> None:
    session = broken.session
    second = ledger.stop_posting(session, "something else", broken.at)
    standing = ledger.stopped(session)
    assert standing is not None
    assert standing.reason == second.reason == "entry 7: the chain is broken here"
    assert (standing.id, standing.at) == (second.id, broken.at)
    ledger.resume_posting(session, at=broken.at, by="staff:1")
    assert ledger.stopped(session) is None
    broken.play("capture cut\ngift wang 1.00\nbalance wang 4.00")
    third = ledger.stop_posting(session, "once more", broken.at)
    assert second.id is not None
    assert (third.reason, third.id) == ("once more", second.id + 1)


def test_resuming_what_is_not_stopped_does_nothing(page: Page) -> None:
    ledger.resume_posting(page.session, at=NOON, by="staff:1")
    assert ledger.stopped(page.session) is None
    page.play("gift lin 1.00")


def test_a_stop_has_a_reason_and_somebody_lifts_it(broken: Page) -> None:
    with pytest.raises(ledger.InvalidEntry):
        ledger.stop_posting(broken.session, " ", NOON)
    with pytest.raises(ledger.InvalidEntry):
        ledger.resume_posting(broken.session, at=NOON, by="")
    assert ledger.stopped(broken.session) is not None


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_stop",
        "UPDATE ledger_stop SET reason = 'nothing'",
        "UPDATE ledger_stop SET at = '2020-01-01T00:00:00.000000Z'",
    ],
)
def test_a_stop_is_lifted_and_nothing_else(session: Session, sql: str) -> None:
    ledger.stop_posting(session, reason="entry 7 is not what was sealed", at=NOON)
    with pytest.raises(DBAPIError, match=r"is lifted|append-only"):
        session.connection().exec_driver_sql(sql)
    session.rollback()
