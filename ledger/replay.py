"""The book played again from zero: every rule a record breaks is said where it is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from ledger.amounts import text_of
from ledger.canonical import FORMAT, digest_of
from ledger.driver import Driver, Row, as_day, as_moment, as_uuid
from ledger.periods import digest_of_period, kept_digest
from ledger.records import Record
from ledger.tables import AccountState, Period

PROBLEMS_MAX = 100


@dataclass(slots=True)
class Standing:
    """An account recomputed from zero; amounts in ten-thousandths.

    ``counted`` is its balance at the end of the last closed month, by effective day.
    """

    debits: int = 0
    credits: int = 0
    debits_pending: int = 0
    credits_pending: int = 0
    lots_left: int = 0
    counted: int = 0
    state: str | None = None
    floor: int | None = None
    keeps_lots: bool = False
    public_code: str = ""
    unit: str = ""

    @property
    def balance(self) -> int:
        """Credits less debits."""
        return self.credits - self.debits

    @property
    def is_too_low(self) -> bool:
        """True when less is available than the floor allows."""
        free = self.credits - self.debits - self.debits_pending
        return self.floor is not None and free < self.floor


@dataclass(slots=True)
class Waiting:
    """A hold that has not ended: its row, and until when it waits."""

    row: Row
    expires_at: datetime | None


@dataclass(slots=True)
class Month:
    """What moved by effective day in a month that is not closed yet."""

    accounts: dict[int, list[int]] = field(default_factory=dict)
    totals: dict[tuple[str, str], list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Replay:
    """What the records played so far come to, and what was wrong with them."""

    driver: Driver
    problems: list[str] = field(default_factory=list)
    accounts: dict[int, Standing] = field(default_factory=dict)
    holds: dict[UUID, Waiting] = field(default_factory=dict)
    refunded: Counter[int] = field(default_factory=Counter)
    months: dict[str, Month] = field(default_factory=dict)
    closed_through: date | None = None
    rows: Counter[str] = field(default_factory=Counter)
    entries: int = 0

    def say(self, problem: str) -> None:
        """Keep a problem, the first hundred of them."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)

    def account(self, number: int) -> Standing:
        """Return an account, from zero when it is met first."""
        found = self.accounts.get(number)
        if found is None:
            found = self.accounts[number] = Standing()
        return found

    def play(self, record: Record, where: str, memo: tuple[str, str] | None) -> None:
        """Play one record; *memo* is the salt and the words kept beside it."""
        self.entries += 1
        if memo is not None and digest_of(*memo) != record.memo_digest:
            self.say(f"{where}: its words are not those that were written")
        if self.closed_through is not None and (
            record.effective_on <= self.closed_through
        ):
            self.say(f"{where}: it counts for {record.effective_on}, which is closed")
        if record.change is not None:
            self._change(record, where)
        if record.hold is not None:
            self._hold(record.hold, where)
        if record.extension is not None:
            self._extension(record.extension, where)
        if record.resolution is not None:
            self._resolution(record, where)
        self._postings(record, where)
        if record.reverses is not None:
            self._reversal(record, record.reverses, where)
        if record.refunds is not None:
            self._refund(record, record.refunds, where)
        if record.closing is not None:
            self._closing(record.closing, where)

    # Accounts and holds.

    def _change(self, record: Record, where: str) -> None:
        assert record.change is not None
        _, number, public_code, unit, _, state, floor, keeps_lots = record.change
        self.rows["ledger_account_change"] += 1
        account = self.account(number)
        if account.state == AccountState.CLOSED:
            self.say(f"{where}: {public_code} was closed for good")
        if record.format != FORMAT and keeps_lots:
            self.say(f"{where}: its form knows no lots")
        account.public_code, account.unit = public_code, unit
        account.state, account.floor = state, floor
        account.keeps_lots = bool(keeps_lots)
        if account.is_too_low:
            self.say(f"{where}: {public_code} stands below its floor")

    def _hold(self, row: Row, where: str) -> None:
        _, hold_id, payer_id, payee_id, steps, expires_at, *codes = row
        self.rows["ledger_hold"] += 1
        payer, payee = self.account(payer_id), self.account(payee_id)
        self.holds[as_uuid(hold_id)] = Waiting(row, _moment(expires_at))
        payer.debits_pending += steps
        payee.credits_pending += steps
        self._ensure_open(where, payer, payee)
        if payer.is_too_low:
            self.say(f"{where}: {codes[0]} falls below its floor")

    def _extension(self, row: Row, where: str) -> None:
        _, hold_id, expires_at = row
        self.rows["ledger_hold_extension"] += 1
        waiting = self.holds.get(as_uuid(hold_id))
        if waiting is None:
            self.say(f"{where}: it extends a hold that is not open")
        else:
            waiting.expires_at = _moment(expires_at)

    def _resolution(self, record: Record, where: str) -> None:
        assert record.resolution is not None
        _, hold_id, captured = record.resolution
        self.rows["ledger_hold_resolution"] += 1
        waiting = self.holds.pop(as_uuid(hold_id), None)
        if waiting is None:
            self.say(f"{where}: it resolves a hold that is not open")
            return
        _, _, payer_id, payee_id, held = waiting.row[:5]
        self.account(payer_id).debits_pending -= held
        self.account(payee_id).credits_pending -= held
        paid = sum(p[4] for p in record.postings if p[2] == payer_id)
        if captured > held or captured != paid:
            self.say(
                f"{where}: it captures {text_of(captured)}, pays {text_of(paid)},"
                f" of {text_of(held)} held"
            )

    def _ensure_open(self, where: str, *accounts: Standing) -> None:
        for account in accounts:
            if account.state != AccountState.OPEN:
                state = account.state or "not there"
                self.say(f"{where}: {account.public_code} is {state}")

    # What moves, and the lots it comes from.

    def _postings(self, record: Record, where: str) -> None:
        if len(record.postings) != record.posting_count:
            self.say(
                f"{where}: it has {len(record.postings)} postings,"
                f" not {record.posting_count}"
            )
        if record.postings:
            self.rows["ledger_posting"] += len(record.postings)
            key = record.effective_on.isoformat()[:7]
            month = self.months.get(key)
            if month is None:
                month = self.months[key] = Month()
            units = set()
            for row in record.postings:
                self._posting(row, where, month)
                units.add(row[9])
                total = month.totals.setdefault((row[9], record.head[1] or ""), [0, 0])
                total[1] += row[4]
            for unit in units:
                month.totals[unit, record.head[1] or ""][0] += 1
        self._lots(record, where)

    def _posting(self, row: Row, where: str, month: Month) -> None:
        _, line, debit_id, credit_id, steps, debit_after, credit_after, *codes = row
        debit, credit = self.account(debit_id), self.account(credit_id)
        debit.debits += steps
        credit.credits += steps
        month.accounts.setdefault(debit_id, [0, 0])[0] += steps
        month.accounts.setdefault(credit_id, [0, 0])[1] += steps
        where = f"{where} line {line}"
        if steps <= 0:
            self.say(f"{where}: {text_of(steps)} is not above zero")
        if codes[2] != codes[3]:
            self.say(f"{where}: it joins {codes[2]} and {codes[3]}")
        if (debit_after, credit_after) != (debit.balance, credit.balance):
            self.say(f"{where}: its running balance is not the true one")
        if debit.is_too_low:
            self.say(f"{where}: {codes[0]} falls below its floor")
        self._ensure_open(where, debit, credit)

    def _lots(self, record: Record, where: str) -> None:
        """What is left in an account's lots is its balance, after every record."""
        touched = {row[2] for row in record.postings}
        touched.update(row[3] for row in record.postings)
        if record.change is not None:
            touched.add(record.change[1])
        for _, _, _, steps, number in record.uses:
            self.account(number).lots_left -= steps
            touched.add(number)
        for row in record.made:
            self.account(row[7]).lots_left += row[3]
            touched.add(row[7])
        self.rows["ledger_lot_use"] += len(record.uses)
        self.rows["ledger_lot"] += len(record.made)
        for number in touched:
            account = self.accounts[number]
            due = max(0, account.balance) if account.keeps_lots else 0
            if account.lots_left != due:
                self.say(
                    f"{where}: the lots of {account.public_code} hold"
                    f" {text_of(account.lots_left)}, not {text_of(due)}"
                )

    # What gives back.

    def _reversal(self, record: Record, original: int, where: str) -> None:
        rows = self._legs_of(original)
        mirror = [(credit, debit, steps) for debit, credit, steps in reversed(rows)]
        if mirror != [posting[2:5] for posting in record.postings]:
            self.say(f"{where}: it is no mirror of transaction {original}")
        self._correction(record, original, where)
        if original in self.refunded:
            self.say(f"{where}: transaction {original} was refunded before")

    def _refund(self, record: Record, original: int, where: str) -> None:
        rows = self._legs_of(original)
        paid = [(credit, debit) for debit, credit, _ in rows]
        if len(rows) != 1 or paid != [posting[2:4] for posting in record.postings]:
            self.say(f"{where}: it is no refund of transaction {original}")
        self.refunded[original] += sum(posting[4] for posting in record.postings)
        back, most = self.refunded[original], sum(row[2] for row in rows)
        if back > most:
            self.say(
                f"{where}: refunds of transaction {original} come to {text_of(back)},"
                f" of {text_of(most)} paid"
            )
        self._correction(record, original, where)

    def _legs_of(self, number: int) -> list[Row]:
        return self.driver.all(
            "SELECT debit_account_id, credit_account_id, amount FROM ledger_posting"
            " WHERE transaction_id = ? ORDER BY line",
            (number,),
        )

    def _correction(self, record: Record, original: int, where: str) -> None:
        """Refuse the correction of a correction; form 1 still knew it."""
        row = self.driver.one(
            "SELECT t.reverses_id, t.refunds_id, (SELECT r.id FROM ledger_transaction r"
            " WHERE r.reverses_id = t.id) FROM ledger_transaction t WHERE t.id = ?",
            (original,),
        )
        if record.format != FORMAT or row is None:
            return
        reverses, refunds, reversed_by = row
        if reverses is not None or refunds is not None:
            self.say(f"{where}: transaction {original} is a correction itself")
        if reversed_by not in {None, record.number}:
            self.say(f"{where}: transaction {original} was reversed as well")

    # Closed months.

    def _closing(self, row: Row, where: str) -> None:
        number, code, first, last, digest = row
        self.rows["ledger_period"] += 1
        first_on, last_on = as_day(first), as_day(last)
        through = self.closed_through
        if through is not None and first_on != through + timedelta(days=1):
            self.say(f"{where}: {code} does not follow the month closed before")
        self.closed_through = last_on
        head = (code, first_on.isoformat(), last_on.isoformat())
        if self._digest_through(head) != digest:
            self.say(f"{where}: the entries of {code} do not come to what was sealed")
        period = Period(
            code=code,
            transaction_id=number,
            first_on=first_on,
            last_on=last_on,
            digest=digest,
        )
        if kept_digest(self.driver, period) != digest:
            self.say(f"{where}: what was kept of {code} is not what was sealed")

    def _digest_through(self, head: tuple[str, str, str]) -> str:
        """Return the digest of all months up to the one now closed; forget them."""
        moved: dict[int, list[int]] = {}
        totals: dict[tuple[str, str], list[int]] = {}
        for key in sorted(self.months):
            if key <= head[2][:7]:
                month = self.months.pop(key)
                _add(moved, month.accounts)
                _add(totals, month.totals)
        balances = []
        for number, (debits, credits_) in moved.items():
            account = self.accounts[number]
            account.counted += credits_ - debits
            amounts = (debits, credits_, account.counted)
            balances.append((account.public_code, account.unit, *amounts))
        rows = [(*key, *sums) for key, sums in totals.items()]
        return digest_of_period(head, sorted(balances), sorted(rows))


def _add(sums: dict[Any, list[int]], more: dict[Any, list[int]]) -> None:
    for key, (left, right) in more.items():
        both = sums.setdefault(key, [0, 0])
        both[0] += left
        both[1] += right


def _moment(value: Any) -> datetime | None:
    return None if value is None else as_moment(value)


def tables_of(replay: Replay) -> Iterable[tuple[str, int]]:
    """Yield every table whose rows lie beneath a record, and how many were played."""
    for table in (
        "ledger_account_change",
        "ledger_hold",
        "ledger_hold_extension",
        "ledger_hold_resolution",
        "ledger_posting",
        "ledger_lot_use",
        "ledger_lot",
        "ledger_period",
    ):
        yield table, replay.rows[table]
