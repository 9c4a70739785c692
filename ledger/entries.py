"""The one path by which anything is written: lock, look up, check, insert, seal."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from ledger.canonical import (
    Line,
    account_line,
    digest_of,
    head_of,
    hold_line,
    leaf_of,
    posting_line,
    private_digest,
    resolution_line,
)
from ledger.columns import moment_text
from ledger.driver import Driver, Row, as_day, as_moment
from ledger.errors import IdempotencyConflict, InvalidEntry
from ledger.locking import Kept, Move
from ledger.sealing import append_seal
from ledger.tables import Transaction, bare

KEY_LENGTH_MAX = 200
KIND_LENGTH_MAX = 40
SALT_BYTES = 16

TRANSACTION_COLUMNS = (
    "id, scope, key, request_hash, kind, cause, at, effective_on, entered_by,"
    " approved_by, rule_version, reverses_id, posting_count, salt, memo_digest"
)
TRANSACTION_NAMES = TRANSACTION_COLUMNS.split(", ")
INSERT_TRANSACTION = (
    "INSERT INTO ledger_transaction (scope, key, request_hash, kind, cause, at,"
    " effective_on, entered_by, approved_by, rule_version, reverses_id,"
    " posting_count, salt, memo_digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_POSTING = (
    "INSERT INTO ledger_posting (transaction_id, line, debit_account_id,"
    " credit_account_id, amount, debit_balance_after, credit_balance_after)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
INSERT_HOLD = (
    "INSERT INTO ledger_hold (id, transaction_id, debit_account_id,"
    " credit_account_id, amount, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said about an act, apart from the amounts it moves."""

    op: str
    key: str
    kind: str
    cause: str
    at: datetime
    scope: str = ""
    effective_on: date | None = None
    entered_by: str | None = None
    approved_by: str | None = None
    rule_version: str | None = None
    memo: str = ""
    reverses: int | None = None


@dataclass(slots=True)
class Act:
    """What one transaction writes beneath its heading."""

    moves: Sequence[Move] = ()
    hold: tuple[UUID, Kept, Kept, int, datetime | None] | None = None
    resolution: tuple[UUID, int] | None = None
    change: tuple[Kept, str, int | None] | None = None


def request_hash(heading: Heading, body: Iterable[str | None]) -> str:
    """Return the hash of what is asked; a key refuses another one.

    When it was asked (`at`) does not count: a retry comes later. The words about
    it are compared apart, because they may have been erased since.
    """
    on = heading.effective_on
    return digest_of(
        heading.op,
        heading.kind,
        heading.cause,
        None if on is None else on.isoformat(),
        heading.entered_by,
        heading.approved_by,
        heading.rule_version,
        *body,
    )


def find_replay(driver: Driver, heading: Heading, wanted: str) -> Transaction | None:
    """Return what the key has done before, or None.

    Raises:
        IdempotencyConflict: the key stands for another body.
    """
    row = driver.one(
        f"SELECT {TRANSACTION_COLUMNS} FROM ledger_transaction"  # noqa: S608
        " WHERE scope = ? AND key = ?",
        (heading.scope, heading.key),
    )
    if row is None:
        return None
    if row[3] != wanted or not _same_words(driver, row[0], row[14], heading.memo):
        raise IdempotencyConflict(heading.key)
    return transaction_from(row, replayed=True)


def _same_words(driver: Driver, number: int, digest: str | None, memo: str) -> bool:
    """Compare the words as far as they still exist; erased ones match any."""
    if digest is None:
        return not memo
    asked = "SELECT text FROM ledger_private_text WHERE transaction_id = ?"
    row = driver.one(asked, (number,))
    return row is None or row[0] == memo


def transaction_from(row: Row, *, replayed: bool = False) -> Transaction:
    """Return the transaction of one row in `TRANSACTION_COLUMNS` order."""
    transaction = bare(Transaction)
    values = transaction.__dict__
    values.update(zip(TRANSACTION_NAMES, row, strict=True))
    values["at"] = as_moment(row[6])
    values["effective_on"] = as_day(row[7])
    transaction._replayed = replayed  # noqa: SLF001
    return transaction


def ensure_words(heading: Heading) -> None:
    """Refuse a heading the book cannot keep."""
    if not 0 < len(heading.key) <= KEY_LENGTH_MAX:
        raise InvalidEntry("A key has 1 to 200 characters.")
    if not 0 < len(heading.kind) <= KIND_LENGTH_MAX:
        raise InvalidEntry("A kind has 1 to 40 characters.")
    if len(heading.cause) > KEY_LENGTH_MAX or len(heading.scope) > KEY_LENGTH_MAX:
        raise InvalidEntry("Causes and scopes have at most 200 characters.")


def write(driver: Driver, heading: Heading, wanted: str, act: Act) -> Transaction:
    """Insert one transaction with everything beneath it, and seal or queue it."""
    ensure_words(heading)
    at = heading.at
    at_text = moment_text(at)
    on = heading.effective_on or at.astimezone(UTC).date()
    salt = secrets.token_hex(SALT_BYTES)
    memo_salt, memo_digest = "", None
    if heading.memo:
        memo_salt = secrets.token_hex(SALT_BYTES)
        memo_digest = digest_of(memo_salt, heading.memo)
    values = (
        heading.scope,
        heading.key,
        wanted,
        heading.kind,
        heading.cause,
        at_text if driver.is_sqlite else at,
        driver.day(on),
        heading.entered_by,
        heading.approved_by,
        heading.rule_version,
        heading.reverses,
        len(act.moves),
        salt,
        memo_digest,
    )
    number = _insert_transaction(driver, values)
    if heading.memo:
        driver.run(
            "INSERT INTO ledger_private_text (transaction_id, salt, text)"
            " VALUES (?, ?, ?)",
            (number, memo_salt, heading.memo),
        )
    _insert_act(driver, number, act)
    if driver.is_sqlite:
        head = head_of(
            number=number,
            kind=heading.kind,
            at=at_text,
            effective_on=on.isoformat(),
            rule_version=heading.rule_version,
            cause=heading.cause,
            reverses=heading.reverses,
            private=private_digest(
                salt,
                heading.scope,
                heading.key,
                heading.cause,
                heading.entered_by,
                heading.approved_by,
            ),
            memo=memo_digest,
        )
        append_seal(driver, number, leaf_of(head, lines_of(act)))
    else:
        driver.run("INSERT INTO ledger_unsealed (transaction_id) VALUES (?)", (number,))
    return _written(number, values, at, on)


def _insert_transaction(driver: Driver, values: tuple[Any, ...]) -> int:
    if driver.is_sqlite:
        number: int = driver.run(INSERT_TRANSACTION, values).lastrowid
        return number
    returned: int = driver.value(INSERT_TRANSACTION + " RETURNING id", values)
    return returned


def _written(
    number: int, values: tuple[Any, ...], at: datetime, on: date
) -> Transaction:
    return transaction_from((number, *values[:5], at, on, *values[7:]))


def _insert_act(driver: Driver, number: int, act: Act) -> None:
    if act.change is not None:
        account, state, floor = act.change
        driver.run(
            "INSERT INTO ledger_account_change (transaction_id, account_id, state,"
            " floor) VALUES (?, ?, ?, ?)",
            (number, account.id, state, floor),
        )
    if act.hold is not None:
        hold_id, debit, credit, steps, expires_at = act.hold
        expiry = driver.moment(expires_at)
        driver.run(
            INSERT_HOLD,
            (driver.uuid(hold_id), number, debit.id, credit.id, steps, expiry),
        )
    if act.resolution is not None:
        hold_id, captured = act.resolution
        driver.run(
            "INSERT INTO ledger_hold_resolution (hold_id, transaction_id, captured)"
            " VALUES (?, ?, ?)",
            (driver.uuid(hold_id), number, captured),
        )
    for line, (debit, credit, steps, debit_after, credit_after) in enumerate(
        act.moves, start=1
    ):
        driver.run(
            INSERT_POSTING,
            (number, line, debit.id, credit.id, steps, debit_after, credit_after),
        )


def lines_of(act: Act) -> list[Line]:
    """Return the canonical lines of an act, in the order FORMAT.md gives."""
    lines: list[Line] = []
    if act.change is not None:
        account, state, floor = act.change
        lines.append(
            account_line(account.public_code, account.unit, account.kind, state, floor)
        )
    if act.hold is not None:
        hold_id, payer, payee, steps, expires_at = act.hold
        expiry = None if expires_at is None else moment_text(expires_at)
        codes = (payer.public_code, payee.public_code)
        lines.append(hold_line(hold_id, *codes, payer.unit, steps, expiry))
    if act.resolution is not None:
        lines.append(resolution_line(*act.resolution))
    lines += [
        posting_line(debit.public_code, credit.public_code, debit.unit, steps)
        for debit, credit, steps, _, _ in act.moves
    ]
    return lines
