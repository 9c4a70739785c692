"""Many at once: batches, linked sets, previews, one source for thousands."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

import ledger
from ledger import Draft, Leg
from tests.ledger.pages import NOON, Page

ISSUED = "sys:issuance:POINT"


def pay(number: int, debit: str, credit: str, amount: str, **said: object) -> Draft:
    return Draft(
        legs=[Leg(debit, credit, Decimal(amount))],
        key=f"batch:{number}",
        kind="PAY",
        cause=f"t:{number}",
        at=NOON,
        **said,  # type: ignore[arg-type]
    )


def open_accounts(session: Session, count: int, **said: object) -> list[str]:
    codes = [f"person:{number}:POINT" for number in range(count)]
    ledger.open_account(
        session, code=ISSUED, unit="POINT", kind="issuance", floor=None, at=NOON
    )
    for code in codes:
        ledger.open_account(
            session,
            code=code,
            unit="POINT",
            kind="member",
            at=NOON,
            **said,  # type: ignore[arg-type]
        )
    return codes


def posted(session: Session, *codes: str) -> list[str]:
    return [str(ledger.balance(session, code).posted) for code in codes]


def ensure_right(session: Session) -> None:
    ledger.seal_pending(session)
    report = ledger.verify_book(session)
    assert report.ok, report.problems


def test_a_batch_does_what_its_drafts_do_one_by_one(session: Session) -> None:
    one, two, three = open_accounts(session, 3)
    done = ledger.post_many(
        session,
        [
            pay(1, ISSUED, one, "10.00"),
            pay(2, one, two, "7.00"),
            pay(3, two, three, "7.00", memo="for the soup"),
            pay(4, one, three, "3.00"),
        ],
    )
    assert posted(session, one, two, three) == ["0.00", "0.00", "10.00"]
    assert [t.id for t in done] == sorted(t.id or 0 for t in done)
    lines = ledger.statement(session, three).lines
    assert [(str(x.amount), x.memo) for x in lines] == [
        ("3.00", ""),
        ("7.00", "for the soup"),
    ]
    ensure_right(session)


def test_the_refused_are_left_out_and_the_others_posted(session: Session) -> None:
    one, two = open_accounts(session, 2)
    drafts = [
        pay(1, ISSUED, one, "5.00"),
        pay(2, one, two, "9.00"),
        pay(3, one, "person:nobody:POINT", "1.00"),
        pay(4, one, two, "5.00"),
    ]
    outcomes = ledger.post_each(session, drafts)
    refusals = [type(one.refusal).__name__ for one in outcomes]
    assert refusals == ["NoneType", "InsufficientFunds", "AccountNotFound", "NoneType"]
    assert posted(session, one, two) == ["0.00", "5.00"]
    again = ledger.post_each(session, drafts)
    assert [o.transaction is not None and o.transaction.replayed for o in again] == [
        True,
        False,
        False,
        True,
    ]
    ensure_right(session)


def test_a_key_twice_in_a_batch_acts_once_or_is_refused(session: Session) -> None:
    (one,) = open_accounts(session, 1)
    same = pay(1, ISSUED, one, "5.00")
    first, second, other = ledger.post_each(
        session, [same, same, pay(1, ISSUED, one, "6.00")]
    )
    assert first.transaction is not None
    assert second.transaction is not None
    assert second.transaction.replayed
    assert second.transaction.id == first.transaction.id
    assert isinstance(other.refusal, ledger.IdempotencyConflict)
    assert posted(session, one) == ["5.00"]


def test_linked_transactions_stand_under_one_link_or_not_at_all(
    session: Session,
) -> None:
    one, two = open_accounts(session, 2)
    ledger.post(
        session,
        [Leg(ISSUED, one, Decimal("5.00"))],
        key="first",
        kind="EARN",
        cause="t:0",
        at=NOON,
    )
    session.commit()
    with pytest.raises(ledger.InsufficientFunds):
        ledger.post_linked(
            session, [pay(1, one, two, "4.00"), pay(2, one, two, "2.00")]
        )
    session.rollback()
    assert posted(session, one, two) == ["5.00", "0.00"]

    both = [pay(1, one, two, "4.00"), pay(2, one, two, "1.00")]
    first, second = ledger.post_linked(session, both)
    assert first.link == second.link is not None
    assert [t.replayed for t in ledger.post_linked(session, both)] == [True, True]
    with pytest.raises(ledger.IdempotencyConflict):
        ledger.post_linked(session, [both[0], pay(3, two, one, "1.00")])
    session.rollback()


def test_a_preview_says_it_all_and_writes_nothing(session: Session) -> None:
    one, two = open_accounts(session, 2)
    session.commit()
    head = ledger.head(session)
    seen = ledger.preview(
        session,
        [
            pay(1, ISSUED, one, "5.00"),
            pay(2, one, two, "9.00"),
            pay(3, one, two, "2.00"),
        ],
    )
    assert seen.refused == 1
    assert isinstance(seen.outcomes[1].refusal, ledger.InsufficientFunds)
    assert str(seen.moved["POINT"]) == "7.00"
    assert [str(seen.balances[code]) for code in (one, two)] == ["3.00", "2.00"]
    assert ledger.head(session) == head
    assert posted(session, one, two) == ["0.00", "0.00"]


@pytest.mark.parametrize("keeps_lots", [False, True])
def test_hundreds_are_credited_in_one_transaction(
    session: Session, *, keeps_lots: bool
) -> None:
    codes = open_accounts(session, 600, keeps_lots=keeps_lots)
    amounts = {code: Decimal(place + 1) for place, code in enumerate(codes)}
    credit = ledger.credit_many(
        session,
        ISSUED,
        amounts,
        key="event:1",
        kind="EARN_EVENT",
        cause="event:1",
        at=NOON,
        expires_on=date(2028, 6, 1) if keeps_lots else None,
    )
    assert credit.posting_count == 600
    assert posted(session, codes[0], codes[-1], ISSUED) == [
        "1.00",
        "600.00",
        "-180300.00",
    ]
    if keeps_lots:
        (lot,) = ledger.lots(session, codes[-1])
        assert (str(lot.left), lot.expires_on) == ("600.00", date(2028, 6, 1))
    ensure_right(session)


def test_one_that_is_frozen_stops_the_whole_credit(session: Session) -> None:
    one, two = open_accounts(session, 2)
    ledger.freeze_account(session, two, at=NOON)
    with pytest.raises(ledger.AccountFrozen):
        ledger.credit_many(
            session,
            ISSUED,
            {one: Decimal(1), two: Decimal(1)},
            key="event:1",
            kind="EARN_EVENT",
            cause="event:1",
            at=NOON,
        )
    assert posted(session, one, two) == ["0.00", "0.00"]


def test_a_hold_lasts_as_long_as_it_was_extended(page: Page) -> None:
    page.play("gift lin 5.00\nhold cut lin wang 2.00")
    hold = page.holds["cut"]
    later = NOON + timedelta(days=9)
    for _ in range(2):  # sent twice
        kept = ledger.extend_hold(
            page.session, hold.id, expires_at=later, key="longer", at=NOON
        )
        assert kept.expires_at == later
    assert ledger.expire_holds(page.session, at=later - timedelta(seconds=1)) == []
    assert ledger.expire_holds(page.session, at=later) == [hold.id]
    with pytest.raises(ledger.HoldResolved):
        ledger.extend_hold(
            page.session, hold.id, expires_at=None, key="again", at=later
        )
    ensure_right(page.session)
