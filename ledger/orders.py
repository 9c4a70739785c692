"""Placing orders: plain entries that PostgreSQL posts by itself, in one round trip.

The other half of `ledger.orders_postgresql`. Both answer None when there is more to it
(a refusal, a key that has acted, lots, words): nothing is written then, and the longer
way of `ledger.journal` says what it is.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from ledger.canonical import FORMAT
from ledger.columns import moment_text
from ledger.driver import Driver
from ledger.entries import SALT_BYTES, TRANSACTION_NAMES, Heading
from ledger.locking import Steps
from ledger.lots_plan import Terms
from ledger.orders_postgresql import array_text, insert_order, insert_orders
from ledger.tables import Transaction, bare

ONE = insert_order()
MANY = insert_orders()


@dataclass(frozen=True, slots=True)
class Asked:
    """A draft as the book reads it: heading, request hash, legs in steps, lot terms."""

    heading: Heading
    wanted: str
    legs: Sequence[Steps]
    terms: Sequence[Terms]
    codes: Sequence[str]

    @property
    def key(self) -> tuple[str, str]:
        """The scope and the key: no other transaction has both."""
        return self.heading.scope, self.heading.key


def place_order(driver: Driver, asked: Asked) -> Transaction | None:
    """Post one leg at once, or return None."""
    heading = asked.heading
    if heading.memo or heading.link or len(asked.legs) != 1:
        posted = place_orders(driver, [asked])
        return None if posted is None else posted[0]
    salt = os.urandom(SALT_BYTES).hex()
    number = driver.value(
        ONE,
        (
            heading.scope,
            heading.key,
            asked.wanted,
            heading.kind,
            heading.cause,
            heading.at,
            heading.on,
            heading.entered_by,
            heading.approved_by,
            heading.rule_version,
            salt,
            *asked.legs[0],
        ),
    )
    return None if number is None else _transaction(number, asked, salt)


def place_orders(driver: Driver, batch: Sequence[Asked]) -> list[Transaction] | None:
    """Post every draft of a batch, in order, or return None."""
    headings = [one.heading for one in batch]
    if any(heading.memo for heading in headings):
        return None
    salts = _salts(len(batch))
    counts = [len(one.legs) for one in batch]
    legs = [leg for one in batch for leg in one.legs]
    places = [place for place, many in enumerate(counts, 1) for _ in range(many)]
    lines = [line for many in counts for line in range(1, many + 1)]
    numbers = driver.value(
        MANY,
        (
            array_text([heading.scope for heading in headings]),
            array_text([heading.key for heading in headings]),
            array_text([one.wanted for one in batch]),
            array_text([heading.kind for heading in headings]),
            array_text([heading.cause for heading in headings]),
            array_text([moment_text(heading.at) for heading in headings]),
            array_text([heading.on.isoformat() for heading in headings]),
            array_text([heading.entered_by for heading in headings]),
            array_text([heading.approved_by for heading in headings]),
            array_text([heading.rule_version for heading in headings]),
            array_text(salts),
            array_text([heading.link for heading in headings]),
            _whole(counts),
            _whole(places),
            _whole(lines),
            array_text([leg[0] for leg in legs]),
            array_text([leg[1] for leg in legs]),
            _whole([leg[2] for leg in legs]),
        ),
    )
    if numbers is None:
        return None
    return list(map(_transaction, numbers, batch, salts))


def _salts(count: int) -> list[str]:
    random, width = os.urandom(SALT_BYTES * count).hex(), 2 * SALT_BYTES
    return [random[at : at + width] for at in range(0, count * width, width)]


def _whole(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _transaction(number: int, asked: Asked, salt: str) -> Transaction:
    """Return the transaction as it was written."""
    heading = asked.heading
    transaction = bare(Transaction)
    values = (
        number,
        heading.scope,
        heading.key,
        asked.wanted,
        heading.kind,
        heading.cause,
        heading.at.astimezone(UTC),
        heading.on,
        heading.entered_by,
        heading.approved_by,
        heading.rule_version,
        None,
        len(asked.legs),
        salt,
        None,
        FORMAT,
        heading.link,
        None,
    )
    transaction.__dict__.update(zip(TRANSACTION_NAMES, values, strict=True))
    return transaction
