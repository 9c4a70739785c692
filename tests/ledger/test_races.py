"""Many hands at once: nothing is spent, captured or answered twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from ledger import Leg
from tests.ledger.pages import ISSUANCE, NOON, Page, points

LIN, WANG = points("lin"), points("wang")
HANDS = 50


@pytest.fixture
def book(engine: Engine) -> Engine:
    """Lin has ten points, wang has ten; committed."""
    with Session(engine) as session:
        Page(session, at=NOON).play("gift lin 10.00\ngift wang 10.00")
        session.commit()
    return engine


def at_once(
    book: Engine, act: Callable[[Session, int], object], *, hands: int = HANDS
) -> Counter[str]:
    """Let all *hands* act in a transaction of their own; count the outcomes."""
    start = Barrier(hands)

    def one(number: int) -> str:
        start.wait()
        with Session(book) as session:
            try:
                done = act(session, number)
                session.commit()
            except ledger.LedgerError as refusal:
                session.rollback()
                return type(refusal).__name__
            return "replayed" if getattr(done, "replayed", False) else "done"

    with ThreadPoolExecutor(hands) as pool:
        outcomes = Counter(pool.map(one, range(hands)))
    with Session(book) as session:
        ledger.seal_pending(session)
        session.commit()
    with Session(book) as session:
        report = ledger.verify_book(session)
        assert report.ok, report.problems
        assert report.pending == 0
    return outcomes


def balance(book: Engine, code: str) -> Decimal:
    with Session(book) as session:
        return ledger.balance(session, code).available


def pay(session: Session, key: str, debit: str, credit: str) -> ledger.Transaction:
    return ledger.post(
        session,
        [Leg(debit, credit, Decimal(1))],
        key=key,
        kind="PAY",
        cause="race:1",
        at=NOON,
    )


def test_one_balance_is_spent_once(book: Engine) -> None:
    outcomes = at_once(book, lambda s, n: pay(s, f"pay-{n}", LIN, WANG))
    assert outcomes == {"done": 10, "InsufficientFunds": HANDS - 10}
    assert (balance(book, LIN), balance(book, WANG)) == (Decimal(0), Decimal(20))


def test_one_key_acts_once(book: Engine) -> None:
    outcomes = at_once(book, lambda s, _: pay(s, "same", LIN, WANG))
    assert outcomes == {"done": 1, "replayed": HANDS - 1}
    assert balance(book, LIN) == Decimal(9)


def test_one_key_for_different_payments_acts_once(book: Engine) -> None:
    """Half of them pay from other accounts, so that no lock lets them meet."""

    def act(session: Session, number: int) -> ledger.Transaction:
        pair = (LIN, points("chen")) if number % 2 else (WANG, ISSUANCE)
        return pay(session, "same", *pair)

    outcomes = at_once(book, act, hands=20)
    assert outcomes == {"done": 1, "replayed": 9, "IdempotencyConflict": 10}


def test_one_balance_is_held_once(book: Engine) -> None:
    def act(session: Session, number: int) -> ledger.Hold:
        return ledger.place_hold(
            session,
            payer=LIN,
            payee=WANG,
            amount=Decimal(4),
            key=f"hold-{number}",
            kind="HOLD",
            cause="race:1",
            at=NOON,
        )

    assert at_once(book, act) == {"done": 2, "InsufficientFunds": HANDS - 2}
    assert balance(book, LIN) == Decimal(2)


def test_one_hold_ends_once(book: Engine) -> None:
    with Session(book) as session:
        hold_id = ledger.place_hold(
            session,
            payer=LIN,
            payee=WANG,
            amount=Decimal(4),
            key="hold",
            kind="HOLD",
            cause="race:1",
            at=NOON,
        ).id
        session.commit()

    def act(session: Session, number: int) -> object:
        verb = ledger.release_hold if number % 2 else ledger.capture_hold
        return verb(session, hold_id, key=f"end-{number}", at=NOON)

    assert at_once(book, act) == {"done": 1, "HoldResolved": HANDS - 1}


def test_one_transaction_is_reversed_once(book: Engine) -> None:
    with Session(book) as session:
        number = pay(session, "pay", LIN, WANG).id
        session.commit()
    assert number is not None

    def act(session: Session, hand: int) -> object:
        return ledger.reverse(
            session, number, key=f"undo-{hand}", cause="r:1", at=NOON, entered_by=None
        )

    assert at_once(book, act) == {"done": 1, "AlreadyReversed": HANDS - 1}
    assert balance(book, LIN) == Decimal(10)


def test_opposite_payments_do_not_lock_each_other_out(book: Engine) -> None:
    """Each hand pays both ways in one transaction of the database."""

    def act(session: Session, number: int) -> object:
        pair = (LIN, WANG) if number % 2 else (WANG, LIN)
        return pay(session, f"pay-{number}", *pair)

    outcomes = at_once(book, act)
    assert outcomes["done"] + outcomes["InsufficientFunds"] == HANDS
    assert balance(book, LIN) + balance(book, WANG) == Decimal(20)


def test_one_account_is_opened_once(book: Engine) -> None:
    def act(session: Session, _: int) -> object:
        return ledger.open_account(
            session, code="new", unit=ledger.TIME, kind="member", at=NOON
        )

    assert at_once(book, act) == {"done": HANDS}


def test_two_sealers_take_turns(book: Engine) -> None:
    def act(session: Session, number: int) -> object:
        if number % 5 == 0:
            return ledger.seal_pending(session)
        return pay(session, f"pay-{number}", ISSUANCE, LIN)

    assert at_once(book, act) == {"done": HANDS}
    assert balance(book, LIN) == Decimal(50)
