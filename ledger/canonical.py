"""The canonical bytes that are hashed; written down for others in FORMAT.md."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from ledger.amounts import text_of

VERSION = "common-fair-ledger/2"
FIRST_VERSION = "common-fair-ledger/1"
FORMAT = 2
"""The form records are written in now; `FIRST_VERSION` is only read."""

LEAF_PREFIX = b"\x00"
CHAIN_PREFIX = b"\x02"
GENESIS = "0" * 64
ABSENT = b"\xff\xff\xff\xff"
LENGTHS = [length.to_bytes(4, "big") for length in range(256)]

Line = list[str | None]
"""One line of a record, such as ``["posting", debit, credit, unit, amount]``."""


def field_bytes(value: str | None) -> bytes:
    """Return *value* with its length before it: no separator can be forged."""
    if value is None:
        return ABSENT
    raw = value.encode()
    return len(raw).to_bytes(4, "big") + raw


def fields_bytes(values: Iterable[str | None]) -> bytes:
    """Return the fields one after the other."""
    parts = []
    for value in values:
        if value is None:
            parts.append(ABSENT)
        else:
            raw = value.encode()
            length = len(raw)
            parts.append(LENGTHS[length] if length < 256 else length.to_bytes(4, "big"))
            parts.append(raw)
    return b"".join(parts)


_quoted = json.encoder.encode_basestring
"""A JSON string as `json.dumps(…, ensure_ascii=False)` writes it."""


def _array(values: Iterable[str | None]) -> str:
    return ",".join(["null" if value is None else _quoted(value) for value in values])


def record_text(head: Sequence[str | None], lines: Sequence[Line]) -> str:
    """Return a record of form 2: its very bytes are hashed and exported.

    Args:
        head: number, kind, at, effective_on, rule, about, reverses, refunds, link,
            private, memo.
        lines: the record's lines in their order.
    """
    own = ",".join([f"[{_array(line)}]" for line in lines])
    return f'["{VERSION}",{_array(head)},[{own}]]'


def leaf_of(record: str) -> str:
    """Return the leaf hash of a record of form 2, as 64 hex digits."""
    return hashlib.sha256(LEAF_PREFIX + record.encode()).hexdigest()


def first_leaf_of(head: Sequence[str | None], lines: Sequence[Line]) -> str:
    """Return the leaf hash of a record of form 1, as 64 hex digits.

    Args:
        head: number, kind, at, effective_on, rule, about, reverses, private, memo.
        lines: the record's lines in their order.
    """
    parts = [LEAF_PREFIX, field_bytes(FIRST_VERSION), fields_bytes(head)]
    parts.append(field_bytes(str(len(lines))))
    for line in lines:
        parts.append(field_bytes(str(len(line))))
        parts.append(fields_bytes(line))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def chained(previous: str, leaf: str) -> str:
    """Return the chain hash that follows *previous* when *leaf* is added."""
    joined = CHAIN_PREFIX + bytes.fromhex(previous) + bytes.fromhex(leaf)
    return hashlib.sha256(joined).hexdigest()


def digest_of(*values: str | None) -> str:
    """Return the hash of length-prefixed *values*, as 64 hex digits."""
    return hashlib.sha256(fields_bytes(values)).hexdigest()


def about_of(cause: str) -> str:
    """Return the public half of a cause: ``shift`` of ``shift:7f3a``."""
    return cause.partition(":")[0]


def private_digest(
    salt: str,
    scope: str,
    key: str,
    cause: str,
    entered_by: str | None,
    approved_by: str | None,
    *request_hash: str,
) -> str:
    """Return the commitment to what the export keeps to itself.

    Form 2 commits to the hash of the request, too; form 1 is given none.
    """
    return digest_of(salt, scope, key, cause, entered_by, approved_by, *request_hash)


def head_of(
    *,
    number: int,
    kind: str,
    at: str,
    effective_on: str,
    rule_version: str | None,
    cause: str,
    reverses: int | None,
    refunds: int | None,
    link: str | None,
    private: str,
    memo: str | None,
) -> list[str | None]:
    """Return the eleven head fields of a record of form 2, in their order."""
    return [
        str(number),
        kind,
        at,
        effective_on,
        rule_version,
        about_of(cause),
        None if reverses is None else str(reverses),
        None if refunds is None else str(refunds),
        link,
        private,
        memo,
    ]


def first_head(head: Sequence[str | None]) -> list[str | None]:
    """Return the nine head fields of form 1, which knew no refunds and links."""
    return [*head[:7], *head[9:]]


def account_line(
    public_code: str,
    unit: str,
    kind: str,
    state: str,
    floor: int | None,
    keeps_lots: int,
) -> Line:
    """Return the line of an account as it stands from here on."""
    limit = None if floor is None else text_of(floor)
    lots = "lots" if keeps_lots else ""
    return ["account", public_code, unit, kind, state, limit, lots]


def hold_line(
    hold_id: UUID, payer: str, payee: str, unit: str, steps: int, expires_at: str | None
) -> Line:
    """Return the line of a hold placed."""
    return ["hold", str(hold_id), payer, payee, unit, text_of(steps), expires_at]


def resolution_line(hold_id: UUID, captured: int) -> Line:
    """Return the line of a hold's end; zero captured is a release."""
    return ["resolve", str(hold_id), text_of(captured)]


def posting_line(debit: str, credit: str, unit: str, steps: int) -> Line:
    """Return the line of an amount moved."""
    return ["posting", debit, credit, unit, text_of(steps)]


def extend_line(hold_id: UUID, expires_at: str | None) -> Line:
    """Return the line of a hold that lasts until another moment."""
    return ["extend", str(hold_id), expires_at]


def use_line(lot_id: int, account: str, steps: int) -> Line:
    """Return the line of what was taken from a lot; below zero it was given back."""
    return ["use", str(lot_id), account, text_of(steps)]


def lot_line(
    lot_id: int,
    account: str,
    steps: int,
    earned_on: str,
    expires_on: str | None,
    from_lot: int | None,
) -> Line:
    """Return the line of a lot that came in."""
    origin = None if from_lot is None else str(from_lot)
    return ["lot", str(lot_id), account, text_of(steps), earned_on, expires_on, origin]


def close_line(code: str, first_on: date, last_on: date, digest: str) -> Line:
    """Return the line of a month that was closed."""
    return ["close", code, first_on.isoformat(), last_on.isoformat(), digest]
