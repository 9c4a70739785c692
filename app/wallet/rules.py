"""Which account is whose, and how a sale is split; nothing is posted here."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

CENT = Decimal("0.01")
COMMISSION_INCOME = "income:commission"
COMMUNITY_FUND = "fund:community"


def member_code(person_id: UUID, unit: str) -> str:
    """Return a person's account for a unit: HOUR, POINT or TIME."""
    return f"person:{person_id}:{unit}"


def issuance_code(programme_id: UUID) -> str:
    """Return the contra account of all a programme ever credited."""
    return f"issuance:{programme_id}"


def redeemed_code(programme_id: UUID) -> str:
    """Return the programme's pool: where spent points retire (R-LED-05)."""
    return f"redeemed:{programme_id}"


def hours_contra_code(programme_id: UUID) -> str:
    """Return the contra account of a programme's hours (memo, never spent)."""
    return f"hours:{programme_id}"


def cash_code(place_id: UUID) -> str:
    """Return the account of cash seen at a place's counter."""
    return f"cash:{place_id}"


def payable_code(workshop_id: UUID) -> str:
    """Return the account of what is owed to a workshop."""
    return f"payable:workshop:{workshop_id}"


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
