"""Posting: balanced, once per key, never below the floor, undone by its mirror."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

import ledger
from ledger import Draft, Leg
from tests.ledger.pages import ISSUANCE, NOON, Page, points

LIN, WANG = points("lin"), points("wang")


@pytest.mark.usefixtures("play")
def test_points_come_from_issuance_and_go_on() -> None:
    """
    gift     lin 5.00
    pay      lin wang 2.00
    balance  lin 3.00
    balance  wang 2.00
    balance  issued -5.00
    """


@pytest.mark.usefixtures("play")
def test_nobody_spends_what_they_do_not_have() -> None:
    """
    refused  InsufficientFunds pay lin wang 0.01
    gift     lin 5.00
    refused  InsufficientFunds pay lin wang 5.01
    pay      lin wang 5.00
    refused  InsufficientFunds pay lin wang 0.01
    balance  lin 0
    """


@pytest.mark.usefixtures("play")
def test_amounts_are_positive_and_exact() -> None:
    """
    gift     lin 5.00
    refused  NonPositiveAmount pay lin wang 0
    refused  NonPositiveAmount pay lin wang -1
    refused  InexactAmount pay lin wang 1.001
    refused  InexactAmount pay lin wang 0.00001
    refused  InexactAmount pay lin wang NaN
    refused  InexactAmount pay lin wang Infinity
    refused  AmountTooLarge gift lin 1000000000001
    refused  InvalidEntry pay lin lin 1.00
    refused  AccountNotFound pay lin nobody 1.00
    """


@pytest.mark.usefixtures("play")
def test_a_frozen_account_stands_still() -> None:
    """
    gift     lin 5.00
    hold     cut lin wang 2.00
    freeze   lin
    freeze   lin
    refused  AccountFrozen pay lin wang 1.00
    refused  AccountFrozen gift lin 1.00
    refused  AccountFrozen hold walk lin wang 1.00
    refused  AccountFrozen capture cut
    release  cut
    unfreeze lin
    pay      lin wang 5.00
    balance  wang 5.00
    """


@pytest.mark.usefixtures("play")
def test_only_an_empty_account_closes_and_it_stays_closed() -> None:
    """
    gift     lin 5.00
    refused  AccountNotEmpty close lin
    hold     cut lin wang 2.00
    refused  AccountNotEmpty close wang
    capture  cut
    pay      lin wang 3.00
    close    lin
    refused  AccountClosed gift lin 1.00
    refused  AccountClosed unfreeze lin
    balance  lin 0
    """


@pytest.mark.usefixtures("play")
def test_a_reversal_is_the_mirror_and_happens_once() -> None:
    """
    gift     lin 5.00
    pay      lin wang 2.00
    reverse  pay-1
    balance  lin 5.00
    balance  wang 0
    refused  AlreadyReversed reverse pay-1
    refused  NotReversible reverse reverse-1
    balance  lin 5.00
    """


@pytest.mark.usefixtures("play")
def test_what_was_spent_cannot_be_taken_back() -> None:
    """
    gift     lin 5.00
    pay      lin wang 5.00
    refused  InsufficientFunds reverse gift-1
    reverse  pay-1
    reverse  gift-1
    balance  issued 0
    """


def test_a_transaction_with_a_hold_only_has_nothing_to_reverse(page: Page) -> None:
    page.play("gift lin 5.00\nhold cut lin wang 2.00")
    number = page.holds["cut"].transaction_id
    with pytest.raises(ledger.NotReversible):
        ledger.reverse(
            page.session, number, key="r", cause="t:1", at=NOON, entered_by=None
        )
    with pytest.raises(ledger.TransactionNotFound):
        ledger.reverse(
            page.session, 10**6, key="r", cause="t:1", at=NOON, entered_by=None
        )


DRAFT = Draft(
    legs=[Leg(ISSUANCE, LIN, Decimal("3.00")), Leg(LIN, WANG, Decimal("1.25"))],
    key="shift:1:earn",
    kind="EARN_HOURS",
    cause="shift:1",
    at=NOON,
    effective_on=date(2026, 5, 30),
    entered_by="person:clerk",
    approved_by="person:chief",
    rule_version="points-2026-1",
    memo="Reading to the neighbours",
)


def posted(session: Session, draft: Draft) -> ledger.Transaction:
    return ledger.post_many(session, [draft])[0]


def test_the_same_key_and_body_acts_once(page: Page) -> None:
    first = posted(page.session, DRAFT)
    later = replace(DRAFT, at=NOON + timedelta(hours=1))

    again = posted(page.session, later)

    assert (first.replayed, again.replayed) == (False, True)
    assert (again.id, again.at) == (first.id, NOON)
    assert ledger.balance(page.session, LIN).posted == Decimal("1.75")
    assert ledger.balance(page.session, WANG).posted == Decimal("1.25")


def test_a_reversal_goes_back_the_way_it_came(page: Page) -> None:
    """Lin passes on what she just got: undone in any other order she lacks it."""
    number = posted(page.session, DRAFT).id or 0
    ledger.reverse(
        page.session, number, key="undo", cause="x:1", at=NOON, entered_by=None
    )
    page.play("balance lin 0\nbalance wang 0\nbalance issued 0")


CHANGES = {
    "legs": [Leg(ISSUANCE, LIN, Decimal("3.00"))],
    "kind": "ADJUST",
    "cause": "shift:2",
    "effective_on": date(2026, 5, 31),
    "entered_by": "person:other",
    "approved_by": None,
    "rule_version": "points-2026-2",
    "memo": "Something else",
}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_key_refuses_another_body(page: Page, changed: str) -> None:
    posted(page.session, DRAFT)
    before = page.everything()
    other = replace(DRAFT, **{changed: CHANGES[changed]})
    with pytest.raises(ledger.IdempotencyConflict):
        posted(page.session, other)
    assert page.everything() == before


def test_a_key_of_a_payment_is_no_key_for_a_hold(page: Page) -> None:
    page.play("gift lin 5.00")
    with pytest.raises(ledger.IdempotencyConflict):
        ledger.place_hold(
            page.session,
            payer=LIN,
            payee=WANG,
            amount=Decimal(1),
            key="gift-1",
            kind="GIFT",
            cause="test:gift-1",
            at=NOON,
        )


def test_keys_are_unique_within_their_scope_only(page: Page) -> None:
    posted(page.session, DRAFT)
    elsewhere = posted(page.session, replace(DRAFT, scope="person:2"))
    assert not elsewhere.replayed
    assert ledger.balance(page.session, WANG).posted == Decimal("2.50")


def pay(session: Session, key: str, legs: list[Leg], scope: str = "") -> int:
    done = ledger.post(
        session, legs, key=key, kind="PAY", cause="t:1", at=NOON, scope=scope
    )
    return done.id or 0


def test_a_single_payment_knows_its_key_by_its_scope_and_when_all_is_spent(
    page: Page,
) -> None:
    """Nothing is left for a second payment: the key is asked before the balance."""
    page.play("gift lin 2.50")
    legs = [Leg(LIN, WANG, Decimal("1.25"))]
    first = pay(page.session, "same", legs)
    other = pay(page.session, "same", legs, scope="person:2")
    assert first != other
    page.play("balance lin 0")
    assert pay(page.session, "same", legs) == first
    assert pay(page.session, "same", legs, scope="person:2") == other


def test_the_finest_step_below_the_floor_is_refused(page: Page) -> None:
    ledger.ensure_units(page.session, [("GRAIN", "grain", 4)])
    for code, floor in (("mill", None), ("sack", Decimal(0))):
        ledger.open_account(
            page.session, code=code, unit="GRAIN", kind="member", floor=floor, at=NOON
        )
    pay(page.session, "in", [Leg("mill", "sack", Decimal("1.0000"))])
    with pytest.raises(ledger.InsufficientFunds):
        pay(page.session, "more", [Leg("sack", "mill", Decimal("1.0001"))])
    pay(page.session, "all", [Leg("sack", "mill", Decimal("1.0000"))])


def test_what_is_written_can_be_read_back(page: Page) -> None:
    transaction = posted(page.session, DRAFT)
    assert transaction.id is not None
    page.session.expire_all()
    row = page.session.get(ledger.Transaction, transaction.id)
    assert row is not None
    assert row.model_dump() == transaction.model_dump()
    assert (row.at, row.effective_on) == (NOON, date(2026, 5, 30))
    assert ledger.legs_of(page.session, transaction.id) == DRAFT.legs


def test_legs_apply_in_order_and_a_refused_one_undoes_all(page: Page) -> None:
    """Wang has nothing until lin has paid: the other way round is refused."""
    page.play("gift lin 5.00")
    legs = [Leg(LIN, WANG, Decimal(2)), Leg(WANG, points("chen"), Decimal(2))]
    before = page.everything()
    with pytest.raises(ledger.InsufficientFunds) as refusal:
        posted(page.session, replace(DRAFT, legs=legs[::-1]))
    assert page.everything() == before
    assert (refusal.value.code, refusal.value.available) == (WANG, Decimal(0))
    posted(page.session, replace(DRAFT, legs=legs))
    page.play("balance chen 2.00")


def test_hours_are_not_points(page: Page) -> None:
    page.play("gift lin 5.00")
    ledger.open_account(
        page.session, code="lin:hours", unit=ledger.HOUR, kind="member", at=NOON
    )
    with pytest.raises(ledger.UnitMismatch):
        page.move("x", LIN, "lin:hours", "1.00")


def test_a_unit_without_decimals_takes_none(page: Page) -> None:
    for code, floor in (("a", None), ("b", Decimal(0))):
        ledger.open_account(
            page.session, code=code, unit="YUAN0", kind="till", floor=floor, at=NOON
        )
    with pytest.raises(ledger.InexactAmount):
        page.move("x", "a", "b", "1.50")
    page.move("y", "a", "b", "2")
    assert str(ledger.balance(page.session, "b").posted) == "2"


def test_a_credit_line_is_a_floor_below_zero(page: Page) -> None:
    ledger.set_floor(page.session, LIN, Decimal("-3.00"), at=NOON)
    page.play("pay lin wang 3.00\nrefused InsufficientFunds pay lin wang 0.01")
    with pytest.raises(ledger.GuardRefused):
        ledger.set_floor(page.session, LIN, Decimal(0), at=NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"legs": []},
        {"key": ""},
        {"key": "k" * 201},
        {"kind": ""},
        {"at": datetime(2026, 6, 1)},  # noqa: DTZ001
        {"cause": "c" * 201},
    ],
    ids=str,
)
def test_a_malformed_entry_is_refused(page: Page, wrong: dict[str, object]) -> None:
    before = page.everything()
    with pytest.raises(ledger.InvalidEntry):
        posted(page.session, replace(DRAFT, **wrong))
    assert page.everything() == before


@pytest.mark.parametrize("amount", [1.5, 3, "1.00", None])
def test_only_decimals_are_amounts(page: Page, amount: object) -> None:
    with pytest.raises(ledger.InexactAmount):
        posted(page.session, replace(DRAFT, legs=[Leg(ISSUANCE, LIN, amount)]))


def test_opening_twice_is_opening_once(page: Page) -> None:
    def opened(**other: object) -> ledger.Account:
        attributes = {"code": LIN, "unit": ledger.POINT, "kind": "member"} | other
        return ledger.open_account(page.session, at=NOON, **attributes)

    before = page.everything()
    assert opened().id == opened(owner_ref="person:lin").id
    for other in ({"unit": ledger.TIME}, {"kind": "pool"}, {"owner_ref": "x:1"}):
        with pytest.raises(ledger.AccountExists):
            opened(**other)
    assert page.everything() == before
    with pytest.raises(ledger.UnknownUnit):
        opened(code="new", unit="GOLD")
    with pytest.raises(ledger.InexactAmount):
        opened(code="new", floor=Decimal("-0.001"))


def test_moments_come_back_in_utc(page: Page) -> None:
    shanghai = datetime.fromisoformat("2026-06-02T07:30:00+08:00")
    transaction = posted(page.session, replace(DRAFT, at=shanghai, effective_on=None))
    found = ledger.find_transaction(page.session, transaction.id or 0)
    assert found is not None
    assert found.at == datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    assert found.effective_on == date(2026, 6, 1)
