"""What the teller posts: credits once, holds that settle once, sales."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from app import programmes, wallet
from app.kernel.db import Database
from app.wallet import InsufficientPoints, WalletRefused
from tests.cast import NOON, Cast, known_id


def hold(db: Database, cast: Cast, amount: str, key: str = "k") -> UUID:
    with db.transaction() as session:
        return wallet.hold_points(
            session, person_id=cast.lin, amount=Decimal(amount), cause="test:1",
            programme=programmes.programme_for(session, cast.love_bank), key=key,
            at=NOON, entered_by=cast.lin,
        )  # fmt: skip


def points(db: Database, cast: Cast) -> tuple[Decimal, Decimal, Decimal]:
    with db.reading() as session:
        found = wallet.balances_of(session, cast.lin)["POINT"]
    return found.posted, found.held, found.available


def test_a_record_is_credited_once(db: Database, cast: Cast) -> None:
    for _ in range(2):
        with db.transaction() as session:
            wallet.credit_hours(
                session, person_id=cast.lin, record_id=known_id("a record"),
                programme=programmes.programme_for(session, cast.love_bank),
                hours=Decimal("1.5"), amount=Decimal(15), rule_version=1, at=NOON,
                effective_on=NOON.date(), entered_by=cast.sun, approved_by=cast.ma,
            )  # fmt: skip
    assert points(db, cast)[0] == Decimal("35.00")
    with db.reading() as session:
        assert wallet.balances_of(session, cast.lin)["HOUR"].posted == Decimal("3.50")


def test_held_points_cannot_be_held_again(db: Database, cast: Cast) -> None:
    hold(db, cast, "15", "one")
    with pytest.raises(InsufficientPoints):
        hold(db, cast, "6", "two")
    assert points(db, cast) == (Decimal(20), Decimal(15), Decimal(5))


def test_a_hold_settles_once(db: Database, cast: Cast) -> None:
    held = hold(db, cast, "15")
    with db.transaction() as session:
        wallet.capture(session, held, key="capture", at=NOON, entered_by=cast.sun)

    with pytest.raises(WalletRefused), db.transaction() as session:
        wallet.release(session, held, key="release", at=NOON)
    assert points(db, cast) == (Decimal(5), Decimal(0), Decimal(5))


def test_captured_points_are_no_longer_outstanding(db: Database, cast: Cast) -> None:
    held = hold(db, cast, "15")

    def outstanding() -> Decimal:
        with db.reading() as session:
            love_bank = programmes.programme_for(session, cast.love_bank)
            return wallet.outstanding(session, love_bank)

    assert outstanding() == Decimal(20)
    with db.transaction() as session:
        wallet.capture(session, held, key="capture", at=NOON, entered_by=cast.sun)
    assert outstanding() == Decimal(5)


def test_cash_at_the_counter_is_owed_less_the_commission(
    db: Database, cast: Cast
) -> None:
    workshop = uuid4()
    for _ in range(2):  # the same key twice is one sale
        with db.transaction() as session:
            wallet.record_cash_sale(
                session, workshop_id=workshop, place_id=cast.centre,
                gross=Decimal("98.60"), commission=Decimal("7.89"), key="sale:1",
                cause="order:1", at=NOON, entered_by=cast.sun,
            )  # fmt: skip
    with db.reading() as session:
        owed = wallet.owed_to_workshop(session, workshop)
        assert wallet.verify_book(session).ok
    assert owed.posted == Decimal("90.71")
