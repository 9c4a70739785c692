"""What expires belongs to the programme that credited it, and is out with nobody."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import Session

import ledger
from app import programmes, wallet
from app.kernel.db import Database
from app.programmes import Programme
from app.wallet import rules
from tests.app.wallet.test_lots import at_noon, earn, refund, spend
from tests.cast import BEGINNING, NOON, Cast, known_id

EARLY, LATE = date(2024, 11, 10), date(2025, 3, 2)
EARLY_ENDS, LATE_ENDS = date(2026, 11, 10), date(2027, 3, 2)


@pytest.fixture
def green(db: Database) -> UUID:
    """A second programme in points: the green bank."""
    with db.transaction() as session:
        programme = programmes.add_programme(
            session, code="green-bank", unit="POINT", name="绿色银行",
            issuer="街道", at=NOON,
        )  # fmt: skip
        session.flush()
        wallet.open_programme_accounts(session, programme, at=BEGINNING)
        return programme.id


def earn_green(db: Database, cast: Cast, green: UUID, amount: str, day: date) -> None:
    with db.transaction() as session:
        wallet.credit_hours(
            session, person_id=cast.chen, hours=Decimal(1), amount=Decimal(amount),
            programme=programmes.programme_for(session, green), rule_version=1,
            record_id=known_id(f"green {amount} on {day}"), at=at_noon(day),
            effective_on=day, entered_by=cast.sun, approved_by=cast.ma, lot_months=24,
        )  # fmt: skip


def expire(db: Database, day: date) -> int:
    with db.transaction() as session:
        return wallet.expire_points(session, at_noon(day))


def expire_as_before(db: Database, day: date) -> None:
    """As the fair did it: one account took all of a unit."""
    with db.transaction() as session:
        code = rules.expired_code("POINT")
        at = at_noon(day)
        ledger.ensure_account(session, code=code, unit="POINT", kind="expired", at=at)
        ledger.expire_lots(session, on=day, at=at, into=code)


def out(db: Database, programme_id: UUID) -> Decimal:
    """What neighbours have of a programme, by the cover line."""
    with db.reading() as session:
        programme = programmes.programme_for(session, programme_id)
        return wallet.outstanding(session, programme)


def posted(session: Session, code: str) -> Decimal:
    try:
        return ledger.balance(session, code).posted
    except ledger.AccountNotFound:
        return Decimal(0)


def expired(db: Database, programme_id: UUID | None) -> Decimal:
    with db.reading() as session:
        return posted(session, rules.expired_code("POINT", programme_id))


def ensure_right(db: Database) -> None:
    with db.transaction() as session:
        wallet.seal_book(session, NOON)
        report = wallet.verify_book(session)
    assert report.ok, report.first_bad


def test_expired_points_are_outstanding_no_more(db: Database, cast: Cast) -> None:
    """Lin has 20; Chen's 20 + 30 less 25 spent leave 25, which expire."""
    earn(db, cast, "20", EARLY)
    earn(db, cast, "30", LATE)
    spend(db, cast, "25", at_noon(date(2026, 6, 1)))
    assert out(db, cast.love_bank) == 45

    assert expire(db, LATE_ENDS - timedelta(days=1)) == 0
    assert out(db, cast.love_bank) == 45
    expire(db, LATE_ENDS)

    lins = Decimal(20)  # hers never get too old here
    assert expired(db, cast.love_bank) == 25
    assert out(db, cast.love_bank) == lins
    ensure_right(db)


def test_each_programme_gets_back_what_it_credited(
    db: Database, cast: Cast, green: UUID
) -> None:
    """Of 20 love and 12 green points, 5 spent and 3 held: 15 love and 9 green go."""
    earn(db, cast, "20", EARLY)
    earn_green(db, cast, green, "12", EARLY)
    spend(db, cast, "5", at_noon(date(2026, 6, 1)))
    with db.transaction() as session:
        wallet.hold_points(
            session, person_id=cast.chen, amount=Decimal(3), cause="test:2",
            programme=programmes.programme_for(session, cast.love_bank),
            key="hold 3", at=NOON, entered_by=cast.chen,
        )  # fmt: skip
    assert (out(db, cast.love_bank), out(db, green)) == (35, 12)

    expire(db, EARLY_ENDS)

    assert (expired(db, cast.love_bank), expired(db, green)) == (15, 9)
    assert (out(db, cast.love_bank), out(db, green)) == (20, 3)
    assert expired(db, None) == 0
    ensure_right(db)


def test_what_was_given_back_too_late_expires_where_it_came_from(
    db: Database, cast: Cast, green: UUID
) -> None:
    """Spent before the day, given back after it: thirty days of grace, then gone."""
    earn(db, cast, "20", EARLY)
    earn_green(db, cast, green, "12", LATE)
    held = spend(db, cast, "20", at_noon(date(2026, 11, 1)))
    refund(db, cast, held, "8", at_noon(date(2026, 12, 1)))

    expire(db, date(2026, 12, 31))

    assert (expired(db, cast.love_bank), expired(db, green)) == (8, 0)
    assert (out(db, cast.love_bank), out(db, green)) == (20, 12)


def test_points_that_expired_before_are_given_to_their_programmes(
    db: Database, cast: Cast, green: UUID
) -> None:
    """In a landed book 20 love and 12 green points lie in the unit's account."""
    earn(db, cast, "20", EARLY)
    earn_green(db, cast, green, "12", EARLY)
    earn(db, cast, "30", LATE)
    expire_as_before(db, EARLY_ENDS)
    assert expired(db, None) == 32
    assert (out(db, cast.love_bank), out(db, green)) == (70, 12)

    for _ in range(2):  # once is enough
        with db.transaction() as session:
            done = wallet.sort_expired(session, at_noon(EARLY_ENDS))
        assert expired(db, None) == 0
        assert (expired(db, cast.love_bank), expired(db, green)) == (20, 12)
        assert (out(db, cast.love_bank), out(db, green)) == (50, 0)
        ensure_right(db)
    assert done == 0


def test_the_nightly_job_sorts_them_too(db: Database, cast: Cast) -> None:
    earn(db, cast, "20", EARLY)
    expire_as_before(db, EARLY_ENDS)

    expire(db, EARLY_ENDS)

    assert (expired(db, None), expired(db, cast.love_bank)) == (0, 20)


@pytest.mark.parametrize("is_first", [True, False])
def test_points_of_before_there_were_lots_go_by_the_day_of_service(
    db: Database, cast: Cast, green: UUID, is_first: bool
) -> None:
    """What an upgrade made a lot has no posting; its day says who credited it."""
    person = known_id("paper")
    day = EARLY if is_first else LATE
    with db.transaction() as session:
        code = rules.member_code(person, "POINT")
        ledger.ensure_account(
            session, code=code, unit="POINT", kind="member", at=BEGINNING
        )
        for number, (programme_id, on) in enumerate(
            [(cast.love_bank, EARLY), (green, LATE)]
        ):
            ledger.post(
                session,
                [ledger.Leg(rules.issuance_code(programme_id), code, Decimal(4))],
                key=f"paper {number}", kind="EARN_HOURS", cause="test:3",
                at=at_noon(on), effective_on=on,
            )  # fmt: skip
        lots = [
            (Decimal(4), on, EARLY_ENDS if on == day else None) for on in (EARLY, LATE)
        ]
        ledger.start_lots(session, code, lots, at=NOON, key="begin")

    expire(db, EARLY_ENDS)

    wanted = (4, 0) if is_first else (0, 4)
    assert (expired(db, cast.love_bank), expired(db, green)) == wanted


def test_what_is_above_the_cap_is_with_nobody(db: Database, cast: Cast) -> None:
    """Story L10: 1,500 of 1,501.50 are kept."""
    cap = Decimal(1500)
    before = out(db, cast.time_circle)
    earn(db, cast, "1498.5", date(2026, 5, 1), unit="TIME", cap=cap)
    earn(db, cast, "3", date(2026, 5, 2), unit="TIME", cap=cap)

    assert out(db, cast.time_circle) - before == cap


def test_a_clawback_counts_against_it_until_it_is_paid_off(
    db: Database, cast: Cast
) -> None:
    """Story L11: of 40, 30 are spent; 10 are taken, 30 owed; then 50 are earned."""
    number = earn(db, cast, "40", date(2026, 5, 1))
    spend(db, cast, "30", NOON)
    assert out(db, cast.love_bank) == 30
    with db.transaction() as session:
        bank: Programme = programmes.programme_for(session, cast.love_bank)
        wallet.take_back(
            session, number, person_id=cast.chen, programme=bank,
            record_id=known_id("fraud"), at=NOON, entered_by=cast.jin,
        )  # fmt: skip
    assert out(db, cast.love_bank) == -10
    earn(db, cast, "50", date(2026, 5, 2))
    assert out(db, cast.love_bank) == 40
    with db.reading() as session:
        chen = wallet.balances_of(session, cast.chen)["POINT"].posted
        lin = wallet.balances_of(session, cast.lin)["POINT"].posted
    assert chen + lin == 40
    ensure_right(db)
