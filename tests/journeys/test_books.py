"""The two who keep the books: a correction, an undone entry, a month closed, a stop."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from app import people, sunshine, wallet
from app.kernel.clock import now
from app.kernel.permissions import Role
from tests.app.sunshine.test_actions import REWRITTEN, tamper
from tests.cast import BEGINNING, Cast
from tests.journeys.visitor import Town


@pytest.fixture(autouse=True)
def two_keepers(town: Town, cast: Cast) -> None:
    with town.db.transaction() as session:
        people.assign_role(
            session, person_id=cast.pan, role=Role.LEDGER_ADMIN, place_id=None,
            starts_on=BEGINNING.date(), at=BEGINNING, by=None,
        )  # fmt: skip
    town.settle()


def test_a_forgotten_hour_is_put_right_by_two_and_read_by_the_person(
    town: Town, cast: Cast
) -> None:
    jin, pan, lin = (town.visitor(one) for one in (cast.jin, cast.pan, cast.lin))
    jin.go("/desk")
    jin.click("The books")
    jin.click("Propose a correction")
    jin.press(
        "Propose it", who="CAST0000", pocket=f"{cast.love_bank}:POINT",
        direction="plus", amount="5", reason="登记时漏了半小时", grounds="签到表第 3 行",
    )  # fmt: skip
    pan.go("/desk")
    pan.click("Correction +5 Love points · 林小满")
    pan.press("Yes, write it")
    town.settle()

    assert town.purse(cast.lin)[0] == Decimal(25)
    lin.go("/wallet/?unit=POINT")
    lin.click("Correction")
    assert "登记时漏了半小时" in lin.page.text
    entry = lin.page.text.rpartition("Entry in the sunshine ledger ")[2].split()[0]
    lin.click(entry)
    assert "Corrected by two people" in lin.page.text
    assert "This entry is newer than the last checkpoint." in lin.page.text
    town.settle(now() + timedelta(hours=1))
    lin.go(lin.page.url)
    lin.click("Download the receipt")
    town.ensure_books_are_right()


def test_a_month_is_closed_by_two_and_its_report_is_public(
    town: Town, cast: Cast
) -> None:
    jin, pan, guest = town.visitor(cast.jin), town.visitor(cast.pan), town.visitor()
    jin.go("/books/months")
    jin.press("Propose to close it")
    pan.go("/books/months")
    pan.click("Look and decide")
    pan.press("Yes, write it")
    town.settle()

    guest.go("/sunshine/")
    guest.click("All months")
    with town.db.reading() as session:
        month = wallet.months(session)[-1].code
        newest = wallet.latest_checkpoint(session)
        report = wallet.month_report(session, month)
    guest.click(month)
    assert f"Hash of the head {report.hash}" in guest.page.text
    assert newest is not None
    assert report.sequence is not None
    assert newest.size >= report.sequence  # the close is published at once
    town.ensure_books_are_right()


def test_a_broken_book_is_read_but_not_written_into_until_somebody_looked(
    town: Town, cast: Cast
) -> None:
    jin, pan = town.visitor(cast.jin), town.visitor(cast.pan)
    jin.go("/books/corrections/new")
    jin.press(
        "Propose it", who="CAST0000", pocket=f"{cast.love_bank}:POINT",
        direction="plus", amount="5", reason="登记时漏了半小时", grounds="签到表第 3 行",
    )  # fmt: skip
    pan.go(jin.page.url)
    tamper(town.db, REWRITTEN)
    assert sunshine.check_book(town.db, now() + timedelta(days=1)) == 1

    pan.press("Yes, write it", 503)
    assert "nothing can be written" in pan.page.alerts
    pan.go("/sunshine/")
    assert "a check found that they do not add up" in pan.page.text
    assert town.purse(cast.lin)[0] == Decimal(20)
