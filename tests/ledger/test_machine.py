"""Every verb in any order, against a small model that predicts each answer.

The model knows nothing of SQL: dictionaries, and the rules in words. Runs short
by default; FAIR_LEDGER_EXAMPLES=500 FAIR_LEDGER_STEPS=100 looks longer.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session

import ledger
from ledger import Leg, verify
from tests import postgres
from tests.ledger.conftest import Opener
from tests.ledger.pages import NOON

EXAMPLES = int(os.environ.get("FAIR_LEDGER_EXAMPLES", "12"))
STEPS = int(os.environ.get("FAIR_LEDGER_STEPS", "40"))
WALKED = Counter[str]()
"""How many steps were really taken; a walk may end before its longest."""

FLOORS = {"issue": None, "lin": 0, "wang": 0, "chen": -500, "pool": 0}
LOTS = "may"
"""She keeps lots; the four behind her are there for her verbs only."""
WITH_MAY = {"may": 0, "mint": None, "sink": 0, "owes": None, "over": 0}
CODES = [*FLOORS, "hours", *WITH_MAY]
UNITS = {code: "HOUR" if code == "hours" else "POINT" for code in CODES}
ON_THE_STREET = [*FLOORS, "hours"]
FOR_GOOD = date.max

codes = st.sampled_from(ON_THE_STREET)
amounts = st.integers(-100, 2000)  # hundredths
legs_ = st.lists(st.tuples(codes, codes, amounts), min_size=1, max_size=4)
picks = st.integers(0, 10**6)


def decimal(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


@dataclass
class Auditor:
    """What the book ought to be, in hundredths."""

    posted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CODES, 0))
    state: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CODES, "open"))
    holds: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    floors: dict[str, int | None] = field(default_factory=lambda: FLOORS | WITH_MAY)
    lots: list[list[Any]] = field(default_factory=list)
    """[left, expires, earned] of each of her lots, in the order they came."""
    closed: date = date.min

    def use_lots(self, amount: int) -> list[list[int]]:
        """Take *amount* out of her lots, oldest first; return [lot, taken] each."""
        uses = []
        order = sorted(
            range(len(self.lots)), key=lambda n: (self.lots[n][1], self.lots[n][2], n)
        )
        for number in order:
            taken = min(amount, self.lots[number][0])
            if taken:
                self.lots[number][0] -= taken
                amount -= taken
                uses.append([number, taken])
        assert amount == 0, "her lots are her balance"
        return uses

    def give_back(self, uses: list[list[int]], amount: int, on: date) -> None:
        """Put *amount* back to where it came from, the last used first."""
        for use in reversed(uses):
            given = min(amount, use[1])
            use[1] -= given
            amount -= given
            _, expires, earned = self.lots[use[0]]
            if given and expires > on:
                self.lots[use[0]][0] += given
            elif given:
                self.lots.append([given, on + timedelta(days=30), earned])

    def held(self, code: str) -> int:
        return sum(amount for payer, _, amount in self.holds.values() if payer == code)

    def moved(
        self, legs: list[tuple[str, str, int]], freed: tuple[str, int] = ("", 0)
    ) -> dict[str, int] | str:
        """Return the balances after *legs*, or the name of the refusal."""
        if any(amount <= 0 for *_, amount in legs):
            return "NonPositiveAmount"
        after = dict(self.posted)
        for debit, credit, amount in legs:
            if UNITS[debit] != UNITS[credit]:
                return "UnitMismatch"
            if debit == credit:
                return "InvalidEntry"
            for code in (debit, credit):
                if self.state[code] != "open":
                    return {"frozen": "AccountFrozen", "closed": "AccountClosed"}[
                        self.state[code]
                    ]
            floor = self.floors.get(debit, 0)
            held = self.held(debit) - (freed[1] if debit == freed[0] else 0)
            if floor is not None and after[debit] - held - amount < floor:
                return "InsufficientFunds"
            after[debit] -= amount
            after[credit] += amount
        return after


class Book(RuleBasedStateMachine):
    """The ledger and its auditor, side by side."""

    open_book: Opener

    def __init__(self) -> None:
        super().__init__()
        self.engine = type(self).open_book()
        self.session = Session(self.engine)
        self.model = Auditor()
        self.at = NOON
        self.steps = 0
        self.hold_ids: dict[str, ledger.Hold] = {}
        self.ended: dict[str, str] = {}
        self.posts: dict[str, tuple[list[tuple[str, str, int]], int]] = {}
        self.reversed: set[str] = set()
        self.journal: list[str] = []
        ledger.ensure_units(self.session)
        for code in CODES:
            floor = self.model.floors.get(code, 0)
            ledger.open_account(
                self.session,
                code=code,
                unit=UNITS[code],
                kind="member",
                floor=None if floor is None else decimal(floor),
                keeps_lots=code == LOTS,
                at=self.at,
            )
        self.session.commit()
        self.spends: dict[str, tuple[int, int, list[list[int]]]] = {}
        self.expired_on = date.min

    def teardown(self) -> None:
        self.session.close()
        self.engine.dispose()
        if self.engine.dialect.name == "sqlite":  # a long run makes thousands
            Path(str(self.engine.url.database)).unlink()
        else:
            postgres.drop_database(str(self.engine.url))

    def key(self) -> str:
        self.steps += 1
        self.at += timedelta(minutes=7)
        return f"key-{self.steps}"

    def expecting(self, refusal: str | None) -> AbstractContextManager[object]:
        if refusal is None:
            return nullcontext()
        return pytest.raises(getattr(ledger, refusal))

    def post(self, key: str, legs: list[tuple[str, str, int]]) -> ledger.Transaction:
        return ledger.post(
            self.session,
            [Leg(debit, credit, decimal(amount)) for debit, credit, amount in legs],
            key=key,
            kind="POST",
            cause="m:1",
            at=self.at,
        )

    @rule(legs=legs_)
    def post_legs(self, legs: list[tuple[str, str, int]]) -> None:
        after, key = self.model.moved(legs), self.key()
        with self.expecting(after if isinstance(after, str) else None):
            number = self.post(key, legs).id
        if not isinstance(after, str):
            assert number is not None
            self.model.posted = after
            self.posts[key] = (legs, number)

    @rule(code=st.sampled_from(["lin", "wang", "pool"]), amount=st.integers(1, 5000))
    def issue(self, code: str, amount: int) -> None:
        self.post_legs([("issue", code, amount)])

    @precondition(lambda self: self.posts)
    @rule(pick=picks, change=st.integers(0, 1))
    def post_again(self, pick: int, change: int) -> None:
        """The same body is replayed; another amount under the same key is not."""
        key = sorted(self.posts)[pick % len(self.posts)]
        legs, number = self.posts[key]
        other = [(debit, credit, amount + change) for debit, credit, amount in legs]
        with self.expecting("IdempotencyConflict" if change else None):
            again = self.post(key, other)
            assert (again.id, again.replayed) == (number, True)

    @rule(payer=codes, payee=codes, amount=amounts, days=st.integers(0, 3))
    def hold(self, payer: str, payee: str, amount: int, days: int) -> None:
        after, key = self.model.moved([(payer, payee, amount)]), self.key()
        with self.expecting(after if isinstance(after, str) else None):
            self.hold_ids[key] = ledger.place_hold(
                self.session,
                payer=payer,
                payee=payee,
                amount=decimal(amount),
                key=key,
                kind="HOLD",
                cause="m:1",
                at=self.at,
                expires_at=self.at + timedelta(hours=days) if days else None,
            )
        if not isinstance(after, str):
            self.model.holds[key] = (payer, payee, amount)

    @precondition(lambda self: self.hold_ids)
    @rule(pick=picks, part=st.none() | amounts, to=st.none() | codes)
    def capture(self, pick: int, part: int | None, to: str | None) -> None:
        name = sorted(self.hold_ids)[pick % len(self.hold_ids)]
        expected: dict[str, int] | str
        if part is not None and part <= 0:
            expected = "NonPositiveAmount"
        elif name in self.ended:
            expected = "HoldResolved"
        else:
            payer, payee, held = self.model.holds[name]
            amount = held if part is None else part
            expected = "CaptureExceedsHold"
            if amount <= held:
                legs = [(payer, to or payee, amount)]
                expected = self.model.moved(legs, freed=(payer, held))
        key = self.key()
        with self.expecting(expected if isinstance(expected, str) else None):
            ledger.capture_hold(
                self.session,
                self.hold_ids[name].id,
                key=key,
                at=self.at,
                amount=None if part is None else decimal(part),
                payee=to,
            )
        assert expected != "InsufficientFunds", "a capture never fails for funds"
        if not isinstance(expected, str):
            self.model.posted = expected
            payer, _, held = self.model.holds.pop(name)
            if payer == LOTS:
                self.model.use_lots(held if part is None else part)
            self.ended[name] = "captured"

    @precondition(lambda self: self.hold_ids)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        name = sorted(self.hold_ids)[pick % len(self.hold_ids)]
        with self.expecting("HoldResolved" if name in self.ended else None):
            ledger.release_hold(
                self.session, self.hold_ids[name].id, key=self.key(), at=self.at
            )
        if name not in self.ended:
            del self.model.holds[name]
            self.ended[name] = "released"

    @rule()
    def expire(self) -> None:
        self.at += timedelta(minutes=30)
        due = {
            hold.id: name
            for name, hold in self.hold_ids.items()
            if name in self.model.holds
            and hold.expires_at
            and hold.expires_at <= self.at
        }
        assert set(ledger.expire_holds(self.session, at=self.at)) == set(due)
        for name in due.values():
            del self.model.holds[name]
            self.ended[name] = "released"

    @precondition(lambda self: self.posts)
    @rule(pick=picks)
    def reverse(self, pick: int) -> None:
        name = sorted(self.posts)[pick % len(self.posts)]
        legs, number = self.posts[name]
        mirror = [(credit, debit, amount) for debit, credit, amount in reversed(legs)]
        expected: dict[str, int] | str = "AlreadyReversed"
        if name not in self.reversed:
            expected = self.model.moved(mirror)
        key = self.key()
        with self.expecting(expected if isinstance(expected, str) else None):
            ledger.reverse(
                self.session, number, key=key, cause="m:1", at=self.at, entered_by=None
            )
        if not isinstance(expected, str):
            self.model.posted = expected
            self.reversed.add(name)

    @rule(code=codes, verb=st.sampled_from(["freeze", "unfreeze", "unfreeze", "close"]))
    def change_state(self, code: str, verb: str) -> None:
        wanted = {"freeze": "frozen", "unfreeze": "open", "close": "closed"}[verb]
        awaited = any(
            code in (payer, payee) for payer, payee, _ in self.model.holds.values()
        )
        refusal = None
        if self.model.state[code] != wanted:
            if self.model.state[code] == "closed":
                refusal = "AccountClosed"
            elif verb == "close" and (self.model.posted[code] or awaited):
                refusal = "AccountNotEmpty"
        with self.expecting(refusal):
            getattr(ledger, f"{verb}_account")(self.session, code, at=self.at)
        if refusal is None:
            self.model.state[code] = wanted

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.at += timedelta(days=days)

    @property
    def today(self) -> date:
        return self.at.date()

    @rule(batch=st.lists(legs_, min_size=1, max_size=4), dry=st.booleans())
    def post_each(self, batch: list[list[tuple[str, str, int]]], dry: bool) -> None:
        """Each on its own merits, as if one came after the other; or only asked."""
        positive = [[(d, c, abs(a) + 1) for d, c, a in legs] for legs in batch]
        before = dict(self.model.posted)
        drafts, expected = [], []
        for legs in positive:
            after = self.model.moved(legs)
            expected.append(after if isinstance(after, str) else None)
            if not isinstance(after, str):
                self.model.posted = after
            drafts.append(self.draft(legs))
        if dry:
            outcomes = ledger.preview(self.session, drafts).outcomes
            self.model.posted = before
        else:
            outcomes = ledger.post_each(self.session, drafts)
        got = [o.refusal and type(o.refusal).__name__ for o in outcomes]
        assert got == expected

    @rule(batch=st.lists(legs_, min_size=2, max_size=3))
    def post_linked(self, batch: list[list[tuple[str, str, int]]]) -> None:
        """All of them or none."""
        before, refusal = dict(self.model.posted), None
        drafts = []
        for legs in batch:
            positive = [(d, c, abs(a) + 1) for d, c, a in legs]
            after = self.model.moved(positive)
            if isinstance(after, str):
                refusal = refusal or after
            else:
                self.model.posted = after
            drafts.append(self.draft(positive))
        if refusal is None:
            done = ledger.post_linked(self.session, drafts)
            assert len({one.link for one in done}) == 1
            return
        self.model.posted = before
        inner = self.session.begin_nested()
        with self.expecting(refusal):
            ledger.post_linked(self.session, drafts)
        inner.rollback()

    def draft(self, legs: list[tuple[str, str, int]]) -> ledger.Draft:
        return ledger.Draft(
            legs=[
                Leg(debit, credit, decimal(amount)) for debit, credit, amount in legs
            ],
            key=self.key(),
            kind="POST",
            cause="m:1",
            at=self.at,
        )

    @rule(amount=st.integers(1, 3000), days=st.none() | st.integers(0, 60))
    def credit_many(self, amount: int, days: int | None) -> None:
        expires = None if days is None else self.today + timedelta(days=days)
        ledger.credit_many(
            self.session,
            "mint",
            {"sink": decimal(1), LOTS: decimal(amount)},
            key=self.key(),
            kind="EARN",
            cause="m:1",
            at=self.at,
            effective_on=self.today,
            expires_on=expires,
        )
        self.moves(mint=-amount - 1, sink=1, may=amount)
        self.model.lots.append([amount, expires or FOR_GOOD, self.today])

    def moves(self, **by: int) -> None:
        for code, amount in by.items():
            self.model.posted[code] += amount

    @rule(amount=st.integers(1, 2000), room=st.none() | st.integers(0, 1500))
    def earn(self, amount: int, room: int | None) -> None:
        """First what is owed, then up to the cap, the rest over it."""
        posted = self.model.posted[LOTS]
        cap = None if room is None else posted + room
        done = ledger.credit(
            self.session,
            source="mint",
            account=LOTS,
            amount=decimal(amount),
            cap=None if cap is None else decimal(cap),
            overflow="over",
            offset="owes",
            key=self.key(),
            kind="EARN",
            cause="m:1",
            at=self.at,
            effective_on=self.today,
        )
        paid = min(amount, -self.model.posted["owes"])
        kept = amount - paid
        if room is not None:
            kept = min(kept, room)
        assert done.kept == decimal(kept)
        self.moves(mint=-amount, owes=paid, may=kept, over=amount - paid - kept)
        if kept:
            self.model.lots.append([kept, FOR_GOOD, self.today])

    @rule(amount=st.integers(1, 2000))
    def claw_back(self, amount: int) -> None:
        """What is there goes, the rest is owed; never below zero."""
        taken = min(amount, self.model.posted[LOTS] - self.model.held(LOTS))
        ledger.claw_back(
            self.session,
            LOTS,
            decimal(amount),
            into="sink",
            offset="owes",
            key=self.key(),
            cause="m:1",
            at=self.at,
            entered_by=None,
        )
        self.model.use_lots(taken)
        self.moves(may=-taken, owes=taken - amount, sink=amount)

    @rule(amount=st.integers(1, 1500))
    def spend(self, amount: int) -> None:
        legs = [(LOTS, "sink", amount)]
        after, key = self.model.moved(legs), self.key()
        with self.expecting(after if isinstance(after, str) else None):
            number = self.post(key, legs).id
        if not isinstance(after, str):
            assert number is not None
            self.model.posted = after
            self.spends[key] = (number, amount, self.model.use_lots(amount))

    @rule(amount=st.integers(1, 1500))
    def set_hers_aside(self, amount: int) -> None:
        self.hold(LOTS, "pool", amount, 0)

    @precondition(lambda self: self.spends)
    @rule(pick=picks, amount=st.integers(1, 1600))
    def refund(self, pick: int, amount: int) -> None:
        number, _, uses = self.spends[sorted(self.spends)[pick % len(self.spends)]]
        left = sum(taken for _, taken in uses)
        key = self.key()
        with self.expecting("RefundExceeds" if amount > left else None):
            ledger.refund(
                self.session,
                number,
                decimal(amount),
                key=key,
                cause="m:1",
                at=self.at,
                entered_by=None,
            )
        if amount <= left:
            self.model.give_back(uses, amount, self.today)
            self.moves(may=amount, sink=-amount)

    @precondition(lambda self: self.expired_on < self.today)
    @rule()
    def expire_lots(self) -> None:
        old = sum(left for left, until, _ in self.model.lots if until <= self.today)
        taken = max(0, old - self.model.held(LOTS))
        done = ledger.expire_lots(self.session, on=self.today, at=self.at, into="sink")
        assert len(done) == bool(taken)
        self.model.use_lots(taken)
        self.moves(may=-taken, sink=taken)
        self.expired_on = self.today

    @precondition(lambda self: self.model.holds)
    @rule(pick=picks, hours=st.integers(0, 5))
    def extend(self, pick: int, hours: int) -> None:
        name = sorted(self.model.holds)[pick % len(self.model.holds)]
        until = self.at + timedelta(hours=hours) if hours else None
        self.hold_ids[name] = ledger.extend_hold(
            self.session,
            self.hold_ids[name].id,
            expires_at=until,
            key=self.key(),
            at=self.at,
        )

    @rule(code=st.sampled_from(["lin", "chen"]), below=st.integers(0, 800))
    def change_floor(self, code: str, below: int) -> None:
        free = self.model.posted[code] - self.model.held(code)
        if self.model.state[code] == "open":
            floor = min(free, 0) - below
            ledger.set_floor(self.session, code, decimal(floor), at=self.at)
            self.model.floors[code] = floor

    @rule()
    def stop_and_go_on(self) -> None:
        ledger.stop_posting(self.session, "the machine says so", self.at)
        with self.expecting("PostingStopped"):
            self.post(self.key(), [("mint", "sink", 1)])
        ledger.resume_posting(self.session, at=self.at, by="the machine")

    @rule()
    def close_month(self) -> None:
        month = ledger.period_to_close(self.session, self.at)
        if month is not None:
            closed = ledger.close_period(
                self.session, month, at=self.at, entered_by=None, key=self.key()
            )
            self.model.closed = closed.last_on

    @rule(days=st.integers(0, 70))
    def post_for_a_past_day(self, days: int) -> None:
        """Nothing counts for a day in a closed month any more."""
        on = self.today - timedelta(days=days)
        with self.expecting("PeriodClosed" if on <= self.model.closed else None):
            ledger.post(
                self.session,
                [Leg("mint", "sink", decimal(1))],
                key=self.key(),
                kind="POST",
                cause="m:1",
                at=self.at,
                effective_on=on,
            )
            self.moves(mint=-1, sink=1)

    @rule()
    def publish(self) -> None:
        ledger.seal_pending(self.session)
        note = ledger.make_checkpoint(self.session, at=self.at)
        assert note.size == ledger.head(self.session).sequence

    @invariant()
    def her_lots_are_the_models(self) -> None:
        def by_day(lots: Iterable[tuple[Decimal, date]]) -> dict[date, Decimal]:
            found: dict[date, Decimal] = {}
            for left, until in lots:
                found[until] = found.get(until, Decimal(0)) + left
            return {until: left for until, left in found.items() if left}

        said = ledger.lots(self.session, LOTS)
        assert by_day((one.left, one.expires_on or FOR_GOOD) for one in said) == by_day(
            (decimal(left), until) for left, until, _ in self.model.lots
        )

    @rule(commit=st.booleans())
    def seal(self, commit: bool) -> None:
        ledger.seal_pending(self.session, limit=3)
        if commit:
            self.session.commit()

    @invariant()
    def balances_are_the_models(self) -> None:
        found = ledger.balances(self.session, CODES)
        for code in CODES:
            assert found[code].posted == decimal(self.model.posted[code])
            assert found[code].held == decimal(self.model.held(code))
            assert found[code].available == found[code].posted - found[code].held

    @invariant()
    def every_step_counts(self) -> None:
        WALKED["steps"] += 1

    @precondition(lambda self: self.steps % 5 == 0)
    @invariant()
    def the_book_verifies(self) -> None:
        report = ledger.verify_book(self.session)
        assert report.ok, report.problems
        assert all(unit.holds for unit in ledger.conservation(self.session))

    @precondition(lambda self: self.steps % 5 == 0)
    @invariant()
    def the_past_stays_as_it_was(self) -> None:
        """What was exported once is exported again, byte by byte."""
        now = list(ledger.export_lines(self.session))
        assert now[: len(self.journal)] == self.journal
        assert not now or json.loads(now[-1])["hash"] == ledger.head(self.session).hash
        self.journal = now
        with TemporaryDirectory() as folder:
            path = Path(folder) / "export.jsonl"
            path.write_text("".join(f"{line}\n" for line in now), "utf-8")
            verify.check(path)

    @precondition(lambda self: self.steps % 5 == 0)
    @invariant()
    def statements_close(self) -> None:
        for code in CODES:
            page = ledger.statement(self.session, code, limit=500)
            moved = sum((line.amount for line in page.lines), Decimal(0))
            assert (page.opening, moved) == (0, page.closing)
            assert page.closing == decimal(self.model.posted[code])


def test_every_verb_in_any_order_does_what_the_model_says(opened: Opener) -> None:
    machine = type("OpenedBook", (Book,), {"open_book": staticmethod(opened)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{WALKED['steps']:,} steps without a difference")  # noqa: T201 -- asked for with -s
    assert WALKED["steps"] > EXAMPLES * STEPS / 2
