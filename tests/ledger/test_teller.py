"""The teller: each caller its own answer, however many are posted together."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from ledger import Draft, Leg, Teller
from tests.ledger.pages import NOON

ISSUED = "sys:issuance:POINT"
PEOPLE = 8
CALLERS = 16


def person(number: int) -> str:
    return f"person:{number % PEOPLE}:POINT"


def draft(key: str, debit: str, credit: str, amount: str = "1.00") -> Draft:
    return Draft(
        legs=[Leg(debit, credit, Decimal(amount))],
        key=key,
        kind="PAY",
        cause="t:1",
        at=NOON,
    )


@pytest.fixture
def book(engine: Engine) -> Engine:
    """Eight people with 50 points each."""
    with Session(engine) as session:
        ledger.open_account(
            session, code=ISSUED, unit="POINT", kind="issuance", floor=None, at=NOON
        )
        for number in range(PEOPLE):
            ledger.open_account(
                session, code=person(number), unit="POINT", kind="member", at=NOON
            )
        amounts = {person(number): Decimal(50) for number in range(PEOPLE)}
        ledger.credit_many(
            session, ISSUED, amounts, key="open", kind="OPENING", cause="t:0", at=NOON
        )
        session.commit()
    return engine


@pytest.fixture
def teller(book: Engine) -> Iterator[Teller]:
    teller = Teller(book)
    yield teller
    teller.close()


def total(engine: Engine) -> Decimal:
    with Session(engine) as session:
        found = ledger.balances(session, map(person, range(PEOPLE)))
        return sum((one.posted for one in found.values()), Decimal(0))


def ensure_right(engine: Engine) -> None:
    with Session(engine) as session:
        ledger.seal_pending(session)
        report = ledger.verify_book(session)
        assert report.ok, report.problems


def together(do: Callable[[int], object]) -> list[object]:
    """Let sixteen callers begin at one moment; return what each got."""
    gate = threading.Barrier(CALLERS)

    def one(number: int) -> object:
        gate.wait(timeout=20)
        try:
            return do(number)
        except ledger.LedgerError as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(one, range(CALLERS)))


def test_what_a_call_returns_is_in_the_book(book: Engine, teller: Teller) -> None:
    done = teller.post(draft("pay:1", person(0), person(1), "7.00"))
    with Session(book) as session:  # another connection sees it: it was committed
        assert str(ledger.balance(session, person(1)).posted) == "57.00"
        found = ledger.find_transaction(session, done.id or 0)
    assert found is not None
    assert (found.key, found.posting_count, found.kind) == ("pay:1", 1, "PAY")
    again = teller.post(draft("pay:1", person(0), person(1), "7.00"))
    assert (again.id, again.replayed) == (done.id, True)
    with pytest.raises(ledger.IdempotencyConflict):
        teller.post(draft("pay:1", person(0), person(1), "8.00"))
    ensure_right(book)


def test_sixteen_callers_on_hot_and_cold_accounts(book: Engine, teller: Teller) -> None:
    def pay(number: int) -> int:
        for turn in range(12):
            payee = person(0) if turn % 2 else person(number + turn)
            payer = person(number + turn + 1)
            if payer != payee:
                done = teller.post(draft(f"{number}:{turn}", payer, payee))
                assert done.key == f"{number}:{turn}"  # nobody else's answer
        return number

    assert set(together(pay)) == set(range(CALLERS))
    assert total(book) == 50 * PEOPLE
    ensure_right(book)


def test_of_many_who_spend_the_same_only_some_can(book: Engine, teller: Teller) -> None:
    got = together(
        lambda number: teller.post(draft(f"p:{number}", person(0), person(1), "9.00"))
    )
    refused = [one for one in got if one == "InsufficientFunds"]
    assert len(refused) == CALLERS - 5  # fifty points pay five times nine
    with Session(book) as session:
        assert str(ledger.balance(session, person(0)).posted) == "5.00"
    ensure_right(book)


def test_one_key_from_everybody_acts_once(book: Engine, teller: Teller) -> None:
    got = together(lambda _: teller.post(draft("same", person(0), person(1))).id)
    assert len(set(got)) == 1
    with Session(book) as session:
        assert str(ledger.balance(session, person(1)).posted) == "51.00"


def test_a_refusal_spoils_nobody_elses_posting(book: Engine, teller: Teller) -> None:
    def pay(number: int) -> object:
        if number % 4 == 0:
            return teller.post(draft(f"x:{number}", "nobody", person(1)))
        return teller.post(draft(f"x:{number}", person(number), person(number + 1)))

    got = together(pay)
    assert got.count("AccountNotFound") == CALLERS // 4
    assert total(book) == 50 * PEOPLE


def test_a_lost_connection_is_replaced(kind: str, book: Engine, teller: Teller) -> None:
    if kind != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    teller.post(draft("before", person(0), person(1)))
    with book.connect() as other:
        other.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    done = teller.post(draft("after", person(0), person(1)))
    assert not done.replayed
    ensure_right(book)
