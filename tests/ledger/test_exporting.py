"""The public export: recomputed here from FORMAT.md alone, with no code of ours."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

import ledger
from ledger import verify
from ledger.canonical import (
    GENESIS,
    chained,
    first_head,
    first_leaf_of,
    head_of,
    leaf_of,
    posting_line,
    record_text,
)
from tests.ledger.pages import Page, points

STORY = """
    gift     lin 9.00
    pay      lin wang 2.00
    hold     cut lin wang 3.00
    hold     walk lin chen 1.00
    capture  cut 2.50
    release  walk
    freeze   chen
    reverse  pay-1
"""


def recompute(lines: Iterable[str]) -> tuple[str, dict[str, Decimal]]:
    """Return the head and every balance; fail where the export lies."""
    previous = "0" * 64
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for expected, line in enumerate(lines, start=1):
        start, _, rest = line.partition(',"record":')
        record = rest[:-1]
        leaf = hashlib.sha256(b"\x00" + record.encode()).digest()
        link = hashlib.sha256(b"\x02" + bytes.fromhex(previous) + leaf).hexdigest()
        assert start == f'{{"sequence":{expected},"hash":"{link}"'
        previous = link
        for name, *words in json.loads(record)[-1]:
            if name == "posting":
                debit, credit, _unit, amount = words
                balances[debit] -= Decimal(amount)
                balances[credit] += Decimal(amount)
    assert sum(balances.values()) == 0
    return previous, balances


def test_a_stranger_recomputes_the_head_and_the_balances(page: Page) -> None:
    page.play(STORY)
    ledger.seal_pending(page.session)
    head, balances = recompute(ledger.export_lines(page.session))
    assert head == ledger.head(page.session).hash
    for line in ledger.trial_balance(page.session, "POINT").lines:
        assert balances[line.public_code] == line.balance


def test_the_verifier_that_is_shipped_agrees_and_finds_lies(
    page: Page, tmp_path: Path
) -> None:
    page.play(STORY)
    ledger.seal_pending(page.session)
    lines = list(ledger.export_lines(page.session))
    head = ledger.head(page.session)
    path = tmp_path / "export.jsonl"

    def check(lines: list[str]) -> verify.Note:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return verify.check(path)

    size, _, link = check(lines)
    assert (size, link) == (head.sequence, head.hash)
    for at, line in enumerate(lines):
        lie = line.replace('.0000"', '.0100"', 1)
        if lie != line:
            with pytest.raises(verify.Bad, match=f"record {at + 1}:"):
                check([*lines[:at], lie, *lines[at + 1 :]])
        if at < len(lines) - 1:
            with pytest.raises(verify.Bad, match=f"record {at + 1}:"):
                check([*lines[:at], *lines[at + 1 :]])


def test_the_export_can_be_read_in_parts(page: Page) -> None:
    page.play(STORY)
    ledger.seal_pending(page.session)
    lines = list(ledger.export_lines(page.session))
    assert list(ledger.export_lines(page.session, since=5)) == lines[5:]


def test_the_export_names_nobody(page: Page) -> None:
    page.play("gift lin 9.00")
    ledger.post(
        page.session,
        [ledger.Leg(points("lin"), points("wang"), Decimal("1.00"))],
        key="secret-key",
        kind="GIFT",
        cause="visit:secret-cause",
        at=page.at,
        entered_by="person:secret-clerk",
        approved_by="person:secret-chief",
        memo="secret words",
    )
    ledger.seal_pending(page.session)
    text = "\n".join(ledger.export_lines(page.session))
    assert '"visit"' in text
    for word in ("secret", ":lin", "wang", "person:"):
        assert word not in text


def test_an_empty_book_has_an_empty_head(page: Page) -> None:
    page.session.rollback()
    head = ledger.head(page.session)
    assert (head.sequence, head.hash, head.at) == (0, "0" * 64, None)
    assert list(ledger.export_lines(page.session)) == []
    assert ledger.verify_book(page.session).ok


def test_the_hash_of_a_known_record_never_changes() -> None:
    """Frozen vectors: when one breaks, every published head has been broken."""
    head = head_of(
        number=7,
        kind="EARN_HOURS",
        at="2026-06-01T12:00:00.000000Z",
        effective_on="2026-05-31",
        rule_version=None,
        cause="shift:7f3a",
        reverses=None,
        refunds=None,
        link=None,
        private="ab" * 32,
        memo=None,
    )
    lines = [posting_line("a1", "a2", "POINT", 350_000)]
    first = first_leaf_of(first_head(head), lines)
    leaf = leaf_of(record_text(head, lines))
    assert [first, chained(GENESIS, first)] == FIRST_FORM
    assert [leaf, chained(GENESIS, leaf)] == SECOND_FORM


FIRST_FORM = [
    "5f6ff94161e2db8cbb993e18625461114551a5997b73be3f2de68b17792f8e03",
    "687629d7490f13c4686ee919c135646fca9637e9cfeb1841db19f06ab0514d50",
]
SECOND_FORM = [
    "62afca6cc08f7f2182d493ae0e58b32b10c5950330dc1cc0a0941160ba512527",
    "8d04dabac700dcb57c48aa9c2e07d7c33e94ff11a23371f4d80ecdc8e7607270",
]
