"""Posting: balanced, locked in id order, once per key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, positive_steps_of
from ledger.driver import Driver
from ledger.entries import (
    TRANSACTION_COLUMNS,
    Act,
    Heading,
    find_replay,
    request_hash,
    transaction_from,
    write,
)
from ledger.errors import (
    AlreadyReversed,
    InvalidEntry,
    NotReversible,
    TransactionNotFound,
)
from ledger.locking import evaluate, lock_accounts
from ledger.tables import Transaction


@dataclass(frozen=True, slots=True)
class Leg:
    """*amount* leaves the account *debit* and arrives at *credit*; codes both.

    The amount is above zero, in the unit both accounts keep.
    """

    debit: str
    credit: str
    amount: Decimal


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
    return _post(Driver(session), draft)


def post_many(session: Session, drafts: Sequence[Draft]) -> list[Transaction]:
    """Post each draft as a transaction of its own, in order, all or nothing.

    The answer is that of `post` for each; the first refusal is raised. Roll back
    then: drafts before the refused one have been written.
    """
    driver = Driver(session)
    return [_post(driver, draft) for draft in drafts]


def _post(driver: Driver, draft: Draft) -> Transaction:
    if not draft.legs:
        raise InvalidEntry("A transaction needs at least one leg.")
    legs = [
        (leg.debit, leg.credit, positive_steps_of(leg.amount)) for leg in draft.legs
    ]
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
    )
    codes: list[str] = []
    body: list[str] = []
    for debit, credit, steps in legs:
        codes += (debit, credit)
        body += (debit, credit, str(steps))
    wanted = request_hash(heading, body)
    accounts = lock_accounts(driver, codes)
    done = find_replay(driver, heading, wanted)
    if done is not None:
        return done
    return write(driver, heading, wanted, Act(moves=evaluate(accounts, legs)))


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
        for debit, credit, steps, exponent in _legs(Driver(session), transaction_id)
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
    transaction is reversed once; a reversal may itself be reversed. Reversing a
    capture gives the amount back, it does not renew the hold.

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
        NotReversible: it moved nothing (a hold, a release, an opening).
        AlreadyReversed: another reversal was first.
        InsufficientFunds: who received it has spent it already.
        AccountFrozen, AccountClosed, IdempotencyConflict: see `post`.
    """
    driver = Driver(session)
    legs = [
        (credit, debit, steps)
        for debit, credit, steps, _ in reversed(_legs(driver, transaction_id))
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
    taken = "SELECT 1 FROM ledger_transaction WHERE reverses_id = ?"
    if driver.one(taken, (transaction_id,)) is not None:
        raise AlreadyReversed(f"Transaction {transaction_id} was reversed before.")
    return write(driver, heading, wanted, Act(moves=evaluate(accounts, legs)))


def _legs(driver: Driver, transaction_id: int) -> list[tuple[str, str, int, int]]:
    rows = driver.all(
        "SELECT d.code, c.code, p.amount, u.exponent FROM ledger_posting p"
        " JOIN ledger_account d ON d.id = p.debit_account_id"
        " JOIN ledger_account c ON c.id = p.credit_account_id"
        " JOIN ledger_unit u ON u.code = d.unit"
        " WHERE p.transaction_id = ? ORDER BY p.line",
        (transaction_id,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
