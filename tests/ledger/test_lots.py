"""Lots: used first in first out, given back where they came from, expiring in time.

FAIR_LOTS_EXAMPLES=3000 plays more histories.
"""

import os
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from ledger import InsufficientFunds, InvalidEntry, Leg
from ledger.errors import GuardRefused
from ledger.locking import Kept, evaluate
from ledger.lots_plan import NO_TERMS, LotLeft, plan_of, shelves_after
from tests.ledger.shop import (
    DAY,
    EXPIRED,
    MINT,
    NOON,
    PEOPLE,
    POOL,
    Shop,
    after,
    number,
)
from tests.ledger.test_races import at_once

EXAMPLES = int(os.environ.get("FAIR_LOTS_EXAMPLES", "60"))


@pytest.fixture
def shop(session: Session) -> Shop:
    return Shop(session)


# Stories by hand.


def test_the_first_to_expire_goes_first_and_what_never_expires_last(shop: Shop) -> None:
    shop.earn("lin", 5, None, DAY)
    shop.earn("lin", 7, after(90), DAY)
    shop.earn("lin", 3, after(60), DAY)
    shop.earn("lin", 2, after(60), after(-1))
    shop.pay("lin", POOL, 6)
    assert shop.left("lin") == [(DAY, after(90), 6), (DAY, None, 5)]
    shop.pay("lin", POOL, 8)
    assert shop.left("lin") == [(DAY, None, 3)]
    everything = ledger.lots(shop.session, "lin", include_spent=True)
    assert [(int(lot.amount), int(lot.left)) for lot in everything] == [
        (2, 0),
        (3, 0),
        (7, 0),
        (5, 3),
    ]


def test_more_lots_than_one_page_are_used_in_order(shop: Shop) -> None:
    for days in range(50, 0, -1):
        shop.earn("lin", 1, after(days), DAY)
    for days in range(50):
        shop.earn("lin", 1, None, after(-days))
    shop.pay("lin", POOL, 45)
    assert shop.left("lin")[0] == (DAY, after(46), 1)
    shop.pay("lin", POOL, 52)
    assert shop.left("lin") == [
        (after(-2), None, 1),
        (after(-1), None, 1),
        (DAY, None, 1),
    ]


def test_a_gift_keeps_its_lot(shop: Shop) -> None:
    shop.earn("lin", 5, after(60), DAY)
    shop.earn("lin", 5, None, after(1))
    first, second = ledger.lots(shop.session, "lin")
    shop.pay("lin", "wang", 7)
    assert shop.left("lin") == [(after(1), None, 3)]
    assert shop.left("wang") == [(DAY, after(60), 5), (after(1), None, 2)]
    gifts = ledger.lots(shop.session, "wang")
    assert [lot.from_lot for lot in gifts] == [first.id, second.id]


def test_a_gift_brought_back_fills_the_same_lots(shop: Shop) -> None:
    shop.earn("lin", 5, after(60), DAY)
    shop.earn("wang", 4, after(10), DAY)
    before = shop.left("lin"), shop.left("wang")
    gift = shop.pay("lin", "wang", 3)
    shop.undo(gift)
    assert (shop.left("lin"), shop.left("wang")) == before


def test_a_reversed_earning_takes_its_own_lot_first(shop: Shop) -> None:
    shop.earn("lin", 5, after(10), DAY)
    mistaken = shop.earn("lin", 4, after(90), DAY)
    shop.undo(mistaken)
    assert shop.left("lin") == [(DAY, after(10), 5)]


def test_a_reversed_earning_spent_in_part_takes_the_rest_from_the_oldest(
    shop: Shop,
) -> None:
    mistaken = shop.earn("lin", 4, after(10), DAY)
    shop.earn("lin", 5, after(50), DAY)
    shop.earn("lin", 5, after(90), DAY)
    shop.pay("lin", POOL, 3)
    shop.undo(mistaken)
    assert shop.left("lin") == [(DAY, after(50), 2), (DAY, after(90), 5)]


def test_what_is_held_expires_only_when_it_is_released(shop: Shop) -> None:
    shop.earn("lin", 10, after(10), DAY)
    hold = ledger.place_hold(
        shop.session,
        payer="lin",
        payee=POOL,
        amount=Decimal(4),
        kind="HOLD",
        **shop.said("hold"),
    )
    assert [lot.left for lot in ledger.expiring(shop.session, "lin", after(10))] == [6]
    assert ledger.expiring(shop.session, "lin", after(9)) == []
    shop.day = after(9)
    assert shop.expire() == []
    shop.day = after(10)
    assert len(shop.expire()) == 1
    assert shop.left("lin") == [(DAY, after(10), 4)]
    assert ledger.expiring(shop.session, "lin", after(10)) == []
    ledger.release_hold(shop.session, hold.id, key="free", at=shop.at)
    assert shop.expire() == []  # once a day
    shop.day = after(11)
    (gone,) = shop.expire()
    assert (gone.kind, gone.effective_on) == ("EXPIRE", after(11))
    assert shop.left("lin") == []
    assert ledger.balance(shop.session, EXPIRED).posted == 10


def test_expiry_goes_on_in_parts_and_leaves_the_frozen_alone(shop: Shop) -> None:
    shop.earn("lin", 1, after(1), DAY)
    shop.earn("wang", 2, after(1), DAY)
    shop.day = after(2)
    said: Any = {"on": shop.day, "at": shop.at, "limit": 1}
    asked: list[tuple[str, Decimal]] = []

    def into(code: str, lot: ledger.Lot) -> str:
        asked.append((code, lot.left))
        return EXPIRED

    ledger.freeze_account(shop.session, "lin", at=shop.at)
    assert len(ledger.expire_lots(shop.session, into=into, **said)) == 1
    assert ledger.expire_lots(shop.session, into=into, **said) == []
    assert asked == [("wang", Decimal(2))]
    ledger.unfreeze_account(shop.session, "lin", at=shop.at)
    assert len(ledger.expire_lots(shop.session, into=into, **said)) == 1
    assert shop.left("lin") == shop.left("wang") == []


def test_what_expires_goes_where_each_lot_belongs(shop: Shop) -> None:
    """Of 5, 4 and 3 with 2 held, the oldest go first: 5 to one, 4 + 1 to the other."""
    for amount in (5, 4, 3):
        shop.earn("lin", amount, after(1), DAY - timedelta(days=amount))
    said: Any = {"payer": "lin", "payee": POOL, "amount": Decimal(2), "kind": "HOLD"}
    hold = ledger.place_hold(shop.session, **said, **shop.said("hold"))
    other = "sys:expired:other"
    ledger.ensure_account(
        shop.session, code=other, unit="POINT", kind="expired", at=shop.at
    )

    def into(_code: str, lot: ledger.Lot) -> str:
        return EXPIRED if lot.amount == 5 else other

    (gone,) = ledger.expire_lots(shop.session, on=after(1), at=shop.at, into=into)
    assert gone.id is not None
    legs = ledger.legs_of(shop.session, gone.id)
    assert [(leg.debit, leg.credit, leg.amount) for leg in legs] == [
        ("lin", EXPIRED, 5),
        ("lin", other, 5),
    ]
    assert [left for *_, left in shop.left("lin")] == [2]
    ledger.release_hold(shop.session, hold.id, key="free", at=shop.at)
    assert ledger.verify_book(shop.session).ok


def test_who_holds_everything_keeps_nobody_from_expiring(shop: Shop) -> None:
    shop.earn("lin", 1, after(1), DAY)
    shop.earn("wang", 2, after(1), DAY)
    said: Any = {"payer": "lin", "payee": POOL, "amount": Decimal(1), "kind": "HOLD"}
    ledger.place_hold(shop.session, **said, **shop.said("hold"))
    on, at = after(1), shop.at
    done = ledger.expire_lots(shop.session, on=on, at=at, into=EXPIRED, limit=1)
    assert len(done) == 1
    assert shop.left("wang") == []


def test_spending_and_expiring_at_once_take_no_point_twice(engine: Engine) -> None:
    with Session(engine) as session:
        shop = Shop(session)
        for days in (1, 2, 30):
            shop.earn("lin", 4, after(days), DAY)
        session.commit()

    def act(session: Session, hand: int) -> object:
        if hand % 4 == 0:
            at = NOON + timedelta(days=2)
            return ledger.expire_lots(session, on=after(2), at=at, into=EXPIRED)
        legs = [Leg("lin", POOL, Decimal(1))]
        said: Any = {"kind": "PAY", "cause": "race:1", "at": NOON}
        return ledger.post(session, legs, key=f"pay-{hand}", **said)

    outcomes = at_once(engine, act, hands=20)
    with Session(engine) as session:
        found = ledger.balances(session, ["lin", POOL, EXPIRED])
        left = ledger.lots(session, "lin")
    assert sum(one.posted for one in found.values()) == 12
    assert sum(lot.left for lot in left) == found["lin"].posted
    assert all(lot.expires_on == after(30) for lot in left)
    assert found[POOL].posted == 15 - outcomes["InsufficientFunds"]


def test_what_passes_through_makes_no_lot(shop: Shop) -> None:
    shop.earn("lin", 5, after(10), DAY)
    legs = [Leg(MINT, "lin", Decimal(8), DAY, after(90)), Leg("lin", POOL, Decimal(6))]
    passed = ledger.post(shop.session, legs, kind="EARN", **shop.said("earn"))
    assert shop.left("lin") == [(DAY, after(10), 5), (DAY, after(90), 2)]
    shop.undo(number(passed))
    assert shop.left("lin") == [(DAY, after(10), 5)]


def test_a_lot_is_earned_on_the_effective_day_and_lasts_unless_said(shop: Shop) -> None:
    legs = [Leg(MINT, "lin", Decimal(8))]
    ledger.post(
        shop.session, legs, kind="EARN", effective_on=after(-9), **shop.said("earn")
    )
    assert shop.left("lin") == [(after(-9), None, 8)]


def test_an_account_with_a_balance_begins_to_keep_lots(shop: Shop) -> None:
    ledger.open_account(shop.session, code="chen", unit="POINT", kind="member", at=NOON)
    shop.pay(MINT, "chen", 8)
    spent = shop.pay("chen", POOL, 2)
    opening = [(Decimal(4), after(-30), after(30)), (Decimal(2), DAY, None)]
    for wrong in (opening[:1], [*opening, opening[0]]):
        with pytest.raises(InvalidEntry):
            ledger.start_lots(shop.session, "chen", wrong, at=NOON, key="start")
    started = ledger.start_lots(shop.session, "chen", opening, at=NOON, key="start")
    again = ledger.start_lots(shop.session, "chen", opening, at=NOON, key="start")
    assert (again.id, again.replayed) == (started.id, True)
    with pytest.raises(InvalidEntry):
        ledger.start_lots(shop.session, "chen", opening, at=NOON, key="twice")
    shop.pay("chen", "lin", 5)
    assert shop.left("chen") == [(DAY, None, 1)]
    # From before: no lot to go back to, so it never expires.
    shop.back(spent, 2)
    assert shop.left("chen") == [(DAY, None, 1), (DAY, None, 2)]
    everything = ledger.lots(shop.session, "chen", include_spent=True)
    assert [int(lot.amount) for lot in everything] == [4, 2, 2]


def test_a_credit_line_has_no_lots_and_is_filled_first(shop: Shop) -> None:
    ledger.set_floor(shop.session, "lin", Decimal(-10), at=NOON)
    shop.earn("lin", 3, after(10), DAY)
    shop.pay("lin", POOL, 7)
    assert shop.left("lin") == []
    shop.earn("lin", 6, after(20), DAY)
    assert shop.left("lin") == [(DAY, after(20), 2)]


def test_lots_that_do_not_cover_the_balance_stop_the_posting() -> None:
    kept = account("a", posted=5, floor=None)
    moves = evaluate({"a": kept, "c": account("c", lots=0)}, [("a", "c", 40_000)])
    with pytest.raises(GuardRefused):
        shelves_after(moves, [NO_TERMS], DAY, lambda _: [(1, 30_000, DAY, None)])


# Any legs in one transaction, planned without a book.


def account(
    code: str, *, posted: int = 0, floor: int | None = 0, lots: int = 1
) -> Kept:
    """An account as it stands under lock; *posted* in whole points."""
    return Kept(
        id=ord(code),
        code=code,
        public_code=code,
        unit="POINT",
        exponent=2,
        state="open",
        floor=floor,
        posted=posted * 10_000,
        held=0,
        kind="member",
        keeps_lots=lots,
    )


names = st.sampled_from("abc")
whole = st.integers(1, 9)


@settings(deadline=None)
@given(
    start=st.lists(st.tuples(st.sampled_from("ab"), whole), max_size=6),
    hole=st.integers(0, 9),
    legs=st.lists(st.tuples(names, names, whole, st.booleans()), max_size=6),
)
def test_lots_follow_the_balance_and_go_in_order(
    start: list[tuple[str, int]],
    hole: int,
    legs: list[tuple[str, str, int, bool]],
) -> None:
    queues: dict[int, list[LotLeft]] = {ord("a"): [], ord("b"): [], ord("c"): []}
    accounts = {
        name: account(name, floor=None, lots=int(name != "c")) for name in "abc"
    }
    for place, (name, size) in enumerate(start):
        lot = (place + 1, size * 10_000, DAY, after(place))
        queues[ord(name)].append(lot)
        accounts[name].posted += lot[1]
    if not queues[ord("b")]:
        accounts["b"].posted -= hole * 10_000
    asked = [leg for leg in legs if leg[0] != leg[1]]
    steps = [(debit, credit, size * 10_000) for debit, credit, size, _ in asked]
    moves = evaluate(accounts, steps)
    terms = [(DAY, after(70)) if said else NO_TERMS for *_, said in asked]
    plan = plan_of(shelves_after(moves, terms, DAY, lambda kept: queues[kept.id]))

    used = {lot: taken for lot, _, taken in plan.uses}
    assert len(used) == len(plan.uses)
    for name in "ab":
        queue = queues[ord(name)]
        left = [lot[1] - used.get(lot[0], 0) for lot in queue]
        assert all(0 <= rest <= lot[1] for rest, lot in zip(left, queue, strict=True))
        touched = [rest for rest, lot in zip(left, queue, strict=True) if rest < lot[1]]
        assert touched == left[: len(touched)]
        assert not any(touched[:-1])
        made = sum(new.steps for new in plan.made if new.account.code == name)
        assert sum(left) + made == max(0, accounts[name].posted)
    assert all(new.steps > 0 and new.account.code != "c" for new in plan.made)


# Any history, against grains counted one by one.


@dataclass(frozen=True, order=True)
class Grain:
    """One point: what never expires sorts behind everything that does."""

    until: date
    earned: date
    made: int
    by: int


@dataclass
class Paid:
    """A payment and what may still be given back of it."""

    payer: str
    payee: str
    amount: int
    used: list[Grain] = field(default_factory=list)
    back: int = 0
    undone: bool = False


class Grains:
    """The rules in words, on single points."""

    def __init__(self) -> None:
        self.have: dict[str, list[Grain]] = {name: [] for name in PEOPLE}
        self.held = dict.fromkeys(PEOPLE, 0)
        self.paid: dict[int, Paid] = {}
        self.made = 0

    def free(self, whom: str) -> int:
        return len(self.have[whom]) - self.held[whom]

    def add(self, whom: str, grain: Grain) -> None:
        self.have[whom].append(grain)

    def new(self, until: date, earned: date, by: int) -> Grain:
        self.made += 1
        return Grain(until, earned, self.made, by)

    def earn(self, by: int, whom: str, amount: int, until: date, on: date) -> None:
        self.paid[by] = Paid(MINT, whom, amount)
        for _ in range(amount):
            self.add(whom, self.new(until, on, by))

    def take(self, whom: str, amount: int, first: int = 0) -> list[Grain]:
        """Take the oldest, but those that *first* brought before all others."""
        own = sorted((g for g in self.have[whom] if g.by == first), reverse=True)
        rest = sorted(g for g in self.have[whom] if g.by != first)
        newest = sorted(own, key=lambda g: g.made, reverse=True)
        taken = (newest + rest)[:amount]
        gone = Counter(taken)
        self.have[whom] = list((Counter(self.have[whom]) - gone).elements())
        return taken

    def pay(self, by: int, payer: str, payee: str, amount: int) -> None:
        used = self.take(payer, amount)
        self.paid[by] = Paid(payer, payee, amount, used)
        if payee in self.have:
            for grain in used:
                self.add(payee, self.new(grain.until, grain.earned, by))

    def give_back(self, by: int, of: int, amount: int, on: date) -> None:
        paid = self.paid[of]
        if paid.payee in self.have:
            self.take(paid.payee, amount, first=of)
        paid.back += amount
        for _ in range(amount if paid.payer in self.have else 0):
            grain = paid.used.pop()
            if grain.until <= on:
                grain = self.new(on + timedelta(days=30), grain.earned, by)
            self.add(paid.payer, grain)

    def expire(self, on: date) -> int:
        total = 0
        for whom, grains in self.have.items():
            due = sum(1 for grain in grains if grain.until <= on)
            gone = self.take(whom, max(0, due - self.held[whom]))
            assert all(grain.until <= on for grain in gone)
            total += len(gone)
        return total

    def left(self, whom: str) -> Counter[tuple[date, date | None]]:
        return Counter(
            (grain.earned, None if grain.until == date.max else grain.until)
            for grain in self.have[whom]
        )


class Both:
    """A history played in the book and in the grains at once."""

    def __init__(self, session: Session) -> None:
        self.shop = Shop(session)
        self.grains = Grains()
        self.holds: deque[tuple[Any, str, int]] = deque()
        self.issued = 0

    def earn(self, whom: int, amount: int, life: int) -> None:
        name = PEOPLE[whom % 2]
        until = None if life > 40 else self.shop.day + timedelta(days=life + 1)
        earned = self.shop.day - timedelta(days=life % 3)
        by = self.shop.earn(name, amount, until, earned)
        self.grains.earn(by, name, amount, until or date.max, earned)
        self.issued += amount

    def pay(self, whom: int, amount: int, other: int) -> None:
        name = PEOPLE[whom % 2]
        payee = POOL if other % 3 else PEOPLE[(whom + 1) % 2]
        if amount > self.grains.free(name):
            with pytest.raises(InsufficientFunds):
                self.shop.pay(name, payee, amount)
            return
        self.grains.pay(self.shop.pay(name, payee, amount), name, payee, amount)

    def hold(self, whom: int, amount: int, _: int) -> None:
        name = PEOPLE[whom % 2]
        if amount <= self.grains.free(name):
            hold = ledger.place_hold(
                self.shop.session,
                payer=name,
                payee=POOL,
                amount=Decimal(amount),
                kind="HOLD",
                **self.shop.said("hold"),
            )
            self.grains.held[name] += amount
            self.holds.append((hold.id, name, amount))

    def resolve(self, _: int, amount: int, how: int) -> None:
        if not self.holds:
            return
        hold, name, held = self.holds.popleft()
        self.grains.held[name] -= held
        said: Any = {"key": f"resolve-{hold}", "at": self.shop.at}
        if how % 2:
            ledger.release_hold(self.shop.session, hold, **said)
            return
        part = min(held, amount)
        done = ledger.capture_hold(
            self.shop.session, hold, amount=Decimal(part), **said
        )
        self.grains.pay(number(done), name, POOL, part)

    def back(self, which: int, amount: int, _: int) -> None:
        of, paid = self._pick(which)
        if of is None or paid.payer == MINT:
            return
        if paid.undone:
            with pytest.raises(ledger.AlreadyReversed):
                self.shop.back(of, amount)
        elif paid.back + amount > paid.amount:
            with pytest.raises(ledger.RefundExceeds):
                self.shop.back(of, amount)
        elif paid.payee == POOL or amount <= self.grains.free(paid.payee):
            by = self.shop.back(of, amount)
            self.grains.give_back(by, of, amount, self.shop.day)

    def undo(self, which: int, _: int, __: int) -> None:
        of, paid = self._pick(which)
        if of is None or paid.undone:
            return
        if paid.back:
            with pytest.raises(ledger.NotReversible):
                self.shop.undo(of)
        elif paid.payee == POOL or paid.amount <= self.grains.free(paid.payee):
            self.grains.give_back(self.shop.undo(of), of, paid.amount, self.shop.day)
            paid.undone = True
            self.issued -= paid.amount if paid.payer == MINT else 0

    def wait(self, days: int, _: int, __: int) -> None:
        self.shop.day += timedelta(days=1 + days % 20)
        gone = self.grains.expire(self.shop.day)
        assert sum(self._expired(self.shop.expire())) == gone

    def end(self) -> None:
        """Whatever has a day is spent or expired at last, nothing else is gone."""
        while self.holds:
            self.resolve(0, 0, 1)
        self.shop.day += timedelta(days=400)
        self.grains.expire(self.shop.day)
        self.shop.expire()
        self.compare()
        assert all(lot[1] is None for name in PEOPLE for lot in self.shop.left(name))
        balances = ledger.balances(self.shop.session, [*PEOPLE, POOL, EXPIRED])
        assert sum(one.posted for one in balances.values()) == self.issued
        report = ledger.verify_book(self.shop.session)
        assert report.ok, report.problems

    def compare(self) -> None:
        for name in PEOPLE:
            found: Counter[tuple[date, date | None]] = Counter()
            for earned, until, left in self.shop.left(name):
                found[earned, until] += left
            assert found == self.grains.left(name)
            posted = ledger.balance(self.shop.session, name).posted
            assert posted == found.total()

    def _pick(self, which: int) -> tuple[int | None, Paid]:
        if not self.grains.paid:
            return None, Paid("", "", 0)
        numbers = list(self.grains.paid)
        of = numbers[which % len(numbers)]
        return of, self.grains.paid[of]

    def _expired(self, done: list[ledger.Transaction]) -> Iterator[int]:
        for transaction in done:
            for leg in ledger.legs_of(self.shop.session, number(transaction)):
                yield int(leg.amount)


sizes = st.integers(1, 12)
picks = st.integers(0, 50)
acts = st.tuples(
    st.sampled_from(
        ["earn", "earn", "pay", "pay", "hold", "resolve", "back", "undo", "wait"]
    ),
    picks,
    sizes,
    picks,
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(acts, min_size=5, max_size=40))
def test_any_history_leaves_the_lots_that_counting_grains_leaves(
    session: Session, history: list[tuple[str, int, int, int]]
) -> None:
    both = Both(session)
    try:
        for verb, *given_ in history:
            getattr(both, verb)(*given_)
            both.compare()
        both.end()
    finally:
        session.rollback()
