"""Sealed records read back from the tables, as they were hashed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import (
    Line,
    account_line,
    head_of,
    hold_line,
    posting_line,
    private_digest,
    resolution_line,
)
from ledger.columns import moment_text
from ledger.driver import Driver, Row, as_day, as_moment, as_uuid, marks

NUMBERS_AT_ONCE = 500


@dataclass(slots=True)
class Record:
    """One transaction as the chain sees it, with the rows it came from."""

    number: int
    head: list[str | None]
    lines: list[Line]
    posting_count: int
    reverses: int | None
    memo_digest: str | None
    change: Row | None = None
    hold: Row | None = None
    resolution: Row | None = None
    postings: list[Row] = field(default_factory=list)


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
        " scope, key, entered_by, approved_by, memo_digest, posting_count"
        f" FROM ledger_transaction WHERE id IN ({marks(len(numbers))})",
        numbers,
    )
    return {row[0]: _record(row) for row in rows}


def _record(row: Row) -> Record:
    number, kind, at, on, rule, cause, reverses, salt, *rest = row
    scope, key, entered_by, approved_by, memo, posting_count = rest
    head = head_of(
        number=number,
        kind=kind,
        at=moment_text(as_moment(at)),
        effective_on=as_day(on).isoformat(),
        rule_version=rule,
        cause=cause,
        reverses=reverses,
        private=private_digest(salt, scope, key, cause, entered_by, approved_by),
        memo=memo,
    )
    return Record(number, head, [], posting_count, reverses, memo)


def _add_lines(
    driver: Driver, numbers: Sequence[int], found: dict[int, Record]
) -> None:
    """Add account, hold, resolve and posting lines, in FORMAT.md's order."""
    within = f"transaction_id IN ({marks(len(numbers))})"

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return driver.all(sql.format(within), numbers)

    for row in rows(
        "SELECT x.transaction_id, a.id, a.public_code, a.unit, a.kind, x.state,"
        " x.floor FROM ledger_account_change x"
        " JOIN ledger_account a ON a.id = x.account_id WHERE x.{}"
    ):
        found[row[0]].change = row
        found[row[0]].lines.append(account_line(*row[2:]))
    for row in rows(
        "SELECT h.transaction_id, h.id, h.debit_account_id, h.credit_account_id,"
        " h.amount, h.expires_at, d.public_code, c.public_code, d.unit"
        " FROM ledger_hold h JOIN ledger_account d ON d.id = h.debit_account_id"
        " JOIN ledger_account c ON c.id = h.credit_account_id WHERE h.{}"
    ):
        number, hold_id, _, _, steps, expires_at, payer, payee, unit = row
        expiry = None if expires_at is None else moment_text(as_moment(expires_at))
        line = hold_line(as_uuid(hold_id), payer, payee, unit, steps, expiry)
        found[number].hold = row
        found[number].lines.append(line)
    for row in rows(
        "SELECT transaction_id, hold_id, captured FROM ledger_hold_resolution WHERE {}"
    ):
        found[row[0]].resolution = row
        found[row[0]].lines.append(resolution_line(as_uuid(row[1]), row[2]))
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
