"""The sunshine ledger's pages: true sums, no names, a chain anybody can follow."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import select

from app import sunshine, wallet
from app.kernel.db import Database
from app.people import Person
from tests.cast import NOON, Cast
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
