"""Orders: a plain entry in one look; whatever is not plain is left to the longer way."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

import ledger
from ledger import Draft, Leg
from ledger.driver import Driver
from ledger.journal import asked_of
from ledger.orders import Asked, place_order, place_orders
from tests.ledger.pages import ISSUANCE, NOON, Page, points

LATER = NOON + timedelta(days=40)


def asked(
    key: str, *legs: tuple[str, str, str], link: str | None = None, **more: object
) -> Asked:
    """Return a draft as the book reads it; a leg is payer, payee, amount."""
    drafted = Draft(
        legs=[Leg(debit, credit, Decimal(amount)) for debit, credit, amount in legs],
        key=key,
        kind="PAY",
        cause="t:1",
        at=LATER,
        **more,  # type: ignore[arg-type]
    )
    return asked_of(drafted, link)


@pytest.fixture
def street(page: Page) -> Page:
    """Lin has 5 of which 2 are held; wang is frozen; May is closed."""
    session = page.session
    ledger.open_account(session, code="hours", unit="HOUR", kind="x", at=NOON)
    ledger.open_account(
        session, code="lots", unit="POINT", kind="x", keeps_lots=True, at=NOON
    )
    page.play("gift lin 5.00\nhold cut lin chen 2.00\nfreeze wang")
    ledger.close_period(session, "2026-05", at=LATER, entered_by="staff:1")
    session.commit()
    return page


LIN, WANG, CHEN = points("lin"), points("wang"), points("chen")

UNUSUAL = {
    "below the floor": (LIN, CHEN, "3.01"),
    "finer than the unit": (LIN, CHEN, "0.001"),
    "to a frozen account": (LIN, WANG, "1.00"),
    "from a frozen account": (WANG, LIN, "1.00"),
    "to another unit": (LIN, "hours", "1.00"),
    "to an account with lots": (LIN, "lots", "1.00"),
    "to nobody": (LIN, "nobody", "1.00"),
    "from nobody": ("nobody", LIN, "1.00"),
    "to oneself": (LIN, LIN, "1.00"),
}


def state(session: Session) -> tuple[object, ...]:
    """Return what an order could change."""
    counted = Driver(session).all(
        "SELECT code, debits_posted, credits_posted FROM ledger_account ORDER BY code"
    )
    sums = Driver(session).one(
        "SELECT (SELECT COUNT(*) FROM ledger_transaction),"
        " (SELECT COUNT(*) FROM ledger_posting), (SELECT COUNT(*) FROM ledger_seal)"
    )
    return counted, sums


@pytest.mark.parametrize("leg", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_not_plain_is_left_alone(
    street: Page, leg: tuple[str, str, str]
) -> None:
    driver, before = Driver(street.session), state(street.session)
    assert place_order(driver, asked("one", leg)) is None
    good = asked("good", (LIN, CHEN, "0.10"))
    assert place_orders(driver, [good, asked("one", leg)]) is None
    assert place_orders(driver, [asked("both", (LIN, CHEN, "0.10"), leg)]) is None
    assert state(street.session) == before


def test_a_plain_entry_is_what_the_longer_way_writes(street: Page) -> None:
    """Words make the same entry go the longer way; only they differ then."""
    session = street.session
    short = place_order(Driver(session), asked("a", (LIN, CHEN, "1.00"), link="l"))
    assert short is not None
    long = ledger.post(
        session,
        [Leg(LIN, CHEN, Decimal("1.00"))],
        key="b",
        kind="PAY",
        cause="t:1",
        at=LATER,
        memo="by the longer way",
    )
    street.play("balance lin 3.00 held 2.00\nbalance chen 2.00")
    ledger.seal_pending(session)
    report = ledger.verify_book(session)
    assert report.ok, report.problems
    same = {"at", "effective_on", "kind", "cause", "posting_count", "format", "scope"}
    assert {name: getattr(short, name) for name in same} == {
        name: getattr(long, name) for name in same
    }
    found = ledger.find_transaction(session, short.id or 0)
    assert found is not None
    written = {name: getattr(found, name) for name in (*same, "salt", "link", "key")}
    assert written == {name: getattr(short, name) for name in written}


def test_a_key_that_has_acted_is_left_to_the_longer_way(street: Page) -> None:
    driver = Driver(street.session)
    first = asked("same", (LIN, CHEN, "1.00"))
    assert place_order(driver, first) is not None
    before = state(street.session)
    assert place_order(driver, first) is None
    assert place_orders(driver, [asked("new", (LIN, CHEN, "0.10")), first]) is None
    assert state(street.session) == before


def test_many_orders_follow_one_another(street: Page, kind: str) -> None:
    """What one brings in the next may spend; a set that would not fit is left."""
    if kind == "sqlite":
        pytest.skip("SQLite has no round trips to save")
    driver = Driver(street.session)
    chain = [
        asked("1", (LIN, CHEN, "3.00"), entered_by='o"brien \\ sons'),
        asked("2", (CHEN, LIN, "2.50"), rule_version="v{1}"),
        asked("3", (LIN, CHEN, "2.00"), (CHEN, LIN, "0.25")),
        asked("4", (LIN, CHEN, "0.75"), approved_by="NULL", scope="s,1"),
    ]
    assert place_orders(driver, [*chain[:3], asked("4", (LIN, CHEN, "0.76"))]) is None
    done = place_orders(driver, chain)
    assert done is not None
    assert [one.posting_count for one in done] == [1, 1, 2, 1]
    street.play("balance lin 2.00 held 2.00\nbalance chen 3.00")
    found = [ledger.find_transaction(street.session, one.id or 0) for one in done]
    assert [one and one.entered_by for one in found] == [
        'o"brien \\ sons',
        None,
        None,
        None,
    ]
    assert [one and one.rule_version for one in found] == [None, "v{1}", None, None]
    assert [one and one.approved_by for one in found] == [None, None, None, "NULL"]
    assert ledger.legs_of(street.session, done[2].id or 0) == [
        Leg(LIN, CHEN, Decimal("2.00")),
        Leg(CHEN, LIN, Decimal("0.25")),
    ]
    ledger.seal_pending(street.session)
    report = ledger.verify_book(street.session)
    assert report.ok, report.problems


def test_orders_know_closed_months_and_stops(street: Page, kind: str) -> None:
    session, driver = street.session, Driver(street.session)
    early = asked("e", (LIN, CHEN, "0.10"), effective_on=date(2026, 5, 31))
    if kind == "postgresql":  # SQLite's own triggers refuse it
        assert place_order(driver, early) is None
        assert place_orders(driver, [asked("f", (LIN, CHEN, "0.10")), early]) is None
    with pytest.raises(ledger.PeriodClosed):
        ledger.post_many(
            session,
            [
                Draft(
                    legs=[Leg(LIN, CHEN, Decimal("0.10"))],
                    key="g",
                    kind="PAY",
                    cause="t:1",
                    at=LATER,
                    effective_on=date(2026, 5, 31),
                )
            ],
        )
    ledger.stop_posting(session, "a test", LATER)
    if kind == "postgresql":
        assert place_order(driver, asked("h", (LIN, CHEN, "0.10"))) is None
        assert place_orders(driver, [asked("h", (LIN, CHEN, "0.10"))]) is None
    with pytest.raises(ledger.PostingStopped):
        ledger.post(
            session,
            [Leg(ISSUANCE, CHEN, Decimal(1))],
            key="i",
            kind="PAY",
            cause="t:1",
            at=LATER,
        )
