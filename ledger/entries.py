"""Writing what was locked, looked up and evaluated: number, insert, seal."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import compress
from typing import Any
from uuid import UUID

from ledger.canonical import (
    FORMAT,
    Line,
    account_line,
    close_line,
    digest_of,
    extend_line,
    head_of,
    hold_line,
    leaf_of,
    lot_line,
    posting_line,
    private_digest,
    record_text,
    resolution_line,
    use_line,
)
from ledger.columns import moment_text
from ledger.driver import Driver, insert_text
from ledger.headings import (
    TRANSACTION_COLUMNS,
    TRANSACTION_NAMES,
    WRITTEN_COLUMNS,
    Heading,
    ask_barrier,
    ensure_words,
)
from ledger.locking import Kept, Move
from ledger.lots_plan import LotPlan
from ledger.sealing import append_seals
from ledger.tables import Transaction, bare

SALT_BYTES = 16
INSERT_TRANSACTION = insert_text("ledger_transaction", WRITTEN_COLUMNS)
POSTING_COLUMNS = (
    "transaction_id, line, debit_account_id, credit_account_id, amount,"
    " debit_balance_after, credit_balance_after"
)
LOT_COLUMNS = (
    "id, account_id, transaction_id, amount, used, earned_on, expires_on, from_lot_id"
)


@dataclass(slots=True)
class Act:
    """What one transaction writes beneath its heading."""

    moves: Sequence[Move] = ()
    hold: tuple[UUID, Kept, Kept, int, datetime | None] | None = None
    extension: tuple[UUID, datetime | None] | None = None
    resolution: tuple[UUID, int] | None = None
    change: tuple[Kept, str, int | None, int] | None = None
    closing: tuple[str, date, date, str] | None = None
    lots: LotPlan | None = None


Plan = tuple[Heading, str, Act]
"""One transaction to be written: its heading, the hash of the request, its act."""


def write(driver: Driver, heading: Heading, wanted: str, act: Act) -> Transaction:
    """Insert one transaction with everything beneath it, and seal or queue it."""
    ask_barrier(driver, [heading])
    return write_many(driver, [(heading, wanted, act)])[0]


def write_many(driver: Driver, plans: Sequence[Plan]) -> list[Transaction]:
    """Insert transactions in their order, each with everything beneath it.

    The accounts are locked, the keys looked up, the barrier asked, the moves
    evaluated: what is left is to number, insert and seal. However many there are,
    each table is written once.
    """
    for heading, _, _ in plans:
        ensure_words(heading)
    rows = [_Row(driver, *plan) for plan in plans]
    _insert_transactions(driver, rows)
    driver.insert(
        "ledger_private_text",
        "transaction_id, salt, text",
        [(r.number, r.memo_salt, r.heading.memo) for r in rows if r.heading.memo],
    )
    for row in rows:
        _insert_act(driver, row.number, row.act)
    driver.insert(
        "ledger_posting",
        POSTING_COLUMNS,
        [
            (row.number, line, debit.id, credit.id, steps, debit_after, credit_after)
            for row in rows
            for line, (debit, credit, steps, debit_after, credit_after) in enumerate(
                row.act.moves, start=1
            )
        ],
    )
    _insert_lots(driver, rows)
    if driver.is_sqlite:
        append_seals(driver, [row.sealed() for row in rows])
    else:
        numbers = [(row.number,) for row in rows]
        driver.insert("ledger_unsealed", "transaction_id", numbers)
    return [row.transaction() for row in rows]


class Header:
    """A transaction on its way in: its values, and its number once it has one.

    ``values`` are in the order of `WRITTEN_COLUMNS`, ``salt`` blinds what is private.
    """

    __slots__ = ("at", "heading", "memo_salt", "number", "on", "salt", "values")

    def __init__(
        self, driver: Driver, heading: Heading, wanted: str, posting_count: int
    ) -> None:
        self.heading = heading
        self.number = 0
        self.salt = secrets.token_hex(SALT_BYTES)
        self.memo_salt, memo_digest = "", None
        if heading.memo:
            self.memo_salt = secrets.token_hex(SALT_BYTES)
            memo_digest = digest_of(self.memo_salt, heading.memo)
        self.at = moment_text(heading.at)
        self.on = heading.on
        self.values: tuple[Any, ...] = (
            heading.scope,
            heading.key,
            wanted,
            heading.kind,
            heading.cause,
            self.at if driver.is_sqlite else heading.at,
            driver.day(self.on),
            heading.entered_by,
            heading.approved_by,
            heading.rule_version,
            heading.reverses,
            posting_count,
            self.salt,
            memo_digest,
            FORMAT,
            heading.link,
            heading.refunds,
        )

    def numbered(self, number: int) -> Transaction:
        """Return it as it was written, under the number that it was given."""
        self.number = number
        return self.transaction()

    def transaction(self) -> Transaction:
        """Return it as it was written."""
        transaction = bare(Transaction)
        values = transaction.__dict__
        values.update(zip(TRANSACTION_NAMES, (self.number, *self.values), strict=True))
        values["at"] = self.heading.at.astimezone(UTC)
        values["effective_on"] = self.on
        return transaction

    def leaf(self, lines: Sequence[Line]) -> str:
        """Return the hash of its record with these lines."""
        heading, values = self.heading, self.values
        head = head_of(
            number=self.number,
            kind=heading.kind,
            at=self.at,
            effective_on=self.on.isoformat(),
            rule_version=heading.rule_version,
            cause=heading.cause,
            reverses=heading.reverses,
            refunds=heading.refunds,
            link=heading.link,
            private=private_digest(
                self.salt,
                heading.scope,
                heading.key,
                heading.cause,
                heading.entered_by,
                heading.approved_by,
                values[2],
            ),
            memo=values[13],
        )
        return leaf_of(record_text(head, lines))


class _Row(Header):
    """One with what it writes beneath it; lots are numbered as they are written."""

    __slots__ = ("act", "lot_ids")

    def __init__(self, driver: Driver, heading: Heading, wanted: str, act: Act) -> None:
        super().__init__(driver, heading, wanted, len(act.moves))
        self.act = act
        self.lot_ids: list[int] = []

    def sealed(self) -> tuple[int, str]:
        """Return its number and the hash of its record."""
        return self.number, self.leaf(lines_of(self.act, self.lot_ids))


def _insert_transactions(driver: Driver, rows: list[_Row]) -> None:
    """Number the transactions, after their accounts were locked, and insert them."""
    if len(rows) == 1:
        rows[0].number = insert_transaction(driver, rows[0].values)
        return
    if driver.is_sqlite:
        last = driver.value("SELECT COALESCE(MAX(id), 0) FROM ledger_transaction")
        numbers = list(range(last + 1, last + 1 + len(rows)))
    else:
        numbers = next_numbers(driver, "ledger_transaction", len(rows))
    for row, number in zip(rows, numbers, strict=True):
        row.number = number
    driver.insert(
        "ledger_transaction",
        TRANSACTION_COLUMNS,
        [(row.number, *row.values) for row in rows],
    )


def next_numbers(driver: Driver, table: str, count: int) -> list[int]:
    """Take *count* ids from a table's sequence (PostgreSQL)."""
    rows = driver.all(
        "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)",
        (table, count),
    )
    return [row[0] for row in rows]


def insert_transaction(driver: Driver, values: tuple[Any, ...]) -> int:
    """Insert a header, its values in the order of `WRITTEN_COLUMNS`; number it."""
    if driver.is_sqlite:
        # The driver spends as long on binding a None as on the rest of the row.
        given = tuple(value is not None for value in values)
        said = [value for value in values if value is not None]
        number: int = driver.run(_insert_given(given), said).lastrowid
        return number
    returned: int = driver.value(INSERT_TRANSACTION + " RETURNING id", values)
    return returned


@lru_cache(maxsize=64)
def _insert_given(given: tuple[bool, ...]) -> str:
    columns = compress(WRITTEN_COLUMNS.split(", "), given)
    return insert_text("ledger_transaction", ", ".join(columns))


def _insert_act(driver: Driver, number: int, act: Act) -> None:
    """Insert what is not a posting and not a lot."""
    if act.change is not None:
        account, state, floor, keeps_lots = act.change
        driver.insert(
            "ledger_account_change",
            "transaction_id, account_id, state, floor, keeps_lots",
            [(number, account.id, state, floor, keeps_lots)],
        )
    if act.hold is not None:
        hold_id, debit, credit, steps, expires_at = act.hold
        expiry = driver.moment(expires_at)
        driver.insert(
            "ledger_hold",
            "id, transaction_id, debit_account_id, credit_account_id, amount,"
            " expires_at",
            [(driver.uuid(hold_id), number, debit.id, credit.id, steps, expiry)],
        )
    if act.extension is not None:
        hold_id, expires_at = act.extension
        driver.insert(
            "ledger_hold_extension",
            "transaction_id, hold_id, expires_at",
            [(number, driver.uuid(hold_id), driver.moment(expires_at))],
        )
    if act.resolution is not None:
        hold_id, captured = act.resolution
        driver.insert(
            "ledger_hold_resolution",
            "hold_id, transaction_id, captured",
            [(driver.uuid(hold_id), number, captured)],
        )
    if act.closing is not None:
        code, first_on, last_on, digest = act.closing
        driver.insert(
            "ledger_period",
            "code, transaction_id, first_on, last_on, digest",
            [(code, number, driver.day(first_on), driver.day(last_on), digest)],
        )


def _insert_lots(driver: Driver, rows: list[_Row]) -> None:
    """Insert what was taken from lots, and the lots that came in."""
    with_lots = [(row, row.act.lots) for row in rows if row.act.lots is not None]
    if not with_lots:
        return
    driver.insert(
        "ledger_lot_use",
        "transaction_id, lot_id, amount",
        [
            (row.number, lot_id, steps)
            for row, lots in with_lots
            for lot_id, _, steps in lots.uses
        ],
    )
    made = [(row, new) for row, lots in with_lots for new in lots.made]
    if not made:
        return
    if driver.is_sqlite:
        last = driver.value("SELECT COALESCE(MAX(id), 0) FROM ledger_lot")
        numbers = list(range(last + 1, last + 1 + len(made)))
    else:
        numbers = next_numbers(driver, "ledger_lot", len(made))
    values = []
    for number, (row, new) in zip(numbers, made, strict=True):
        row.lot_ids.append(number)
        until = None if new.expires_on is None else driver.day(new.expires_on)
        values.append(
            (
                number,
                new.account.id,
                row.number,
                new.steps,
                0,
                driver.day(new.earned_on),
                until,
                new.from_lot,
            )
        )
    driver.insert("ledger_lot", LOT_COLUMNS, values)


def lines_of(act: Act, lot_ids: Sequence[int]) -> list[Line]:
    """Return the canonical lines of an act, in the order FORMAT.md gives."""
    lines: list[Line] = []
    if act.change is not None:
        account, state, floor, keeps_lots = act.change
        named = (account.public_code, account.unit, account.kind)
        lines.append(account_line(*named, state, floor, keeps_lots))
    if act.hold is not None:
        hold_id, payer, payee, steps, expires_at = act.hold
        codes = (payer.public_code, payee.public_code)
        lines.append(hold_line(hold_id, *codes, payer.unit, steps, _expiry(expires_at)))
    if act.extension is not None:
        lines.append(extend_line(act.extension[0], _expiry(act.extension[1])))
    if act.resolution is not None:
        lines.append(resolution_line(*act.resolution))
    lines += [
        posting_line(debit.public_code, credit.public_code, debit.unit, steps)
        for debit, credit, steps, _, _ in act.moves
    ]
    if act.lots is not None:
        lines += [
            use_line(lot_id, account.public_code, steps)
            for lot_id, account, steps in act.lots.uses
        ]
        lines += [
            lot_line(
                number,
                new.account.public_code,
                new.steps,
                new.earned_on.isoformat(),
                None if new.expires_on is None else new.expires_on.isoformat(),
                new.from_lot,
            )
            for number, new in zip(lot_ids, act.lots.made, strict=True)
        ]
    if act.closing is not None:
        lines.append(close_line(*act.closing))
    return lines


def _expiry(expires_at: datetime | None) -> str | None:
    return None if expires_at is None else moment_text(expires_at)
