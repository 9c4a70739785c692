"""What the database refuses by itself, whoever asks it with raw SQL."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

import ledger
from tests.ledger.pages import ISSUANCE, NOON, Page, points

JOURNAL = {
    "ledger_unit": "name",
    "ledger_transaction": "cause",
    "ledger_posting": "amount",
    "ledger_hold": "amount",
    "ledger_hold_resolution": "captured",
    "ledger_account_change": "state",
    "ledger_seal": "leaf",
}


@pytest.fixture
def full(page: Page) -> Page:
    """A book with a row in every table of the journal."""
    page.play("gift lin 5.00\nhold cut lin wang 2.00\ncapture cut 1.00")
    page.play("hold walk lin wang 1.00")
    ledger.seal_pending(page.session)
    page.session.flush()
    return page


def ensure_refused(
    session: Session, sql: str, words: str = "ledger", **values: object
) -> None:
    """The database refuses *sql*, saying *words*."""
    with pytest.raises(DBAPIError) as refusal, session.begin_nested():
        session.execute(text(sql), values)
    assert words in str(refusal.value.orig)


@pytest.mark.parametrize("table", JOURNAL)
def test_journal_rows_are_never_edited(full: Page, table: str) -> None:
    column = JOURNAL[table]
    ensure_refused(full.session, f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", [*JOURNAL, "ledger_account"])
def test_nothing_is_deleted(full: Page, table: str) -> None:
    ensure_refused(full.session, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", [*JOURNAL, "ledger_account"])
def test_nothing_is_replaced_or_emptied(full: Page, table: str, kind: str) -> None:
    """SQLite's INSERT OR REPLACE passes every DELETE trigger; ours stops it."""
    if kind == "postgresql":
        ensure_refused(full.session, f"TRUNCATE {table} CASCADE")
    else:
        ensure_refused(
            full.session, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        )


@pytest.mark.parametrize(
    "change",
    [
        "credits_posted = credits_posted + 10000",
        "debits_posted = 0",
        "last_posting_id = NULL",
        "last_posting_id = 10",
        "last_act_id = 1000",
        "credits_posted = credits_posted + 50000, last_posting_id = 1",
        "credits_pending = credits_pending + 1",
        "debits_pending = debits_pending + 1",
        "floor = NULL",
        "state = 'closed'",
        "code = 'other'",
        "public_code = 'other'",
        "unit = 'TIME'",
        "kind = 'pool'",
        "owner_ref = 'person:thief'",
    ],
)
def test_an_account_is_not_changed_by_hand(full: Page, change: str) -> None:
    where = f"WHERE code = '{points('lin')}'"
    ensure_refused(full.session, f"UPDATE ledger_account SET {change} {where}")


def test_an_account_opens_empty(full: Page) -> None:
    columns = "code, public_code, unit, kind, state, opened_at"
    counters = "debits_posted, credits_posted, debits_pending, credits_pending"
    ensure_refused(
        full.session,
        f"INSERT INTO ledger_account ({columns}, {counters}) VALUES"
        " ('rich', 'x', 'POINT', 'member', 'open', '2026-06-01', 0, 1, 0, 0)",
    )


def raw_posting(
    session: Session, payer: str, payee: str, words: str, **wrong: int
) -> None:
    """Post one line by hand, all in order but for *wrong*; refused with *words*."""
    rows = {
        row.code: row
        for row in session.execute(
            text(
                "SELECT id, code, credits_posted - debits_posted AS has"
                " FROM ledger_account"
            )
        )
    }
    number = session.execute(
        text("SELECT id FROM ledger_transaction ORDER BY key = 'by hand' DESC, id DESC")
    ).scalar()
    values = {
        "number": number,
        "line": 1,
        "debit": rows[payer].id,
        "credit": rows[payee].id,
        "amount": 10_000,
        "debit_after": rows[payer].has - wrong.get("amount", 10_000),
        "credit_after": rows[payee].has + wrong.get("amount", 10_000),
    } | wrong
    ensure_refused(
        session,
        "INSERT INTO ledger_posting (transaction_id, line, debit_account_id,"
        " credit_account_id, amount, debit_balance_after, credit_balance_after)"
        " VALUES (:number, :line, :debit, :credit, :amount, :debit_after,"
        " :credit_after)",
        words,
        **values,
    )


@pytest.fixture
def header(full: Page) -> Page:
    """A header that waits for one line, written by hand."""
    full.session.execute(
        text(
            "INSERT INTO ledger_transaction (scope, key, request_hash, kind, cause,"
            " at, effective_on, posting_count, salt) VALUES ('', 'by hand', 'x',"
            " 'X', 'x:1', :at, :day, 1, 'x')"
        ),
        {"at": "2026-06-01T12:00:00.000000Z", "day": "2026-06-01"},
    )
    return full


def test_no_line_takes_an_account_below_its_floor(header: Page) -> None:
    raw_posting(
        header.session, points("chen"), points("lin"), "ck_ledger_account_floor"
    )


def test_no_line_joins_two_units(header: Page) -> None:
    ledger.open_account(
        header.session, code="h", unit=ledger.HOUR, kind="member", at=NOON
    )
    raw_posting(header.session, points("lin"), "h", "unit-mismatch")


@pytest.mark.parametrize(("code", "amount"), [(points("lin"), 99), ("yuan", 5_000)])
def test_no_line_is_finer_than_its_unit(header: Page, code: str, amount: int) -> None:
    for name in ("yuan", "yuan2"):
        ledger.open_account(
            header.session, code=name, unit="YUAN0", kind="till", floor=None, at=NOON
        )
    other = points("wang") if code != "yuan" else "yuan2"
    raw_posting(header.session, code, other, "inexact-amount", amount=amount)


def test_no_line_touches_a_frozen_account(header: Page) -> None:
    ledger.freeze_account(header.session, points("wang"), at=NOON)
    raw_posting(header.session, points("lin"), points("wang"), "account-not-open")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"amount": 0}, "ck_ledger_posting_amount"),
        ({"amount": -10_000}, "ck_ledger_posting_amount"),
        ({"debit_after": 0}, "running-balance"),
        ({"credit_after": 0}, "running-balance"),
        ({"line": 2}, "line-outside-entry"),
        ({"line": 0}, "line-outside-entry"),
    ],
    ids=str,
)
def test_no_line_is_wrong_in_itself(
    header: Page, wrong: dict[str, int], words: str
) -> None:
    raw_posting(header.session, ISSUANCE, points("lin"), words, **wrong)


def test_a_complete_entry_takes_no_further_line(full: Page) -> None:
    """The newest transaction says how many lines it has; a line more is refused."""
    raw_posting(full.session, ISSUANCE, points("lin"), "line-outside-entry")


def test_an_incomplete_entry_is_not_sealed(header: Page) -> None:
    ensure_refused(
        header.session,
        "INSERT INTO ledger_seal (sequence, transaction_id, leaf, hash)"
        " SELECT (SELECT MAX(sequence) + 1 FROM ledger_seal), MAX(id), 'x', 'x'"
        " FROM ledger_transaction",
        "entry-incomplete",
    )


def test_seals_leave_no_gap(full: Page) -> None:
    page = full
    page.play("gift lin 1.00")
    ensure_refused(
        page.session,
        "INSERT INTO ledger_seal (sequence, transaction_id, leaf, hash)"
        " SELECT (SELECT MAX(sequence) + 2 FROM ledger_seal), MAX(id), 'x', 'x'"
        " FROM ledger_transaction",
        "seal-out-of-order",
    )


def test_a_hold_beyond_the_balance_is_refused(header: Page) -> None:
    ensure_refused(
        header.session,
        "INSERT INTO ledger_hold (id, transaction_id, debit_account_id,"
        " credit_account_id, amount) SELECT '00000000000000000000000000000001',"
        " (SELECT MAX(id) FROM ledger_transaction), d.id, c.id, 90000000"
        " FROM ledger_account d, ledger_account c"
        " WHERE d.code = :payer AND c.code = :payee",
        "ck_ledger_account_floor",
        payer=points("lin"),
        payee=points("wang"),
    )


def test_a_hold_is_captured_up_to_its_amount_by_hand_too(full: Page) -> None:
    ensure_refused(
        full.session,
        "INSERT INTO ledger_hold_resolution (hold_id, transaction_id, captured)"
        " SELECT h.id, (SELECT MIN(id) FROM ledger_transaction), h.amount + 1"
        " FROM ledger_hold h LEFT JOIN ledger_hold_resolution r ON r.hold_id = h.id"
        " WHERE r.hold_id IS NULL",
        "capture-exceeds-hold",
    )


def test_words_and_owners_may_be_erased_and_nothing_else_changes(full: Page) -> None:
    session = full.session
    transaction = ledger.post(
        session,
        [ledger.Leg(ISSUANCE, points("lin"), Decimal(1))],
        key="memo",
        kind="GIFT",
        cause="gift:1",
        at=full.at + timedelta(minutes=1),
        memo="For her birthday",
    )
    ledger.seal_pending(session)
    before = ledger.head(session), list(ledger.export_lines(session))
    ensure_refused(session, "UPDATE ledger_private_text SET text = 'no'")

    assert ledger.statement(session, points("lin")).lines[0].memo == "For her birthday"
    ledger.erase_memo(session, transaction.id or 0)
    ledger.erase_owner(session, points("lin"))

    assert ledger.statement(session, points("lin")).lines[0].memo == ""
    found = ledger.find_account(session, points("lin"))
    assert found is not None
    assert found.owner_ref is None
    assert (ledger.head(session), list(ledger.export_lines(session))) == before
    assert ledger.verify_book(session).ok


@pytest.mark.parametrize("many", [False, True])
def test_no_posting_comes_from_nowhere(kind: str, page: Page, *, many: bool) -> None:
    """On PostgreSQL the guards stand for the foreign keys of a posting."""
    page.play("gift lin 5.00\ngift wang 5.00")
    run = page.session.connection().exec_driver_sql
    if kind == "postgresql" and many:
        run("SET LOCAL ledger.many = 'on'")
    rows = "(2, 999999, 1, 100, 4900, 100)"
    if many:
        rows += ", (3, 999999, 1, 100, 4900, 200)"
    with pytest.raises(DBAPIError):
        run(
            "INSERT INTO ledger_posting (line, credit_account_id, debit_account_id,"
            " amount, debit_balance_after, credit_balance_after, transaction_id)"
            f" SELECT *, (SELECT MAX(id) FROM ledger_transaction) FROM (VALUES {rows})"
            " AS v"
        )
    page.session.rollback()
