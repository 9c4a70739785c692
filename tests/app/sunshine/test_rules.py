"""Reading a line of the export."""

from __future__ import annotations

import json
from decimal import Decimal

from app.sunshine.rules import Move, entry_from

HEAD = ["7", "HOLD", "2026-06-03T04:00:00.000000Z", "2026-06-03", None, "booking",
        None, "ab" * 32, None]  # fmt: skip
HOLD = ["hold", "1", "payer", "payee", "POINT", "35.00", None]
POSTING = ["posting", "payer", "payee", "POINT", "35.00"]


def line(*lines: list[str | None]) -> str:
    return json.dumps(
        {"sequence": 9, "previous": "0", "head": HEAD, "lines": lines, "leaf": "1",
         "hash": "2"}
    )  # fmt: skip


def test_a_hold_sets_aside_and_moves_nothing() -> None:
    entry = entry_from(line(HOLD))

    assert entry.moves == ()
    assert entry.held == Move("payer", "payee", "POINT", Decimal("35.00"))
    assert entry.codes() == {"payer", "payee"}


def test_a_posting_moves() -> None:
    entry = entry_from(line(POSTING))

    assert entry.moves == (Move("payer", "payee", "POINT", Decimal("35.00")),)
    assert entry.held is None
    assert entry.about == "booking"
