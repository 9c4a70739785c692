"""The verifier that stands alone: what it accepts, what it refuses, and from where."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlmodel import Session

import ledger
from ledger import checkpoints, recount, verify
from ledger.canonical import digest_of
from tests.drills import tamper
from tests.ledger.pages import NOON, Page

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
OTHER = "ab" * 32


def sign(said: bytes) -> tuple[str, str]:
    return PUBLIC, KEY.sign(said).hex()


def written(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture
def export(session: Session, tmp_path: Path) -> Path:
    """The export of a book with every kind of line, with a signed checkpoint."""
    tamper.write_story(session, rounds=8)
    while ledger.seal_pending(session):
        pass
    checkpoints.make_checkpoint(session, at=NOON, sign=sign)
    lines = [f"{line}\n".encode() for line in ledger.export_lines(session)]
    return written(tmp_path / "export.jsonl", lines)


def test_the_export_is_right_and_its_head_is_that_of_the_book(
    session: Session, export: Path
) -> None:
    made = checkpoints.latest_checkpoint(session)
    head = ledger.head(session)
    assert made is not None
    note = verify.read_note(made.note, PUBLIC)
    assert verify.check(export, {note}) == note
    assert note == (head.sequence, made.root, head.hash)


def test_the_balances_are_those_of_the_book(session: Session, export: Path) -> None:
    book = recount.Book(export)
    assert recount.first_bad(export, book) == []
    lines = ledger.trial_balance(session, "POINT").lines
    assert len(lines) == len(book.open)
    for line in lines:
        assert book.balance(line.public_code) == line.balance * 10**4


def test_a_large_export_is_checked_by_two(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "LARGE", 0)
    assert verify.check(export)[0] == len(export.read_bytes().splitlines())
    lines = export.read_bytes().splitlines(keepends=True)
    with pytest.raises(verify.Bad, match="record 5: it was changed"):
        verify.check(written(export, [*lines[:4], *lines[5:]]))


def test_an_insider_who_seals_everything_anew_meets_what_was_published(
    session: Session, export: Path
) -> None:
    made = checkpoints.latest_checkpoint(session)
    assert made is not None
    book = tamper.book_of(export.read_text("utf-8").splitlines())
    book = tamper.Book(book.records, 0)
    record = next(r for r in book.records if r[-1] and r[-1][0][0] == "posting")
    record[1] = "GIFT"
    forged = written(export, book.seal().lines)
    size, _, link = verify.check(forged)
    assert (size, link != made.hash) == (made.size, True)
    with pytest.raises(verify.Bad, match=f"record {size}: up to here"):
        verify.check(forged, {verify.read_note(made.note)})
    lie = (made.size, made.root, link)
    with pytest.raises(verify.Bad, match=f"record {size}: up to here"):
        verify.check(forged, {lie})


def test_a_note_is_believed_by_its_signature_alone(
    session: Session, export: Path
) -> None:
    made = checkpoints.latest_checkpoint(session)
    assert made is not None
    with pytest.raises(verify.Bad, match="has not signed"):
        verify.read_note(made.note, OTHER)
    with pytest.raises(verify.Bad, match="is not right"):
        verify.read_note(made.note.replace(made.root, OTHER))
    with pytest.raises(verify.Bad, match="is not written like this"):
        verify.read_note(made.note + "x")
    unsigned = made.note.partition("\n\n")[0] + "\n"
    assert verify.read_note(unsigned) == verify.read_note(made.note)
    with pytest.raises(verify.Bad, match="has not signed"):
        verify.read_note(unsigned, PUBLIC)


def test_a_receipt_leads_to_the_published_root_and_no_other_record_does(
    session: Session, export: Path
) -> None:
    rows = session.execute(text("SELECT transaction_id FROM ledger_seal")).scalars()
    for number in [*rows.all()][::-9]:
        receipt = checkpoints.inclusion_proof(session, number).as_json()
        assert verify.read_receipt(json.loads(json.dumps(receipt)), PUBLIC)
        lies: list[dict[str, Any]] = [
            {"record": receipt["record"].replace('"common', '"Common', 1)},
            *({"sequence": n} for n in range(-3, 500) if n != receipt["sequence"]),
            {"path": receipt["path"][1:]},
            {"path": [*receipt["path"], OTHER]},
        ]
        for lie in lies:
            with pytest.raises(verify.Bad, match=r"not in the published|not of this"):
                verify.read_receipt(receipt | lie, PUBLIC)


def test_the_file_alone_suffices(
    session: Session, export: Path, tmp_path: Path
) -> None:
    made = checkpoints.latest_checkpoint(session)
    assert made is not None
    alone = shutil.copy(verify.__file__, tmp_path / "alone.py")
    note, receipt = tmp_path / "note.txt", tmp_path / "receipt.json"
    note.write_text(made.note, "utf-8")
    number = session.scalar(text("SELECT max(transaction_id) FROM ledger_seal"))
    proof = checkpoints.inclusion_proof(session, number)
    receipt.write_text(json.dumps(proof.as_json()), "utf-8")

    def run(*words: object) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(alone), *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    right = f"{made.size} records, root {made.root}, head {made.hash}"
    said = f"{right}; its rules were not recounted\n"
    everything = (export, "--checkpoint", note, "--receipt", receipt, "--key", PUBLIC)
    assert run(*everything) == (0, said)
    assert run("--receipt", receipt)[0] == 0
    assert run("--receipt", receipt, "--key", OTHER)[0] == 1
    written(export, export.read_bytes().splitlines(keepends=True)[:-1])
    assert run(export)[0] == 0, "a shorter book is right until it is compared"
    code, answer = run(export, "--checkpoint", note)
    assert (code, "it ends before a checkpoint" in answer) == (1, True)


@pytest.mark.parametrize("firsts", [0, 1])
def test_no_byte_of_a_line_may_be_another(firsts: int) -> None:
    (line,) = tamper.Book(BEGINNING[:1], firsts).seal().lines
    verify.Hashes().read([line])
    for at, byte in enumerate(line):
        flipped = line[:at] + bytes([byte ^ 1]) + line[at + 1 :]
        with pytest.raises((verify.Bad, LookupError, TypeError, ValueError)):
            verify.Hashes().read([flipped])


def test_the_names_of_form_1_stand_in_their_order_and_no_other_does() -> None:
    (line,) = tamper.Book(BEGINNING[:1], 1).seal().lines
    said = json.loads(line)
    for other in (dict(reversed(said.items())), said | {"more": 1}):
        with pytest.raises(verify.Bad, match="it was changed"):
            verify.Hashes().read([f"{tamper.dumped(other)}\n".encode()])


def test_two_checkpoints_of_one_size_contradict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["verify.py"]
    for number in "12":
        note = tmp_path / number
        hashes = f"{number * 64}\n" * 2
        note.write_text(f"common-fair-ledger\n7\n{hashes}2026-06-01\n", "utf-8")
        words += ["--checkpoint", str(note)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(verify.Bad, match="two checkpoints contradict"):
        verify.main()


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b"common-fair-ledger/2", b"common-fair-ledger/3"),
        (b"}\n", b"\n"),
        (b"}\n", b" }\n"),
        (b"}\n", b',"record":[]}\n'),
    ],
)
def test_the_recount_knows_the_form_of_a_line(
    was: bytes, now: bytes, tmp_path: Path
) -> None:
    lines = tamper.Book(BEGINNING, 0).seal().lines
    lines[3] = lines[3].replace(was, now)
    found = recount.first_bad(written(tmp_path / "book", lines))
    assert found == [(4, "it is cut off, too long, or its form is not known")]


def test_the_recount_stands_alone_and_is_done_when_it_lies_beside(
    tmp_path: Path,
) -> None:
    for page in (verify, recount):
        shutil.copy(str(page.__file__), tmp_path)
    book = tamper.Book([*BEGINNING, *LIES["below its floor"]], 0).seal()
    right = written(tmp_path / "right", book.lines[:-1])
    wrong = written(tmp_path / "wrong", book.lines)

    def run(name: str, export: Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(tmp_path / name), str(export)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    assert run("recount.py", right) == (0, "7 records obey the rules\n")
    assert run("verify.py", right)[1].startswith("7 records, root ")
    assert "recounted" not in run("verify.py", right)[1]
    for name in ("recount.py", "verify.py"):
        code, answer = run(name, wrong)
        assert (code, answer.startswith("record 8: ")) == (1, True)
        assert "below its floor" in answer


def record(number: int, *lines: list[str | None], **said: str) -> tamper.Record:
    """Return a record of form 2, number *number*."""
    head: dict[str, str | None] = dict.fromkeys(
        ("rule", "reverses", "refunds", "link", "memo")
    )
    on = said.pop("on", "2026-06-01")
    head |= {"about": "shift", "private": "ab" * 32, **said}
    names = ("rule", "about", "reverses", "refunds", "link", "private", "memo")
    moment = "2026-06-01T12:00:00.000000Z"
    return [str(number), "KIND", moment, on, *(head[one] for one in names), list(lines)]


def opening(
    code: str, floor: str | None = "0.0000", lots: str = ""
) -> list[str | None]:
    return ["account", code, "POINT", "member", "open", floor, lots]


def posting(debit: str, credit: str, amount: str = "5.0000") -> list[str | None]:
    return ["posting", debit, credit, "POINT", amount]


BEGINNING = [
    record(1, opening("a0", None)),
    record(2, opening("a1")),
    record(3, opening("a2", lots="lots")),
    record(4, posting("a0", "a1")),
    record(
        5,
        posting("a0", "a2"),
        ["lot", "1", "a2", "5.0000", "2026-06-01", "2027-06-01", None],
    ),
    record(6, ["hold", "h1", "a1", "a0", "POINT", "2.0000", None]),
    record(7, ["account", "a3", "POINT", "member", "frozen", "0.0000", ""]),
]
FROZEN = posting("a0", "a3")
MAY = ["close", "2026-05", "2026-05-01", "2026-05-31"]
LIES = {
    "below its floor": [record(8, posting("a1", "a0", "3.0001"))],
    "takes a1 below its floor, or": [record(8, opening("a1", "3.5000"))],
    "cannot go": [record(8, FROZEN)],
    "POINT cannot": [record(8, posting("a0", "a0"))],
    "-1.0000 POINT": [record(8, posting("a1", "a0", "-1.0000"))],
    "is no amount": [record(8, posting("a0", "a1", "1"))],
    "'a9'": [record(8, posting("a0", "a9"))],
    "h1 pays otherwise": [record(8, ["resolve", "h1", "1.0000"])],
    "'h2'": [record(8, ["resolve", "h2", "0.0000"])],
    "extend": [record(8, ["extend", "h2", None])],
    "takes ('lot', '1') below": [
        record(8, posting("a2", "a0"), ["use", "1", "a2", "6.0000"]),
    ],
    "a2 has other lots": [record(8, posting("a2", "a0", "1.0000"))],
    "a1 has other lots": [
        record(8, ["lot", "2", "a1", "5.0000", "2026-06-01", None, None])
    ],
    "is another": [
        record(8, ["account", "a1", "HOUR", "member", "open", "0.0000", ""])
    ],
    "a1 below its floor, or leaves too much": [
        record(8, ["account", "a1", "POINT", "member", "closed", "0.0000", ""])
    ],
    "was there before": [record(4)],
    "closed month": [
        record(8, [*MAY, digest_of(*MAY[1:], "0", "0")]),
        record(9, on="2026-05-31"),
    ],
    "2026-05 came to something else": [record(8, [*MAY, "ab" * 32])],
    "not the reverse of 4": [record(8, posting("a1", "a0", "2.0000"), reverses="4")],
    "the reverse of 4": [
        record(8, posting("a1", "a0", "2.0000"), refunds="4"),
        record(9, posting("a0", "a1", "5.0000")),
        record(10, posting("a1", "a0", "3.0001"), refunds="4"),
    ],
    "cannot be said": [record(8, ["nothing"])],
    "a3 is another": [
        record(8, ["account", "a3", "POINT", "member", "closed", "0.0000", ""]),
        record(9, ["account", "a3", "POINT", "member", "open", "0.0000", ""]),
    ],
    "takes ('held', 'a1')": [
        record(8, posting("a1", "a0", "3.0000")),
        record(9, ["account", "a1", "POINT", "member", "closed", "0.0000", ""]),
    ],
    "['hold', 'h1'": [record(8, ["hold", "h1", "a1", "a0", "POINT", "1.0000", None])],
    "hold h1 pays": [
        record(8, ["resolve", "h1", "3.0000"], posting("a1", "a0", "3.0000")),
    ],
    "lot 2 cannot be": [
        record(8, posting("a0", "a2"), ["lot", "2", "a2", "5.0000", MAY[2], None, "9"])
    ],
    "lot 3 cannot be": [record(8, ["lot", "3", "a2", "0.0000", MAY[2], None, None])],
    "None, None] cannot be said": [
        record(8, posting("a0", "a2"), ["lot", "1", "a2", "5.0000", MAY[2], None, None])
    ],
    "'a1', '1.0000'] cannot be said": [record(8, ["use", "1", "a1", "1.0000"])],
    "['close'": [
        record(8, ["close", "2026-05", "2026-05-31", "2026-05-01", "ab" * 32])
    ],
    "not the reverse of 1": [record(8, refunds="1")],
}


def test_what_the_lies_begin_with_is_right(tmp_path: Path) -> None:
    lines = tamper.Book(BEGINNING, 0).seal().lines
    assert verify.check(written(tmp_path / "book", lines))[0] == len(BEGINNING)


@pytest.mark.parametrize("words", LIES)
def test_a_book_that_breaks_a_rule_is_refused_though_its_chain_is_whole(
    words: str, tmp_path: Path
) -> None:
    lines = tamper.Book([*BEGINNING, *LIES[words]], 0).seal().lines
    path = written(tmp_path / "book", lines)
    assert verify.first_bad(verify.Hashes(), path) == []
    with pytest.raises(verify.Bad) as refused:
        verify.check(path)
    assert words in str(refused.value)


EARLY, LATE = "2026-04-30", "2026-06-01"
MOVED = [
    record(1, opening("a0", None), on=EARLY),
    record(2, opening("a1"), opening("a2"), on=EARLY),
    record(3, posting("a0", "a1"), on=EARLY),
    record(4, posting("a1", "a2", "1.5000"), posting("a1", "a2", "0.5000"), on=EARLY),
    record(5, posting("a0", "a2", "7.0000"), on=LATE),
    record(6, ["hold", "h1", "a2", "a0", "POINT", "1.0000", None], on=LATE),
]


def flat(*rows: str) -> list[str]:
    return [word for row in rows for word in row.split()]


APRIL = flat(
    "2026-04 2026-04-01 2026-04-30",
    "3 a0 POINT 5.0000 0.0000 -5.0000",
    "a1 POINT 2.0000 5.0000 3.0000",
    "a2 POINT 0.0000 2.0000 2.0000",
    "1 POINT KIND 2 7.0000",
)
JUNE = flat(
    "2026-06 2026-05-01 2026-06-30",
    "2 a0 POINT 7.0000 0.0000 -12.0000",
    "a2 POINT 0.0000 7.0000 9.0000",
    "1 POINT KIND 1 7.0000",
)


def months(april: list[str], june: list[str]) -> list[tamper.Record]:
    closes = [["close", *one[:3], digest_of(*one)] for one in (april, june)]
    return [
        *MOVED,
        record(7, closes[0], on=LATE),
        record(8, closes[1], on="2026-07-01"),
    ]


def test_closed_months_came_to_what_their_digests_say(tmp_path: Path) -> None:
    lines = tamper.Book(months(APRIL, JUNE), 0).seal().lines
    assert verify.check(written(tmp_path / "book", lines))[0] == len(lines)


@pytest.mark.parametrize("at", range(len(JUNE)))
@pytest.mark.parametrize("month", ["2026-04", "2026-06"])
def test_a_month_that_came_to_something_else_is_named(
    month: str, at: int, tmp_path: Path
) -> None:
    wrong = {"2026-04": [*APRIL], "2026-06": [*JUNE]}
    head = wrong[month][:3]
    wrong[month][at] += "1"
    records = months(*wrong.values())
    place = 6 if month == "2026-04" else 7
    records[place][-1][0][1:4] = head
    lines = tamper.Book(records, 0).seal().lines
    with pytest.raises(
        verify.Bad, match=f"record {place + 1}: {month} came to something else"
    ):
        verify.check(written(tmp_path / "book", lines))


def test_known_records_have_the_hashes_that_are_written_down() -> None:
    """Frozen vectors: when one breaks, every published head has been broken."""
    page = Path(verify.__file__).with_name("FORMAT.md").read_text("utf-8")
    moved: Any = posting("a1", "a2", "35.0000")
    moment = "2026-06-01T12:00:00.000000Z"
    head = ["7", "EARN_HOURS", moment, "2026-05-31", None, "shift"]
    one = [*head, *[None] * 3, "ab" * 32, None, [moved]]
    for first in (True, False):
        book = tamper.Book([one], int(first)).seal()
        line, leaf = book.lines[0].decode(), book.leaves[0].hex()
        assert leaf in page
        assert book.links[0].hex() in page
        assert first or line in page
        hashed = line.partition(',"record":')[2][:-2].encode()
        said = verify.first_form(line.encode()) if first else b"\0" + hashed
        assert hashlib.sha256(said).hexdigest() == leaf
    note = page[page.index("    common-fair-ledger\n    1\n") :]
    words = "\n".join(line.strip() for line in note.splitlines()[:7])
    root, link = book.leaves[0].hex(), book.links[0].hex()
    assert verify.read_note(f"{words}\n", PUBLIC) == (1, root, link)


def test_the_hashes_of_the_ledger_are_those_written_down(page: Page) -> None:
    page.play("gift lin 9.00")
    ledger.seal_pending(page.session)
    lines = list(ledger.export_lines(page.session))
    records = [json.loads(line)["record"][1:] for line in lines]
    again = [line[:-1].decode() for line in tamper.Book(records, 0).seal().lines]
    assert lines == again
