"""Check a public export with nothing but Python: ``python check_export.py FILE``.

This file stands alone on purpose. It shares no code with the ledger and follows
FORMAT.md, so that in thirty years a copy of the export and of this page suffice.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass
class Finding:
    """What the export says.

    Attributes:
        sequence: Number of the last record.
        hash: Chain hash after it; compare it with a published head.
        balances: Balance by unit and public account code.
        problem: The first thing that is wrong, or None.
    """

    sequence: int = 0
    hash: str = "0" * 64
    balances: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    problem: str | None = None


def check(lines: Iterable[str]) -> Finding:
    """Recompute every leaf, link, balance and sum of an export's lines."""
    found = Finding()
    held: dict[str, tuple[str, str, Decimal]] = {}
    floors: dict[str, Decimal | None] = {}
    for line in lines:
        record: dict[str, Any] = json.loads(line)
        problem = _chain_problem(record, found)
        for words in record["lines"]:
            problem = problem or _apply(words, found.balances, held, floors)
        if problem:
            found.problem = f"record {found.sequence + 1}: {problem}"
            return found
        found.sequence, found.hash = record["sequence"], record["hash"]
    for unit in {unit for unit, _ in found.balances}:
        total = sum(b for (of, _), b in found.balances.items() if of == unit)
        if total:
            found.problem = f"the balances of {unit} sum to {total}, not 0"
    return found


def _field(value: str | None) -> bytes:
    if value is None:
        return b"\xff\xff\xff\xff"
    raw = value.encode()
    return len(raw).to_bytes(4, "big") + raw


def _leaf(record: dict[str, Any]) -> bytes:
    parts = [_field(record["version"]), *map(_field, record["head"])]
    parts.append(_field(str(len(record["lines"]))))
    for line in record["lines"]:
        parts += [_field(str(len(line))), *map(_field, line)]
    return hashlib.sha256(b"\x00" + b"".join(parts)).digest()


def _chain_problem(record: dict[str, Any], found: Finding) -> str | None:
    if record["sequence"] != found.sequence + 1:
        return f"its sequence is {record['sequence']}: a record is missing or moved"
    if record["previous"] != found.hash:
        return "it does not follow the record before it"
    leaf = _leaf(record)
    if record["leaf"] != leaf.hex():
        return "its content does not match its leaf"
    link = hashlib.sha256(b"\x02" + bytes.fromhex(found.hash) + leaf).hexdigest()
    return None if record["hash"] == link else "its hash does not follow"


def _apply(
    line: list[str],
    balances: dict[tuple[str, str], Decimal],
    held: dict[str, tuple[str, str, Decimal]],
    floors: dict[str, Decimal | None],
) -> str | None:
    """Move what one line moves; return what is wrong with it, or None."""
    match line:
        case ["account", code, _, _, _, floor]:
            floors[code] = None if floor is None else Decimal(floor)
        case ["hold", number, payer, _, unit, amount, _]:
            held[number] = (unit, payer, Decimal(amount))
            return _below_floor(unit, payer, balances, held, floors)
        case ["resolve", number, captured]:
            if number not in held or Decimal(captured) > held.pop(number)[2]:
                return f"hold {number} is not open, or smaller"
        case ["posting", debit, credit, unit, amount]:
            if Decimal(amount) <= 0:
                return f"{amount} is not above zero"
            for code, sign in ((debit, -1), (credit, 1)):
                before = balances.get((unit, code), Decimal(0))
                balances[unit, code] = before + sign * Decimal(amount)
            return _below_floor(unit, debit, balances, held, floors)
        case _:
            return f"{line[0]!r} is no line of this format"
    return None


def _below_floor(
    unit: str,
    code: str,
    balances: dict[tuple[str, str], Decimal],
    held: dict[str, tuple[str, str, Decimal]],
    floors: dict[str, Decimal | None],
) -> str | None:
    floor = floors.get(code, Decimal(0))
    waiting = sum(h[2] for h in held.values() if h[:2] == (unit, code))
    free = balances.get((unit, code), Decimal(0)) - waiting
    return None if floor is None or free >= floor else f"{code} is below its floor"


def main() -> int:
    """Check the file named on the command line; 0 when it is right."""
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        found = check(lines)
    if found.problem:
        sys.stdout.write(f"{found.problem}\n")
        return 1
    sys.stdout.write(f"{found.sequence} records, head {found.hash}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
