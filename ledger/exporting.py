"""The public book: one JSON line per sealed record, in the order of the chain."""

import json
from collections.abc import Iterator

from sqlalchemy.orm import Session

from ledger.canonical import FIRST_VERSION, FORMAT, GENESIS
from ledger.driver import Driver
from ledger.records import Record, records_of

PAGE = 500


def export_lines(
    session: Session, *, since: int = 0, until: int | None = None
) -> Iterator[str]:
    """Yield the sealed records after sequence *since* as lines of JSON.

    Accounts appear by their random public codes; causes by their noun; who
    entered, who approved, keys and words only as salted commitments. FORMAT.md
    says how to recompute every hash, balance and sum from these lines alone.

    Args:
        session: An open session; keep it open while the lines are read.
        since: Sequence number after which to begin; 0 is the whole book.
        until: Sequence number to end with; None is the newest.
    """
    driver = Driver(session)
    previous = GENESIS
    if since:
        asked = "SELECT hash FROM ledger_seal WHERE sequence = ?"
        previous = driver.value(asked, (since,)) or GENESIS
    while until is None or since < until:
        seals = driver.all(
            "SELECT sequence, transaction_id, leaf, hash FROM ledger_seal"
            " WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (since, PAGE if until is None else min(PAGE, until - since)),
        )
        if not seals:
            return
        by_number = {seal[1]: seal for seal in seals}
        for record in records_of(driver, [seal[1] for seal in seals]):
            sequence, _, leaf, link = by_number[record.number]
            yield _line(record, sequence, previous, leaf, link)
            previous = link
        since = seals[-1][0]


def _line(record: Record, sequence: int, previous: str, leaf: str, link: str) -> str:
    """Return one line; in form 2 the record stands in it byte by byte as hashed."""
    if record.format == FORMAT:
        return f'{{"sequence":{sequence},"hash":"{link}","record":{record.text()}}}'
    return json.dumps(
        {
            "version": FIRST_VERSION,
            "sequence": sequence,
            "previous": previous,
            "head": record.head,
            "lines": record.lines,
            "leaf": leaf,
            "hash": link,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
