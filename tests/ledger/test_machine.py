"""Every verb in any order, against a small model that predicts each answer.

The model knows nothing of SQL: dictionaries, and the rules in words. Runs short
by default; FAIR_LEDGER_EXAMPLES=500 FAIR_LEDGER_STEPS=100 looks longer.
"""

import json
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

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

EXAMPLES = int(os.environ.get("FAIR_LEDGER_EXAMPLES", "25"))
STEPS = int(os.environ.get("FAIR_LEDGER_STEPS", "40"))

FLOORS = {"issue": None, "lin": 0, "wang": 0, "chen": -500, "pool": 0}
CODES = [*FLOORS, "hours"]
UNITS = {code: "HOUR" if code == "hours" else "POINT" for code in CODES}

codes = st.sampled_from(CODES)
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
            floor = FLOORS.get(debit, 0)
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
            floor = FLOORS.get(code, 0)
            ledger.open_account(
                self.session,
                code=code,
                unit=UNITS[code],
                kind="member",
                floor=None if floor is None else decimal(floor),
                at=self.at,
            )
        self.session.commit()

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
            del self.model.holds[name]
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
