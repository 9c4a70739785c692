"""Earning up to a cap, paying off a clawback first; clawing back without debt."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

import ledger
from ledger import InvalidEntry, Leg
from tests.ledger.shop import DAY, MINT, NOON, POOL, Shop, after, number

OVER, OFFSET, CLAWED = "sys:overflow:POINT", "offset:lin", "sys:clawback:POINT"


@pytest.fixture
def shop(session: Session) -> Shop:
    """The shop, with accounts for what overflows, is owed and was taken back."""
    shop = Shop(session)
    for code, kind, floor in [
        (OVER, "overflow", Decimal(0)),
        (OFFSET, "offset", None),
        (CLAWED, "clawback", Decimal(0)),
    ]:
        ledger.open_account(
            session, code=code, unit="POINT", kind=kind, floor=floor, at=NOON
        )
    return shop


def earn(shop: Shop, amount: str, **said: Any) -> ledger.Credited:
    asked = {
        "source": MINT,
        "account": "lin",
        "amount": Decimal(amount),
        "cap": Decimal(10),
        "overflow": OVER,
        "offset": OFFSET,
        "earned_on": DAY,
        "expires_on": after(90),
        "kind": "EARN",
        **shop.said("earn"),
    }
    return ledger.credit(shop.session, **(asked | said))


def claw(shop: Shop, amount: str, **said: Any) -> ledger.ClawedBack:
    asked = shop.said("claw") | {"into": CLAWED, "offset": OFFSET, "entered_by": "c"}
    return ledger.claw_back(shop.session, "lin", Decimal(amount), **(asked | said))


def parts(done: ledger.Credited) -> list[str]:
    return [str(part) for part in (done.kept, done.offset, done.overflow)]


def posted(shop: Shop, *codes: str) -> list[str]:
    return [str(ledger.balance(shop.session, code).posted) for code in codes]


def test_up_to_the_cap_all_is_kept_and_beyond_it_goes_over(shop: Shop) -> None:
    assert parts(earn(shop, "8.00")) == ["8.00", "0.00", "0.00"]
    assert parts(earn(shop, "2.00")) == ["2.00", "0.00", "0.00"]
    assert parts(earn(shop, "1.50")) == ["0.00", "0.00", "1.50"]
    shop.pay("lin", POOL, 3)
    assert parts(earn(shop, "4.50")) == ["3.00", "0.00", "1.50"]
    assert posted(shop, "lin", OVER, MINT) == ["10.00", "3.00", "-16.00"]
    assert shop.left("lin")[-1] == (DAY, after(90), 3)


def test_what_stands_above_a_lowered_cap_stays(shop: Shop) -> None:
    earn(shop, "8.00")
    assert parts(earn(shop, "2.00", cap=Decimal(5))) == ["0.00", "0.00", "2.00"]
    assert posted(shop, "lin") == ["8.00"]


def test_what_is_held_counts_towards_the_cap(shop: Shop) -> None:
    earn(shop, "8.00")
    ledger.place_hold(
        shop.session,
        payer="lin",
        payee=POOL,
        amount=Decimal(8),
        kind="HOLD",
        **shop.said("hold"),
    )
    assert parts(earn(shop, "3.00")) == ["2.00", "0.00", "1.00"]


def test_without_cap_and_offset_it_is_a_plain_credit(shop: Shop) -> None:
    done = earn(shop, "99.00", cap=None, overflow=None, offset=None)
    assert parts(done) == ["99.00", "0.00", "0.00"]
    assert done.transaction.posting_count == 1
    with pytest.raises(InvalidEntry):
        earn(shop, "1.00", overflow=None)


def test_a_clawback_takes_what_is_there_and_later_earnings_pay_the_rest(
    shop: Shop,
) -> None:
    earn(shop, "9.00")
    shop.pay("lin", POOL, 6)
    done = claw(shop, "8.00")
    assert (done.taken, done.owed) == (Decimal("3.00"), Decimal("5.00"))
    assert posted(shop, "lin", OFFSET, CLAWED) == ["0.00", "-5.00", "8.00"]
    assert shop.left("lin") == []
    assert parts(earn(shop, "2.00")) == ["0.00", "2.00", "0.00"]
    assert parts(earn(shop, "15.00")) == ["10.00", "3.00", "2.00"]
    assert posted(shop, "lin", OFFSET, OVER) == ["10.00", "0.00", "2.00"]
    assert shop.left("lin") == [(DAY, after(90), 10)]


def test_a_clawback_leaves_what_is_held(shop: Shop) -> None:
    earn(shop, "9.00")
    ledger.place_hold(
        shop.session,
        payer="lin",
        payee=POOL,
        amount=Decimal(7),
        kind="HOLD",
        **shop.said("hold"),
    )
    assert claw(shop, "9.00").taken == Decimal("2.00")
    assert claw(shop, "1.00").taken == Decimal("0.00")
    assert posted(shop, "lin", OFFSET, CLAWED) == ["7.00", "-8.00", "10.00"]


def test_a_credit_line_is_not_for_clawbacks(shop: Shop) -> None:
    earn(shop, "3.00")
    ledger.set_floor(shop.session, "lin", Decimal(-10), at=NOON)
    assert claw(shop, "5.00").taken == Decimal("3.00")
    assert posted(shop, "lin") == ["0.00"]


def test_the_same_key_answers_what_it_did_then(shop: Shop) -> None:
    earn(shop, "9.00")
    said: Any = {"key": "again", "cause": "shift:1"}
    first = earn(shop, "4.00", **said)
    shop.pay("lin", POOL, 10)  # now there would be room
    again = earn(shop, "4.00", **said)
    assert again.transaction.replayed
    assert parts(again) == parts(first) == ["1.00", "0.00", "3.00"]
    for other in ({"cap": Decimal(11)}, {"expires_on": None}, {"offset": None}):
        with pytest.raises(ledger.IdempotencyConflict):
            earn(shop, "4.00", **said, **other)

    taken = claw(shop, "2.00", key="claw", cause="fraud:1")
    earn(shop, "9.00")
    again_taken = claw(shop, "2.00", key="claw", cause="fraud:1")
    assert again_taken.transaction.replayed
    assert (again_taken.taken, again_taken.owed) == (taken.taken, taken.owed)
    assert (taken.taken, taken.owed) == (Decimal("0.00"), Decimal("2.00"))


def test_the_hours_of_the_same_service_come_with_it(shop: Shop) -> None:
    for code, floor in (("sys:hours", None), ("lin:hours", Decimal(0))):
        ledger.open_account(
            shop.session, code=code, unit="HOUR", kind="hours", floor=floor, at=NOON
        )
    hours = Leg("sys:hours", "lin:hours", Decimal("1.5"))
    said: Any = {"key": "both", "cause": "shift:1", "extra_legs": [hours]}
    done = earn(shop, "15.00", **said)
    assert (
        parts(done) == parts(earn(shop, "15.00", **said)) == ["10.00", "0.00", "5.00"]
    )
    assert posted(shop, "lin", "lin:hours", OVER) == ["10.00", "1.50", "5.00"]
    with pytest.raises(ledger.IdempotencyConflict):
        earn(shop, "15.00", key="both", cause="shift:1")
    shop.undo(number(done.transaction))
    assert posted(shop, "lin", "lin:hours", OVER) == ["0.00", "0.00", "0.00"]
    assert shop.left("lin") == []


def test_what_comes_along_has_days_of_its_own_and_is_no_part(shop: Shop) -> None:
    share = Leg(MINT, "wang", Decimal(2), after(-3), after(30))
    donation = Leg("lin", OVER, Decimal(1))
    said: Any = {"key": "share", "cause": "shift:1", "extra_legs": [share, donation]}
    assert parts(earn(shop, "12.00", **said)) == ["10.00", "0.00", "2.00"]
    assert parts(earn(shop, "12.00", **said)) == ["10.00", "0.00", "2.00"]
    assert posted(shop, "lin", OVER) == ["9.00", "3.00"]
    assert shop.left("wang") == [(after(-3), after(30), 2)]
    later = Leg(MINT, "wang", Decimal(2), after(-3), after(31))
    with pytest.raises(ledger.IdempotencyConflict):
        earn(shop, "12.00", **(said | {"extra_legs": [later, donation]}))


def test_reversing_an_earning_gives_the_offset_back(shop: Shop) -> None:
    earn(shop, "4.00")
    shop.pay("lin", POOL, 4)
    claw(shop, "4.00")
    paid = earn(shop, "3.00")
    shop.undo(number(paid.transaction))
    assert posted(shop, "lin", OFFSET, CLAWED) == ["0.00", "-4.00", "4.00"]


def test_days_of_the_lot_are_those_of_the_service(shop: Shop) -> None:
    served = date(2026, 5, 20)
    earn(shop, "3.00", earned_on=served, expires_on=None)
    assert shop.left("lin") == [(served, None, 3)]
