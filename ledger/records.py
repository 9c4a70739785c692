"""Sealed records read back from the tables, as they were hashed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.canonical import (
    FORMAT,
    Line,
    account_line,
    close_line,
    extend_line,
    first_head,
    first_leaf_of,
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
from ledger.driver import Driver, Row, as_day, as_moment, as_uuid, marks

NUMBERS_AT_ONCE = 500


@dataclass(slots=True)
class Record:
    """One transaction as the chain sees it, with the rows it came from."""

    number: int
    format: int
    head: list[str | None]
    lines: list[Line]
    posting_count: int
    reverses: int | None
    refunds: int | None
    effective_on: date
    memo_digest: str | None
    change: Row | None = None
    hold: Row | None = None
    extension: Row | None = None
    resolution: Row | None = None
    closing: Row | None = None
    postings: list[Row] = field(default_factory=list)
    uses: list[Row] = field(default_factory=list)
    made: list[Row] = field(default_factory=list)

    def text(self) -> str:
        """Return the record of form 2, whose bytes are hashed."""
        return record_text(self.head, self.lines)

    def leaf(self) -> str:
        """Return the hash of its content, in the form it was sealed in."""
        if self.format == FORMAT:
            return leaf_of(self.text())
        return first_leaf_of(self.head, self.lines)


def records_of(driver: Driver, numbers: Sequence[int]) -> Iterator[Record]:
    """Yield the records of *numbers*, in that order; missing ones are left out."""
    for start in range(0, len(numbers), NUMBERS_AT_ONCE):
        chunk = numbers[start : start + NUMBERS_AT_ONCE]
        found = _heads(driver, chunk)
        _add_lines(driver, chunk, found)
        for number in chunk:
            if number in found:
                yield found[number]


def _heads(driver: Driver, numbers: Sequence[int]) -> dict[int, Record]:
    rows = driver.all(
        "SELECT id, kind, at, effective_on, rule_version, cause, reverses_id, salt,"  # noqa: S608
        " scope, key, entered_by, approved_by, memo_digest, posting_count, format,"
        " link, refunds_id, request_hash FROM ledger_transaction"
        f" WHERE id IN ({marks(len(numbers))})",
        numbers,
    )
    return {row[0]: _record(row) for row in rows}


def _record(row: Row) -> Record:
    number, kind, at, on, rule, cause, reverses, salt, *rest = row
    scope, key, entered_by, approved_by, memo, count, form, link, refunds, asked = rest
    private = (salt, scope, key, cause, entered_by, approved_by)
    day = as_day(on)
    head = head_of(
        number=number,
        kind=kind,
        at=moment_text(as_moment(at)),
        effective_on=day.isoformat(),
        rule_version=rule,
        cause=cause,
        reverses=reverses,
        refunds=refunds,
        link=link,
        private=private_digest(*private, *([asked] if form == FORMAT else [])),
        memo=memo,
    )
    if form != FORMAT:
        head = first_head(head)
    return Record(number, form, head, [], count, reverses, refunds, day, memo)


def _add_lines(
    driver: Driver, numbers: Sequence[int], found: dict[int, Record]
) -> None:
    """Add the lines of every sort, in FORMAT.md's order."""
    within = f"transaction_id IN ({marks(len(numbers))})"

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return driver.all(sql.format(within), numbers)

    _add_changes(rows, found)
    _add_holds(rows, found)
    for row in rows(
        "SELECT p.transaction_id, p.line, p.debit_account_id, p.credit_account_id,"
        " p.amount, p.debit_balance_after, p.credit_balance_after, d.public_code,"
        " c.public_code, d.unit, c.unit FROM ledger_posting p"
        " JOIN ledger_account d ON d.id = p.debit_account_id"
        " JOIN ledger_account c ON c.id = p.credit_account_id"
        " WHERE p.{} ORDER BY p.transaction_id, p.line"
    ):
        found[row[0]].postings.append(row)
        found[row[0]].lines.append(posting_line(row[7], row[8], row[9], row[4]))
    _add_lots(rows, found)
    for row in rows(
        "SELECT transaction_id, code, first_on, last_on, digest FROM ledger_period"
        " WHERE {}"
    ):
        number, code, first_on, last_on, digest = row
        found[number].closing = row
        line = close_line(code, as_day(first_on), as_day(last_on), digest)
        found[number].lines.append(line)


Rows = Callable[[str], list[Row]]


def _add_changes(rows: Rows, found: dict[int, Record]) -> None:
    for row in rows(
        "SELECT x.transaction_id, a.id, a.public_code, a.unit, a.kind, x.state,"
        " x.floor, x.keeps_lots FROM ledger_account_change x"
        " JOIN ledger_account a ON a.id = x.account_id WHERE x.{}"
    ):
        record = found[row[0]]
        line = account_line(*row[2:])
        record.change = row
        record.lines.append(line if record.format == FORMAT else line[:-1])


def _add_holds(rows: Rows, found: dict[int, Record]) -> None:
    for row in rows(
        "SELECT h.transaction_id, h.id, h.debit_account_id, h.credit_account_id,"
        " h.amount, h.expires_at, d.public_code, c.public_code, d.unit"
        " FROM ledger_hold h JOIN ledger_account d ON d.id = h.debit_account_id"
        " JOIN ledger_account c ON c.id = h.credit_account_id WHERE h.{}"
    ):
        number, hold_id, _, _, steps, expires_at, payer, payee, unit = row
        expiry = _expiry(expires_at)
        line = hold_line(as_uuid(hold_id), payer, payee, unit, steps, expiry)
        found[number].hold = row
        found[number].lines.append(line)
    for row in rows(
        "SELECT transaction_id, hold_id, expires_at FROM ledger_hold_extension WHERE {}"
    ):
        found[row[0]].extension = row
        found[row[0]].lines.append(extend_line(as_uuid(row[1]), _expiry(row[2])))
    for row in rows(
        "SELECT transaction_id, hold_id, captured FROM ledger_hold_resolution WHERE {}"
    ):
        found[row[0]].resolution = row
        found[row[0]].lines.append(resolution_line(as_uuid(row[1]), row[2]))


def _add_lots(rows: Rows, found: dict[int, Record]) -> None:
    for row in rows(
        "SELECT x.transaction_id, x.lot_id, a.public_code, x.amount, a.id"
        " FROM ledger_lot_use x JOIN ledger_lot l ON l.id = x.lot_id"
        " JOIN ledger_account a ON a.id = l.account_id WHERE x.{} ORDER BY x.id"
    ):
        found[row[0]].uses.append(row)
        found[row[0]].lines.append(use_line(row[1], row[2], row[3]))
    for row in rows(
        "SELECT l.transaction_id, l.id, a.public_code, l.amount, l.earned_on,"
        " l.expires_on, l.from_lot_id, a.id FROM ledger_lot l"
        " JOIN ledger_account a ON a.id = l.account_id WHERE l.{} ORDER BY l.id"
    ):
        number, lot_id, code, steps, earned_on, expires_on, origin, _ = row
        earned = as_day(earned_on).isoformat()
        until = None if expires_on is None else as_day(expires_on).isoformat()
        found[number].made.append(row)
        found[number].lines.append(lot_line(lot_id, code, steps, earned, until, origin))


def _expiry(value: Any) -> str | None:
    return None if value is None else moment_text(as_moment(value))
