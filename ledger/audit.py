"""verify_book(): recompute everything from the journal, name the first bad record."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from ledger.amounts import text_of
from ledger.canonical import GENESIS, chained, digest_of
from ledger.driver import Driver, Row, as_uuid, marks
from ledger.records import Record, records_of

PAGE = 500
PROBLEMS_MAX = 100


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify_book` found.

    Attributes:
        ok: True when nothing is wrong.
        entries: Records read, sealed or waiting to be.
        first_bad: The first bad record or account, in words; None when ok.
        problems: One sentence each, in the order found; at most 100.
        pending: Records that wait for the sealer; no fault (PostgreSQL only).
    """

    ok: bool
    entries: int
    first_bad: str | None
    problems: list[str]
    pending: int = 0


@dataclass(slots=True)
class _Replay:
    """An account recomputed from zero."""

    debits: int = 0
    credits: int = 0
    debits_pending: int = 0
    credits_pending: int = 0
    state: str | None = None
    floor: int | None = None

    @property
    def balance(self) -> int:
        return self.credits - self.debits


@dataclass(slots=True)
class _Audit:
    driver: Driver
    problems: list[str] = field(default_factory=list)
    accounts: dict[int, _Replay] = field(default_factory=dict)
    holds: dict[Any, Row] = field(default_factory=dict)
    entries: int = 0

    def say(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)

    def account(self, number: int) -> _Replay:
        return self.accounts.setdefault(number, _Replay())


def verify_book(session: Session) -> Report:
    """Recompute the whole book from its journal and compare.

    Checks, for every record in the order of the chain: its leaf and its link, no
    gap in the sequence, as many postings as it says, one unit per posting, the
    running balance on both sides, no account below its floor, each hold resolved
    at most once and for no more than it held, words that match their digest,
    reversals that mirror what they reverse; and at the end: counters equal the
    replay, debits equal credits per unit, nothing unsealed that does not wait for
    the sealer. Reads the book once, in pages; writes nothing.

    On PostgreSQL call it first thing in a session, so that it sees one moment.

    Returns:
        A `Report`; it raises only when the database cannot be read.
    """
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    audit = _Audit(Driver(session))
    _walk_chain(audit)
    pending = _walk_unsealed(audit)
    _compare_counters(audit)
    problems = audit.problems
    return Report(
        ok=not problems,
        entries=audit.entries,
        first_bad=problems[0] if problems else None,
        problems=problems,
        pending=pending,
    )


def _walk_chain(audit: _Audit) -> None:
    previous, expected = GENESIS, 1
    while True:
        seals = audit.driver.all(
            "SELECT sequence, transaction_id, leaf, hash FROM ledger_seal"
            " WHERE sequence >= ? ORDER BY sequence LIMIT ?",
            (expected, PAGE),
        )
        if not seals:
            return
        numbers = [seal[1] for seal in seals]
        records = {r.number: r for r in records_of(audit.driver, numbers)}
        memos = _memos(audit.driver, numbers)
        for sequence, number, leaf, link in seals:
            where = f"entry {sequence} (transaction {number})"
            if sequence != expected:
                audit.say(f"{where}: entries from {expected} on are missing")
            record = records.get(number)
            if record is None:
                audit.say(f"{where}: its transaction is missing")
            else:
                if record.leaf() != leaf:
                    audit.say(f"{where}: its content is not what was sealed")
                _replay(audit, record, where, memos.get(number))
            if chained(previous, leaf) != link:
                audit.say(f"{where}: the chain is broken here")
            previous, expected = link, sequence + 1


def _walk_unsealed(audit: _Audit) -> int:
    rows = audit.driver.all(
        "SELECT t.id, u.transaction_id FROM ledger_transaction t"
        " LEFT JOIN ledger_seal s ON s.transaction_id = t.id"
        " LEFT JOIN ledger_unsealed u ON u.transaction_id = t.id"
        " WHERE s.transaction_id IS NULL ORDER BY t.id"
    )
    waiting = 0
    numbers = [row[0] for row in rows]
    for row in rows:
        if row[1] is None:
            audit.say(f"transaction {row[0]}: it was never sealed")
        else:
            waiting += 1
    for record in records_of(audit.driver, numbers):
        memo = _memos(audit.driver, [record.number]).get(record.number)
        _replay(audit, record, f"transaction {record.number} (unsealed)", memo)
    return waiting


def _memos(driver: Driver, numbers: list[int]) -> dict[int, tuple[str, str]]:
    rows = driver.all(
        "SELECT transaction_id, salt, text FROM ledger_private_text"  # noqa: S608
        f" WHERE transaction_id IN ({marks(len(numbers))})",
        numbers,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _replay(
    audit: _Audit, record: Record, where: str, memo: tuple[str, str] | None
) -> None:
    audit.entries += 1
    if memo is not None and digest_of(*memo) != record.memo_digest:
        audit.say(f"{where}: its words are not those that were written")
    if record.change is not None:
        account = audit.account(record.change[1])
        account.state, account.floor = record.change[5], record.change[6]
    if record.hold is not None:
        _replay_hold(audit, record.hold)
    if record.resolution is not None:
        _replay_resolution(audit, record, where)
    if len(record.postings) != record.posting_count:
        audit.say(
            f"{where}: it has {len(record.postings)} postings,"
            f" not {record.posting_count}"
        )
    for posting in record.postings:
        _replay_posting(audit, posting, where)
    if record.reverses is not None:
        _compare_reversal(audit, record, where)


def _replay_hold(audit: _Audit, row: Row) -> None:
    _, hold_id, payer, payee, steps = row[:5]
    audit.holds[as_uuid(hold_id)] = row
    audit.account(payer).debits_pending += steps
    audit.account(payee).credits_pending += steps


def _replay_resolution(audit: _Audit, record: Record, where: str) -> None:
    assert record.resolution is not None
    _, hold_id, captured = record.resolution
    hold = audit.holds.pop(as_uuid(hold_id), None)
    if hold is None:
        audit.say(f"{where}: it resolves a hold that is not open")
        return
    audit.account(hold[2]).debits_pending -= hold[4]
    audit.account(hold[3]).credits_pending -= hold[4]
    paid = sum(p[4] for p in record.postings if p[2] == hold[2])
    if captured > hold[4] or captured != paid:
        audit.say(
            f"{where}: it captures {text_of(captured)}, pays {text_of(paid)},"
            f" of {text_of(hold[4])} held"
        )


def _replay_posting(audit: _Audit, row: Row, where: str) -> None:
    _, line, debit_id, credit_id, steps, debit_after, credit_after, *codes = row
    debit, credit = audit.account(debit_id), audit.account(credit_id)
    debit.debits += steps
    credit.credits += steps
    if steps <= 0:
        audit.say(f"{where} line {line}: {text_of(steps)} is not above zero")
    if codes[2] != codes[3]:
        audit.say(f"{where} line {line}: it joins {codes[2]} and {codes[3]}")
    if (debit_after, credit_after) != (debit.balance, credit.balance):
        audit.say(f"{where} line {line}: its running balance is not the true one")
    free = debit.balance - debit.debits_pending
    if debit.floor is not None and free < debit.floor:
        audit.say(f"{where} line {line}: {codes[0]} falls below its floor")


def _compare_reversal(audit: _Audit, record: Record, where: str) -> None:
    rows = audit.driver.all(
        "SELECT credit_account_id, debit_account_id, amount FROM ledger_posting"
        " WHERE transaction_id = ? ORDER BY line DESC",
        (record.reverses,),
    )
    if rows != [posting[2:5] for posting in record.postings]:
        audit.say(f"{where}: it is no mirror of transaction {record.reverses}")


def _compare_counters(audit: _Audit) -> None:
    rows = audit.driver.all(
        "SELECT id, code, unit, debits_posted, credits_posted, debits_pending,"
        " credits_pending, state, floor FROM ledger_account ORDER BY id"
    )
    sums: dict[str, int] = {}
    for number, code, unit, debits, credits_, held, awaited, state, floor in rows:
        true = audit.accounts.pop(number, _Replay())
        sums[unit] = sums.get(unit, 0) + credits_ - debits
        if (debits, credits_) != (true.debits, true.credits):
            audit.say(
                f"account {code}: it shows {text_of(credits_ - debits)},"
                f" its postings make {text_of(true.balance)}"
            )
        if (held, awaited) != (true.debits_pending, true.credits_pending):
            audit.say(f"account {code}: its held amount is not that of its open holds")
        if state != true.state or floor != true.floor:
            audit.say(f"account {code}: its state or floor is not what was sealed")
        if floor is not None and credits_ - debits - held < floor:
            audit.say(f"account {code}: it stands below its floor")
    for number in audit.accounts:
        audit.say(f"account number {number}: it has entries but does not exist")
    for unit, difference in sums.items():
        if difference:
            audit.say(f"unit {unit}: its balances sum to {text_of(difference)}, not 0")
