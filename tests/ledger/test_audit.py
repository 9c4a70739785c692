"""verify() names the exact record that somebody with the file in hand changed."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import Session

import ledger
from ledger.driver import Driver
from ledger.records import records_of
from ledger.sealing import append_seals
from tests.ledger.pages import Page, points

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
    ledger.seal_pending(page.session)
    assert ledger.verify_book(page.session).ok
    page.session.commit()
    connection = page.session.connection()
    if kind == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        for name in found.scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
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


def test_sums_are_right_for_every_kind_and_unit(page: Page) -> None:
    page.play(STORY)
    (points_,) = ledger.conservation(page.session)
    assert points_.holds
    assert str(points_.issued) == "13.00"
    assert {k: str(v) for k, v in points_.by_kind.items()} == {
        "issuance": "-13.00",
        "member": "13.00",
    }
    trial = ledger.trial_balance(page.session, "POINT")
    assert trial.difference == 0
    assert str(trial.debits) == "19.50"
    assert [line.code for line in trial.lines] == sorted(
        line.code for line in trial.lines
    )
    totals = {t.kind: (t.count, str(t.amount)) for t in all_totals(page)}
    assert totals == {
        "CAPTURE": (1, "2.50"),
        "GIFT": (2, "13.00"),
        "PAY": (1, "2.00"),
        "REVERSAL": (1, "2.00"),
    }


def all_totals(page: Page, **window: object) -> list[ledger.KindTotal]:
    totals: Callable[..., list[ledger.KindTotal]] = ledger.totals_by_kind
    return totals(page.session, **window)


def test_totals_take_a_window_and_a_unit(page: Page) -> None:
    page.play(STORY)
    second = page.done["gift-2"].at
    assert [t.kind for t in all_totals(page, start=second)] == ["GIFT"]
    kinds = [t.kind for t in all_totals(page, end=second, unit="POINT")]
    assert kinds == ["CAPTURE", "GIFT", "PAY", "REVERSAL"]
    assert all_totals(page, unit="TIME") == []
