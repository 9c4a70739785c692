"""Posting: balanced, locked in id order, once per key; one entry or thousands."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, positive_steps_of
from ledger.driver import Driver
from ledger.entries import Act, Plan, write, write_many
from ledger.errors import (
    AccountNotFound,
    AlreadyReversed,
    IdempotencyConflict,
    InvalidEntry,
    LedgerError,
    NotReversible,
    TransactionNotFound,
)
from ledger.headings import (
    TRANSACTION_COLUMNS,
    Barrier,
    Heading,
    ensure_words,
    find_replay,
    find_replays,
    request_hash,
    transaction_from,
)
from ledger.locking import Kept, Steps, evaluate, lock_accounts, lock_known
from ledger.lots import plan_lots, plan_return
from ledger.orders import Asked, has_a_key_twice, place_order, place_orders
from ledger.tables import Transaction

LINK_BYTES = 8


@dataclass(frozen=True, slots=True)
class Leg:
    """*amount* leaves the account *debit* and arrives at *credit*; codes both.

    The amount is above zero, in the unit both accounts keep. When *credit* keeps
    lots, *earned_on* (the effective day unless said) and *expires_on* (never unless
    said) describe the lot that comes in; from an account that keeps lots, too, the
    lots move with their days (R-LED-04).
    """

    debit: str
    credit: str
    amount: Decimal
    earned_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One transaction to be posted; the fields are those of `post`."""

    legs: Sequence[Leg]
    key: str
    kind: str
    cause: str
    at: datetime
    effective_on: date | None = None
    entered_by: str | None = None
    approved_by: str | None = None
    rule_version: str | None = None
    memo: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one draft of many: posted (or known), or refused.

    In a `preview` both are None for what would be posted.
    """

    transaction: Transaction | None
    refusal: LedgerError | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would do.

    Attributes:
        outcomes: One for each draft, in their order.
        moved: What would move in all, by unit.
        balances: Where every account named would stand, by code, in its unit.
    """

    outcomes: Sequence[Outcome]
    moved: Mapping[str, Decimal] = field(default_factory=dict)
    balances: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """How many would be refused."""
        return sum(1 for outcome in self.outcomes if outcome.refusal is not None)


def post(
    session: Session,
    legs: Sequence[Leg],
    *,
    key: str,
    kind: str,
    cause: str,
    at: datetime,
    effective_on: date | None = None,
    entered_by: str | None = None,
    approved_by: str | None = None,
    rule_version: str | None = None,
    memo: str = "",
    scope: str = "",
) -> Transaction:
    """Move every leg, or nothing, once per key.

    Args:
        session: An open session. The caller commits; a refusal writes nothing.
        legs: One or more; each takes *amount* from its debit account and gives it
            to its credit account. They apply in order, and no account may fall
            below its floor on the way.
        key: What happened, such as ``shift:7f3a:earn``. The same key with the same
            body returns the transaction it made before; 1 to 200 characters.
        kind: The sort of act for reports, such as ``EARN_HOURS``; 1 to 40.
        cause: An opaque reference, ``noun:id``; only the noun is ever exported.
        at: Aware UTC moment of the act.
        effective_on: The day it counts for; the UTC day of *at* when not given.
        entered_by: An opaque reference to who entered it.
        approved_by: An opaque reference to who approved it.
        rule_version: The version of the rule the amounts come from.
        memo: Words about it, kept apart from the sealed record and erasable.
        scope: Keys are unique within a scope; all share "" by default.

    Returns:
        The transaction; its ``replayed`` is True when the key had acted before.

    Raises:
        InvalidEntry: no legs, an account paying itself, an empty key or kind.
        NonPositiveAmount, InexactAmount: an amount the unit does not know.
        AccountNotFound: a leg names no account.
        IdempotencyConflict: the key stands for another body.
        UnitMismatch: a leg joins accounts of two units.
        AccountFrozen, AccountClosed: nothing moves there.
        InsufficientFunds: an account would fall below its floor.
    """
    draft = Draft(
        legs=legs,
        key=key,
        kind=kind,
        cause=cause,
        at=at,
        effective_on=effective_on,
        entered_by=entered_by,
        approved_by=approved_by,
        rule_version=rule_version,
        memo=memo,
        scope=scope,
    )
    return post_asked(Driver(session), asked_of(draft))


def post_many(session: Session, drafts: Sequence[Draft]) -> list[Transaction]:
    """Post each draft as a transaction of its own, in order, all or nothing.

    However many there are, every table is written once. The answer is that of
    `post` for each; the first refusal is raised. Roll back then: where accounts
    keep lots, drafts before the refused one have been written.
    """
    return _all(post_batch(Driver(session), [asked_of(one) for one in drafts]))


def post_linked(session: Session, drafts: Sequence[Draft]) -> list[Transaction]:
    """Post drafts that belong together, all or none of them, under one ``link``.

    Sent again, all of them answer what they did; the link is that of the first
    time. Raises the first refusal, as `post` would; then roll back.
    """
    if not drafts:
        raise InvalidEntry("A linked set needs at least one transaction.")
    link = secrets.token_hex(LINK_BYTES)
    done = _all(post_batch(Driver(session), [asked_of(one, link) for one in drafts]))
    if len({transaction.link for transaction in done}) != 1:
        raise IdempotencyConflict(drafts[0].key)  # some were posted by another call
    return done


def post_each(session: Session, drafts: Sequence[Draft]) -> list[Outcome]:
    """Post what can be posted; a refused draft changes nothing for the others."""
    results = post_batch(Driver(session), [asked_of(one) for one in drafts])
    return [_outcome(one) for one in results]


def preview(session: Session, drafts: Sequence[Draft]) -> Preview:
    """Say what `post_each` would do now, and write nothing.

    It locks what it looks at, as posting does; close the transaction soon.
    """
    driver = Driver(session)
    asked = [asked_of(one) for one in drafts]
    results, plans, accounts = _evaluate_batch(driver, asked)
    moved: dict[str, int] = {}
    for _, _, act in plans.values():
        for debit, _, steps, _, _ in act.moves:
            moved[debit.unit] = moved.get(debit.unit, 0) + steps
    return Preview(
        outcomes=[_outcome(results.get(place)) for place in range(len(asked))],
        moved={unit: amount_of(steps) for unit, steps in moved.items()},
        balances={
            code: amount_of(kept.posted, exponent=kept.exponent)
            for code, kept in accounts.items()
        },
    )


def credit_many(
    session: Session,
    source: str,
    amounts: Mapping[str, Decimal],
    *,
    key: str,
    kind: str,
    cause: str,
    at: datetime,
    effective_on: date | None = None,
    earned_on: date | None = None,
    expires_on: date | None = None,
    entered_by: str | None = None,
    approved_by: str | None = None,
    rule_version: str | None = None,
    memo: str = "",
    scope: str = "",
) -> Transaction:
    """Credit many accounts out of one, in one transaction: all of them or none.

    Args:
        session: An open session. The caller commits.
        source: Code of the account that gives, such as a programme's issuance.
        amounts: What each account, by its code, gets; above zero.
        key: See `post`; the same for the other arguments.
        kind: See `post`.
        cause: See `post`.
        at: See `post`.
        effective_on: See `post`.
        earned_on: Of the lots, see `Leg`.
        expires_on: Of the lots, see `Leg`.
        entered_by: See `post`.
        approved_by: See `post`.
        rule_version: See `post`.
        memo: See `post`.
        scope: See `post`.

    Raises:
        The refusals of `post`.
    """
    draft = Draft(
        legs=[
            Leg(source, code, amount, earned_on, expires_on)
            for code, amount in amounts.items()
        ],
        key=key,
        kind=kind,
        cause=cause,
        at=at,
        effective_on=effective_on,
        entered_by=entered_by,
        approved_by=approved_by,
        rule_version=rule_version,
        memo=memo,
        scope=scope,
    )
    return post_asked(Driver(session), asked_of(draft))


def asked_of(draft: Draft, link: str | None = None) -> Asked:
    """Return *draft* as the book reads it; refuse what is malformed."""
    if not draft.legs:
        raise InvalidEntry("A transaction needs at least one leg.")
    heading = Heading(
        op="post",
        key=draft.key,
        kind=str(draft.kind),
        cause=draft.cause,
        at=draft.at,
        scope=draft.scope,
        effective_on=draft.effective_on,
        entered_by=draft.entered_by,
        approved_by=draft.approved_by,
        rule_version=draft.rule_version,
        memo=draft.memo,
        link=link,
    )
    ensure_words(heading)
    legs: list[Steps] = []
    codes: list[str] = []
    body: list[str] = []
    for leg in draft.legs:
        steps = positive_steps_of(leg.amount)
        legs.append((leg.debit, leg.credit, steps))
        codes += (leg.debit, leg.credit)
        body += (leg.debit, leg.credit, str(steps))
        if leg.earned_on or leg.expires_on:
            body.append(f"{leg.earned_on}/{leg.expires_on}")
    terms = [(leg.earned_on, leg.expires_on) for leg in draft.legs]
    return Asked(heading, request_hash(heading, body), legs, terms, codes)


def post_asked(driver: Driver, asked: Asked) -> Transaction:
    """Post one transaction; see `post`."""
    posted = place_order(driver, asked)
    return post_at_length(driver, asked) if posted is None else posted


def post_at_length(driver: Driver, asked: Asked) -> Transaction:
    """Post what is no plain order, or say why not."""
    heading = asked.heading
    accounts = lock_accounts(driver, asked.codes)
    done = find_replay(driver, heading, asked.wanted)
    if done is not None:
        return done
    moves = evaluate(accounts, asked.legs)
    act = Act(moves=moves, lots=plan_lots(driver, moves, asked.terms, heading.on))
    return write(driver, heading, asked.wanted, act)


Result = Transaction | LedgerError


def _evaluate_batch(
    driver: Driver, batch: Sequence[Asked]
) -> tuple[dict[int, Result], dict[int, Plan], dict[str, Kept]]:
    """Return, by place: what is known or refused already, and what is to be written.

    A key that comes twice in the batch is refused where its bodies differ and left
    out where they are the same.
    """
    accounts = lock_known(driver, list(dict.fromkeys(_codes(batch))))
    before = find_replays(driver, [(one.heading, one.wanted) for one in batch])
    barrier = Barrier(driver)
    results: dict[int, Result] = {}
    plans: dict[int, Plan] = {}
    for place, one in enumerate(batch):
        if one.key in before:
            results[place] = before[one.key]
            continue
        try:
            barrier.ensure(one.heading.on)
            for code in one.codes:
                if code not in accounts:
                    raise AccountNotFound(code)
            moves = evaluate(accounts, one.legs)
        except LedgerError as refusal:
            results[place] = refusal
        else:
            plans[place] = (one.heading, one.wanted, Act(moves=moves))
    return results, plans, accounts


def _codes(batch: Iterable[Asked]) -> Iterable[str]:
    for one in batch:
        yield from one.codes


def post_batch(driver: Driver, batch: Sequence[Asked]) -> list[Result]:
    """Post what can be posted; every table is written once, unless lots are spent."""
    posted = place_orders(driver, batch)
    return post_each_at_length(driver, batch) if posted is None else list(posted)


def post_each_at_length(driver: Driver, batch: Sequence[Asked]) -> list[Result]:
    """Post what can be posted of drafts that are not plain orders all of them."""
    if has_a_key_twice(batch):  # rare: let the second see what the first has done
        return [_result(driver, one) for one in batch]
    results, plans, _ = _evaluate_batch(driver, batch)
    if any(move[0].keeps_lots for _, _, act in plans.values() for move in act.moves):
        return [_result(driver, one) for one in batch]
    for place, (heading, _, act) in plans.items():
        act.lots = plan_lots(driver, act.moves, batch[place].terms, heading.on)
    written = write_many(driver, list(plans.values())) if plans else []
    results.update(zip(plans, written, strict=True))
    return [results[place] for place in range(len(batch))]


def _result(driver: Driver, asked: Asked) -> Result:
    try:
        return post_asked(driver, asked)
    except LedgerError as refusal:
        return refusal


def _all(results: Sequence[Result]) -> list[Transaction]:
    done: list[Transaction] = []
    for result in results:
        if isinstance(result, LedgerError):
            raise result
        done.append(result)
    return done


def _outcome(result: Result | None) -> Outcome:
    if isinstance(result, LedgerError):
        return Outcome(None, result)
    return Outcome(result, None)


def find_transaction(session: Session, transaction_id: int) -> Transaction | None:
    """Return a transaction by its id, or None."""
    row = Driver(session).one(
        f"SELECT {TRANSACTION_COLUMNS} FROM ledger_transaction WHERE id = ?",  # noqa: S608
        (transaction_id,),
    )
    return None if row is None else transaction_from(row)


def erase_memo(session: Session, transaction_id: int) -> None:
    """Erase the words about a transaction; every hash still verifies."""
    Driver(session).run(
        "DELETE FROM ledger_private_text WHERE transaction_id = ?", (transaction_id,)
    )


def legs_of(session: Session, transaction_id: int) -> list[Leg]:
    """Return the legs of a transaction in their order; empty when it moved nothing."""
    return [
        Leg(debit, credit, amount_of(steps, exponent=exponent))
        for debit, credit, steps, exponent in legs_in_steps(
            Driver(session), transaction_id
        )
    ]


def reverse(
    session: Session,
    transaction_id: int,
    *,
    key: str,
    cause: str,
    at: datetime,
    entered_by: str | None,
    approved_by: str | None = None,
    effective_on: date | None = None,
    memo: str = "",
    scope: str = "",
) -> Transaction:
    """Undo a transaction by an equal and opposite one; the first stays as it is.

    Every posting is made again with debit and credit exchanged, last first. A
    transaction is reversed once, and a reversal never: who erred twice posts anew.
    Reversing a capture gives the amount back, to the lots it came from; it does not
    renew the hold.

    Args:
        session: An open session. The caller commits.
        transaction_id: The ``id`` of the transaction to undo.
        key: See `post`.
        cause: See `post`.
        at: Aware UTC moment of the reversal.
        entered_by: An opaque reference to who reverses it.
        approved_by: An opaque reference to who approved that.
        effective_on: See `post`.
        memo: See `post`.
        scope: See `post`.

    Returns:
        The new transaction, of kind ``REVERSAL``.

    Raises:
        TransactionNotFound: there is none with this id.
        NotReversible: it moved nothing (a hold, a release, an opening), it is a
            reversal or a refund itself, or it was refunded in part.
        AlreadyReversed: another reversal was first.
        InsufficientFunds: who received it has spent it already.
        AccountFrozen, AccountClosed, IdempotencyConflict: see `post`.
    """
    driver = Driver(session)
    legs = [
        (credit, debit, steps)
        for debit, credit, steps, _ in reversed(legs_in_steps(driver, transaction_id))
    ]
    if not legs:
        if find_transaction(session, transaction_id) is None:
            raise TransactionNotFound(f"There is no transaction {transaction_id}.")
        raise NotReversible(f"Transaction {transaction_id} moved nothing.")
    heading = Heading(
        op="reverse",
        key=key,
        kind="REVERSAL",
        cause=cause,
        at=at,
        scope=scope,
        effective_on=effective_on,
        entered_by=entered_by,
        approved_by=approved_by,
        memo=memo,
        reverses=transaction_id,
    )
    wanted = request_hash(heading, [str(transaction_id)])
    accounts = lock_accounts(driver, [code for leg in legs for code in leg[:2]])
    done = find_replay(driver, heading, wanted)
    if done is not None:
        return done
    _ensure_reversible(driver, transaction_id)
    moves = evaluate(accounts, legs)
    lots = plan_return(driver, transaction_id, moves, heading.on)
    return write(driver, heading, wanted, Act(moves=moves, lots=lots))


def _ensure_reversible(driver: Driver, transaction_id: int) -> None:
    """Refuse what was reversed or refunded, and what is a reversal or a refund."""
    row = driver.one(
        "SELECT reverses_id, refunds_id,"
        " (SELECT 1 FROM ledger_transaction WHERE reverses_id = ?),"
        " (SELECT 1 FROM ledger_transaction WHERE refunds_id = ? LIMIT 1)"
        " FROM ledger_transaction WHERE id = ?",
        (transaction_id, transaction_id, transaction_id),
    )
    assert row is not None
    reverses, refunds, was_reversed, was_refunded = row
    if was_reversed:
        raise AlreadyReversed(f"Transaction {transaction_id} was reversed before.")
    if reverses is not None or refunds is not None:
        raise NotReversible(f"Transaction {transaction_id} is a correction itself.")
    if was_refunded:
        raise NotReversible(f"Transaction {transaction_id} was refunded in part.")


def legs_in_steps(
    driver: Driver, transaction_id: int
) -> list[tuple[str, str, int, int]]:
    """Return (debit, credit, ten-thousandths, the unit's exponent) of each leg."""
    rows = driver.all(
        "SELECT d.code, c.code, p.amount, u.exponent FROM ledger_posting p"
        " JOIN ledger_account d ON d.id = p.debit_account_id"
        " JOIN ledger_account c ON c.id = p.credit_account_id"
        " JOIN ledger_unit u ON u.code = d.unit"
        " WHERE p.transaction_id = ? ORDER BY p.line",
        (transaction_id,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
