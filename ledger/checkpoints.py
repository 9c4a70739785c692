"""Checkpoints: how long the book was, its root and its chain, signed and given away."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ledger.columns import moment_text
from ledger.driver import Driver, Row, as_moment
from ledger.errors import InvalidEntry, TransactionNotFound
from ledger.exporting import export_lines
from ledger.tables import Checkpoint, bare
from ledger.tree import (
    Frontier,
    Place,
    Span,
    consistency_spans,
    full_nodes,
    hashes_of,
    inclusion_spans,
)

ORIGIN = "common-fair-ledger"
CHECKPOINT_LOCK = 0x1ED6E3
LEAVES_AT_ONCE = 5000
COLUMNS = "size, root, hash, at, note"
RECORD_MARK = ',"record":'

Sign = Callable[[bytes], tuple[str, str]]
"""Signs a text; returns the public key and the signature (Ed25519), both in hex."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a record is in the book of a checkpoint: a receipt to take home.

    Attributes:
        sequence: The record's place in the chain, from 1.
        leaf: Its hash, 64 hex digits.
        record: What is hashed, as it stands in the export: the array of form 2, or
            the whole line of form 1.
        path: The hashes beside it on the way to the root, from the leaf upwards.
        size: Number of records the checkpoint covers.
        root: Its root.
        note: Its text, as published; see FORMAT.md.
    """

    sequence: int
    leaf: str
    record: str
    path: list[str]
    size: int
    root: str
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return it as a receipt file holds it; `verify.py --receipt` reads that."""
        return asdict(self)


def make_checkpoint(
    session: Session, *, at: datetime, sign: Sign | None = None
) -> Checkpoint:
    """State how long the book is, its root and its hash, and keep the statement.

    Adds the tree's new full nodes: work in proportion to what was sealed since the
    last checkpoint. When nothing was, that one is returned. Two at once do not harm
    each other; the second waits.

    Args:
        session: An open session. The caller commits.
        at: Aware moment of the statement.
        sign: Signs the note, so that no key is kept here; without it the note ends
            after the moment.

    Raises:
        InvalidEntry: the book is empty, or its last checkpoint is not of this book.
    """
    driver = Driver(session)
    if not driver.is_sqlite:
        driver.run("SELECT pg_advisory_xact_lock(?)", (CHECKPOINT_LOCK,))
    last = driver.one(
        "SELECT sequence, hash FROM ledger_seal ORDER BY sequence DESC LIMIT 1"
    )
    if last is None:
        raise InvalidEntry("An empty book has no checkpoint.")
    size, link = last
    before = latest_checkpoint(session)
    if before is not None and before.size >= size:
        if (before.size, before.hash) != (size, link):
            raise InvalidEntry("The last checkpoint is of a longer or another book.")
        return before
    root = _grow(driver, 0 if before is None else before.size, size).hex()
    note = _note(f"{ORIGIN}\n{size}\n{root}\n{link}\n{moment_text(at)}\n", sign)
    row = (size, root, link, driver.moment(at), note)
    driver.insert("ledger_checkpoint", COLUMNS, [row])
    return _checkpoint(row)


def _note(text: str, sign: Sign | None) -> str:
    if sign is None:
        return text
    public_key, signature = sign(text.encode())
    return f"{text}\n— {public_key} {signature}\n"


def _grow(driver: Driver, known: int, size: int) -> bytes:
    """Write the nodes that became full since *known* leaves; return the root."""
    frontier = Frontier(known, _nodes(driver, full_nodes((0, known))))
    while frontier.size < size:
        rows = driver.all(
            "SELECT leaf FROM ledger_seal WHERE sequence > ? AND sequence <= ?"
            " ORDER BY sequence",
            (frontier.size, min(size, frontier.size + LEAVES_AT_ONCE)),
        )
        nodes = [
            (*place, node.hex())
            for row in rows
            for place, node in frontier.append(bytes.fromhex(row[0]))
        ]
        driver.insert("ledger_tree_node", "level, position, hash", nodes)
        if not rows:
            raise InvalidEntry(f"The seal after {frontier.size} is missing.")
    return frontier.root()


def _nodes(driver: Driver, places: Sequence[Place]) -> list[bytes]:
    """Return the hashes of full nodes, by their places."""
    found = []
    for level, position in places:
        if level:
            asked = "SELECT hash FROM ledger_tree_node WHERE level = ? AND position = ?"
            row = driver.one(asked, (level, position))
        else:
            asked = "SELECT leaf FROM ledger_seal WHERE sequence = ?"
            row = driver.one(asked, (position + 1,))
        if row is None:
            raise InvalidEntry(f"Node {position} of level {level} is missing.")
        found.append(bytes.fromhex(row[0]))
    return found


def checkpoints(session: Session, limit: int = 50) -> list[Checkpoint]:
    """Return the newest checkpoints, newest first, at most *limit*."""
    rows = Driver(session).all(
        f"SELECT {COLUMNS} FROM ledger_checkpoint ORDER BY size DESC LIMIT ?",  # noqa: S608
        (limit,),
    )
    return [_checkpoint(row) for row in rows]


def latest_checkpoint(session: Session) -> Checkpoint | None:
    """Return the newest checkpoint, or None."""
    newest = checkpoints(session, 1)
    return newest[0] if newest else None


def find_checkpoint(session: Session, size: int) -> Checkpoint | None:
    """Return the checkpoint of this size, or None."""
    row = Driver(session).one(
        f"SELECT {COLUMNS} FROM ledger_checkpoint WHERE size = ?",  # noqa: S608
        (size,),
    )
    return None if row is None else _checkpoint(row)


def _checkpoint(row: Row) -> Checkpoint:
    checkpoint = bare(Checkpoint)
    checkpoint.__dict__.update(zip(COLUMNS.split(", "), row, strict=True))
    checkpoint.__dict__["at"] = as_moment(row[3])
    return checkpoint


def inclusion_proof(
    session: Session, transaction_id: int, size: int | None = None
) -> Proof:
    """Prove that a transaction is in the book of a checkpoint.

    Args:
        session: An open session.
        transaction_id: The ``id`` of the transaction.
        size: Size of the checkpoint; the newest one when not given.

    Raises:
        TransactionNotFound: there is none with this id, or it waits for the sealer.
        InvalidEntry: there is no such checkpoint, or it is older than the record.
    """
    driver = Driver(session)
    asked = "SELECT sequence, leaf FROM ledger_seal WHERE transaction_id = ?"
    seal = driver.one(asked, (transaction_id,))
    if seal is None:
        raise TransactionNotFound(f"Transaction {transaction_id} is not sealed.")
    sequence, leaf = seal
    checkpoint = (
        latest_checkpoint(session) if size is None else find_checkpoint(session, size)
    )
    if checkpoint is None or checkpoint.size < sequence:
        raise InvalidEntry(f"No such checkpoint covers record {sequence} yet.")
    line = next(export_lines(session, since=sequence - 1))
    _, _, record = line.partition(RECORD_MARK)
    return Proof(
        sequence=sequence,
        leaf=leaf,
        record=record[:-1] if record else line,
        path=_path(driver, inclusion_spans(sequence - 1, checkpoint.size)),
        size=checkpoint.size,
        root=checkpoint.root,
        note=checkpoint.note,
    )


def consistency_proof(session: Session, first: int, second: int) -> list[str]:
    """Return the hashes that prove the book of *first* records begins the longer one.

    Args:
        session: An open session.
        first: Size of the older checkpoint, above 0.
        second: Size of the newer one.

    Raises:
        InvalidEntry: one of the checkpoints does not exist, or the first is longer.
    """
    if not 0 < first <= second:
        raise InvalidEntry(f"A book of {first} does not begin one of {second}.")
    for size in (first, second):
        if find_checkpoint(session, size) is None:
            raise InvalidEntry(f"There is no checkpoint of {size} records.")
    return _path(Driver(session), consistency_spans(first, second))


def _path(driver: Driver, spans: Sequence[Span]) -> list[str]:
    """Return the hash of each span in hex."""
    found = hashes_of(spans, lambda place: _nodes(driver, [place])[0])
    return [one.hex() for one in found]
