"""Statements: pages that concatenate to the whole, sums that always close."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

import ledger
from ledger import Leg, Statement
from tests.ledger.pages import ISSUANCE, NOON, Page, points

LIN = points("lin")


@pytest.fixture
def busy(page: Page) -> Page:
    """Lin earns 3 and gives 1, seven times over; a minute between each."""
    for _ in range(7):
        page.play("gift lin 3.00\npay lin wang 1.00")
    return page


def closes(statement: Statement) -> bool:
    moved = sum((line.amount for line in statement.lines), Decimal(0))
    return statement.opening + moved == statement.closing


def test_a_line_says_all_about_itself(busy: Page) -> None:
    newest, before = ledger.statement(busy.session, LIN, limit=2).lines
    assert (newest.amount, newest.balance_after) == (Decimal(-1), Decimal(14))
    assert newest.counter_account == points("wang")
    assert (newest.kind, newest.cause) == ("PAY", "test:pay-7")
    assert newest.transaction_id == busy.done["pay-7"].id
    assert (newest.at, newest.effective_on) == (busy.at, busy.at.date())
    assert (before.amount, before.counter_account) == (Decimal(3), ISSUANCE)


def pages_of(page: Page, limit: int, **window: object) -> list[Statement]:
    pages = [ledger.statement(page.session, LIN, limit=limit, **window)]
    while pages[-1].next_cursor:
        after = pages[-1].next_cursor
        pages.append(
            ledger.statement(page.session, LIN, limit=limit, after=after, **window)
        )
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 13, 14, 15, 500])
def test_pages_concatenate_to_the_whole(busy: Page, limit: int) -> None:
    whole = ledger.statement(busy.session, LIN, limit=500)
    pages = pages_of(busy, limit)
    assert [line for page in pages for line in page.lines] == list(whole.lines)
    assert all(closes(page) for page in [whole, *pages])
    assert (whole.opening, whole.closing) == (Decimal(0), Decimal(14))
    assert (pages[-1].opening, pages[0].closing) == (Decimal(0), Decimal(14))
    for newer, older in pairwise(pages):
        assert newer.opening == older.closing


@pytest.mark.parametrize("limit", [1, 4, 50])
def test_a_window_opens_and_closes_at_the_balance_of_its_moments(
    busy: Page, limit: int
) -> None:
    window = {"start": NOON + timedelta(minutes=5), "end": NOON + timedelta(minutes=9)}
    pages = pages_of(busy, limit, **window)
    lines = [line for page in pages for line in page.lines]
    assert [line.cause for line in lines] == [
        "test:pay-4",
        "test:gift-4",
        "test:pay-3",
        "test:gift-3",
    ]
    assert all(closes(page) for page in pages)
    assert (pages[-1].opening, pages[0].closing) == (Decimal(4), Decimal(8))


def test_an_empty_window_still_knows_the_balance(busy: Page) -> None:
    later = busy.at + timedelta(days=1)
    after = ledger.statement(busy.session, LIN, start=later)
    before = ledger.statement(busy.session, LIN, end=NOON)
    assert (after.opening, after.lines, after.closing) == (Decimal(14), [], Decimal(14))
    assert (before.opening, before.lines, before.closing) == (
        Decimal(0),
        [],
        Decimal(0),
    )


def test_a_page_is_not_moved_by_what_comes_later(busy: Page) -> None:
    first = ledger.statement(busy.session, LIN, limit=3)
    second = ledger.statement(busy.session, LIN, limit=3, after=first.next_cursor)
    busy.play("gift lin 9.00")
    again = ledger.statement(busy.session, LIN, limit=3, after=first.next_cursor)
    assert again == second


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "1", "1.2.3", "1.x", "1;2", "٣.٣", "9" * 30 + ".1", "1.1", "4.2", "99.0"],
)
def test_a_made_up_cursor_is_refused(busy: Page, cursor: str) -> None:
    with pytest.raises(ledger.InvalidEntry):
        ledger.statement(busy.session, LIN, after=cursor)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_has_a_sensible_size(busy: Page, limit: int) -> None:
    with pytest.raises(ledger.InvalidEntry):
        ledger.statement(busy.session, LIN, limit=limit)


def test_only_accounts_have_statements_and_balances(page: Page) -> None:
    for reading in (ledger.statement, ledger.balance):
        with pytest.raises(ledger.AccountNotFound):
            reading(page.session, "nobody")
    assert set(ledger.balances(page.session, [LIN, "nobody"])) == {LIN}


def test_a_cursor_of_another_account_is_refused(busy: Page) -> None:
    busy.play("gift chen 1.00")
    with pytest.raises(ledger.InvalidEntry):
        ledger.statement(busy.session, LIN, after=f"{busy.done['gift-8'].id}.1")
    chens = ledger.statement(busy.session, ISSUANCE, limit=1).next_cursor
    assert chens
    with pytest.raises(ledger.InvalidEntry):
        ledger.statement(busy.session, LIN, after=chens)


def test_a_cursor_of_the_old_form_still_leads_on(busy: Page) -> None:
    first = ledger.statement(busy.session, LIN, limit=3)
    old = f"{first.lines[-1].transaction_id}.1"
    assert old != first.next_cursor
    assert ledger.statement(busy.session, LIN, limit=3, after=old) == ledger.statement(
        busy.session, LIN, limit=3, after=first.next_cursor
    )


def test_a_line_keeps_its_words_until_they_are_erased(page: Page) -> None:
    page.play("gift lin 3.00")
    legs = [Leg(ISSUANCE, LIN, Decimal(2))]
    thanked = ledger.post(
        page.session,
        legs,
        key="thanks",
        kind="GIFT",
        cause="test:thanks",
        at=page.at,
        memo="For the soup",
    )
    memos = [line.memo for line in ledger.statement(page.session, LIN).lines]
    assert memos == ["For the soup", ""]
    ledger.erase_memo(page.session, thanked.id)
    memos = [line.memo for line in ledger.statement(page.session, LIN).lines]
    assert memos == ["", ""]


def test_a_cursor_from_after_a_range_begins_at_its_end(busy: Page) -> None:
    newest = ledger.statement(busy.session, LIN, limit=1)
    end = NOON + timedelta(minutes=9)
    whole = ledger.statement(busy.session, LIN, end=end)
    again = ledger.statement(busy.session, LIN, end=end, after=newest.next_cursor)
    assert again == whole
