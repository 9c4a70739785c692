"""The public export: recomputed here from FORMAT.md alone, with no code of ours."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import ledger
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


def field(value: str | None) -> bytes:
    if value is None:
        return b"\xff\xff\xff\xff"
    raw = value.encode("utf-8")
    return len(raw).to_bytes(4, "big") + raw


def record_bytes(record: dict[str, Any]) -> bytes:
    parts = [field(record["version"]), *map(field, record["head"])]
    parts.append(field(str(len(record["lines"]))))
    for line in record["lines"]:
        parts += [field(str(len(line))), *map(field, line)]
    return b"".join(parts)


def recompute(lines: Iterable[str]) -> tuple[str, dict[str, Decimal]]:
    """Return the head and every balance; fail where the export lies."""
    previous = "0" * 64
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for expected, line in enumerate(lines, start=1):
        record = json.loads(line)
        assert record["sequence"] == expected
        assert record["previous"] == previous
        leaf = hashlib.sha256(b"\x00" + record_bytes(record)).digest()
        assert record["leaf"] == leaf.hex()
        link = hashlib.sha256(b"\x02" + bytes.fromhex(previous) + leaf).hexdigest()
        assert record["hash"] == link
        previous = link
        for name, *rest in record["lines"]:
            if name == "posting":
                debit, credit, _unit, amount = rest
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


def test_the_checker_that_is_shipped_agrees_and_finds_lies(page: Page) -> None:
    from ledger.check_export import check

    page.play(STORY)
    ledger.seal_pending(page.session)
    lines = list(ledger.export_lines(page.session))
    head = ledger.head(page.session)
    found = check(lines)
    assert (found.problem, found.sequence, found.hash) == (
        None,
        head.sequence,
        head.hash,
    )
    for at, line in enumerate(lines):
        if '"posting"' in line:
            lie = line.replace('.0000"', '.0100"', 1)
            lies = [*lines[:at], lie, *lines[at + 1 :]]
            if lie != line:
                assert f"record {at + 1}:" in (check(lies).problem or "")
        assert check([*lines[:at], *lines[at + 1 :]]).problem or at == len(lines) - 1


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
    """A frozen vector: when it breaks, every published head has been broken."""
    from ledger.canonical import GENESIS, chained, head_of, leaf_of, posting_line

    head = head_of(
        number=7,
        kind="EARN_HOURS",
        at="2026-06-01T12:00:00.000000Z",
        effective_on="2026-05-31",
        rule_version=None,
        cause="shift:7f3a",
        reverses=None,
        private="ab" * 32,
        memo=None,
    )
    leaf = leaf_of(head, [posting_line("a1", "a2", "POINT", 350_000)])
    assert leaf == LEAF
    assert chained(GENESIS, leaf) == LINK


LEAF = "5f6ff94161e2db8cbb993e18625461114551a5997b73be3f2de68b17792f8e03"
LINK = "687629d7490f13c4686ee919c135646fca9637e9cfeb1841db19f06ab0514d50"
