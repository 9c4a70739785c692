"""The canonical bytes that are hashed; written down for others in FORMAT.md."""

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID

from ledger.amounts import text_of

VERSION = "common-fair-ledger/1"
LEAF_PREFIX = b"\x00"
CHAIN_PREFIX = b"\x02"
GENESIS = "0" * 64
ABSENT = b"\xff\xff\xff\xff"

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
    return b"".join(map(field_bytes, values))


def leaf_of(head: Sequence[str | None], lines: Sequence[Line]) -> str:
    """Return the leaf hash of one record, as 64 hex digits.

    Args:
        head: id, kind, at, effective_on, rule, about, reverses, private, memo.
        lines: the record's lines in their order.
    """
    parts = [LEAF_PREFIX, field_bytes(VERSION), fields_bytes(head)]
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
) -> str:
    """Return the commitment to what the export keeps to itself."""
    return digest_of(salt, scope, key, cause, entered_by, approved_by)


def head_of(
    *,
    number: int,
    kind: str,
    at: str,
    effective_on: str,
    rule_version: str | None,
    cause: str,
    reverses: int | None,
    private: str,
    memo: str | None,
) -> list[str | None]:
    """Return the nine head fields of a record, in their order."""
    return [
        str(number),
        kind,
        at,
        effective_on,
        rule_version,
        about_of(cause),
        None if reverses is None else str(reverses),
        private,
        memo,
    ]


def account_line(
    public_code: str, unit: str, kind: str, state: str, floor: int | None
) -> Line:
    """Return the line of an account as it stands from here on."""
    limit = None if floor is None else text_of(floor)
    return ["account", public_code, unit, kind, state, limit]


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
