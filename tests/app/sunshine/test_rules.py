"""Reading a line of the export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from app.sunshine.rules import Move, entry_from

HEAD = ["7", "HOLD", "2026-06-03T04:00:00.000000Z", "2026-06-03", None, "booking",
        None, "ab" * 32, None]  # fmt: skip
HOLD = ["hold", "1", "payer", "payee", "POINT", "35.00", None]
POSTING = ["posting", "payer", "payee", "POINT", "35.00"]


Lines = list[list[str | None]]


def first_form(lines: Lines) -> str:
    return json.dumps(
        {"sequence": 9, "previous": "0", "head": HEAD, "lines": lines, "leaf": "1",
         "hash": "2"}
    )  # fmt: skip


def record_of(lines: Lines) -> str:
    number, kind, at, day, rule, about, reverses, private, memo = HEAD
    record = ["common-fair-ledger/2", number, kind, at, day, rule, about, reverses,
              None, None, private, memo, lines]  # fmt: skip
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def second_form(lines: Lines) -> str:
    return f'{{"sequence":9,"hash":"2","record":{record_of(lines)}}}'


FORMS = pytest.mark.parametrize("form", [first_form, second_form])


@FORMS
def test_a_hold_sets_aside_and_moves_nothing(form: Callable[[Lines], str]) -> None:
    entry = entry_from(form([HOLD]))

    assert entry.moves == ()
    assert entry.held == Move("payer", "payee", "POINT", Decimal("35.00"))
    assert entry.codes() == {"payer", "payee"}


@FORMS
def test_a_posting_moves(form: Callable[[Lines], str]) -> None:
    entry = entry_from(form([POSTING]))

    assert entry.moves == (Move("payer", "payee", "POINT", Decimal("35.00")),)
    assert entry.held is None
    assert (entry.about, entry.sequence, entry.number) == ("booking", 9, "7")
    assert entry.link == "2"


def test_the_first_form_says_its_hashes_and_of_the_second_they_are_computed() -> None:
    before = "ab" * 32
    first = entry_from(first_form([POSTING]), before)
    second = entry_from(second_form([POSTING]) + "\n", before)

    assert (first.previous, first.leaf) == ("0", "1")
    hashed = hashlib.sha256(b"\0" + record_of([POSTING]).encode()).hexdigest()
    assert (second.previous, second.leaf) == (before, hashed)


def test_words_that_look_like_the_line_s_own_change_nothing() -> None:
    code = ',"record":["x"]}'
    entry = entry_from(second_form([["posting", code, "payee", "POINT", "1.0000"]]))

    assert entry.moves[0].debit == code
