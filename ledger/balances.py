"""Balances and totals, read from the counters in constant time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.amounts import amount_of
from ledger.driver import Driver, marks
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
    """One account of the trial balance."""

    code: str
    public_code: str
    kind: str
    unit: str
    debits: Decimal
    credits: Decimal
    held: Decimal

    @property
    def balance(self) -> Decimal:
        """Credits less debits."""
        return self.credits - self.debits


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account of one unit; the book is right when both sums are equal."""

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
        difference: Zero, or something came from nowhere.
    """

    unit: str
    by_kind: dict[str, Decimal]
    issued: Decimal
    difference: Decimal

    @property
    def holds(self) -> bool:
        """True when nothing was lost and nothing came from nowhere."""
        return self.difference == 0


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


def trial_balance(session: Session, unit: str) -> TrialBalance:
    """Return every account of *unit* with its debits and credits, by code."""
    rows = Driver(session).all(
        "SELECT a.code, a.public_code, a.kind, a.unit, a.debits_posted,"
        " a.credits_posted, a.debits_pending, u.exponent FROM ledger_account a"
        " JOIN ledger_unit u ON u.code = a.unit WHERE a.unit = ? ORDER BY a.code",
        (str(unit),),
    )
    lines = [
        TrialLine(*row[:4], *(amount_of(steps, exponent=row[7]) for steps in row[4:7]))
        for row in rows
    ]
    places = rows[0][7] if rows else 2
    return TrialBalance(
        unit=str(unit),
        lines=lines,
        debits=amount_of(sum(row[4] for row in rows), exponent=places),
        credits=amount_of(sum(row[5] for row in rows), exponent=places),
    )


def conservation(session: Session) -> list[Conservation]:
    """Return, for each unit, where all of it is; each must sum to zero."""
    rows = Driver(session).all(
        "SELECT a.unit, u.exponent, a.kind,"
        " SUM(a.credits_posted - a.debits_posted),"
        " SUM(CASE WHEN a.credits_posted < a.debits_posted"
        "  THEN a.debits_posted - a.credits_posted ELSE 0 END)"
        " FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit"
        " GROUP BY a.unit, u.exponent, a.kind ORDER BY a.unit, a.kind"
    )
    found = []
    for unit in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == unit]
        places = own[0][1]
        found.append(
            Conservation(
                unit=unit,
                by_kind={r[2]: amount_of(int(r[3]), exponent=places) for r in own},
                issued=amount_of(sum(int(r[4]) for r in own), exponent=places),
                difference=amount_of(sum(int(r[3]) for r in own), exponent=places),
            )
        )
    return found
