"""Lots: what an account has, beginning to keep them, and letting them expire."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of, positive_steps_of
from ledger.driver import Driver, Row, as_day, marks
from ledger.entries import Act, Plan, write, write_many
from ledger.errors import AccountNotFound, InvalidEntry
from ledger.headings import Heading, ask_barrier, find_replay, request_hash
from ledger.locking import CODES_AT_ONCE, Kept, ensure_open, evaluate, lock_accounts
from ledger.lots_plan import NO_TERMS, LotLeft, LotPlan, NewLot, plan_of, shelves_after
from ledger.tables import AccountState, Transaction

EXPIRE_BATCH_MAX = 500
IN_ORDER = (
    " ORDER BY CASE WHEN l.expires_on IS NULL THEN 1 ELSE 0 END,"
    " l.expires_on, l.earned_on, l.id"
)
LOT_COLUMNS = (
    "l.id, l.amount, l.used, l.earned_on, l.expires_on, l.from_lot_id, l.transaction_id"
)


@dataclass(frozen=True, slots=True)
class Lot:
    """What came in at once, and what is left of it; amounts in the account's unit.

    ``expires_on`` is the first day on which it cannot be spent any more; None is
    never. ``from_lot`` is the lot it came out of: a gift's, or the expired one
    behind a grace lot.
    """

    id: int
    amount: Decimal
    left: Decimal
    earned_on: date
    expires_on: date | None
    from_lot: int | None
    transaction_id: int


Into = str | Callable[[str, Lot], str]
"""A code, or a function from an account's code and one of its lots to one."""


def lots(session: Session, code: str, *, include_spent: bool = False) -> list[Lot]:
    """Return the lots of an account, in the order in which they are used.

    Args:
        session: An open session.
        code: The account's code.
        include_spent: Also those in which nothing is left.

    Raises:
        AccountNotFound: no such account.
    """
    driver = Driver(session)
    number, exponent, _ = _account(driver, code)
    asked = f"SELECT {LOT_COLUMNS} FROM ledger_lot l WHERE l.account_id = ?"  # noqa: S608
    values: tuple[int, ...] = (number,)
    if include_spent:  # the index of lots has only those with something left
        asked += (
            " AND l.transaction_id IN (SELECT transaction_id FROM ledger_posting"
            " WHERE credit_account_id = ? UNION SELECT transaction_id"
            " FROM ledger_account_change WHERE account_id = ?)"
        )
        values = (number, number, number)
    else:
        asked += " AND l.used < l.amount"
    return [_lot(row, exponent) for row in driver.all(asked + IN_ORDER, values)]


def expiring(session: Session, code: str, by: date) -> list[Lot]:
    """Return what an account would lose up to the day *by* if nothing is spent.

    What is held does not expire; as a capture would take the oldest lots, these
    show in ``left`` only what goes beyond that.

    Args:
        session: An open session.
        code: The account's code.
        by: The last day that counts.

    Raises:
        AccountNotFound: no such account.
    """
    driver = Driver(session)
    number, exponent, held = _account(driver, code)
    rows = driver.all(
        f"SELECT {LOT_COLUMNS} FROM ledger_lot l WHERE l.account_id = ?"  # noqa: S608
        f" AND l.used < l.amount AND l.expires_on <= ?{IN_ORDER}",
        (number, driver.day(by)),
    )
    found = []
    for row in rows:
        left = row[1] - row[2]
        spared = min(left, held)
        held -= spared
        if left > spared:
            lot = _lot(row, exponent)
            found.append(replace(lot, left=amount_of(left - spared, exponent=exponent)))
    return found


def start_lots(
    session: Session,
    code: str,
    lots: Sequence[tuple[Decimal, date, date | None]],
    *,
    at: datetime,
    key: str,
    entered_by: str | None = None,
    cause: str = "",
    memo: str = "",
    scope: str = "",
) -> Transaction:
    """Let an open account keep lots from now on, beginning with these.

    Args:
        session: An open session. The caller commits.
        code: The account's code.
        lots: (amount, earned on, expires on or None) each; together the account's
            posted balance. None for an account at zero or below.
        at: Aware UTC moment.
        key: See `ledger.post`.
        entered_by: An opaque reference to who did it.
        cause: See `ledger.post`.
        memo: See `ledger.post`.
        scope: See `ledger.post`.

    Returns:
        The sealed change of the account, of kind ``LOTS``.

    Raises:
        InvalidEntry: the lots are not the balance, or the account keeps lots.
        AccountNotFound, AccountFrozen, AccountClosed, NonPositiveAmount,
        InexactAmount, IdempotencyConflict: see `ledger.post`.
    """
    opening = [
        (positive_steps_of(amount), earned_on, expires_on)
        for amount, earned_on, expires_on in lots
    ]
    heading = Heading(
        op="lots",
        key=key,
        kind="LOTS",
        cause=cause,
        at=at,
        scope=scope,
        entered_by=entered_by,
        memo=memo,
    )
    body = [str(value) for lot in opening for value in lot]
    wanted = request_hash(heading, [code, *body])
    driver = Driver(session)
    kept = lock_accounts(driver, [code])[code]
    done = find_replay(driver, heading, wanted)
    if done is not None:
        return done
    ensure_open(kept)
    made = [NewLot(kept, *lot) for lot in opening]
    _ensure_may_start(kept, made)
    change = (kept, kept.state, kept.floor, 1)
    act = Act(change=change, lots=LotPlan(made=made))
    return write(driver, heading, wanted, act)


def expire_lots(
    session: Session,
    *,
    on: date,
    at: datetime,
    into: Into,
    limit: int = EXPIRE_BATCH_MAX,
    entered_by: str | None = None,
    rule_version: str | None = None,
) -> list[Transaction]:
    """Take what has expired on the day *on* out of up to *limit* accounts.

    What is held stays until it is captured or released. Accounts that are frozen
    wait. Run it once a day, again and again until fewer than *limit* come back; an
    account expires once a day, however often it runs.

    Args:
        session: An open session. The caller commits.
        on: The day; lots with ``expires_on`` on it or before have expired.
        at: Aware UTC moment.
        into: Code of the account that takes what expires, or a function that
            gives it for an account's code and a lot of it that has expired.
        limit: How many accounts to look at.
        entered_by: See `ledger.post`.
        rule_version: See `ledger.post`.

    Returns:
        One transaction of kind ``EXPIRE`` for each account.
    """
    driver = Driver(session)
    due = _due(driver, on, limit)
    targets = _targets(driver, due, on, into)
    accounts = lock_accounts(driver, [*due, *targets.values()])
    expired = _expired(driver, due, on)

    def lots_of(account: Kept) -> Sequence[LotLeft]:
        return expired.get(account.id, ())

    plans: list[Plan] = []
    for code in due:
        kept = accounts[code]
        shares = _shares(lots_of(kept), kept.held, targets)
        if not shares or kept.state != AccountState.OPEN:
            continue  # something happened before it was locked
        heading = Heading(
            op="expire",
            key=f"expire:{kept.public_code}:{on}",
            kind="EXPIRE",
            cause=f"expiry:{on}",
            at=at,
            effective_on=on,
            entered_by=entered_by,
            rule_version=rule_version,
        )
        moves = evaluate(accounts, [(code, *share) for share in shares])
        lots = plan_of(shelves_after(moves, [NO_TERMS] * len(moves), on, lots_of))
        body = [str(value) for share in shares for value in share]
        wanted = request_hash(heading, [code, *body])
        plans.append((heading, wanted, Act(moves=moves, lots=lots)))
    if not plans:
        return []
    ask_barrier(driver, (heading for heading, _, _ in plans))
    return write_many(driver, plans)


def _account(driver: Driver, code: str) -> tuple[int, int, int]:
    """Return an account's id, its unit's exponent and what is held."""
    row = driver.one(
        "SELECT a.id, u.exponent, a.debits_pending FROM ledger_account a"
        " JOIN ledger_unit u ON u.code = a.unit WHERE a.code = ?",
        (code,),
    )
    if row is None:
        raise AccountNotFound(code)
    return row[0], row[1], row[2]


def _lot(row: Row, exponent: int) -> Lot:
    number, amount, used, earned_on, expires_on, from_lot, transaction_id = row
    return Lot(
        id=number,
        amount=amount_of(amount, exponent=exponent),
        left=amount_of(amount - used, exponent=exponent),
        earned_on=as_day(earned_on),
        expires_on=None if expires_on is None else as_day(expires_on),
        from_lot=from_lot,
        transaction_id=transaction_id,
    )


def _ensure_may_start(kept: Kept, made: Sequence[NewLot]) -> None:
    if kept.keeps_lots:
        raise InvalidEntry(f"{kept.code!r} keeps lots already.")
    total = sum(lot.steps for lot in made)
    if total != max(0, kept.posted):
        balance = amount_of(kept.posted, exponent=kept.exponent)
        raise InvalidEntry(f"The lots of {kept.code!r} add up to its {balance}.")


def _due(driver: Driver, on: date, limit: int) -> list[str]:
    """Return the codes of accounts that have something to lose on a day."""
    rows = driver.all(
        "SELECT a.code FROM ledger_lot l"
        " JOIN ledger_account a ON a.id = l.account_id"
        " WHERE l.used < l.amount AND l.expires_on <= ? AND a.state = ?"
        " AND NOT EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.scope = ''"
        " AND t.key = 'expire:' || a.public_code || ?) GROUP BY a.id"
        " HAVING SUM(l.amount - l.used) > a.debits_pending ORDER BY a.id LIMIT ?",
        (driver.day(on), AccountState.OPEN, f":{on}", limit),
    )
    return [row[0] for row in rows]


def _targets(
    driver: Driver, due: Sequence[str], on: date, into: Into
) -> dict[int, str]:
    """Return by lot the code of the account that takes what expires of it."""
    found: dict[int, str] = {}
    for start in range(0, len(due), CODES_AT_ONCE):
        chunk = due[start : start + CODES_AT_ONCE]
        rows = driver.all(
            f"SELECT {LOT_COLUMNS}, a.code, u.exponent FROM ledger_lot l"  # noqa: S608
            " JOIN ledger_account a ON a.id = l.account_id"
            " JOIN ledger_unit u ON u.code = a.unit"
            f" WHERE a.code IN ({marks(len(chunk))})"
            f" AND l.used < l.amount AND l.expires_on <= ?{IN_ORDER}",
            (*chunk, driver.day(on)),
        )
        for *row, code, exponent in rows:
            lot = _lot(tuple(row), exponent)
            found[lot.id] = into if isinstance(into, str) else into(code, lot)
    return found


def _shares(
    expired: Sequence[LotLeft], held: int, targets: Mapping[int, str]
) -> list[tuple[str, int]]:
    """Return (target, steps) of what expires of these lots, in their order.

    Nothing when a lot is among them that was not there before they were locked: the
    next run has it.
    """
    steps = sum(lot[1] for lot in expired) - held
    shares: dict[str, int] = {}
    for number, left, _, _ in expired:
        part = min(left, steps)
        if part <= 0:
            break
        if number not in targets:
            return []
        target = targets[number]
        shares[target] = shares.get(target, 0) + part
        steps -= part
    return list(shares.items())


def _expired(
    driver: Driver, codes: Sequence[str], on: date
) -> dict[int, list[LotLeft]]:
    """Return by account the lots that have expired, in order, read under lock."""
    found: dict[int, list[LotLeft]] = {}
    for start in range(0, len(codes), CODES_AT_ONCE):
        chunk = codes[start : start + CODES_AT_ONCE]
        rows = driver.all(
            "SELECT l.account_id, l.id, l.amount - l.used, l.earned_on, l.expires_on"  # noqa: S608
            " FROM ledger_lot l JOIN ledger_account a ON a.id = l.account_id"
            f" WHERE a.code IN ({marks(len(chunk))})"
            f" AND l.used < l.amount AND l.expires_on <= ?{IN_ORDER}",
            (*chunk, driver.day(on)),
        )
        for account, lot, left, earned_on, expires_on in rows:
            one = (lot, left, as_day(earned_on), as_day(expires_on))
            found.setdefault(account, []).append(one)
    return found
