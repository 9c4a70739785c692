"""The sunshine ledger's pages: true sums, no names, a chain anybody can follow."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from sqlmodel import select

from app import programmes, sunshine, wallet
from app.kernel.db import Database
from app.people import Person
from tests.cast import NOON, TODAY, Cast
from tests.web import Client, text_of


@pytest.fixture(autouse=True)
def sealed(db: Database) -> None:
    """On PostgreSQL sealing follows writing; here it has."""
    with db.transaction() as session:
        wallet.seal_book(session, NOON)


def test_the_page_tells_the_sums_in_words_without_names(
    client: Client, db: Database
) -> None:
    text = text_of(client.get("/sunshine/"))

    assert "20 were credited for verified service: 20 are in passbooks" in text
    assert "2 hours were given and stand in passbooks for good" in text
    assert text.count("adds up to zero") == 2  # units that nobody uses are left out
    with db.reading() as session:
        names = session.exec(select(Person.display_name)).all()
    assert not [name for name in names if name in text]


def test_every_entry_opens_and_the_one_after_the_last_does_not(
    client: Client, db: Database
) -> None:
    with db.reading() as session:
        last = wallet.book_head(session).sequence

    for sequence in (1, last):
        assert client.get(f"/sunshine/entries/{sequence}").status_code == 200
    assert "Hours credited" in text_of(client.get(f"/sunshine/entries/{last}"))
    for beyond in (0, last + 1, 10**30):
        assert client.get(f"/sunshine/entries/{beyond}").status_code == 404


def test_older_pages_lead_to_the_beginning(client: Client, db: Database) -> None:
    with db.reading() as session:
        last = wallet.book_head(session).sequence

    seen: set[int] = set()
    for sequence in range(last, 0, -20):
        answer = client.get(f"/sunshine/until/{sequence}")
        assert answer.status_code == 200
        seen |= {one for one in range(1, last + 1) if f'/entries/{one}"' in answer.text}
    assert seen == set(range(1, last + 1))
    assert client.get(f"/sunshine/until/{last + 1}").status_code == 404


def test_the_export_ends_at_the_head_and_recomputes(client: Client) -> None:
    head = client.get("/ledger/head").json
    lines = client.get("/ledger/export.jsonl").text.splitlines()

    assert head is not None
    assert len(lines) == head["sequence"]
    link = "0" * 64
    for line in lines:
        start, _, record = line.partition(',"record":')
        leaf = hashlib.sha256(b"\0" + record[:-1].encode()).digest()
        link = hashlib.sha256(b"\2" + bytes.fromhex(link) + leaf).hexdigest()
        assert json.loads(start + "}")["hash"] == link
    assert link == head["hash"]


def test_an_entry_shows_the_hashes_that_join_it_to_the_one_before(
    client: Client, db: Database
) -> None:
    with db.reading() as session:
        last = wallet.book_head(session)
        entry, before = sunshine.entries_until(session, last.sequence, count=2)
        first = sunshine.entry_for(session, 1)

    assert (entry.link, entry.previous) == (last.hash, before.link)
    joined = b"\2" + bytes.fromhex(entry.previous) + bytes.fromhex(entry.leaf)
    assert hashlib.sha256(joined).hexdigest() == entry.link
    assert first.previous == "0" * 64
    shown = text_of(client.get(f"/sunshine/entries/{last.sequence}"))
    assert f"Hash before {before.link}" in shown


def test_the_head_is_signed_by_the_key_it_names(client: Client) -> None:
    head = client.get("/ledger/head").json

    assert head is not None
    text = "\n".join(
        ("common-fair-ledger/1", str(head["sequence"]), head["hash"], head["at"])
    )
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"]))
    key.verify(bytes.fromhex(head["signature"]), text.encode())


@pytest.mark.parametrize("since", ["-1", "no", "99999999999999999999999"])
def test_a_strange_since_is_no_crash(client: Client, since: str) -> None:
    assert client.get(f"/ledger/export.jsonl?since={since}").status_code == 200


def test_the_page_says_when_the_books_were_last_recomputed(
    client: Client, db: Database, cast: Cast
) -> None:
    assert cast
    sunshine.check_book(db, NOON)

    assert "the books are right" in text_of(client.get("/sunshine/"))


def close_may(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        wallet.close_month(
            session, "2026-05", at=NOON, entered_by=cast.jin, approved_by=cast.pan
        )
        wallet.seal_book(session, NOON)


def test_a_sum_opens_down_to_the_entry(client: Client, db: Database) -> None:
    with db.reading() as session:
        last = wallet.book_head(session).sequence

    assert 'href="/sunshine/units/POINT/issuance"' in client.get("/sunshine/").text
    unit = text_of(client.get("/sunshine/units/POINT"))
    assert "Credited by the programmes -20" in unit
    assert "In people's passbooks 20" in unit
    for kind in ("issuance", "member"):
        page = client.get(f"/sunshine/units/POINT/{kind}")
        assert f'href="/sunshine/entries/{last}"' in page.text
        assert "20 points" in text_of(page)
    for nothing in ("craft", "POINT/craft", "craft/member", "TIME/fund"):
        assert client.get(f"/sunshine/units/{nothing}").status_code == 404


@pytest.mark.parametrize("few", [0, 60], ids=["many accounts", "few accounts"])
def test_the_entries_of_a_kind_are_paged_to_their_beginning(
    client: Client, db: Database, cast: Cast, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.wallet.bookkeeping import movements

    monkeypatch.setattr(movements, "FEW_ACCOUNTS", few)
    with db.transaction() as session:
        for number in range(45):
            wallet.credit_hours(
                session, person_id=cast.chen, record_id=uuid4(), hours=Decimal(1),
                programme=programmes.programme_for(session, cast.love_bank),
                amount=Decimal(number + 1), rule_version=1, at=NOON,
                effective_on=TODAY, entered_by=cast.sun, approved_by=cast.ma,
            )  # fmt: skip
        wallet.seal_book(session, NOON)
    seen: list[str] = []
    url: str | None = "/sunshine/units/POINT/issuance"
    while url:
        page = client.get(url)
        seen += re.findall(r'href="/sunshine/entries/([0-9]+)"', page.text)
        older = re.search(r'rel="next" href="([^"]+)"', page.text)
        url = older[1].replace("&amp;", "&") if older else None
    assert len(seen) == 46
    assert sorted(map(int, seen), reverse=True) == [int(one) for one in seen]


def test_the_receipt_of_an_entry_is_checked_without_us(
    app: Flask, client: Client, db: Database, tmp_path: Path
) -> None:
    with db.reading() as session:
        last = wallet.book_head(session).sequence
    early = client.get(f"/sunshine/entries/{last}/receipt.json")
    assert early.status_code == 409
    assert "newer than the last checkpoint" in text_of(early)
    assert "newer than the last checkpoint" in text_of(
        client.get(f"/sunshine/entries/{last}")
    )

    secret = app.extensions["fair_settings"].secret_key()
    assert sunshine.publish_checkpoint(db, secret, NOON) == 1
    page = client.get(f"/sunshine/entries/{last}")
    assert f"/sunshine/entries/{last}/receipt.json" in page.text
    head = client.get("/ledger/head").json
    assert head is not None
    note = client.get(f"/ledger/checkpoints/{last}.txt")
    assert note.text == head["checkpoint"]
    assert note.mimetype == "text/plain"
    assert note.text.splitlines()[1] == str(last)
    assert f"— {head['public_key']} " in note.text

    for sequence in (1, last):
        receipt = tmp_path / f"{sequence}.json"
        receipt.write_bytes(
            client.get(f"/sunshine/entries/{sequence}/receipt.json").data
        )
        assert run_verifier("--receipt", receipt, "--key", head["public_key"]) == 0
        said = json.loads(receipt.read_text("utf-8"))
        said["record"] = said["record"].replace("POINT", "HOURS")
        receipt.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
        changed = "POINT" in client.get(f"/sunshine/entries/{sequence}").text
        assert (run_verifier("--receipt", receipt) == 0) != changed
    book, kept = tmp_path / "ledger.jsonl", tmp_path / "note.txt"
    book.write_bytes(client.get("/ledger/export.jsonl").data)
    kept.write_bytes(note.data)
    key = ("--key", head["public_key"])
    assert run_verifier(book, "--checkpoint", kept, *key) == 0
    assert f"--key {head['public_key']}" in client.get("/ledger/checkpoints").text
    assert f"--key {head['public_key']}" in page.text


def run_verifier(*arguments: object) -> int:
    """Run the verifier as a stranger would: one file, nothing of ours beside it."""
    verifier = Path(__file__).resolve().parents[3] / "ledger" / "verify.py"
    command = [sys.executable, str(verifier), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_witnesses_find_every_checkpoint(client: Client, db: Database) -> None:
    assert "No checkpoint yet" in text_of(client.get("/ledger/checkpoints"))
    with db.reading() as session:
        size = wallet.book_head(session).sequence
    sunshine.publish_checkpoint(db, b"secret", NOON)

    page = client.get("/ledger/checkpoints")
    assert f'href="/ledger/checkpoints/{size}.txt"' in page.text
    assert "common-fair-ledger" in page.text
    for other in (0, size + 1, 10**30):
        assert client.get(f"/ledger/checkpoints/{other}.txt").status_code == 404


def test_a_closed_month_is_public_on_page_paper_and_as_a_file(
    client: Client, db: Database, cast: Cast
) -> None:
    assert "No month is closed yet." in text_of(client.get("/sunshine/"))
    close_may(db, cast)
    with db.reading() as session:
        report = wallet.month_report(session, "2026-05")
        names = session.exec(select(Person.display_name)).all()

    assert 'href="/sunshine/months/2026-05"' in client.get("/sunshine/").text
    assert 'href="/sunshine/months/2026-05"' in client.get("/sunshine/months").text
    for url in ("/sunshine/months/2026-05", "/sunshine/months/2026-05/paper"):
        text = text_of(client.get(url))
        assert "In people's passbooks 0 0 20 20" in text
        assert "Sum of all 0 20 20 0" in text
        assert "Hours credited 1 20" in text
        assert f"Hash of the head {report.hash}" in text
        assert not [name for name in names if name in text]
    file = client.get("/sunshine/months/2026-05/report.csv").text
    assert "POINT,member,0.00,0.00,20.00,20.00" in file
    assert f"head,{report.sequence},{report.hash}" in file
    for nothing in ("2026-06", "craft", "2026-05%00"):
        assert client.get(f"/sunshine/months/{nothing}").status_code == 404


def test_the_report_of_a_closed_month_never_changes(
    client: Client, db: Database, cast: Cast
) -> None:
    close_may(db, cast)
    before = client.get("/sunshine/months/2026-05/report.csv").data
    with db.transaction() as session:
        for number in (wallet.book_head(session).sequence - 1,):
            written = wallet.find_written(session, number)
            assert written is not None
            wallet.undo_entry(
                session, written.number, key="undo", cause="adjustment:1", at=NOON,
                effective_on=TODAY, entered_by=cast.jin, approved_by=cast.pan, memo="旧",
            )  # fmt: skip
        wallet.seal_book(session, NOON)
    assert client.get("/sunshine/months/2026-05/report.csv").data == before


def test_a_transaction_s_number_leads_to_its_entry(
    client: Client, db: Database
) -> None:
    with db.reading() as session:
        last = wallet.book_head(session).sequence
        written = wallet.find_written(session, last)
    assert written is not None
    answer = client.get(f"/sunshine/transactions/{written.number}")
    assert answer.headers["Location"].endswith(f"/sunshine/entries/{last}")
    assert client.get(f"/sunshine/transactions/{10**30}").status_code == 404


def test_everybody_reads_that_the_book_is_stopped_and_all_pages_go_on(
    client: Client, client_of: Callable[..., Client], db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        wallet.stop_posting(session, "entry 3 is not what was sealed", at=NOON)
    assert "nothing is written into the books" in text_of(client.get("/sunshine/"))
    assert "entry 3" not in client.get("/sunshine/").text
    assert "nothing is written into the books" in text_of(
        client_of(cast.sun).get("/desk")
    )
    assert client_of(cast.lin).get("/wallet/").status_code == 200
