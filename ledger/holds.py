"""Holds: an amount set aside, then captured in whole or part, or released; once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, positive_steps_of
from ledger.columns import moment_text
from ledger.driver import Driver, as_moment, as_uuid
from ledger.entries import Act, write
from ledger.errors import CaptureExceedsHold, HoldNotFound, HoldResolved
from ledger.headings import Heading, find_replay, request_hash
from ledger.locking import ensure_funds, ensure_pair, evaluate, lock_accounts
from ledger.lots import plan_lots
from ledger.lots_plan import NO_TERMS
from ledger.tables import Hold, HoldResolution, HoldState, Transaction

EXPIRE_BATCH_MAX = 500


@dataclass(frozen=True, slots=True)
class _Placed:
    """A hold as it was placed; the amount in ten-thousandths."""

    id: UUID
    transaction_id: int
    payer_id: int
    payee_id: int
    steps: int
    expires_at: datetime | None
    payer: str
    payee: str
    cause: str
    exponent: int


def place_hold(
    session: Session,
    *,
    payer: str,
    payee: str,
    amount: Decimal,
    key: str,
    kind: str,
    cause: str,
    at: datetime,
    expires_at: datetime | None = None,
    entered_by: str | None = None,
    rule_version: str | None = None,
    memo: str = "",
    scope: str = "",
) -> Hold:
    """Set *amount* of *payer* aside for *payee* until it is captured or released.

    The amount leaves what the payer has available at once, so nothing can be
    promised twice; it leaves the posted balance only when it is captured, which
    then cannot fail for want of funds.

    Args:
        session: An open session. The caller commits.
        payer: Code of the paying account.
        payee: Code of the account the capture will pay, unless it says otherwise.
        amount: Above zero, in the unit both accounts keep.
        key: See `ledger.post`; *expires_at* does not count as part of the body.
        kind: The sort of act, such as ``HOLD``.
        cause: See `ledger.post`; capture and release carry the same cause.
        at: Aware UTC moment.
        expires_at: Aware UTC moment from which `expire_holds` releases it; until
            then, and until that has run, it can be captured.
        entered_by: An opaque reference to who entered it.
        rule_version: See `ledger.post`.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Returns:
        The hold; its ``replayed`` is True when the key had placed it before.

    Raises:
        InsufficientFunds: the payer has less available. Nothing was written.
        NonPositiveAmount, InexactAmount, AccountNotFound, UnitMismatch,
        AccountFrozen, AccountClosed, IdempotencyConflict: see `ledger.post`.
    """
    steps = positive_steps_of(amount)
    driver = Driver(session)
    heading = Heading(
        op="hold",
        key=key,
        kind=str(kind),
        cause=cause,
        at=at,
        scope=scope,
        entered_by=entered_by,
        rule_version=rule_version,
        memo=memo,
    )
    wanted = request_hash(heading, [payer, payee, str(steps)])
    accounts = lock_accounts(driver, [payer, payee])
    done = find_replay(driver, heading, wanted)
    if done is not None:
        return _hold_of(driver, done)
    ensure_pair(accounts[payer], accounts[payee], steps)
    ensure_funds(accounts[payer], steps)
    if expires_at is not None:
        moment_text(expires_at)  # refuses a moment without a zone
    placed = (uuid4(), accounts[payer], accounts[payee], steps, expires_at)
    number = write(driver, heading, wanted, Act(hold=placed)).id
    assert number is not None
    return Hold(
        id=placed[0],
        transaction_id=number,
        debit_account_id=accounts[payer].id,
        credit_account_id=accounts[payee].id,
        amount=amount_of(steps, exponent=accounts[payer].exponent),
        expires_at=expires_at,
    )


def capture_hold(
    session: Session,
    hold_id: UUID,
    *,
    key: str,
    at: datetime,
    amount: Decimal | None = None,
    payee: str | None = None,
    kind: str = "CAPTURE",
    entered_by: str | None = None,
    approved_by: str | None = None,
    rule_version: str | None = None,
    memo: str = "",
    scope: str = "",
) -> Transaction:
    """Pay what was held, in whole or in part; the rest is free again at once.

    Args:
        session: An open session. The caller commits.
        hold_id: The hold's ``id``.
        key: See `ledger.post`.
        at: Aware UTC moment.
        amount: What to pay, at most the held amount; None pays the whole.
        payee: Code of the account to pay; None is the one the hold names.
        kind: The sort of act in reports.
        entered_by: An opaque reference to who entered it.
        approved_by: An opaque reference to who approved it.
        rule_version: See `ledger.post`.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Returns:
        The transaction that paid, with the cause of the hold.

    Raises:
        HoldNotFound: no hold has this id.
        HoldResolved: it was captured or released before, under another key.
        CaptureExceedsHold: *amount* is more than was held.
        AccountFrozen, AccountClosed: payer or payee cannot move anything now.
        NonPositiveAmount, InexactAmount, UnitMismatch, AccountNotFound,
        IdempotencyConflict: see `ledger.post`.
    """
    driver = Driver(session)
    hold = _placed(driver, hold_id)
    asked = None if amount is None else positive_steps_of(amount)
    heading = Heading(
        op="capture",
        key=key,
        kind=str(kind),
        cause=hold.cause,
        at=at,
        scope=scope,
        entered_by=entered_by,
        approved_by=approved_by,
        rule_version=rule_version,
        memo=memo,
    )
    body = [str(hold.id), None if asked is None else str(asked), payee]
    wanted = request_hash(heading, body)
    paid = payee or hold.payee
    accounts = lock_accounts(driver, [hold.payer, hold.payee, paid])
    done = find_replay(driver, heading, wanted)
    if done is not None:
        return done
    _ensure_unresolved(driver, hold_id)
    steps = hold.steps if asked is None else asked
    if steps > hold.steps:
        held = amount_of(hold.steps, exponent=hold.exponent)
        raise CaptureExceedsHold(f"{amount} is more than the {held} held.")
    accounts[hold.payer].held -= hold.steps
    moves = evaluate(accounts, [(hold.payer, paid, steps)])
    lots = plan_lots(driver, moves, [NO_TERMS], heading.on)
    act = Act(moves=moves, resolution=(hold.id, steps), lots=lots)
    return write(driver, heading, wanted, act)


def release_hold(
    session: Session,
    hold_id: UUID,
    *,
    key: str,
    at: datetime,
    kind: str = "RELEASE",
    entered_by: str | None = None,
    memo: str = "",
    scope: str = "",
) -> HoldResolution:
    """Let the held amount go back to what the payer has available.

    Works while an account is frozen too: nothing is posted.

    Args:
        session: An open session. The caller commits.
        hold_id: The hold's ``id``.
        key: See `ledger.post`.
        at: Aware UTC moment.
        kind: The sort of act in reports.
        entered_by: An opaque reference to who entered it.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Returns:
        The hold's resolution, with zero captured.

    Raises:
        HoldNotFound: no hold has this id.
        HoldResolved: it was captured or released before, under another key.
        IdempotencyConflict: the key stands for another body.
    """
    driver = Driver(session)
    hold = _placed(driver, hold_id)
    heading = Heading(
        op="release",
        key=key,
        kind=str(kind),
        cause=hold.cause,
        at=at,
        scope=scope,
        entered_by=entered_by,
        memo=memo,
    )
    return _release(driver, hold, heading)


def extend_hold(
    session: Session,
    hold_id: UUID,
    *,
    expires_at: datetime | None,
    key: str,
    at: datetime,
    kind: str = "EXTEND_HOLD",
    entered_by: str | None = None,
    memo: str = "",
    scope: str = "",
) -> Hold:
    """Let an open hold last until another moment; nothing else about it changes.

    Args:
        session: An open session. The caller commits.
        hold_id: The hold's ``id``.
        expires_at: Aware UTC moment from which it is released; None is never.
        key: See `ledger.post`; *expires_at* counts as part of the body here.
        at: Aware UTC moment.
        kind: The sort of act in reports.
        entered_by: An opaque reference to who entered it.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Returns:
        The hold with its new end.

    Raises:
        HoldNotFound: no hold has this id.
        HoldResolved: it was captured or released before.
        IdempotencyConflict: the key stands for another body.
    """
    driver = Driver(session)
    hold = _placed(driver, hold_id)
    heading = Heading(
        op="extend",
        key=key,
        kind=str(kind),
        cause=hold.cause,
        at=at,
        scope=scope,
        entered_by=entered_by,
        memo=memo,
    )
    until = None if expires_at is None else moment_text(expires_at)
    wanted = request_hash(heading, [str(hold.id), until])
    lock_accounts(driver, [hold.payer, hold.payee])
    if find_replay(driver, heading, wanted) is None:
        _ensure_unresolved(driver, hold_id)
        write(driver, heading, wanted, Act(extension=(hold_id, expires_at)))
    return _row(_placed(driver, hold_id))


def expire_holds(
    session: Session, *, at: datetime, limit: int = EXPIRE_BATCH_MAX
) -> list[UUID]:
    """Release up to *limit* open holds whose ``expires_at`` is at or before *at*.

    Run it from a job until it returns fewer than *limit*. Running it twice, or two
    of it at once, releases each hold once.

    Returns:
        The ids of the holds released now.
    """
    driver = Driver(session)
    due = driver.all(
        "SELECT hold_id FROM ledger_open_hold WHERE expires_at <= ?"
        " ORDER BY expires_at, hold_id LIMIT ?",
        (driver.moment(at), limit),
    )
    released = []
    for row in due:
        hold = _placed(driver, as_uuid(row[0]))
        heading = Heading(
            op="release",
            key=f"expire:{hold.id}",
            kind="EXPIRE_HOLD",
            cause=hold.cause,
            at=at,
        )
        lock_accounts(driver, [hold.payer, hold.payee])
        asked = "SELECT expires_at FROM ledger_open_hold WHERE hold_id = ?"
        until = driver.value(asked, (row[0],))
        if until is None or as_moment(until) > at:
            continue  # resolved or extended: somebody was quicker than the job
        _release(driver, hold, heading)
        released.append(hold.id)
    return released


def find_hold(session: Session, hold_id: UUID) -> Hold | None:
    """Return a hold by its id, or None."""
    try:
        hold = _placed(Driver(session), hold_id)
    except HoldNotFound:
        return None
    return _row(hold)


def hold_state(session: Session, hold_id: UUID) -> HoldState:
    """Return what became of a hold.

    Raises:
        HoldNotFound: no hold has this id.
    """
    driver = Driver(session)
    _placed(driver, hold_id)
    captured = driver.value(
        "SELECT captured FROM ledger_hold_resolution WHERE hold_id = ?",
        (driver.uuid(hold_id),),
    )
    if captured is None:
        return HoldState.OPEN
    return HoldState.CAPTURED if captured else HoldState.RELEASED


def open_holds(session: Session, payer: str) -> Sequence[Hold]:
    """Return the holds on the account *payer* that wait, oldest first."""
    driver = Driver(session)
    rows = driver.all(
        "SELECT h.id FROM ledger_open_hold o JOIN ledger_hold h ON h.id = o.hold_id"
        " JOIN ledger_account a ON a.id = o.debit_account_id"
        " WHERE a.code = ? ORDER BY h.transaction_id",
        (payer,),
    )
    return [_row(_placed(driver, as_uuid(row[0]))) for row in rows]


def _placed(driver: Driver, hold_id: UUID) -> _Placed:
    row = driver.one(
        "SELECT h.transaction_id, h.debit_account_id, h.credit_account_id, h.amount,"
        " CASE WHEN o.hold_id IS NULL THEN h.expires_at ELSE o.expires_at END,"
        " d.code, c.code, t.cause, u.exponent FROM ledger_hold h"
        " LEFT JOIN ledger_open_hold o ON o.hold_id = h.id"
        " JOIN ledger_account d ON d.id = h.debit_account_id"
        " JOIN ledger_account c ON c.id = h.credit_account_id"
        " JOIN ledger_unit u ON u.code = d.unit"
        " JOIN ledger_transaction t ON t.id = h.transaction_id WHERE h.id = ?",
        (driver.uuid(hold_id),),
    )
    if row is None:
        raise HoldNotFound(f"There is no hold {hold_id}.")
    expires_at = None if row[4] is None else as_moment(row[4])
    number, payer_id, payee_id, steps, _, payer, payee, cause, exponent = row
    return _Placed(
        id=hold_id,
        transaction_id=number,
        payer_id=payer_id,
        payee_id=payee_id,
        steps=steps,
        expires_at=expires_at,
        payer=payer,
        payee=payee,
        cause=cause,
        exponent=exponent,
    )


def _row(hold: _Placed) -> Hold:
    return Hold(
        id=hold.id,
        transaction_id=hold.transaction_id,
        debit_account_id=hold.payer_id,
        credit_account_id=hold.payee_id,
        amount=amount_of(hold.steps, exponent=hold.exponent),
        expires_at=hold.expires_at,
    )


def _hold_of(driver: Driver, placing: Transaction) -> Hold:
    hold_id = driver.value(
        "SELECT id FROM ledger_hold WHERE transaction_id = ?", (placing.id,)
    )
    hold = _row(_placed(driver, as_uuid(hold_id)))
    hold._replayed = True  # noqa: SLF001
    return hold


def _ensure_unresolved(driver: Driver, hold_id: UUID) -> None:
    asked = "SELECT captured FROM ledger_hold_resolution WHERE hold_id = ?"
    row = driver.one(asked, (driver.uuid(hold_id),))
    if row is not None:
        how = "captured" if row[0] else "released"
        raise HoldResolved(f"The hold {hold_id} was {how} before.")


def _release(driver: Driver, hold: _Placed, heading: Heading) -> HoldResolution:
    wanted = request_hash(heading, [str(hold.id)])
    lock_accounts(driver, [hold.payer, hold.payee])
    transaction = find_replay(driver, heading, wanted)
    if transaction is None:
        _ensure_unresolved(driver, hold.id)
        transaction = write(driver, heading, wanted, Act(resolution=(hold.id, 0)))
    assert transaction.id is not None
    return HoldResolution(
        hold_id=hold.id, transaction_id=transaction.id, captured=amount_of(0)
    )
