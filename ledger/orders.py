"""Placing orders: plain entries, written in as few statements as there can be.

An entry is plain when it moves one amount between two open accounts that keep no lots,
and has no words. On PostgreSQL the database posts it by itself, and many of them in one
round trip (`ledger.orders_postgresql`); on SQLite one look finds all there is to know.
Every function answers None when there is more to it (a refusal, a key that has acted,
lots, words): nothing is written then, and the longer way of `ledger.journal` says what
it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.amounts import PLACES_MAX
from ledger.canonical import chained, posting_line
from ledger.driver import Driver
from ledger.entries import POSTING_COLUMNS, Header, insert_transaction
from ledger.headings import Heading
from ledger.locking import Steps
from ledger.lots_plan import Terms
from ledger.orders_postgresql import array_text, insert_order, insert_orders
from ledger.sealing import SEAL_COLUMNS
from ledger.tables import Transaction

ONE = insert_order()
MANY = insert_orders()
LOOK = (
    "SELECT d.id, c.id, d.credits_posted - d.debits_posted,"
    " c.credits_posted - c.debits_posted, d.public_code, c.public_code, d.unit,"
    " u.exponent, s.sequence, s.hash"
    " FROM ledger_account d, ledger_account c, ledger_unit u, ledger_seal s"
    " WHERE d.code = ? AND c.code = ? AND d.unit = c.unit AND d.id <> c.id"
    " AND d.state = 'open' AND c.state = 'open' AND NOT d.keeps_lots"
    " AND NOT c.keeps_lots AND u.code = d.unit AND (d.floor IS NULL"
    " OR d.credits_posted - d.debits_posted - d.debits_pending - ? >= d.floor)"
    " AND s.sequence = (SELECT MAX(sequence) FROM ledger_seal) AND NOT EXISTS"
    " (SELECT 1 FROM ledger_transaction WHERE scope = ? AND key = ?)"
)
"""Both accounts, if the amount can go; and the newest seal, if the key is new."""


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


def has_a_key_twice(batch: Sequence[Asked]) -> bool:
    """Say whether two drafts of a batch have one key."""
    return len({one.key for one in batch}) < len(batch)


def place_order(driver: Driver, asked: Asked) -> Transaction | None:
    """Post one leg at once, or return None."""
    heading = asked.heading
    if driver.is_sqlite:
        return _write_order(driver, asked)
    if heading.memo or heading.link or len(asked.legs) != 1:
        posted = place_orders(driver, [asked])
        return None if posted is None else posted[0]
    header = Header(driver, heading, asked.wanted, 1)
    number = driver.value(ONE, (*header.values[:10], header.salt, *asked.legs[0]))
    return None if number is None else header.numbered(number)


def _write_order(driver: Driver, asked: Asked) -> Transaction | None:
    """Post one leg on SQLite; its triggers know of stops and of closed months."""
    heading = asked.heading
    if heading.memo or len(asked.legs) != 1:
        return None
    debit, credit, steps = asked.legs[0]
    row = driver.one(LOOK, (debit, credit, steps, heading.scope, heading.key))
    if row is None or steps % 10 ** (PLACES_MAX - row[7]):
        return None
    d, c, d_has, c_has, d_code, c_code, unit, _, sequence, link = row
    header = Header(driver, heading, asked.wanted, 1)
    number = header.number = insert_transaction(driver, header.values)
    posting = (number, 1, d, c, steps, d_has - steps, c_has + steps)
    driver.insert("ledger_posting", POSTING_COLUMNS, [posting])
    leaf = header.leaf([posting_line(d_code, c_code, unit, steps)])
    seal = (sequence + 1, number, leaf, chained(link, leaf))
    driver.insert("ledger_seal", SEAL_COLUMNS, [seal])
    return header.transaction()


def place_orders(driver: Driver, batch: Sequence[Asked]) -> list[Transaction] | None:
    """Post every draft of a batch, in order, or return None."""
    if driver.is_sqlite:
        return None
    headings = [one.heading for one in batch]
    if any(heading.memo for heading in headings) or has_a_key_twice(batch):
        return None
    headers = [Header(driver, one.heading, one.wanted, len(one.legs)) for one in batch]
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
            array_text([header.at for header in headers]),
            array_text([header.on.isoformat() for header in headers]),
            array_text([heading.entered_by for heading in headings]),
            array_text([heading.approved_by for heading in headings]),
            array_text([heading.rule_version for heading in headings]),
            array_text([header.salt for header in headers]),
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
    return list(map(Header.numbered, headers, numbers))


def _whole(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"
