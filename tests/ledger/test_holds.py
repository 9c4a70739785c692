"""Holds: set aside, captured in whole or part, released; once."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

import ledger
from ledger import HoldState
from tests.ledger.pages import NOON, Page, points

LIN, WANG = points("lin"), points("wang")


@pytest.mark.usefixtures("play")
def test_held_points_cannot_be_spent_twice() -> None:
    """
    gift     lin 5.00
    hold     haircut lin wang 3.00
    balance  lin 5.00 held 3.00
    refused  InsufficientFunds hold walk lin wang 2.01
    refused  InsufficientFunds pay lin wang 2.01
    capture  haircut
    balance  lin 2.00
    balance  wang 3.00
    refused  HoldResolved capture haircut
    refused  HoldResolved release haircut
    """


@pytest.mark.usefixtures("play")
def test_a_part_may_be_captured_and_the_rest_is_free() -> None:
    """
    gift     lin 5.00
    hold     haircut lin wang 3.00
    refused  CaptureExceedsHold capture haircut 3.01
    refused  NonPositiveAmount capture haircut 0
    refused  InexactAmount capture haircut 1.005
    capture  haircut 1.20
    balance  lin 3.80
    balance  wang 1.20
    refused  HoldResolved capture haircut 1.80
    """


@pytest.mark.usefixtures("play")
def test_a_capture_may_pay_somebody_else() -> None:
    """
    gift     lin 5.00
    hold     haircut lin wang 3.00
    capture  haircut 2.00 for chen
    balance  lin 3.00
    balance  wang 0
    balance  chen 2.00
    """


@pytest.mark.usefixtures("play")
def test_released_points_are_free_again() -> None:
    """
    gift     lin 5.00
    hold     haircut lin wang 3.00
    release  haircut
    balance  lin 5.00
    refused  HoldResolved release haircut
    refused  HoldResolved capture haircut
    pay      lin wang 5.00
    """


@pytest.mark.usefixtures("play")
def test_a_capture_never_fails_for_want_of_funds() -> None:
    """
    gift     lin 3.00
    hold     haircut lin wang 2.00
    hold     walk lin chen 1.00
    refused  InsufficientFunds pay lin wang 0.01
    capture  walk
    capture  haircut
    balance  lin 0
    """


@pytest.mark.usefixtures("play")
def test_holds_expire_after_their_day() -> None:
    """
    gift     lin 5.00
    hold     haircut lin wang 3.00
    expire   23
    balance  lin 5.00 held 3.00
    expire   1
    balance  lin 5.00
    expire   1
    refused  HoldResolved capture haircut
    """


def test_expiry_takes_the_oldest_first_and_at_most_its_limit(page: Page) -> None:
    page.play("gift lin 9.00\nhold a lin wang 1\nhold b lin wang 1\nhold c lin wang 1")
    late = NOON + timedelta(days=2)
    ids = [page.holds[name].id for name in "abc"]
    assert ledger.expire_holds(page.session, at=late, limit=2) == ids[:2]
    assert ledger.expire_holds(page.session, at=late, limit=2) == ids[2:]
    assert ledger.expire_holds(page.session, at=late) == []


def test_the_state_of_a_hold_follows_its_resolution(page: Page) -> None:
    page.play("gift lin 9.00\nhold a lin wang 1\nhold b lin wang 1\nhold c lin wang 1")
    page.play("capture a\nrelease b")
    states = [ledger.hold_state(page.session, page.holds[n].id) for n in "abc"]
    assert states == [HoldState.CAPTURED, HoldState.RELEASED, HoldState.OPEN]
    assert ledger.open_holds(page.session, LIN) == [page.holds["c"]]
    assert ledger.find_hold(page.session, page.holds["a"].id) == page.holds["a"]


def test_an_unknown_hold_is_not_found(page: Page) -> None:
    assert ledger.find_hold(page.session, uuid4()) is None
    for verb in (ledger.capture_hold, ledger.release_hold):
        with pytest.raises(ledger.HoldNotFound):
            verb(page.session, uuid4(), key="k", at=NOON)


def test_holding_capturing_and_releasing_act_once_per_key(page: Page) -> None:
    page.play("gift lin 9.00")

    def hold(key: str, amount: str = "3.00") -> ledger.Hold:
        return ledger.place_hold(
            page.session,
            payer=LIN,
            payee=WANG,
            amount=Decimal(amount),
            key=key,
            kind="HOLD",
            cause="booking:1",
            at=NOON,
        )

    first, again, other = hold("h1"), hold("h1"), hold("h2")
    assert first.id == again.id
    assert (first.replayed, again.replayed) == (False, True)
    with pytest.raises(ledger.IdempotencyConflict):
        hold("h1", "3.01")

    paid = [
        ledger.capture_hold(page.session, first.id, key="c", at=NOON) for _ in range(2)
    ]
    assert paid[0].id == paid[1].id
    assert paid[1].replayed
    assert paid[0].cause == "booking:1"
    with pytest.raises(ledger.IdempotencyConflict):
        ledger.capture_hold(page.session, other.id, key="c", at=NOON)

    ends = [
        ledger.release_hold(page.session, other.id, key="r", at=NOON) for _ in range(2)
    ]
    assert ends[0] == ends[1]
    page.play("balance lin 6.00\nbalance wang 3.00")
