"""Refunds: part of a payment back, to the lots it came from, never more than paid."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from ledger import AlreadyReversed, InsufficientFunds, Leg, NotReversible, RefundExceeds
from tests.ledger.shop import DAY, NOON, POOL, Shop, after, number
from tests.ledger.test_races import at_once


@pytest.fixture
def shop(session: Session) -> Shop:
    return Shop(session)


def posted(shop: Shop, code: str) -> int:
    return int(ledger.balance(shop.session, code).posted)


def test_refunds_name_the_payment_and_add_up_to_it_at_most(shop: Shop) -> None:
    shop.earn("lin", 10, after(90), DAY)
    payment = shop.pay("lin", POOL, 9)
    first = shop.back(payment, 4)
    with pytest.raises(RefundExceeds, match=r"5\.00 can be given back, not 5\.01"):
        ledger.refund(
            shop.session,
            payment,
            Decimal("5.01"),
            entered_by="clerk",
            **shop.said("back"),
        )
    shop.back(payment, 5)
    with pytest.raises(RefundExceeds):
        shop.back(payment, 1)
    assert (posted(shop, "lin"), posted(shop, POOL)) == (10, 0)
    found = ledger.find_transaction(shop.session, first)
    assert found is not None
    assert (found.kind, found.refunds_id, found.reverses_id) == (
        "REFUND",
        payment,
        None,
    )


def test_the_same_key_refunds_once(shop: Shop) -> None:
    shop.earn("lin", 10, None, DAY)
    payment = shop.pay("lin", POOL, 9)
    said: Any = {"key": "back", "cause": "r:1", "at": NOON, "entered_by": "clerk"}
    first = ledger.refund(shop.session, payment, Decimal(9), **said)
    again = ledger.refund(shop.session, payment, Decimal(9), **said)
    assert (again.id, first.replayed, again.replayed) == (first.id, False, True)
    with pytest.raises(ledger.IdempotencyConflict):
        ledger.refund(shop.session, payment, Decimal(8), **said)


def test_what_was_given_back_is_given_back_once(shop: Shop) -> None:
    shop.earn("lin", 10, None, DAY)
    reversed_, refunded = shop.pay("lin", POOL, 3), shop.pay("lin", POOL, 3)
    undone, back = shop.undo(reversed_), shop.back(refunded, 1)
    with pytest.raises(AlreadyReversed):
        shop.back(reversed_, 1)
    with pytest.raises(NotReversible):
        shop.undo(refunded)
    for correction in (undone, back):
        with pytest.raises(NotReversible):
            shop.back(correction, 1)
        with pytest.raises(NotReversible):
            shop.undo(correction)


def test_only_a_single_payment_is_refunded(shop: Shop) -> None:
    shop.earn("lin", 10, None, DAY)
    legs = [Leg("lin", POOL, Decimal(1)), Leg("lin", "wang", Decimal(1))]
    both = ledger.post(shop.session, legs, kind="PAY", **shop.said("pay"))
    with pytest.raises(NotReversible):
        shop.back(number(both), 1)
    with pytest.raises(ledger.TransactionNotFound):
        shop.back(10**6, 1)


def test_a_payee_who_has_spent_it_cannot_refund(shop: Shop) -> None:
    shop.earn("lin", 10, None, DAY)
    gift = shop.pay("lin", "wang", 6)
    shop.pay("wang", POOL, 4)
    with pytest.raises(InsufficientFunds):
        shop.back(gift, 3)
    shop.back(gift, 2)
    assert (posted(shop, "lin"), posted(shop, "wang")) == (6, 0)


def test_the_lot_used_last_is_filled_first(shop: Shop) -> None:
    shop.earn("lin", 4, after(30), DAY)
    shop.earn("lin", 4, after(60), DAY)
    shop.earn("lin", 4, None, DAY)
    payment = shop.pay("lin", POOL, 10)
    lots = [(DAY, after(30), 0), (DAY, after(60), 0), (DAY, None, 2)]
    for amount, left in [
        (3, (0, 1, 4)),
        (1, (0, 2, 4)),
        (4, (2, 4, 4)),
        (2, (4, 4, 4)),
    ]:
        shop.back(payment, amount)
        lots = [
            (earned, until, n) for (earned, until, _), n in zip(lots, left, strict=True)
        ]
        assert shop.left("lin") == [lot for lot in lots if lot[2]]


def test_a_refund_to_an_expired_lot_lives_for_a_grace_of_thirty_days(
    shop: Shop,
) -> None:
    shop.earn("lin", 4, after(30), DAY)
    shop.earn("lin", 4, after(60), DAY)
    payment = shop.pay("lin", POOL, 6)
    shop.pay("lin", POOL, 2)
    (first, second) = ledger.lots(shop.session, "lin", include_spent=True)
    shop.day = after(60)  # the day on which the second lot expires
    shop.back(payment, 3)
    graced = ledger.lots(shop.session, "lin")
    assert [(lot.from_lot, int(lot.left)) for lot in graced] == [
        (second.id, 2),
        (first.id, 1),
    ]
    assert {lot.expires_on for lot in graced} == {after(90)}
    shop.day = after(61)
    shop.back(payment, 3)  # what went to grace lots before is not given twice
    assert shop.left("lin") == [
        (DAY, after(90), 2),
        (DAY, after(90), 1),
        (DAY, after(91), 3),
    ]
    shop.day = after(90)
    shop.expire()
    assert shop.left("lin") == [(DAY, after(91), 3)]


def test_the_day_before_it_expires_a_lot_is_still_itself(shop: Shop) -> None:
    shop.earn("lin", 4, after(30), DAY)
    payment = shop.pay("lin", POOL, 4)
    shop.day = after(29)
    shop.back(payment, 4)
    assert shop.left("lin") == [(DAY, after(30), 4)]


def test_a_refunded_gift_comes_out_of_the_lots_it_made(shop: Shop) -> None:
    shop.earn("wang", 3, after(10), DAY)
    shop.earn("lin", 5, after(60), DAY)
    gift = shop.pay("lin", "wang", 5)
    shop.back(gift, 4)
    assert shop.left("wang") == [(DAY, after(10), 3), (DAY, after(60), 1)]
    assert shop.left("lin") == [(DAY, after(60), 4)]


def test_part_of_a_gift_goes_back_lot_by_lot(shop: Shop) -> None:
    shop.earn("lin", 3, after(30), DAY)
    shop.earn("lin", 3, after(60), DAY)
    gift = shop.pay("lin", "wang", 5)
    shop.back(gift, 2)
    assert shop.left("wang") == [(DAY, after(30), 3)]
    assert shop.left("lin") == [(DAY, after(60), 3)]
    shop.back(gift, 2)
    assert shop.left("wang") == [(DAY, after(30), 1)]
    assert shop.left("lin") == [(DAY, after(30), 2), (DAY, after(60), 3)]


def test_clerks_together_cannot_give_back_more_than_was_paid(engine: Engine) -> None:
    with Session(engine) as session:
        shop = Shop(session)
        shop.earn("lin", 10, None, DAY)
        payment = shop.pay("lin", POOL, 6)
        shop.pay("lin", POOL, 4)
        session.commit()

    def back(session: Session, clerk: int) -> ledger.Transaction:
        return ledger.refund(
            session,
            payment,
            Decimal(2),
            key=f"back-{clerk}",
            cause="redemption:1",
            at=NOON,
            entered_by=f"clerk:{clerk}",
        )

    assert at_once(engine, back, hands=10) == {"done": 3, "RefundExceeds": 7}
    with Session(engine) as session:
        assert [lot.left for lot in ledger.lots(session, "lin")] == [6]
