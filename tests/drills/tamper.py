"""Random tamperings with an export, each of which the stand-alone verifier must name.

The book is written through the ledger and holds every kind of line; its older third
is rewritten in form 1. Checkpoints of it are published half-way and at its end. An
insider may even seal everything anew from some record on: the chain is then whole,
but it is not the published one.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import Session

import ledger
from ledger import Leg, tree, verify
from tests.drills.drill import Drill, Options, Result
from tests.ledger.conftest import make_book, sqlite_engine

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUANCE, POOL, EXPIRED = "sys:issuance:POINT", "pool:POINT", "sys:expired:POINT"
PEOPLE = [f"person:{number}:POINT" for number in range(8)]
SAVERS = PEOPLE[:4]
ROUNDS = 24
LOTS_FROM = 5

Record = list[Any]
"""The fields of a record of form 2, without its version."""


def write_story(session: Session, rounds: int = ROUNDS) -> None:
    """Write a book with every kind of line, every kind of act."""
    ledger.ensure_units(session)
    for code in (ISSUANCE, POOL, EXPIRED, *PEOPLE, "guest:POINT"):
        ledger.open_account(
            session,
            code=code,
            unit=ledger.POINT,
            kind=code.partition(":")[0],
            floor=None if code == ISSUANCE else Decimal(0),
            at=NOON,
        )
    for turn in range(rounds):
        _one_round(session, turn, NOON + timedelta(days=turn))
    ledger.freeze_account(session, "guest:POINT", at=NOON)
    ledger.close_account(session, "guest:POINT", at=NOON)
    ledger.set_floor(session, PEOPLE[7], Decimal(-5), at=NOON)
    ledger.seal_pending(session)


def _one_round(session: Session, turn: int, at: datetime) -> None:
    today = at.date()
    one, two, three = (PEOPLE[(turn + step) % 8] for step in (0, 1, 3))

    def said(act: str) -> dict[str, Any]:
        key = f"{act}:{turn}"
        return {"key": key, "kind": act.upper(), "cause": key, "at": at}

    def pay(act: str, payer: str, payee: str, amount: str) -> ledger.Transaction:
        leg = Leg(payer, payee, Decimal(amount), today, today + timedelta(days=9))
        return ledger.post(session, [leg], memo="雨天 “送米”", **said(act))

    def hold(act: str) -> ledger.Hold:
        wanted = said(act) | {"expires_at": at + timedelta(days=2)}
        amount = Decimal("2.50")
        return ledger.place_hold(
            session, payer=one, payee=POOL, amount=amount, **wanted
        )

    number = pay("earn", ISSUANCE, one, "40.00").id
    assert number is not None
    for code in SAVERS if turn == LOTS_FROM else ():
        lots = [(ledger.balance(session, code).posted, today, None)]
        ledger.start_lots(session, code, lots, at=at, key=f"lots:{code}")
    given = pay("gift", one, two, "12.30").id
    spent = pay("pay", one, POOL, "6.00").id
    wrong = pay("slip", two, three, "1.10").id
    assert given
    assert spent
    assert wrong
    ledger.credit_many(
        session,
        ISSUANCE,
        {code: Decimal(turn + 1) for code in PEOPLE},
        rule_version=f"care/{turn}",
        **said("event"),
    )
    kept, gone = hold("hold"), hold("seat")
    ledger.extend_hold(session, kept.id, expires_at=None, key=f"extend:{turn}", at=at)
    ledger.capture_hold(session, kept.id, key=f"take:{turn}", at=at, amount=Decimal(2))
    ledger.release_hold(session, gone.id, key=f"free:{turn}", at=at)
    undo = {"key": f"undo:{turn}", "cause": "slip", "at": at, "entered_by": "clerk"}
    ledger.reverse(session, wrong, **undo)
    back = {"key": f"back:{turn}", "cause": "pay", "at": at, "entered_by": "clerk"}
    ledger.refund(session, spent, Decimal("2.25"), **back)
    drafts = [
        ledger.Draft(legs=[Leg(one, POOL, Decimal(1))], **said("left")),
        ledger.Draft(legs=[Leg(POOL, two, Decimal(1))], **said("right")),
    ]
    ledger.post_linked(session, drafts)
    ledger.expire_lots(session, on=today, at=at, into=EXPIRED)
    if turn == 3:
        ledger.close_period(session, "2026-05", at=at, entered_by="clerk")


def leaf_of(record: Record, first: bool) -> bytes:
    """Return the leaf of a record, written anew from FORMAT.md."""
    if not first:
        return hashlib.sha256(b"\x00" + text_of(record).encode()).digest()
    *head, lines = record
    words = ["common-fair-ledger/1", *head[:7], *head[9:], str(len(lines))]
    for line in lines:
        words += [str(len(line)), *line]
    hashed = b"\x00"
    for word in words:
        raw = b"" if word is None else word.encode()
        size = b"\xff" * 4 if word is None else len(raw).to_bytes(4, "big")
        hashed += size + raw
    return hashlib.sha256(hashed).digest()


def dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text_of(record: Record) -> str:
    return dumped(["common-fair-ledger/2", *record])


@dataclass
class Book:
    """A book as an insider holds it: records, and how many are of form 1."""

    records: list[Record]
    firsts: int
    lines: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    links: list[bytes] = field(default_factory=list)

    def seal(self) -> Book:
        """Compute every line, leaf and link."""
        previous = bytes(32)
        self.lines, self.leaves, self.links = [], [], []
        for sequence, record in enumerate(self.records, start=1):
            first = sequence <= self.firsts
            leaf = leaf_of(record, first)
            link = hashlib.sha256(b"\x02" + previous + leaf).digest()
            if first:
                line = dumped(
                    {
                        "version": "common-fair-ledger/1",
                        "sequence": sequence,
                        "previous": previous.hex(),
                        "head": [*record[:7], *record[9:-1]],
                        "lines": record[-1],
                        "leaf": leaf.hex(),
                        "hash": link.hex(),
                    }
                )
            else:
                line = f'{{"sequence":{sequence},"hash":"{link.hex()}","record":{text_of(record)}}}'
            self.lines.append(f"{line}\n".encode())
            self.leaves.append(leaf)
            self.links.append(link)
            previous = link
        return self

    def note(self, size: int) -> verify.Note:
        """Return the checkpoint of this size."""
        frontier = tree.Frontier()
        for leaf in self.leaves[:size]:
            list(frontier.append(leaf))
        return size, frontier.root().hex(), self.links[size - 1].hex()


def book_of(export: list[str]) -> Book:
    """Return the exported book, its beginning rewritten as form 1 would have it."""
    records = [json.loads(line)["record"][1:] for line in export]
    kinds = [{line[0] for line in record[-1]} for record in records]
    later = {"lot", "use", "extend", "close"}
    firsts = next(at for at, kind in enumerate(kinds) if kind & later)
    for record in records[:firsts]:
        record[7] = record[8] = None
        record[-1] = [one[:6] if one[0] == "account" else one for one in record[-1]]
    return Book(records, firsts).seal()


def told(folder: Path) -> Book:
    """Write the story in a fresh book and return what it exports."""
    engine = sqlite_engine(folder / "told.sqlite3")
    make_book(engine)
    with Session(engine) as session:
        write_story(session)
        export = list(ledger.export_lines(session))
        session.rollback()
    engine.dispose()
    return book_of(export)


Tampering = Callable[[random.Random, Book], list[bytes] | None]
"""Returns the lines after it, or None when it changed nothing this time."""


def _other(chance: random.Random, value: str | None) -> str | None:
    """Return a value that could stand there as well."""
    if value is None:
        return chance.choice(["1", "x", "2026-06-01"])
    choice = chance.randrange(4)
    if choice == 0 or not value:
        return None if value else "x"
    at = chance.randrange(len(value))
    if choice == 1:
        return value[:at] + value[at + 1 :]
    other = chance.choice("0123456789") if value[at].isdigit() else chance.choice("axé")
    return value[:at] + other + value[at + 1 :]


def _edited(chance: random.Random, record: Record) -> Record:
    again: Record = json.loads(dumped(record))
    where = again
    at = chance.randrange(len(where))
    while isinstance(where[at], list):
        where = where[at]
        at = chance.randrange(len(where))
    where[at] = _other(chance, where[at])
    return again


def edit_field(chance: random.Random, book: Book) -> list[bytes] | None:
    """Change one field of one record."""
    at = chance.randrange(len(book.lines))
    changed = _edited(chance, book.records[at])
    if at >= book.firsts:
        start = book.lines[at].partition(b',"record":')[0]
        line = start + f',"record":{text_of(changed)}}}\n'.encode()
    else:
        said = json.loads(book.lines[at])
        said["head"], said["lines"] = [*changed[:7], *changed[9:-1]], changed[-1]
        line = f"{dumped(said)}\n".encode()
    return [*book.lines[:at], line, *book.lines[at + 1 :]]


def _edit_word(chance: random.Random, book: Book, sort: str, at: int) -> list[bytes]:
    places = [
        n for n, r in enumerate(book.records) if any(one[0] == sort for one in r[-1])
    ]
    number = chance.choice(places)
    line = chance.choice([one for one in book.records[number][-1] if one[0] == sort])
    was = dumped(line)
    now = dumped(
        [
            *line[:at],
            f"{chance.randrange(99)}.{chance.randrange(10**4):04}",
            *line[at + 1 :],
        ]
    )
    changed = book.lines[number].replace(was.encode(), now.encode(), 1)
    return [*book.lines[:number], changed, *book.lines[number + 1 :]]


def change_amount(chance: random.Random, book: Book) -> list[bytes]:
    """Pay somebody another amount."""
    return _edit_word(chance, book, "posting", 4)


def change_floor(chance: random.Random, book: Book) -> list[bytes]:
    """Give somebody another floor."""
    return _edit_word(chance, book, "account", 5)


def flip_byte(chance: random.Random, book: Book) -> list[bytes]:
    """Change any one byte of the file."""
    text = bytearray(b"".join(book.lines))
    at = chance.randrange(len(text))
    text[at] ^= 1 << chance.randrange(8)
    return bytes(text).splitlines(keepends=True)


def pad(chance: random.Random, book: Book) -> list[bytes]:
    """Write the same in another way: a space or a line more, an escape, a name."""
    lines = list(book.lines)
    at = chance.randrange(len(lines))
    line = lines[at]
    marks = [n for n, byte in enumerate(line) if byte in b',:[]{}"']
    cut = chance.choice(marks)
    lines[at] = chance.choice(
        [
            line[:cut] + b" " + line[cut:],
            line[:-1] + b"\r\n",
            line + b"\n",
            line.replace(b"a", b"\\u0061", 1),
            line[:-2] + b',"x":1}\n',
            b'{"x":1,' + line[1:],
            line.replace(b'"sequence":', b'"sequence":0', 1),
        ]
    )
    return lines


def delete(chance: random.Random, book: Book) -> list[bytes]:
    """Leave out one record, or several."""
    at = chance.randrange(len(book.lines))
    return [*book.lines[:at], *book.lines[at + chance.randint(1, 3) :]]


def insert(chance: random.Random, book: Book) -> list[bytes]:
    """Slip in a record from elsewhere, or a new one."""
    at, lines = chance.randrange(len(book.lines)), book.lines
    line = chance.choice(lines)
    if chance.random() < 0.5:
        record = _edited(chance, chance.choice(book.records))
        link = hashlib.sha256(b"\x02" + book.links[at - 1] + leaf_of(record, False))
        said = f'{{"sequence":{at + 1},"hash":"{link.hexdigest()}"'
        line = f'{said},"record":{text_of(record)}}}\n'.encode()
    return [*lines[:at], line, *lines[at:]]


def swap(chance: random.Random, book: Book) -> list[bytes]:
    """Exchange two records."""
    lines = list(book.lines)
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return lines


def duplicate(chance: random.Random, book: Book) -> list[bytes]:
    """Let one record stand twice."""
    at = chance.randrange(len(book.lines))
    return [*book.lines[:at], book.lines[at], *book.lines[at:]]


def truncate(chance: random.Random, book: Book) -> list[bytes]:
    """Cut the end off, between records or within one."""
    text = b"".join(book.lines)
    if chance.random() < 0.5:
        return book.lines[: chance.randrange(len(book.lines))]
    return text[: chance.randrange(len(text))].splitlines(keepends=True)


def change_hash(chance: random.Random, book: Book) -> list[bytes]:
    """Change a hash, not the record."""
    at = chance.randrange(len(book.lines))
    link = hashlib.sha256(chance.randbytes(8)).hexdigest()
    line = book.lines[at].replace(book.links[at].hex().encode(), link.encode())
    return [*book.lines[:at], line, *book.lines[at + 1 :]]


def seal_anew(chance: random.Random, book: Book) -> list[bytes]:
    """Change, drop, repeat or move a record and seal everything after it anew."""
    records, firsts = list(book.records), book.firsts
    at = chance.randrange(firsts, len(records))
    match chance.randrange(4):
        case 0:
            del records[at]
        case 1:
            records.insert(at, records[chance.randrange(firsts, len(records))])
        case 2:
            other = chance.randrange(firsts, len(records))
            records[at], records[other] = records[other], records[at]
        case _:
            records[at] = _edited(chance, records[at])
    return Book(records, firsts).seal().lines


TAMPERINGS: list[Tampering] = [
    edit_field,
    change_amount,
    change_floor,
    flip_byte,
    pad,
    delete,
    insert,
    swap,
    duplicate,
    truncate,
    change_hash,
    seal_anew,
]


def name_of(
    lines: list[bytes], path: Path, notes: frozenset[verify.Note]
) -> str | None:
    """Return what the verifier says of these lines; None when it finds them right."""
    path.write_bytes(b"".join(lines))
    try:
        verify.check(path, notes)
    except verify.Bad as bad:
        return str(bad)
    return None


def _misnamed(said: str, was: list[bytes], now: list[bytes], more: int) -> bool:
    """Say whether another record is named than the first that differs, or *more*."""
    now = b"".join(now).split(b"\n")[:-1]
    was = [line[:-1] for line in was]
    first = next(
        (at for at, (a, b) in enumerate(zip(was, now, strict=False), 1) if a != b),
        min(len(was), len(now)) + 1,
    )
    places = range(first, first + more + 1)
    if "it ends before" in said:
        return len(now) >= len(was)
    return not said.startswith(tuple(f"record {place}: " for place in places))


def run(options: Options) -> Result:
    """Tamper `options.count` times with the export."""
    chance = random.Random(options.seed)
    book = told(options.folder)
    path = options.folder / "export.jsonl"
    notes = frozenset(
        book.note(size) for size in (len(book.lines) // 2, len(book.lines))
    )
    problems: list[str] = []
    if (said := name_of(book.lines, path, notes)) is not None:
        return Result("nothing was tampered with", [f"the book itself: {said}"])
    if options.canary:
        notes = frozenset()
    done: Counter[str] = Counter()
    while done.total() < options.count and options.has_time:
        tamper = TAMPERINGS[done.total() % len(TAMPERINGS)]
        lines = tamper(chance, book)
        while lines is None or lines == book.lines:
            lines = tamper(chance, book)
        done[tamper.__name__] += 1
        said = name_of(lines, path, notes)
        where = f"{tamper.__name__} {done[tamper.__name__]}"
        if said is None:
            problems.append(f"{where} was not found")
        elif tamper is not seal_anew and _misnamed(
            said, book.lines, lines, more=int(tamper is insert)
        ):
            problems.append(f"{where}: {said!r} is not where it differs")
    if done.total() < options.count:
        problems.append(f"only {done.total()} of {options.count} in the time")
    kinds = Counter(line[0] for record in book.records for line in record[-1])
    return Result(
        f"{done.total()} tamperings of {len(done)} sorts with {len(book.lines)} records"
        f" ({book.firsts} in form 1; {', '.join(f'{n} {k}' for k, n in kinds.items())}),"
        f" {len(problems)} missed",
        problems,
    )


DRILL = Drill(
    run=run,
    unit="tamperings",
    full=10_000,
    quick=600,
    canary=300,
    defect="the verifier does not compare with what was published",
)

if __name__ == "__main__":
    from tests.drills.__main__ import main

    sys.exit(main(["tamper", *sys.argv[1:]]))
