"""Which account is whose, and sales split to the cent (stories L15, L16)."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from app.wallet import rules

EIGHT = Decimal(8)


@pytest.mark.parametrize(
    ("lines", "split"),
    [
        (
            [(Decimal("53.60"), EIGHT), (Decimal("45.00"), EIGHT)],
            ("98.60", "7.89", "90.71"),
        ),
        (
            [(Decimal("26.80"), EIGHT), (Decimal("45.00"), EIGHT)],
            ("71.80", "5.74", "66.06"),
        ),
        ([], ("0", "0", "0")),
        ([(Decimal("12.80"), Decimal(0))], ("12.80", "0", "12.80")),
    ],
)
def test_a_sale_splits_to_the_cent(
    lines: list[tuple[Decimal, Decimal]], split: tuple[str, str, str]
) -> None:
    assert rules.split_sale(lines) == tuple(Decimal(part) for part in split)


def test_accounts_of_two_people_and_two_units_never_meet() -> None:
    one, other = uuid4(), uuid4()
    codes = {
        rules.member_code(person, unit)
        for person in (one, other)
        for unit in ("HOUR", "POINT", "TIME")
    }
    assert len(codes) == 6
