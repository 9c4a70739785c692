"""Points keep for their months: earned, spent, given back, too old (L1 to L6, L10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

import ledger
from app import programmes, wallet
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.kernel.errors import Busy
from app.wallet import MonthClosed, PostingPaused, WalletRefused, rules
from app.wallet.actions.refusals import in_our_words
from tests.cast import NOON, Cast, known_id
from tests.web import Client, text_of

ClientOf = Callable[..., Client]
Lots = list[tuple[Decimal, date, date | None]]


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def earn(
    db: Database, cast: Cast, amount: str, day: date, *, unit: str = "POINT",
    person: UUID | None = None, cap: Decimal | None = None,
) -> int:  # fmt: skip
    """Credit Chen (or somebody) an amount earned on a day, good for 24 months."""
    programme_id = cast.love_bank if unit == "POINT" else cast.time_circle
    with db.transaction() as session:
        return wallet.credit_hours(
            session, person_id=person or cast.chen, hours=Decimal(1),
            programme=programmes.programme_for(session, programme_id),
            record_id=known_id(f"{amount} on {day}"), amount=Decimal(amount),
            rule_version=1, at=at_noon(day), effective_on=day, entered_by=cast.sun,
            approved_by=cast.ma, lot_months=24, store_cap=cap,
        )  # fmt: skip


def spend(db: Database, cast: Cast, amount: str, at: datetime) -> UUID:
    with db.transaction() as session:
        held = wallet.hold_points(
            session, person_id=cast.chen, amount=Decimal(amount), cause="test:1",
            programme=programmes.programme_for(session, cast.love_bank),
            key=f"hold {amount}", at=at, entered_by=cast.chen,
        )  # fmt: skip
        wallet.capture(session, held, key=f"take {amount}", at=at, entered_by=cast.sun)
    return held


def refund(db: Database, cast: Cast, held: UUID, amount: str, at: datetime) -> None:
    with db.transaction() as session:
        wallet.refund(
            session, held, Decimal(amount), key=f"back {amount} {at}", cause="test:1",
            at=at, entered_by=cast.sun,
        )  # fmt: skip


def expire(db: Database, at: datetime) -> int:
    with db.transaction() as session:
        return wallet.expire_points(session, at)


def lots(db: Database, cast: Cast, unit: str = "POINT") -> Lots:
    with db.reading() as session:
        found = wallet.lots_of(session, cast.chen, unit)
        balance = wallet.balances_of(session, cast.chen)[unit].posted
        assert sum((lot.left for lot in found), Decimal(0)) == balance
        with db.transaction() as writing:
            wallet.seal_book(writing, NOON)
            report = wallet.verify_book(writing)
    assert report.ok, report.first_bad
    return [(lot.left, lot.earned_on, lot.expires_on) for lot in found]


@pytest.mark.parametrize(
    ("earned_on", "months", "until"),
    [
        (date(2024, 11, 10), 24, date(2026, 11, 10)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2025, 6, 1), None, None),
    ],
)
def test_points_keep_so_many_months(
    earned_on: date, months: int | None, until: date | None
) -> None:
    assert rules.expires_on(earned_on, months) == until


@pytest.mark.parametrize(
    ("days", "tone"),
    [(90, "info"), (31, "info"), (30, "wait"), (8, "wait"), (7, "bad")],
)
def test_the_nearer_the_clearer(days: int, tone: str) -> None:
    assert rules.urgency(days) == tone


def test_the_oldest_is_spent_first_and_the_rest_gets_too_old(
    db: Database, cast: Cast
) -> None:
    """Story L5: of 20 and 30, 25 spent leave 25, which expire on their day."""
    earn(db, cast, "20", date(2024, 11, 10))
    earn(db, cast, "30", date(2025, 3, 2))
    spend(db, cast, "25", at_noon(date(2026, 6, 1)))
    last = date(2027, 3, 2)
    assert lots(db, cast) == [(Decimal("25.00"), date(2025, 3, 2), last)]

    for before, tone in ((91, None), (90, "info"), (30, "wait"), (7, "bad")):
        with db.reading() as session:
            told = wallet.expiring_of(
                session, cast.chen, today=last - timedelta(days=before)
            )
        assert [(one.amount, one.on, one.tone) for one in told] == (
            [(Decimal("25.00"), last, tone)] if tone else []
        )
    assert expire(db, at_noon(last - timedelta(days=1))) == 0
    assert expire(db, at_noon(last)) >= 1
    assert expire(db, at_noon(last)) == 0
    assert lots(db, cast) == []


def test_a_refund_goes_back_to_its_lot_or_lives_thirty_days(
    db: Database, cast: Cast
) -> None:
    """Story L6, and before it a refund in time."""
    earn(db, cast, "20", date(2024, 11, 10))
    held = spend(db, cast, "15", at_noon(date(2026, 6, 1)))

    refund(db, cast, held, "5", at_noon(date(2026, 7, 1)))
    assert lots(db, cast) == [
        (Decimal("10.00"), date(2024, 11, 10), date(2026, 11, 10))
    ]
    refund(db, cast, held, "10", at_noon(date(2026, 12, 1)))
    assert (Decimal("10.00"), date(2024, 11, 10), date(2026, 12, 31)) in lots(db, cast)

    with pytest.raises(WalletRefused):
        refund(db, cast, held, "0.01", at_noon(date(2026, 12, 2)))


def test_what_was_never_spent_is_not_given_back(db: Database, cast: Cast) -> None:
    with pytest.raises(WalletRefused):
        refund(db, cast, known_id("no hold"), "1", NOON)


def test_what_exceeds_the_most_one_may_keep_goes_on(db: Database, cast: Cast) -> None:
    """Story L10: 1,498.5 time credits and three more keep 1,500."""
    cap = Decimal(1500)
    earn(db, cast, "1498.5", date(2026, 5, 1), unit="TIME", cap=cap)
    earn(db, cast, "3", date(2026, 5, 2), unit="TIME", cap=cap)

    with db.reading() as session:
        page = wallet.passbook(session, cast.chen, "TIME")
        overflow = ledger.balance(session, rules.overflow_code(cast.time_circle))
    assert page is not None
    assert page.balance.posted == cap
    assert overflow.posted == Decimal("1.50")
    newest = page.statement.lines[0]
    assert (rules.kind_of_line(newest), newest.amount) == ("OVERFLOW", Decimal("-1.5"))
    assert sum(lot[0] for lot in lots(db, cast, "TIME")) == cap


def test_hours_of_a_closed_month_count_for_today_and_keep_their_day(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        ledger.close_period(session, "2026-05", at=NOON, entered_by="person:1")
    with db.transaction() as session:
        number = wallet.credit_hours(
            session, person_id=cast.chen, hours=Decimal(1), amount=Decimal(10),
            programme=programmes.programme_for(session, cast.love_bank),
            record_id=known_id("late"), rule_version=1, at=NOON, lot_months=24,
            effective_on=date(2026, 5, 30), entered_by=cast.sun, approved_by=cast.ma,
        )  # fmt: skip
        posted = ledger.find_transaction(session, number)
    assert posted is not None
    assert posted.effective_on == day_of(NOON)
    assert lots(db, cast) == [(Decimal("10.00"), date(2026, 5, 30), date(2028, 5, 30))]


@pytest.mark.parametrize(
    ("refusal", "ours", "status"),
    [
        (ledger.PeriodClosed(""), MonthClosed, 409),
        (ledger.PostingStopped(""), PostingPaused, 503),
        (ledger.RefundExceeds(""), WalletRefused, 409),
        (ledger.Overloaded(""), Busy, 503),
        (ledger.NotReversible(""), WalletRefused, 409),
    ],
)
def test_the_books_refusals_are_sentences_of_ours(
    refusal: ledger.LedgerError, ours: type[WalletRefused | Busy], status: int
) -> None:
    with pytest.raises(ours) as said, in_our_words():
        raise refusal
    assert said.value.status == status
    assert said.value.message


def test_a_stopped_book_is_read_and_not_written(
    db: Database, client_of: ClientOf, cast: Cast
) -> None:
    earn(db, cast, "5", date(2026, 5, 1))
    with db.transaction() as session:
        ledger.stop_posting(session, "found in a test", NOON)
    with pytest.raises(PostingPaused):
        spend(db, cast, "1", NOON)
    assert client_of(cast.lin).get("/wallet/").status_code == 200


def test_the_passbook_says_what_gets_too_old_and_until_when(
    db: Database, client_of: ClientOf, cast: Cast
) -> None:
    soon = day_of(now()) + timedelta(days=20)
    earn(db, cast, "12", rules.expires_on(soon, -24) or soon)
    chen = client_of(cast.chen)

    page = text_of(chen.get("/wallet/"))
    assert "Soon too old" in page
    assert "12 · Love points" in page
    assert "days left: " in page
    assert "Soon too old" not in text_of(client_of(cast.lin).get("/wallet/"))

    shown = text_of(chen.get("/wallet/lots"))
    assert "How long they keep" in shown
    assert shown.rstrip().count("12") >= 1
    assert chen.get("/wallet/lots?unit=HOUR").status_code == 404
