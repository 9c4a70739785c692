"""Earning up to a cap, and taking back what should never have been earned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, positive_steps_of, steps_of
from ledger.driver import Driver
from ledger.entries import Act, write
from ledger.errors import InvalidEntry
from ledger.headings import Heading, find_replay, request_hash
from ledger.journal import Leg, legs_in_steps
from ledger.locking import Kept, Steps, evaluate, lock_accounts
from ledger.lots import plan_lots
from ledger.lots_plan import NO_TERMS
from ledger.tables import Transaction


@dataclass(frozen=True, slots=True)
class Credited:
    """Where an earning went; the three amounts together are what was earned.

    Attributes:
        transaction: What was written.
        kept: What the account kept.
        offset: What paid off an earlier clawback.
        overflow: What was above the cap.
    """

    transaction: Transaction
    kept: Decimal
    offset: Decimal
    overflow: Decimal


@dataclass(frozen=True, slots=True)
class ClawedBack:
    """What a clawback did; both amounts together are what was asked.

    Attributes:
        transaction: What was written.
        taken: What the account still had.
        owed: What later earnings will pay.
    """

    transaction: Transaction
    taken: Decimal
    owed: Decimal


def credit(
    session: Session,
    *,
    source: str,
    account: str,
    amount: Decimal,
    key: str,
    kind: str,
    cause: str,
    at: datetime,
    cap: Decimal | None = None,
    overflow: str | None = None,
    offset: str | None = None,
    earned_on: date | None = None,
    expires_on: date | None = None,
    extra_legs: Sequence[Leg] = (),
    effective_on: date | None = None,
    entered_by: str | None = None,
    approved_by: str | None = None,
    rule_version: str | None = None,
    memo: str = "",
    scope: str = "",
) -> Credited:
    """Credit what was earned, in one transaction with what becomes of it.

    All of it comes into the account; from there an earlier clawback is paid off
    first, then what exceeds the cap goes on. What only passes through makes no lot.

    Args:
        session: An open session. The caller commits.
        source: Code of the account that gives, such as a programme's issuance.
        account: Code of the account that earns.
        amount: Above zero, in the unit of these accounts.
        key: See `ledger.post`. The same key answers what it did then, also when the
            balance, and so the parts, would be others now.
        kind: See `ledger.post`.
        cause: See `ledger.post`.
        at: See `ledger.post`.
        cap: The most the account may keep; None is no limit.
        overflow: Code of the account that takes what exceeds the cap.
        offset: Code of the account below zero by what *account* owes, see
            `claw_back`; None when there is none.
        earned_on: Of the lot, see `Leg`.
        expires_on: Of the lot, see `Leg`.
        extra_legs: Posted with it, such as the hours of the same service.
        effective_on: See `ledger.post`.
        entered_by: See `ledger.post`.
        approved_by: See `ledger.post`.
        rule_version: The version of the rule the amounts come from (R-LED-12).
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Raises:
        InvalidEntry: a cap without an overflow account.
        The refusals of `ledger.post`.
    """
    if cap is not None and overflow is None:
        raise InvalidEntry("What exceeds a cap needs an account to go to.")
    steps = positive_steps_of(amount)
    heading = Heading(
        op="credit",
        key=key,
        kind=str(kind),
        cause=cause,
        at=at,
        scope=scope,
        effective_on=effective_on,
        entered_by=entered_by,
        approved_by=approved_by,
        rule_version=rule_version,
        memo=memo,
    )
    most = None if cap is None else steps_of(cap)
    ways = _Ways(account, offset, overflow, most)
    extra = [
        (leg.debit, leg.credit, positive_steps_of(leg.amount)) for leg in extra_legs
    ]
    wanted = request_hash(
        heading,
        [
            *(source, account, str(steps), str(most), overflow, offset),
            *(str(earned_on), str(expires_on)),
            *(str(part) for leg in extra for part in leg),
            *(f"{leg.earned_on}/{leg.expires_on}" for leg in extra_legs),
        ],
    )
    driver = Driver(session)
    codes = [source, *ways.codes, *(code for leg in extra for code in leg[:2])]
    accounts = lock_accounts(driver, codes)
    done = find_replay(driver, heading, wanted)
    if done is None:
        legs = [(source, account, steps), *ways.onward(accounts, steps)]
        terms = [(earned_on, expires_on)] * len(legs)
        terms += [(leg.earned_on, leg.expires_on) for leg in extra_legs]
        moves = evaluate(accounts, legs + extra)
        act = Act(moves=moves, lots=plan_lots(driver, moves, terms, heading.on))
        done = write(driver, heading, wanted, act)
    else:
        legs = _legs(driver, done)[: done.posting_count - len(extra)]
    paid = _moved(legs, account, offset)
    beyond = _moved(legs, account, overflow)
    places = accounts[account].exponent
    return Credited(
        transaction=done,
        kept=amount_of(steps - paid - beyond, exponent=places),
        offset=amount_of(paid, exponent=places),
        overflow=amount_of(beyond, exponent=places),
    )


def claw_back(
    session: Session,
    account: str,
    amount: Decimal,
    *,
    into: str,
    offset: str,
    key: str,
    cause: str,
    at: datetime,
    entered_by: str | None,
    approved_by: str | None = None,
    effective_on: date | None = None,
    rule_version: str | None = None,
    kind: str = "CLAWBACK",
    memo: str = "",
    scope: str = "",
) -> ClawedBack:
    """Take back what should never have been earned, without a negative balance.

    What the account has available goes into *into* now. The rest comes out of
    *offset*, which goes below zero by what is owed until `credit` pays it off.

    Args:
        session: An open session. The caller commits.
        account: Code of the account that gives.
        amount: Above zero, in the unit of these accounts.
        into: Code of the account that takes all of it.
        offset: Code of the account of the same owner, without a floor, for what is
            owed.
        key: See `credit`.
        cause: See `ledger.post`.
        at: See `ledger.post`.
        entered_by: An opaque reference to who takes it back.
        approved_by: An opaque reference to who approved that.
        effective_on: See `ledger.post`.
        rule_version: See `ledger.post`.
        kind: See `ledger.post`.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Raises:
        The refusals of `ledger.post`.
    """
    steps = positive_steps_of(amount)
    heading = Heading(
        op="claw_back",
        key=key,
        kind=str(kind),
        cause=cause,
        at=at,
        scope=scope,
        effective_on=effective_on,
        entered_by=entered_by,
        approved_by=approved_by,
        rule_version=rule_version,
        memo=memo,
    )
    wanted = request_hash(heading, [account, str(steps), into, offset])
    driver = Driver(session)
    accounts = lock_accounts(driver, [account, into, offset])
    done = find_replay(driver, heading, wanted)
    if done is None:
        taken = min(steps, _to_spend(accounts[account]))
        legs = _leg(account, into, taken) + _leg(offset, into, steps - taken)
        moves = evaluate(accounts, legs)
        lots = plan_lots(driver, moves, [NO_TERMS] * len(moves), heading.on)
        done = write(driver, heading, wanted, Act(moves=moves, lots=lots))
    else:
        taken = _moved(_legs(driver, done), account, into)
    places = accounts[account].exponent
    return ClawedBack(
        transaction=done,
        taken=amount_of(taken, exponent=places),
        owed=amount_of(steps - taken, exponent=places),
    )


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where an earning may go on to from *account*; the cap in ten-thousandths."""

    account: str
    offset: str | None
    overflow: str | None
    cap: int | None

    @property
    def codes(self) -> list[str]:
        """The accounts, as far as there are any."""
        codes = (self.account, self.offset, self.overflow)
        return [code for code in codes if code is not None]

    def onward(self, accounts: dict[str, Kept], steps: int) -> list[Steps]:
        """Return the legs that *steps* newly earned lead to."""
        legs: list[Steps] = []
        if self.offset is not None:
            pays = min(steps, max(0, -accounts[self.offset].posted))
            legs += _leg(self.account, self.offset, pays)
            steps -= pays
        if self.overflow is not None and self.cap is not None:
            beyond = max(0, accounts[self.account].posted + steps - self.cap)
            legs += _leg(self.account, self.overflow, min(steps, beyond))
        return legs


def _to_spend(account: Kept) -> int:
    """Return what an account can give without going below zero or its floor."""
    return max(0, account.posted - account.held - max(0, account.floor or 0))


def _leg(debit: str, credit: str, steps: int) -> list[Steps]:
    return [(debit, credit, steps)] if steps else []


def _legs(driver: Driver, transaction: Transaction) -> list[Steps]:
    assert transaction.id is not None
    return [
        (debit, credit, steps)
        for debit, credit, steps, _ in legs_in_steps(driver, transaction.id)
    ]


def _moved(legs: Iterable[Steps], debit: str, credit: str | None) -> int:
    """Return how much went from one account to the other."""
    return sum(leg[2] for leg in legs if leg[:2] == (debit, credit))
