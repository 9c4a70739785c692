"""Check an export of the book: ``python verify.py export.jsonl --checkpoint note.txt``.

This file stands alone on purpose. It shares no code with the ledger and follows
FORMAT.md, so that in thirty years a copy of the export and of this page suffice.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Set as AbstractSet
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace as Account
from typing import Any

sha, decode = hashlib.sha256, json.JSONDecoder().raw_decode
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
AMOUNT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{4}")
NOTE = re.compile(
    r"common-fair-ledger\n([0-9]+)\n([0-9a-f]{64})\n([0-9a-f]{64})\n\S+\n"
)
SIGNED = re.compile(r"— ([0-9a-f]{64}) ([0-9a-f]{128})\n")
Note = tuple[int, str, str]  # size, root, hash
LARGE = 1 << 24


class Bad(Exception):
    """What is wrong, in words."""


def need(truth: object, problem: str) -> None:
    """Complain of *problem* unless it is so."""
    if not truth:
        raise Bad(problem)


class Hashes:
    """The chain and the tree of the lines; what they say is not looked at."""

    def __init__(self, notes: AbstractSet[Note] = frozenset()) -> None:
        self.notes, self.size, self.chain = sorted(notes), 0, bytes(32)
        self.peaks: list[bytes] = []

    def add(self, size: int, line: bytes) -> None:
        """Recompute the hash of a line; compare it, and any checkpoint of this size."""
        start, _, record = line.partition(b',"record":')
        leaf = sha(b"\0" + record[:-2] if record else first_form(line)).digest()
        link = sha(b"\2" + self.chain + leaf)
        right = b'{"sequence":%d,"hash":"%b"' % (size, link.hexdigest().encode())
        if not record:
            start, said = line, json.loads(line)
            sealed = {"leaf": leaf.hex(), "hash": link.hexdigest()}
            head = {
                "sequence": size,
                "previous": self.chain.hex(),
                "head": said["head"],
            }
            whole = {
                "version": said["version"],
                **head,
                "lines": said["lines"],
                **sealed,
            }
            right = encode(whole).encode() + b"\n"
        if start != right:
            raise Bad("it was changed, or one before it is missing, changed or moved")
        self.chain, self.size, node, before = link.digest(), size, leaf, size - 1
        while before & 1:
            node, before = sha(b"\1" + self.peaks.pop() + node).digest(), before >> 1
        self.peaks.append(node)
        while self.notes and self.notes[0][0] == size:
            need(self.notes.pop(0) == self.head(), "up to here it is not as published")

    def end(self) -> None:
        """Ask for what every checkpoint has seen."""
        need(not self.notes, "it ends before a checkpoint that was given")

    def head(self) -> Note:
        """Return the size, the root of the tree and the hash of the chain."""
        node = self.peaks[-1] if self.peaks else sha().digest()
        for peak in self.peaks[-2::-1]:
            node = sha(b"\1" + peak + node).digest()
        return self.size, node.hex(), self.chain.hex()


class Book:
    """What the records say, as far as later ones must agree; in ten-thousandths."""

    def __init__(self, path: Path) -> None:
        self.path, self.place, self.closed = path, 0, ""
        empty = (dict[str, Any]() for _ in range(5))
        self.accounts, self.holds, self.lots, self.places, self.undone = empty

    def add(self, _: int, line: bytes) -> None:
        """Apply one record, line by line; each must leave the accounts right."""
        _, number, _, _, on, _, _, reverses, refunds, _, _, _, lines = fields(line)
        known = self.places.setdefault(number, self.place)
        if known != self.place or on <= self.closed:
            raise Bad(f"{number} was there before, or {on} lies in a closed month")
        self.place += len(line)
        for words in lines:
            if words[0] == "posting":
                debit, credit, moved = self.pair(words[1:])
                debit.balance -= moved
                credit.balance += moved
                if debit.floor is not None and debit.balance - debit.held < debit.floor:
                    raise Bad(f"{words[1]} falls below its floor")
            else:
                self.apply(words, lines)
        if reverses or refunds:
            self.undo(reverses, reverses or refunds, lines)

    def end(self) -> None:
        """Compare the lots of every account that keeps them with its balance."""
        for code, one in self.accounts.items():
            need(not one.lots or one.keeps, f"{code} keeps no lots")
            need(not one.keeps or one.lots == max(0, one.balance), f"{code} lacks lots")

    def pair(self, words: list[str]) -> tuple[Any, Any, int]:
        """Return both accounts of a posting or a hold, and its amount."""
        payer, payee, unit, amount = words
        debit, credit, moved = self.accounts[payer], self.accounts[payee], steps(amount)
        if moved <= 0 or debit is credit or not unit == debit.open == credit.open:
            raise Bad(f"{amount} {unit} cannot go from {payer} to {payee}")
        return debit, credit, moved

    def apply(self, words: list[str], lines: list[list[str]]) -> None:
        """Apply a line that is not a posting."""
        one: Any = None
        match words:
            case ["account", code, unit, kind, "open" | "frozen" | "closed", _, *lots]:
                new = Account(sort=(unit, kind), balance=0, held=0, lots=0, ended=False)
                one = self.accounts.setdefault(code, new)
                need(one.sort == (unit, kind) and not one.ended, f"{code} is another")
                one.open, one.ended = words[4] == "open" and unit, words[4] == "closed"
                one.floor = None if words[5] is None else steps(words[5])
                one.keeps = lots == ["lots"]
                need(not one.ended or one.balance == one.held == 0, f"{code} has rest")
            case ["hold", hold, payer, _, _, amount, _] if hold not in self.holds:
                one = self.pair(words[2:6])[0]
                self.holds[hold] = payer, steps(amount)
                one.held += steps(amount)
            case ["resolve", hold, captured]:
                payer, held = self.holds.pop(hold)
                self.accounts[payer].held -= held
                paid = sum(steps(w[4]) for w in lines if w[:2] == ["posting", payer])
                need(paid == steps(captured) <= held, f"hold {hold} pays otherwise")
            case ["use", lot, code, amount]:
                known, left, whole = self.lots[lot]
                self.lots[lot] = code, left - steps(amount), whole
                self.accounts[code].lots -= steps(amount)
                need(code == known and 0 <= self.lots[lot][1] <= whole, f"lot {lot}")
            case ["lot", lot, code, amount, _, _, origin] if lot not in self.lots:
                known = origin is None or origin in self.lots
                need(known and steps(amount) > 0, f"lot {lot} cannot be")
                self.lots[lot] = code, steps(amount), steps(amount)
                self.accounts[code].lots += steps(amount)
            case ["close", _, first, last, _] if self.closed < first <= last:
                self.closed = last
            case _ if words[0] != "extend" or words[1] not in self.holds:
                raise Bad(f"{words} cannot be said here")
        if one and one.floor is not None and one.balance - one.held < one.floor:
            raise Bad(f"{words} takes an account below its floor")

    def undo(self, whole: object, number: str, lines: list[list[str]]) -> None:
        """Compare a reversal or a refund with the record it gives back."""
        with self.path.open("rb") as again:
            again.seek(self.places[number])
            was = [w for w in fields(again.readline())[12] if w[0] == "posting"]
        now = [w for w in lines if w[0] == "posting"]
        before, paid = self.undone.get(number, 0), sum(steps(w[4]) for w in was)
        self.undone[number] = after = before + sum(steps(w[4]) for w in now)
        mirror = [[w[0], w[2], w[1], *w[3:]] for w in reversed(was)]
        right = now == mirror and not before if whole else now[0][:4] == mirror[0][:4]
        need(now and right and after <= paid, f"it is not the reverse of {number}")


def first_form(line: bytes) -> bytes:
    """Return what is hashed of a record of form 1: fields, each after its length."""
    said, hashed = json.loads(line), bytearray(1)
    words = [said["version"], *said["head"], str(len(said["lines"]))]
    for one in said["lines"]:
        words += [str(len(one)), *one]
    for word in words:
        raw = (word or "").encode()
        hashed += b"\xff" * 4 if word is None else len(raw).to_bytes(4, "big") + raw
    return bytes(hashed)


def fields(line: bytes) -> list[Any]:
    """Return the thirteen fields of a record; those that form 1 lacks are null."""
    record = line.partition(b',"record":')[2].decode()
    if not record:
        version, _, _, head, *lines = json.loads(line).values()
        need(version == "common-fair-ledger/1", "its form is not known")
        return [version, *head[:7], None, None, *head[7:], lines[0]]
    found: list[Any]
    found, end = decode(record)
    if record[end:] != "}\n" or found[0] != "common-fair-ledger/2":
        raise Bad("it is cut off, too long, or its form is not known")
    return found


@lru_cache(maxsize=1 << 16)
def steps(text: str) -> int:
    """Return an amount such as 35.0000 in ten-thousandths."""
    need(AMOUNT.fullmatch(text), f"{text!r} is no amount")
    return int(text.replace(".", ""))


def first_bad(part: Hashes | Book, path: Path) -> list[tuple[int, str]]:
    """Read an export to its end, or up to the first bad record, and name that."""
    number = 0
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                part.add(number, line)
        part.end()
    except (Bad, LookupError, TypeError, ValueError) as bad:
        return [(number, f"{bad}" if isinstance(bad, Bad) else f"malformed, {bad!r}")]
    return []


def check(path: Path, notes: AbstractSet[Note] = frozenset()) -> Note:
    """Check an export; return its size, root and hash, or raise `Bad`.

    The hashes of a large one, and what they cover, are checked side by side.
    """
    hashes, book = Hashes(notes), Book(path)
    if path.stat().st_size < LARGE:
        found = first_bad(hashes, path) + first_bad(book, path)
    else:
        with ProcessPoolExecutor(1) as pool:
            other = pool.submit(first_bad, book, path)
            found = first_bad(hashes, path) + other.result()
    for number, problem in sorted(found):
        raise Bad(f"record {number}: {problem}")
    return hashes.head()


def read_note(text: str, key: str | None = None) -> Note:
    """Return what a checkpoint says, after its signatures (by *key*) were checked."""
    said, gap, signatures = text.partition("\n\n")
    note, signed = NOTE.fullmatch(said + gap[:1]), SIGNED.findall(signatures)
    if note is None or SIGNED.sub("", signatures):
        raise Bad("a checkpoint is not written like this")
    need(key is None or key in dict(signed), f"{key} has not signed it")
    for public, signature in signed:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519

        known = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        try:
            known.verify(bytes.fromhex(signature), note[0].encode())
        except InvalidSignature:
            raise Bad(f"the signature of {public} is not right") from None
    return int(note[1]), note[2], note[3]


def read_receipt(receipt: dict[str, Any], key: str | None = None) -> Note:
    """Return the checkpoint of a receipt, after following the path to its root."""
    size, root, link = read_note(receipt["note"], key)
    record, place, last = receipt["record"].encode(), receipt["sequence"] - 1, size - 1
    node = sha(b"\0" + record if record[:1] == b"[" else first_form(record)).digest()
    need(0 <= place <= last, "the receipt is not of this checkpoint")
    for other in map(bytes.fromhex, receipt["path"]):
        left = place & 1 or place == last
        node = sha(b"\1" + (other + node if left else node + other)).digest()
        while left and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    need(last == 0 and node.hex() == root, "the record is not in the published book")
    return size, root, link


def main() -> str:
    """Check what the command line names; return what is to be said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path, nargs="?")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[])
    parser.add_argument("--receipt", type=Path, action="append", default=[])
    parser.add_argument("--key", help="who must have signed, in hex")
    asked = parser.parse_args()
    notes = {read_note(p.read_text("utf-8"), asked.key) for p in asked.checkpoint}
    for path in asked.receipt:
        notes.add(read_receipt(json.loads(path.read_text("utf-8")), asked.key))
    need(len({n[0] for n in notes}) == len(notes), "two checkpoints contradict")
    if asked.export is None:
        return f"{len(notes)} checkpoints, nothing against them"
    return "{} records, root {}, head {}".format(*check(asked.export, notes))


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{main()}\n")
    except (Bad, ImportError) as bad:
        raise SystemExit(f"{bad}") from None
