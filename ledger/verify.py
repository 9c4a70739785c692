"""Check an export of the book: ``python verify.py export.jsonl --checkpoint note.txt``.

This file stands alone on purpose. It shares no code with the ledger and follows
FORMAT.md, so that in thirty years a copy of the export and of this page suffice to
say that nothing was changed. Whether what was written obeys the rules, ``recount.py``
recounts, which stands alone as well; when it lies beside this file, both are done.
"""

import argparse
import json
import re
import runpy
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import sha256 as sha
from pathlib import Path
from typing import Any

HEX = "([0-9a-f]{64})"
NOTE = re.compile(
    rf"(common-fair-ledger\n([0-9]+)\n{HEX}\n{HEX}\n\S+\n)"
    rf"(?:\n((?:— {HEX} [0-9a-f]{{128}}\n)+))?"
)
FIRST_FORM = ("version", "sequence", "previous", "head", "lines", "leaf", "hash")
Note = tuple[int, str, str]  # size, root, hash
Found = list[tuple[int, str]]  # a bad record, and what is wrong with it
RECOUNT = Path(__file__).with_name("recount.py")
LARGE = 1 << 22


class Bad(Exception):
    """What is wrong, in words."""


def need(truth: object, problem: str) -> None:
    """Complain of *problem* unless it is so."""
    if not truth:
        raise Bad(problem)


class Hashes:
    """The chain and the tree of the lines; what they say is not looked at."""

    def __init__(self, notes: Iterable[Note] = ()) -> None:
        self.notes, self.size, self.chain = sorted(notes), 0, bytes(32)
        self.leaves: list[bytes] = []

    def read(self, lines: Iterable[bytes]) -> None:
        """Recompute the hash of every line; compare it, and the checkpoints."""
        chain, due = self.chain, self.notes[0][0] if self.notes else 0
        for size, line in enumerate(lines, start=1):
            self.size, record = size, line[line.find(b"[") : -2]
            first = line.startswith(b'{"version"')
            leaf = sha(first_form(line) if first else b"\0" + record).digest()
            link = sha(b"\2" + chain + leaf)
            seal = link.hexdigest()
            if first:
                right = whole_line(line, size, chain.hex(), leaf.hex(), seal)
            else:
                start = b'{"sequence":%d,"hash":"%b","record":%b}\n'
                right = start % (size, seal.encode(), record)
            if line != right:
                raise Bad(
                    "it was changed, or one before it is missing, changed or moved"
                )
            self.chain = chain = link.digest()
            self.leaves.append(leaf)
            while size == due:
                known = self.notes.pop(0) == self.head()
                need(known, "up to here it is not as published")
                due = self.notes[0][0] if self.notes else 0
        need(not self.notes, "it ends before a checkpoint that was given")

    def head(self) -> Note:
        """Return the size, the root of the tree and the hash of the chain."""
        row = self.leaves or [sha().digest()]
        while len(row) > 1:
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [sha(b"\1" + a + b).digest() for a, b in pairs] + row[len(row) & ~1 :]
        return len(self.leaves), row[0].hex(), self.chain.hex()


def first_form(line: bytes) -> bytes:
    """Return what is hashed of a record of form 1: fields, each after its length."""
    said = json.loads(line)
    words = [said["version"], *said["head"], str(len(said["lines"]))]
    for one in said["lines"]:
        words += [str(len(one)), *one]
    raw = [None if word is None else word.encode() for word in words]
    sized = [b"\xff" * 4 if r is None else len(r).to_bytes(4, "big") + r for r in raw]
    return b"\0" + b"".join(sized)


def whole_line(line: bytes, size: int, previous: str, leaf: str, seal: str) -> bytes:
    """Return a line of form 1 as it has to be."""
    said = json.loads(line)
    said |= {"sequence": size, "previous": previous, "leaf": leaf, "hash": seal}
    again = {name: said[name] for name in FIRST_FORM}
    return f"{json.dumps(again, ensure_ascii=False, separators=(',', ':'))}\n".encode()


def first_bad(hashes: Hashes, path: Path) -> Found:
    """Read an export to its end, or up to the first bad record, and name that."""
    try:
        with path.open("rb") as lines:
            hashes.read(lines)
    except (Bad, LookupError, TypeError, ValueError) as bad:
        problem = f"{bad}" if isinstance(bad, Bad) else f"malformed, {bad!r}"
        return [(hashes.size, problem)]
    return []


def recounted(path: Path) -> Found:
    """Return what the recount finds, if it lies beside this file."""
    if not RECOUNT.exists():
        return []
    found: Found = runpy.run_path(str(RECOUNT))["first_bad"](path)
    return found


def check(path: Path, notes: Iterable[Note] = ()) -> Note:
    """Check an export; return its size, root and hash, or raise `Bad`.

    The hashes of a large one, and what they cover, are checked side by side.
    """
    pool = ProcessPoolExecutor if path.stat().st_size > LARGE else ThreadPoolExecutor
    with pool(1) as beside:
        other, hashes = beside.submit(recounted, path), Hashes(notes)
        found, head = first_bad(hashes, path), hashes.head()
    for number, problem in sorted(found + other.result()):
        raise Bad(f"record {number}: {problem}")
    return head


def read_note(text: str, key: str | None = None) -> Note:
    """Return what a checkpoint says, after its signatures (by *key*) were checked."""
    note = NOTE.fullmatch(text)
    if note is None:
        raise Bad("a checkpoint is not written like this")
    signed = [line.split()[1:] for line in (note[5] or "").splitlines()]
    need(key is None or key in dict(signed), f"{key} has not signed it")
    for public, signature in signed:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519

        known = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        try:
            known.verify(bytes.fromhex(signature), note[1].encode())
        except InvalidSignature:
            raise Bad(f"the signature of {public} is not right") from None
    return int(note[2]), note[3], note[4]


def read_receipt(receipt: dict[str, Any], key: str | None = None) -> Note:
    """Return the checkpoint of a receipt, after following the path to its root."""
    size, root, link = read_note(receipt["note"], key)
    place, path, record = receipt["sequence"] - 1, receipt["path"], receipt["record"]
    need(0 <= place < size, "the receipt is not of this checkpoint")
    raw = record.encode()
    node = sha(b"\0" + raw if raw.startswith(b"[") else first_form(raw)).digest()
    both = (place ^ (size - 1)).bit_length()  # levels where it may be on either side
    for level, other in enumerate(map(bytes.fromhex, path)):
        left = level >= both or place >> level & 1
        node = sha(b"\1" + (other + node if left else node + other)).digest()
    whole = len(path) == both + (place >> both).bit_count() and node.hex() == root
    need(whole, "the record is not in the published book")
    return size, root, link


def main() -> str:
    """Check what the command line names; return what is to be said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path, nargs="?")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[])
    parser.add_argument("--receipt", type=Path, action="append", default=[])
    parser.add_argument("--key", help="who must have signed, in hex")
    asked = parser.parse_args()
    notes = {read_note(path.read_text("utf-8"), asked.key) for path in asked.checkpoint}
    for path in asked.receipt:
        notes.add(read_receipt(json.loads(path.read_text("utf-8")), asked.key))
    need(len({size for size, *_ in notes}) == len(notes), "two checkpoints contradict")
    if asked.export is None:
        return f"{len(notes)} checkpoints, nothing against them"
    rules = "" if RECOUNT.exists() else "; its rules were not recounted"
    return "{} records, root {}, head {}".format(*check(asked.export, notes)) + rules


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{main()}\n")
    except (Bad, ImportError) as bad:
        raise SystemExit(f"{bad}") from None
