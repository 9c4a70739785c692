"""Refunds: part of a payment back to who paid, never more than was paid."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, positive_steps_of
from ledger.driver import Driver
from ledger.entries import Act, write
from ledger.errors import (
    AlreadyReversed,
    NotReversible,
    RefundExceeds,
    TransactionNotFound,
)
from ledger.headings import Heading, find_replay, request_hash
from ledger.journal import find_transaction, legs_in_steps
from ledger.locking import evaluate, lock_accounts
from ledger.lots import plan_return
from ledger.tables import Transaction


def refund(
    session: Session,
    transaction_id: int,
    amount: Decimal,
    *,
    key: str,
    cause: str,
    at: datetime,
    entered_by: str | None,
    approved_by: str | None = None,
    effective_on: date | None = None,
    rule_version: str | None = None,
    kind: str = "REFUND",
    memo: str = "",
    scope: str = "",
) -> Transaction:
    """Give part of a payment back, to the lots it was paid from (R-LED-04).

    The lot used last is filled first. What belongs to a lot that has expired on the
    effective day becomes a grace lot of `ledger.lots_plan.GRACE_DAYS` days. A
    payment may be refunded several times, up to what was paid; once it has been, it
    can no longer be reversed.

    Args:
        session: An open session. The caller commits.
        transaction_id: The ``id`` of the payment: a transaction of one posting.
        amount: Above zero, in the unit of the payment.
        key: See `ledger.post`.
        cause: See `ledger.post`.
        at: Aware UTC moment of the refund.
        entered_by: An opaque reference to who gives it back.
        approved_by: An opaque reference to who approved that.
        effective_on: See `ledger.post`.
        rule_version: See `ledger.post`.
        kind: The sort of act in reports.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Returns:
        The new transaction; its ``refunds_id`` names the payment.

    Raises:
        TransactionNotFound: there is none with this id.
        NotReversible: it is a refund or a reversal itself, or has not exactly one
            posting.
        AlreadyReversed: all of it was given back by a reversal.
        RefundExceeds: with the refunds before it is more than was paid.
        InsufficientFunds: who was paid has spent it.
        NonPositiveAmount, InexactAmount, AccountFrozen, AccountClosed,
        IdempotencyConflict: see `ledger.post`.
    """
    steps = positive_steps_of(amount)
    heading = Heading(
        op="refund",
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
        refunds=transaction_id,
    )
    wanted = request_hash(heading, [str(transaction_id), str(steps)])
    driver = Driver(session)
    payer, payee, paid = _payment(session, driver, transaction_id)
    accounts = lock_accounts(driver, [payer, payee])
    done = find_replay(driver, heading, wanted)
    if done is not None:
        return done
    _ensure_refundable(driver, transaction_id, steps, paid)
    moves = evaluate(accounts, [(payee, payer, steps)])
    lots = plan_return(driver, transaction_id, moves, heading.on)
    return write(driver, heading, wanted, Act(moves=moves, lots=lots))


def _payment(
    session: Session, driver: Driver, transaction_id: int
) -> tuple[str, str, int]:
    """Return who paid whom how much."""
    transaction = find_transaction(session, transaction_id)
    if transaction is None:
        raise TransactionNotFound(f"There is no transaction {transaction_id}.")
    if transaction.reverses_id is not None or transaction.refunds_id is not None:
        raise NotReversible(f"Transaction {transaction_id} is a correction itself.")
    legs = legs_in_steps(driver, transaction_id)
    if len(legs) != 1:
        raise NotReversible(f"Transaction {transaction_id} is not a single payment.")
    return legs[0][:3]


def _ensure_refundable(
    driver: Driver, transaction_id: int, steps: int, paid: int
) -> None:
    taken = "SELECT 1 FROM ledger_transaction WHERE reverses_id = ?"
    if driver.one(taken, (transaction_id,)) is not None:
        raise AlreadyReversed(f"Transaction {transaction_id} was reversed before.")
    back = driver.value(
        "SELECT COALESCE(SUM(p.amount), 0) FROM ledger_transaction t"
        " JOIN ledger_posting p ON p.transaction_id = t.id WHERE t.refunds_id = ?",
        (transaction_id,),
    )
    left = paid - int(back)
    if steps > left:
        raise RefundExceeds(
            f"Of transaction {transaction_id} {amount_of(left)} can be given back,"
            f" not {amount_of(steps)}."
        )
