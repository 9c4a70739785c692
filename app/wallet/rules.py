"""Which account is whose, how long points keep, how a sale is split."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import ledger

CENT = Decimal("0.01")
COMMISSION_INCOME = "income:commission"
COMMUNITY_FUND = "fund:community"

MEMBER = "member"
PERSON, PROGRAMME = "person:", "programme:"
"""So begins whose an account is."""
MEMBER_UNITS = (ledger.HOUR, ledger.POINT, ledger.TIME)
SPENDABLE_UNITS = (ledger.POINT, ledger.TIME)
"""Kept as lots; hours are a memo, never spent."""

NO_FLOOR_KINDS = frozenset({"issuance", "redeemed", "hours_contra"})
"""Accounts of a programme that may go below zero."""

NOTICE_DAYS = (90, 30, 7)
"""So many days before they expire a member is told, each time more clearly."""

EARNED = "EARN_HOURS"

StartingLot = tuple[Decimal, date, date | None]
"""An amount, the day it was earned, the day it expires."""


def member_code(person_id: UUID, unit: str) -> str:
    """Return a person's account for a unit: HOUR, POINT or TIME."""
    return f"person:{person_id}:{unit}"


def offset_code(person_id: UUID, unit: str) -> str:
    """Return the account of what a person's later earning pays off (L11)."""
    return f"offset:{person_id}:{unit}"


def issuance_code(programme_id: UUID) -> str:
    """Return the contra account of all a programme ever credited."""
    return f"issuance:{programme_id}"


def redeemed_code(programme_id: UUID) -> str:
    """Return the programme's pool: where spent points retire (R-LED-05)."""
    return f"redeemed:{programme_id}"


def hours_contra_code(programme_id: UUID) -> str:
    """Return the contra account of a programme's hours (memo, never spent)."""
    return f"hours:{programme_id}"


def overflow_code(programme_id: UUID) -> str:
    """Return where a programme keeps what exceeds the most one may store (L10)."""
    return f"overflow:{programme_id}"


def clawback_code(programme_id: UUID) -> str:
    """Return where a programme keeps what was taken back (L11)."""
    return f"clawback:{programme_id}"


def expired_code(unit: str, programme_id: UUID | None = None) -> str:
    """Return where the expired lots of a programme go (L5).

    Without one: where they went while all of a unit shared an account.
    """
    return f"expired:{programme_id or unit}"


def owner_of(programme_id: UUID) -> str:
    """Return how a programme's accounts name it."""
    return f"{PROGRAMME}{programme_id}"


def cash_code(place_id: UUID) -> str:
    """Return the account of cash seen at a place's counter."""
    return f"cash:{place_id}"


def payable_code(workshop_id: UUID) -> str:
    """Return the account of what is owed to a workshop."""
    return f"payable:workshop:{workshop_id}"


def kind_of_line(line: ledger.StatementLine) -> str:
    """Return what a line of a passbook is: what earning passes on has its own words."""
    if line.kind == EARNED and line.amount < 0:
        is_beyond = line.counter_account.startswith("overflow:")
        return "OVERFLOW" if is_beyond else "OFFSET"
    return line.kind


def expires_on(earned_on: date, months: int | None) -> date | None:
    """Return the first day on which what was earned cannot be spent any more.

    The same day of the month *months* later, or that month's last day; None: never.
    """
    if months is None:
        return None
    count = earned_on.year * 12 + earned_on.month - 1 + months
    year, month = divmod(count, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(earned_on.day, last))


def counted_on(day: date, *, closed_through: date | None, today: date) -> date:
    """Return the day service counts for in the book: today once its month is closed.

    A closed month never changes (R-LED-08); the lot is still earned on *day*.
    """
    return today if closed_through is not None and day <= closed_through else day


def starting_lots(
    earned: Iterable[StartingLot], balance: Decimal, *, soonest: date
) -> list[StartingLot]:
    """Return the lots of an account that kept none: what was earned, less the spent.

    The first to expire are taken as spent first, as if lots had been kept all along.
    What would expire before *soonest* lives until then: nobody loses points without
    having been told in time.

    Args:
        earned: Every amount that came in, in the order of the book.
        balance: What is left; the lots together are exactly this.
        soonest: The first day on which one of them may expire.
    """
    in_order = sorted(earned, key=lambda lot: (lot[2] or date.max, lot[1]))
    spent = sum((lot[0] for lot in in_order), Decimal(0)) - balance
    lots: list[StartingLot] = []
    for amount, earned_on, until in in_order:
        gone = min(spent, amount)
        spent -= gone
        if amount > gone:
            lots.append((amount - gone, earned_on, until and max(until, soonest)))
    return lots


def told_by(today: date) -> date:
    """Return the last day whose expiry a member is told of today."""
    return today + timedelta(days=NOTICE_DAYS[0])


def month_of(day: date) -> str:
    """Return the month of a day, as `2026-06`."""
    return f"{day:%Y-%m}"


def urgency(days: int) -> str:
    """Return how clearly an expiry in so many days is told: a notice's tone."""
    calm, soon = NOTICE_DAYS[1:]
    if days <= soon:
        return "bad"
    return "wait" if days <= calm else "info"


def split_sale(
    lines: list[tuple[Decimal, Decimal]],
) -> tuple[Decimal, Decimal, Decimal]:
    """Return (gross, commission, owed) in CNY for (line total, rate in percent).

    Each line's commission is rounded half up to the cent by itself, so that a
    returned line takes back exactly what it brought (story L15: 53.60 and 45.00
    at 8 % owe 4.29 + 3.60).
    """
    gross = sum((total for total, _ in lines), Decimal(0))
    commission = sum(
        (
            (total * rate / 100).quantize(CENT, rounding=ROUND_HALF_UP)
            for total, rate in lines
        ),
        Decimal(0),
    )
    return gross, commission, gross - commission
