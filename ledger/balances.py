"""Balances and totals, from counters and running balances: never a sum over history.

A past moment is a place in the order in which the book was written: right after the
newest entry whose moment is not later. What an account had there stands in the
journal, beside the posting that moved it last, so it costs two seeks in an index,
however old the book is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import groupby

from sqlalchemy.orm import Session

from ledger.amounts import amount_of
from ledger.columns import moment_text
from ledger.driver import Driver, Row, marks
from ledger.errors import AccountNotFound
from ledger.locking import CODES_AT_ONCE


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has, in its unit.

    Attributes:
        posted: Credits less debits.
        held: Set aside by open holds on this account.
        available: ``posted - held``; what the next payment may use (down to the
            floor).
        unit: The unit's code.
    """

    posted: Decimal
    held: Decimal
    available: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class KindTotal:
    """How much moved under one kind of act, in one unit."""

    kind: str
    unit: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One account of the trial balance; its balance stands in one of two columns.

    ``held`` is None for a past moment: what was set aside then is not kept.
    """

    code: str
    public_code: str
    kind: str
    unit: str
    balance: Decimal
    held: Decimal | None

    @property
    def debits(self) -> Decimal:
        """A balance below zero, without its sign; else zero."""
        return max(-self.balance, abs(self.balance * 0))

    @property
    def credits(self) -> Decimal:
        """A balance above zero; else zero."""
        return max(self.balance, abs(self.balance * 0))


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account of one unit; the book is right when both sums are equal.

    ``debits`` and ``credits`` are the sums of the two columns (R-LED-07).
    """

    unit: str
    lines: Sequence[TrialLine]
    debits: Decimal
    credits: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero, or the book is broken."""
        return self.credits - self.debits


@dataclass(frozen=True, slots=True)
class Conservation:
    """Where one unit is: the balance of each kind of account, summing to zero.

    Attributes:
        unit: The unit's code.
        by_kind: Balance of all accounts of a kind; issuance is negative.
        issued: What exists: the sum of all negative balances, as a positive number.
        held: How much of it open holds have set aside.
        difference: Zero, or something came from nowhere.
    """

    unit: str
    by_kind: dict[str, Decimal]
    issued: Decimal
    held: Decimal
    difference: Decimal

    @property
    def holds(self) -> bool:
        """True when nothing was lost and nothing came from nowhere."""
        return self.difference == 0


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """What one owner of accounts, such as a programme, put into the world.

    Attributes:
        owner: The owner of the accounts, as ``programme:3``.
        unit: The unit's code.
        by_kind: Balance of the owner's accounts of a kind: what it issued is below
            zero, what came back to it (redeemed, expired, taken back) above.
        outstanding: What it issued less what came back: this much is with others.
    """

    owner: str
    unit: str
    by_kind: dict[str, Decimal]
    outstanding: Decimal


def balance(session: Session, code: str) -> Balance:
    """Return the balance of the account *code*, in its unit.

    Raises:
        AccountNotFound: no such account.
    """
    found = balances(session, [code])
    if code not in found:
        raise AccountNotFound(code)
    return found[code]


def balances(session: Session, codes: Iterable[str]) -> dict[str, Balance]:
    """Return the balances of those *codes* that exist, by code."""
    driver = Driver(session)
    wanted = list(codes)
    found: dict[str, Balance] = {}
    for start in range(0, len(wanted), CODES_AT_ONCE):
        chunk = wanted[start : start + CODES_AT_ONCE]
        rows = driver.all(
            "SELECT a.code, a.credits_posted - a.debits_posted, a.debits_pending,"  # noqa: S608
            " a.unit, u.exponent FROM ledger_account a"
            " JOIN ledger_unit u ON u.code = a.unit"
            f" WHERE a.code IN ({marks(len(chunk))})",
            chunk,
        )
        for code, posted, held, unit, places in rows:
            found[code] = Balance(
                posted=amount_of(posted, exponent=places),
                held=amount_of(held, exponent=places),
                available=amount_of(posted - held, exponent=places),
                unit=unit,
            )
    return found


def totals_by_kind(
    session: Session,
    *,
    unit: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[KindTotal]:
    """Return what moved, summed by kind of act and unit, largest unit code last.

    Args:
        session: An open session.
        unit: Only this unit; None is all.
        start: Acts at or after this aware moment; None is from the beginning.
        end: Acts before this aware moment; None is until now.
    """
    driver = Driver(session)
    terms, values = ["1 = 1"], []
    for term, value in (
        ("d.unit = ?", None if unit is None else str(unit)),
        ("t.at >= ?", driver.moment(start)),
        ("t.at < ?", driver.moment(end)),
    ):
        if value is not None:
            terms.append(term)
            values.append(value)
    rows = driver.all(
        "SELECT t.kind, d.unit, COUNT(DISTINCT t.id), SUM(p.amount), u.exponent"  # noqa: S608
        " FROM ledger_transaction t"
        " JOIN ledger_posting p ON p.transaction_id = t.id"
        " JOIN ledger_account d ON d.id = p.debit_account_id"
        " JOIN ledger_unit u ON u.code = d.unit"
        f" WHERE {' AND '.join(terms)}"
        " GROUP BY t.kind, d.unit, u.exponent ORDER BY d.unit, t.kind",
        values,
    )
    return [
        KindTotal(kind, kept, count, amount_of(int(steps), exponent=places))
        for kind, kept, count, steps, places in rows
    ]


PLACE = (
    "SELECT p.id FROM ledger_posting p WHERE p.transaction_id <= ("
    "SELECT t.id FROM ledger_transaction t WHERE t.at {} ?"
    " ORDER BY t.at DESC, t.id DESC LIMIT 1)"
    " ORDER BY p.transaction_id DESC, p.line DESC LIMIT 1"
)


def lines_between(side: str, *, is_sqlite: bool, account: str = "?") -> str:
    """Return the condition of one side's lines; `newest_first` is their order.

    It binds the account, the place before the first line, the account again and the
    place of the last one. PostgreSQL compares pairs: then only the index that begins
    with the account gives the order. Of "account = ? ORDER BY id" it thinks, while
    pages are young, that it might as well walk the whole book backwards.
    """
    owner, pair = f"p.{side}_account_id", f"(p.{side}_account_id, p.id)"
    if is_sqlite:
        within = (
            f"{owner} = {account} AND p.id > ? AND {owner} = {account} AND p.id <= ?"
        )
    else:
        within = f"{pair} > ({account}, ?) AND {pair} <= ({account}, ?)"
    return f"WHERE {within}"


def newest_first(side: str) -> str:
    """Return the order of one side's lines, as the index on that side has it."""
    return f"ORDER BY p.{side}_account_id DESC, p.id DESC"


@cache
def _balance_at(*, is_sqlite: bool) -> str:
    debit, credit = (
        f"SELECT * FROM (SELECT p.id AS id, p.{side}_balance_after AS after"  # noqa: S608
        f" FROM ledger_posting p {lines_between(side, is_sqlite=is_sqlite)}"
        f" {newest_first(side)} LIMIT 1) AS {side}s"
        for side in ("debit", "credit")
    )
    return (
        f"SELECT after FROM ({debit} UNION ALL {credit}) AS sides"  # noqa: S608
        " ORDER BY id DESC LIMIT 1"
    )


def place_at(driver: Driver, at: datetime) -> int:
    """Return the last posting written when the book stood as of *at*; 0 is none.

    Entries at that very moment count. Where writers work side by side (PostgreSQL),
    entries in flight at one moment have no order between them that anyone could have
    seen, and the place may lie between their postings; it never splits a posting.
    """
    return _place(driver, "<=", at)


def place_before(driver: Driver, at: datetime) -> int:
    """Return the last posting written before the moment *at*; 0 is none."""
    return _place(driver, "<", at)


def _place(driver: Driver, until: str, at: datetime) -> int:
    moment_text(at)  # a moment without a zone means another moment elsewhere
    return driver.value(PLACE.format(until), (driver.moment(at),)) or 0


def steps_at(driver: Driver, account_id: int, place: int) -> int:
    """Return an account's balance right after the posting *place*, in steps."""
    one_side = (account_id, 0, account_id, place)
    return driver.value(_balance_at(is_sqlite=driver.is_sqlite), one_side * 2) or 0


def balance_at(session: Session, code: str, at: datetime) -> Decimal:
    """Return what the account *code* had when the book stood as of *at*.

    It is the posted balance; what was held at a past moment is not kept. Costs three
    seeks, whatever the age of the book and however busy the account.

    Args:
        session: An open session.
        code: The account.
        at: An aware moment; entries at that very moment count.

    Raises:
        AccountNotFound: no such account.
        InvalidEntry: *at* carries no time zone.
    """
    driver = Driver(session)
    account = driver.one(
        "SELECT a.id, u.exponent FROM ledger_account a"
        " JOIN ledger_unit u ON u.code = a.unit WHERE a.code = ?",
        (code,),
    )
    if account is None:
        raise AccountNotFound(code)
    number, places = account
    return amount_of(steps_at(driver, number, place_at(driver, at)), exponent=places)


NOW = (
    "SELECT a.code, a.public_code, a.kind, a.unit, u.exponent,"
    " a.credits_posted - a.debits_posted, a.debits_pending FROM ledger_account a"
    " JOIN ledger_unit u ON u.code = a.unit WHERE a.unit = ? ORDER BY a.code"
)


@cache
def _then(*, is_sqlite: bool) -> str:
    debit, credit = (
        f"(SELECT p.id FROM ledger_posting p"  # noqa: S608
        f" {lines_between(side, is_sqlite=is_sqlite, account='a.id')}"
        f" {newest_first(side)} LIMIT 1)"
        f" AS {side}"
        for side in ("debit", "credit")
    )
    return (
        "SELECT l.code, l.public_code, l.kind, l.unit, l.exponent, COALESCE("  # noqa: S608
        "CASE WHEN COALESCE(l.debit, 0) > COALESCE(l.credit, 0)"
        " THEN (SELECT p.debit_balance_after FROM ledger_posting p"
        " WHERE p.id = l.debit) ELSE (SELECT p.credit_balance_after"
        " FROM ledger_posting p WHERE p.id = l.credit) END, 0), NULL"
        " FROM (SELECT a.code, a.public_code, a.kind, a.unit, u.exponent, a.opened_at,"
        f" {debit}, {credit} FROM ledger_account a"
        " JOIN ledger_unit u ON u.code = a.unit WHERE a.unit = ?) AS l"
        " WHERE l.opened_at <= ? OR l.debit IS NOT NULL OR l.credit IS NOT NULL"
        " ORDER BY l.code"
    )


def trial_balance(
    session: Session, unit: str, at: datetime | None = None
) -> TrialBalance:
    """Return the balance of every account of *unit*, by code (R-LED-07).

    Costs one look at each account (two seeks in the journal for a past moment),
    however many entries there are.

    Args:
        session: An open session.
        unit: The unit's code.
        at: An aware moment, as for `balance_at`; None is now.
    """
    driver = Driver(session)
    if at is None:
        rows = driver.all(NOW, (str(unit),))
    else:
        place, moment = place_at(driver, at), driver.moment(at)
        sql = _then(is_sqlite=driver.is_sqlite)
        rows = driver.all(sql, (0, place, 0, place, str(unit), moment))
    lines = [_trial_line(row) for row in rows]
    nothing = amount_of(0, exponent=rows[0][4] if rows else 2)
    return TrialBalance(
        unit=str(unit),
        lines=lines,
        debits=sum((line.debits for line in lines), nothing),
        credits=sum((line.credits for line in lines), nothing),
    )


def _trial_line(row: Row) -> TrialLine:
    code, public_code, kind, unit, places, posted, held = row
    return TrialLine(
        code=code,
        public_code=public_code,
        kind=kind,
        unit=unit,
        balance=amount_of(posted, exponent=places),
        held=None if held is None else amount_of(held, exponent=places),
    )


def conservation(session: Session) -> list[Conservation]:
    """Return, for each unit, where all of it is; each must sum to zero.

    One pass over the accounts: what was issued is what members have (some of it set
    aside), what was spent, what expired, and so on, kind by kind.
    """
    rows = Driver(session).all(
        "SELECT a.unit, u.exponent, a.kind,"
        " SUM(a.credits_posted - a.debits_posted), SUM(a.debits_pending),"
        " SUM(CASE WHEN a.credits_posted < a.debits_posted"
        "  THEN a.debits_posted - a.credits_posted ELSE 0 END)"
        " FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit"
        " GROUP BY a.unit, u.exponent, a.kind ORDER BY a.unit, a.kind"
    )
    return [
        Conservation(
            unit=unit,
            by_kind=_by_kind(own),
            issued=_sum_of(own, 5),
            held=_sum_of(own, 4),
            difference=_sum_of(own, 3),
        )
        for (unit,), own in _grouped(rows, 1)
    ]


def conservation_by_owner(session: Session, prefix: str) -> list[OwnerShare]:
    """Return what each owner under *prefix* issued, got back and has outstanding.

    What is outstanding of all owners together is what everybody else has: a member's
    account does not tell one programme's points from another's. An account whose
    owner was erased belongs to nobody here.

    Args:
        session: An open session.
        prefix: The beginning of the owners' references, as ``programme:``.
    """
    rows = Driver(session).all(
        "SELECT a.owner_ref, a.unit, u.exponent, a.kind,"
        " SUM(a.credits_posted - a.debits_posted) FROM ledger_account a"
        " JOIN ledger_unit u ON u.code = a.unit"
        " WHERE substr(a.owner_ref, 1, ?) = ?"
        " GROUP BY a.owner_ref, a.unit, u.exponent, a.kind"
        " ORDER BY a.owner_ref, a.unit, a.kind",
        (len(prefix), prefix),
    )
    return [
        OwnerShare(
            owner=owner,
            unit=unit,
            by_kind=_by_kind(own),
            outstanding=-_sum_of(own, 3),
        )
        for (owner, unit), own in _grouped(rows, 2)
    ]


def _grouped(
    rows: Iterable[Row], width: int
) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Yield rows that begin with the same *width* words, keeping the unit's."""
    for key, own in groupby(rows, key=lambda row: row[:width]):
        yield key, [row[width - 1 :] for row in own]


def _by_kind(rows: list[Row]) -> dict[str, Decimal]:
    """Sum rows of (unit, exponent, kind, balance, …) by kind."""
    return {row[2]: amount_of(int(row[3]), exponent=row[1]) for row in rows}


def _sum_of(rows: list[Row], column: int) -> Decimal:
    return amount_of(sum(int(row[column]) for row in rows), exponent=rows[0][1])
