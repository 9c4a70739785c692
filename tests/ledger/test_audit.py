"""verify_book() names the exact record that somebody with the file in hand changed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

import ledger
from ledger import Draft, Leg
from ledger.checkpoints import make_checkpoint
from ledger.driver import Driver
from ledger.records import records_of
from ledger.sealing import append_seals
from tests.ledger.pages import ISSUANCE, Page, points

STORY = """
    gift     lin 9.00
    pay      lin wang 2.00
    hold     cut lin wang 3.00
    hold     walk lin chen 1.00
    capture  cut 2.50
    reverse  pay-1
    gift     chen 4.00
"""


@pytest.fixture
def book(page: Page, kind: str) -> Page:
    """A sealed story whose guards have been taken away, as an insider could."""
    page.play(STORY)
    return unguarded(page, kind)


def unguarded(page: Page, kind: str) -> Page:
    """Seal what was written, see that it is right, and take the guards away."""
    ledger.seal_pending(page.session)
    make_checkpoint(page.session, at=page.at)
    report = ledger.verify_book(page.session)
    assert report.ok, report.problems
    page.session.commit()
    connection = page.session.connection()
    if kind == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        for name in found.scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        raw: Any = connection.connection.dbapi_connection
        for sql in (
            "COMMIT",
            "PRAGMA ignore_check_constraints = ON",
            "PRAGMA foreign_keys = OFF",
            "BEGIN IMMEDIATE",
        ):
            raw.execute(sql)
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    return page


def number_of(page: Page, name: str) -> int:
    number = page.done[name].id
    assert number is not None
    return number


def tampered(page: Page, sql: str, **values: object) -> ledger.Report:
    page.session.execute(text(sql), values)
    report = ledger.verify_book(page.session)
    assert not report.ok
    assert report.first_bad == report.problems[0]
    return report


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'DONATE'",
        "cause = 'gift:other'",
        "effective_on = '2026-05-01'",
        "entered_by = 'person:other'",
        "approved_by = 'person:other'",
        "rule_version = 'x'",
        "key = 'another'",
        "at = '2026-06-01T12:00:00.000001Z'",
    ],
)
def test_an_edited_heading_is_found(book: Page, change: str) -> None:
    number = number_of(book, "pay-1")
    sql = f"UPDATE ledger_transaction SET {change} WHERE id = :number"
    found = tampered(book, sql, number=number).first_bad
    where = f"entry {number} (transaction {number})"
    assert found == f"{where}: its content is not what was sealed"


def test_an_edited_amount_is_found_where_it_was_edited(book: Page) -> None:
    number = number_of(book, "pay-1")
    report = tampered(
        book,
        "UPDATE ledger_posting SET amount = amount + 100 WHERE transaction_id = :n",
        n=number,
    )
    assert (report.first_bad or "").startswith(f"entry {number} ")
    assert any("running balance" in problem for problem in report.problems)
    assert any(f"account {points('wang')}" in problem for problem in report.problems)


@pytest.mark.parametrize("column", ["debit_balance_after", "credit_balance_after"])
def test_an_edited_running_balance_is_found(book: Page, column: str) -> None:
    number = number_of(book, "gift-2")
    report = tampered(
        book,
        f"UPDATE ledger_posting SET {column} = {column} + 1 WHERE transaction_id = :n",
        n=number,
    )
    where = f"entry {number} (transaction {number}) line 1"
    assert report.problems == [f"{where}: its running balance is not the true one"]


def test_a_deleted_posting_is_found(book: Page) -> None:
    number = number_of(book, "gift-2")
    report = tampered(
        book, "DELETE FROM ledger_posting WHERE transaction_id = :n", n=number
    )
    assert (report.first_bad or "").startswith(f"entry {number} ")
    assert any("0 postings, not 1" in problem for problem in report.problems)


def test_a_deleted_entry_is_found(book: Page) -> None:
    number = number_of(book, "pay-1")
    book.session.execute(
        text("DELETE FROM ledger_posting WHERE transaction_id = :n"), {"n": number}
    )
    book.session.execute(
        text("DELETE FROM ledger_seal WHERE transaction_id = :n"), {"n": number}
    )
    report = tampered(book, "DELETE FROM ledger_unsealed WHERE transaction_id = 0")
    assert report.first_bad == (
        f"entry {number + 1} (transaction {number + 1}):"
        f" entries from {number} on are missing"
    )
    assert any("never sealed" in problem for problem in report.problems)


@pytest.mark.parametrize("column", ["leaf", "hash"])
def test_an_edited_seal_is_found(book: Page, column: str) -> None:
    number = number_of(book, "capture-1")
    report = tampered(
        book,
        f"UPDATE ledger_seal SET {column} = :zeros WHERE sequence = :n",
        zeros="0" * 64,
        n=number,
    )
    assert (report.first_bad or "").startswith(f"entry {number} ")


LIN_ROW = "WHERE code = 'person:lin:POINT'"
CONTENT = "content is not what was sealed"
LIES = [
    (f"UPDATE ledger_account SET credits_posted = 990000 {LIN_ROW}", "postings make"),
    (f"UPDATE ledger_account SET debits_pending = 0 {LIN_ROW}", "held amount"),
    (f"UPDATE ledger_account SET floor = -90000 {LIN_ROW}", "state or floor"),
    (f"UPDATE ledger_account SET state = 'frozen' {LIN_ROW}", "state or floor"),
    (f"UPDATE ledger_account SET public_code = 'x' {LIN_ROW}", CONTENT),
    ("UPDATE ledger_hold SET amount = amount + 100", CONTENT),
    ("UPDATE ledger_hold_resolution SET captured = 0", CONTENT),
    ("DELETE FROM ledger_hold_resolution", CONTENT),
    ("DELETE FROM ledger_account_change", CONTENT),
    ("UPDATE ledger_transaction SET reverses_id = 1 WHERE kind = 'REVERSAL'", "mirror"),
]


@pytest.mark.parametrize(("sql", "words"), LIES)
def test_every_other_lie_is_found(book: Page, sql: str, words: str) -> None:
    assert any(words in problem for problem in tampered(book, sql).problems)


def test_words_put_under_an_entry_are_found(book: Page) -> None:
    number = number_of(book, "gift-2")
    report = tampered(
        book,
        "INSERT INTO ledger_private_text (transaction_id, salt, text)"
        " VALUES (:n, 'x', 'words nobody wrote')",
        n=number,
    )
    where = f"entry {number} (transaction {number})"
    assert report.problems == [f"{where}: its words are not those that were written"]


def test_an_insider_who_seals_anew_is_betrayed_by_the_published_head(
    book: Page,
) -> None:
    """A whole new chain is right in itself; only what was published disagrees."""
    session = book.session
    published = ledger.head(session)
    session.execute(text("UPDATE ledger_transaction SET cause = 'x:1'"))
    reseal(session)
    problems = ledger.verify_book(session).problems
    assert any("the checkpoint over it is of another book" in p for p in problems)
    for table in ("ledger_checkpoint", "ledger_tree_node"):
        session.execute(text(f"DELETE FROM {table}"))
    assert ledger.verify_book(session).ok
    assert ledger.head(session).sequence == published.sequence
    assert ledger.head(session).hash != published.hash


RESEALED = [
    ("UPDATE ledger_hold_resolution SET captured = captured - 100", "captures"),
    ("UPDATE ledger_hold SET amount = 10000", "captures"),
    (
        "UPDATE ledger_transaction SET reverses_id = 1 WHERE kind = 'REVERSAL'",
        "no mirror",
    ),
    ("UPDATE ledger_account_change SET floor = 990000 WHERE floor = 0", "its floor"),
]


@pytest.mark.parametrize(("sql", "words"), RESEALED)
def test_a_new_chain_over_a_wrong_story_is_still_wrong(
    book: Page, sql: str, words: str
) -> None:
    """Right hashes do not make the story right: the replay says what is not."""
    book.session.execute(text(sql))
    reseal(book.session)
    report = ledger.verify_book(book.session)
    assert any(words in problem for problem in report.problems)
    assert not any(CONTENT in problem for problem in report.problems)


def reseal(session: Session) -> None:
    driver = Driver(session)
    numbers = [
        row[0]
        for row in driver.all(
            "SELECT transaction_id FROM ledger_seal ORDER BY sequence"
        )
    ]
    driver.run("DELETE FROM ledger_seal")
    for record in records_of(driver, numbers):
        append_seals(driver, [(record.number, record.leaf())])


LOTTED = "person:lotte:POINT"


@pytest.fixture
def rich(page: Page, kind: str) -> Page:
    """A book with everything in it: lots, refunds, links, months, an extended hold."""
    session = page.session
    ledger.open_account(
        session,
        code=LOTTED,
        unit=ledger.POINT,
        kind="member",
        keeps_lots=True,
        at=page.at,
    )
    page.play("gift lin 9.00\nhold cut lin wang 3.00\nhold walk lin chen 1.00")
    for name, day in (("early", 1), ("late", 20)):
        legs = [
            Leg(ISSUANCE, LOTTED, Decimal(6), date(2026, 6, day), date(2027, 6, day))
        ]
        page.done[name] = ledger.post(session, legs, **said(page, "EARN"))
    legs = [Leg(LOTTED, points("wang"), Decimal(8))]
    page.done["spent"] = ledger.post(session, legs, **said(page, "SPEND"))
    page.at = datetime(2026, 7, 2, 9, tzinfo=UTC)
    ledger.close_period(session, "2026-06", at=page.at, entered_by="staff:1")
    number = number_of(page, "spent")
    page.done["back"] = ledger.refund(
        session, number, Decimal(3), entered_by="staff:1", **said(page, "REFUND")
    )
    ledger.extend_hold(
        session,
        page.holds["walk"].id,
        expires_at=page.at + timedelta(days=9),
        key="extend",
        at=page.at,
    )
    page.play("capture cut 2.50\npay lin wang 2.00\nreverse pay-1")
    ledger.post_linked(
        session,
        [
            Draft(legs=[Leg(ISSUANCE, points(name), Decimal(1))], **said(page, "BOTH"))
            for name in ("lin", "chen")
        ],
    )
    return unguarded(page, kind)


def said(page: Page, kind: str) -> dict[str, Any]:
    key = page.tick(kind.lower())
    return {"key": key, "kind": kind, "cause": f"test:{key}", "at": page.at}


RICH_LIES = [
    ("UPDATE ledger_hold_extension SET expires_at = NULL", CONTENT),
    ("DELETE FROM ledger_hold_extension", CONTENT),
    ("UPDATE ledger_open_hold SET expires_at = NULL", "another end than was sealed"),
    ("UPDATE ledger_open_hold SET debit_account_id = 3", "another end than was sealed"),
    ("DELETE FROM ledger_open_hold", "it is open and not listed"),
    (
        (
            "INSERT INTO ledger_open_hold (hold_id, debit_account_id)"
            " SELECT hold_id, 2 FROM ledger_hold_resolution"
        ),
        "listed as open and is not",
    ),
    ("UPDATE ledger_lot SET used = used + 100 WHERE id = 2", "lot 2: it shows"),
    ("UPDATE ledger_lot SET amount = amount + 100 WHERE id = 1", CONTENT),
    ("UPDATE ledger_lot SET account_id = 2 WHERE id = 1", CONTENT),
    ("UPDATE ledger_lot SET expires_on = '2027-07-01' WHERE id = 1", CONTENT),
    ("UPDATE ledger_lot_use SET amount = amount + 100", CONTENT),
    ("DELETE FROM ledger_lot_use WHERE id = 3", CONTENT),
    ("UPDATE ledger_account SET keeps_lots = 0", "whether it keeps lots"),
    ("UPDATE ledger_account_change SET keeps_lots = 1 WHERE keeps_lots = 0", CONTENT),
    ("UPDATE ledger_period SET digest = 'x'", CONTENT),
    ("UPDATE ledger_period SET first_on = '2026-05-01'", CONTENT),
    ("DELETE FROM ledger_period", CONTENT),
    ("UPDATE ledger_period_balance SET closing = closing + 100", "kept of 2026-06"),
    ("DELETE FROM ledger_period_balance WHERE debits = 0", "kept of 2026-06"),
    ("UPDATE ledger_period_total SET count = count + 1", "kept of 2026-06"),
    ("UPDATE ledger_period_total SET last_on = '2026-05-31'", "month that is not"),
    ("UPDATE ledger_transaction SET refunds_id = 7 WHERE refunds_id > 0", CONTENT),
    ("UPDATE ledger_transaction SET link = 'x' WHERE link IS NULL", CONTENT),
    ("UPDATE ledger_transaction SET format = 1", CONTENT),
    ("UPDATE ledger_transaction SET format = 3", "does not know what it says"),
    ("UPDATE ledger_tree_node SET hash = leaf FROM ledger_seal", "their node in"),
    ("DELETE FROM ledger_tree_node WHERE level = 2 AND position = 1", "level 2 of the"),
    (
        "INSERT INTO ledger_tree_node (level, position, hash) VALUES (9, 0, 'x')",
        "level 9 of the tree has 1 nodes, not 0",
    ),
    ("UPDATE ledger_checkpoint SET root = hash", "checkpoint over it is of another"),
    ("UPDATE ledger_checkpoint SET hash = root", "checkpoint over it is of another"),
    ("UPDATE ledger_checkpoint SET size = size + 9", "is of a longer book"),
    ("UPDATE ledger_checkpoint SET note = 'x'", "is not what its note says"),
    ("UPDATE ledger_seal SET leaf = 'x' WHERE sequence = 3", "entry 3 "),
    ("UPDATE ledger_seal SET hash = 'x' WHERE sequence = 3", "entry 3 "),
    ("DELETE FROM ledger_transaction WHERE id = 7", "entry 7 (transaction 7): its"),
    (
        (
            "INSERT INTO ledger_posting (transaction_id, line, debit_account_id,"
            " credit_account_id, amount, debit_balance_after, credit_balance_after)"
            " VALUES (9999, 1, 1, 2, 100, 0, 0)"
        ),
        "ledger_posting: 11 rows, of which 10 belong to an entry",
    ),
]


@pytest.mark.parametrize(("sql", "words"), RICH_LIES)
def test_a_lie_about_lots_holds_months_and_the_tree_is_found(
    rich: Page, sql: str, words: str
) -> None:
    problems = tampered(rich, sql).problems
    assert any(words in problem for problem in problems), problems


RICH_RESEALED = [
    ("UPDATE ledger_lot_use SET amount = amount + 100 WHERE id = 1", "the lots of"),
    ("UPDATE ledger_lot SET amount = amount + 100 WHERE id = 1", "the lots of"),
    ("UPDATE ledger_lot SET account_id = 2 WHERE id = 1", "the lots of"),
    (
        (
            "UPDATE ledger_lot_use SET amount = CASE lot_id WHEN 1"
            " THEN amount + 10000 ELSE amount - 10000 END WHERE amount > 0"
        ),
        "more from lot 1 than is in it",
    ),
    (
        "UPDATE ledger_posting SET amount = 90000 WHERE transaction_id = {back}",
        "refunds of",
    ),
    ("UPDATE ledger_transaction SET refunds_id = 7 WHERE id = {back}", "no refund of"),
    (
        "UPDATE ledger_transaction SET refunds_id = {undone} WHERE id = {back}",
        "was reversed as well",
    ),
    (
        "UPDATE ledger_transaction SET refunds_id = 7 WHERE id = {undone}",
        "is a correction itself",
    ),
    (
        "UPDATE ledger_transaction SET reverses_id = {spent} WHERE id = {undo}",
        "was refunded before",
    ),
    (
        "UPDATE ledger_transaction SET effective_on = '2026-06-30' WHERE id = {back}",
        "it counts for 2026-06-30, which is closed",
    ),
    (
        "UPDATE ledger_transaction SET effective_on = '2026-07-01' WHERE id = {spent}",
        "entries of 2026-06 do not come to what was sealed",
    ),
    (
        "UPDATE ledger_period SET digest = first_on WHERE code = '2026-06'",
        "what was kept of 2026-06 is not what was sealed",
    ),
    (
        (
            "UPDATE ledger_hold_extension SET hold_id ="
            " (SELECT id FROM ledger_hold WHERE amount = 30000), transaction_id = 9999"
        ),
        "1 rows, of which 0",
    ),
    ("UPDATE ledger_account_change SET state = 'frozen'", "is frozen"),
    (
        (
            "UPDATE ledger_account_change SET state = 'frozen' WHERE account_id ="
            f" (SELECT id FROM ledger_account WHERE code = '{LOTTED}')"
        ),
        "is frozen",
    ),
    ("UPDATE ledger_account_change SET state = 'closed'", "is closed"),
]


@pytest.mark.parametrize(("sql", "words"), RICH_RESEALED)
def test_a_new_chain_over_wrong_lots_refunds_and_months_is_still_wrong(
    rich: Page, sql: str, words: str
) -> None:
    names = {name: number_of(rich, name) for name in ("back", "spent")}
    names |= {"undone": number_of(rich, "pay-1"), "undo": number_of(rich, "reverse-1")}
    rich.session.execute(text(sql.format(**names)))
    reseal(rich.session)
    report = ledger.verify_book(rich.session)
    assert any(words in problem for problem in report.problems), report.problems
    assert not any(CONTENT in problem for problem in report.problems)
