"""The bookkeepers' pages: proposals, months, the balance, any account's statement."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

import ledger
from app import books, wallet
from app.books import ProposalState
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.permissions import Role
from tests.app.books.conftest import keep_books
from tests.cast import NOON, Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


def correction(cast: Cast, **changed: str) -> dict[str, str]:
    return {
        "who": "CAST0000", "pocket": f"{cast.love_bank}:POINT", "direction": "plus",
        "amount": "5", "reason": "一张签到表漏登了", "grounds": "5 月签到表第 3 行",
    } | changed  # fmt: skip


def proposed(client: Client, cast: Cast, **changed: str) -> str:
    """Propose a correction; return the address of its page."""
    answer = client.send("/books/corrections", **correction(cast, **changed))
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def points_of(db: Database, person_id: UUID) -> Decimal:
    with db.reading() as session:
        return wallet.balances_of(session, person_id)["POINT"].posted


def account_of(db: Database, person_id: UUID) -> str:
    with db.reading() as session:
        code = wallet.member_code(person_id, "POINT")
        found = ledger.find_account(session, code)
        assert found is not None
        return found.public_code


def rows_of(answer: object) -> list[list[str]]:
    text = getattr(answer, "text", "").removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("who", "read", "change"),
    [("jin", 200, 200), ("hua", 200, 403), ("ma", 403, 403), ("lin", 403, 403)],
)
def test_who_may_come(
    client_of: ClientOf, db: Database, cast: Cast, who: str, read: int, change: int
) -> None:
    keep_books(db, cast.hua, Role.AUDITOR)
    client = client_of(getattr(cast, who))
    for url in ("/books", "/books/months", "/books/balance", "/books/balance.csv",
                f"/books/accounts/{account_of(db, cast.lin)}"):  # fmt: skip
        assert client.get(url).status_code == read, url
    for url in ("/books/corrections/new", "/books/reversals/new"):
        assert client.get(url).status_code == change, url
    posted = client.send("/books/corrections", **correction(cast)).status_code
    assert posted == (303 if change == 200 else 403)
    assert client.send("/books/months/2026-05/closing").status_code in (303, 409, 403)


def test_a_correction_walks_from_one_desk_to_the_other(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    jin, pan = client_of(cast.jin), client_of(cast.pan)
    page = proposed(jin, cast)
    shown = text_of(jin.get(page))
    assert "林小满 · CAST0000" in shown
    assert "Balance now 20 Balance afterwards 25" in shown
    assert "You proposed it; somebody else decides." in shown
    waiting = text_of(pan.get("/desk"))
    assert "Correction +5 Love points · 林小满" in waiting
    assert "Proposed by 金账目" in waiting
    assert "Correction +5" not in text_of(jin.get("/desk"))

    assert pan.send(f"{page}/approval").status_code == 303
    assert points_of(db, cast.lin) == 25
    assert "In the books" in text_of(pan.get(page))
    assert pan.send(f"{page}/approval").status_code == 409
    assert points_of(db, cast.lin) == 25


def test_the_same_form_sent_twice_proposes_once_and_approves_once(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    jin, pan = client_of(cast.jin), client_of(cast.pan)
    key = str(uuid4())
    pages = {
        jin.send("/books/corrections", key, **correction(cast)).headers["Location"]
        for _ in range(2)
    }
    assert len(pages) == 1
    for _ in range(2):
        assert pan.send(f"{pages.copy().pop()}/approval", key).status_code == 303
    assert points_of(db, cast.lin) == 25


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("who", "没有人", "Nobody of this name or number is known."),
        ("who", "", "Please fill this in."),
        ("pocket", "craft", "This does not look right."),
        ("pocket", "0" * 36 + ":POINT", "Please choose one from the list."),
        ("direction", "up", "Please choose one from the list."),
        ("amount", "0", "This must be more than 0."),
        ("amount", "2.555", "At most 2 decimals, please."),
        ("amount", "NaN", "Please enter a number."),
        ("effective_on", "2199-01-01", "This day is still to come."),
        ("reason", "", "Please fill this in."),
        ("grounds", "长" * 201, "Please write at most 200 characters."),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_typed_is_lost(
    client_of: ClientOf, db: Database, cast: Cast, field: str, value: str, said: str
) -> None:
    answer = client_of(cast.jin).send(
        "/books/corrections", **correction(cast, **{field: value})
    )
    assert answer.status_code == 422
    assert said in text_of(answer)
    for name, typed in correction(cast).items():
        if name not in {field, "pocket", "direction"}:
            assert typed in answer.text, name
    with db.reading() as session:
        assert books.waiting_proposals(session) == []


def test_a_unit_of_another_programme_and_too_much_are_refused(
    client_of: ClientOf, cast: Cast
) -> None:
    jin = client_of(cast.jin)
    wrong = jin.send(
        "/books/corrections", **correction(cast, pocket=f"{cast.love_bank}:TIME")
    )
    assert (wrong.status_code, "keeps another unit" in text_of(wrong)) == (422, True)
    much = jin.send(
        "/books/corrections", **correction(cast, direction="minus", amount="21")
    )
    assert much.status_code == 409
    assert "There are not enough points for this." in text_of(much)


def test_a_refusal_needs_a_reason_that_the_proposer_reads(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    page = proposed(client_of(cast.jin), cast)
    pan = client_of(cast.pan)
    empty = pan.send(f"{page}/refusal", answer="")
    assert empty.status_code == 422
    assert "Please fill this in." in text_of(empty)
    assert pan.send(f"{page}/refusal", answer="签到表上有她的名字").status_code == 303
    shown = text_of(client_of(cast.jin).get(page))
    assert "Refused" in shown
    assert "签到表上有她的名字" in shown
    assert points_of(db, cast.lin) == 20


def test_one_s_own_proposal_is_taken_back(client_of: ClientOf, cast: Cast) -> None:
    jin = client_of(cast.jin)
    page = proposed(jin, cast)
    assert client_of(cast.pan).send(f"{page}/withdrawal").status_code == 403
    assert jin.send(f"{page}/withdrawal").status_code == 303
    assert "Withdrawn" in text_of(jin.get("/books"))


def test_a_reversal_shows_what_it_moves_before_it_is_decided(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    with db.reading() as session:
        entry = wallet.book_head(session).sequence
    jin, pan = client_of(cast.jin), client_of(cast.pan)
    assert (
        jin.get(f"/books/reversals/new?entry={entry}").text.count(f'value="{entry}"')
        == 1
    )
    answer = jin.send("/books/reversals", entry=str(entry), reason="登记到了别人名下")
    assert answer.status_code == 303
    page = answer.headers["Location"]
    shown = text_of(pan.get(page))
    assert "In people's passbooks" in shown
    assert "林小满" in shown
    assert pan.send(f"{page}/approval").status_code == 303
    assert points_of(db, cast.lin) == 0
    again = jin.send("/books/reversals", entry=str(entry), reason="再来一次")
    assert (again.status_code, "reversed already" in text_of(again)) == (409, True)
    for nonsense in ("0", "x", "9" * 30, ""):
        assert (
            jin.send("/books/reversals", entry=nonsense, reason="没有").status_code
            == 422
        )


def last_month() -> str:
    with_day = now().replace(day=1)
    return (
        f"{with_day.year - (with_day.month == 1)}-{(with_day.month - 2) % 12 + 1:02d}"
    )


def test_a_month_is_closed_at_two_desks_and_its_files_follow(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    jin, pan = client_of(cast.jin), client_of(cast.pan)
    month = last_month()
    assert f"{month} may be closed" in text_of(jin.get("/books/months"))
    answer = jin.send(f"/books/months/{month}/closing")
    assert answer.status_code == 303
    assert "Look and decide" in text_of(pan.get("/books/months"))
    assert jin.send(f"/books/months/{month}/closing").status_code == 409
    assert pan.send(f"{answer.headers['Location']}/approval").status_code == 303
    with db.transaction() as session:
        wallet.seal_book(session, NOON)

    shown = text_of(jin.get("/books/months"))
    assert "No month waits to be closed." in shown
    rows = rows_of(jin.get(f"/books/months/{month}/accounts.csv"))
    assert rows[0][:2] == ["account", "kind"]
    member = next(row for row in rows if row[0] == account_of(db, cast.lin))
    assert member[1:] == ["member", "POINT", "0.00", "0.00", "20.00", "20.00"]
    for unit in ("POINT", "HOUR"):
        closing = [Decimal(row[6]) for row in rows[1:] if row[2] == unit]
        assert sum(closing) == 0
    assert jin.get("/books/months/craft/accounts.csv").status_code == 404
    late = jin.send(f"/books/months/{month}/closing")
    assert (late.status_code, "not this month" in text_of(late)) == (409, True)


def test_both_sides_of_the_balance_are_equal_today_and_on_an_old_day(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    jin = client_of(cast.jin)
    now_ = text_of(jin.get("/books/balance"))
    assert "Both sides are equal: 20." in now_
    assert "Both sides are equal: 0." in text_of(
        jin.get("/books/balance?on=2024-12-31")
    )
    members = jin.get("/books/balance?kind=member")
    assert account_of(db, cast.lin)[:9] in members.text
    rows = rows_of(jin.get("/books/balance.csv?unit=HOUR"))
    assert rows[-1] == ["total", "", "HOUR", "2.00", "2.00"]
    assert sum(Decimal(row[3]) - Decimal(row[4]) for row in rows[1:-1]) == 0
    nonsense = jin.get("/books/balance?on=craft&unit=craft&page=-3&kind=craft")
    assert nonsense.status_code == 200
    assert "Please enter a date." in text_of(nonsense)


def test_an_account_opens_for_any_days_with_the_name_for_those_who_adjust(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    keep_books(db, cast.hua, Role.AUDITOR)
    url = f"/books/accounts/{account_of(db, cast.lin)}"
    jin, auditor = client_of(cast.jin), client_of(cast.hua)
    assert "Account of 林小满, member number CAST0000" in text_of(jin.get(url))
    seen = text_of(auditor.get(url))
    assert "Hours credited" in seen
    assert "林小满" not in seen
    assert "CAST0000" not in seen
    assert "No lines in these days" in text_of(jin.get(f"{url}?since=2025-06-01"))
    assert "+20" in text_of(jin.get(f"{url}?until=2025-01-01"))
    rows = rows_of(jin.get(f"{url}/statement.csv"))
    assert rows[1][3:] == ["EARN_HOURS", "20.00", "20.00"]
    for nothing in ("craft", "a%00b", "阿"):
        assert jin.get(f"/books/accounts/{nothing}").status_code == 404
    assert jin.get(f"{url}?after=craft").status_code == 404
    assert "Please enter a date." in text_of(jin.get(f"{url}?since=craft"))


def test_the_look_at_somebody_s_account_is_written_down(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    client_of(cast.jin).get(f"/books/accounts/{account_of(db, cast.lin)}")
    shown = text_of(client_of(cast.sun).get(f"/desk/people/{cast.lin}"))
    assert "金账目 · looked at the passbook" in shown


def test_a_proposal_of_a_stopped_book_waits(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    page = proposed(client_of(cast.jin), cast)
    with db.transaction() as session:
        wallet.stop_posting(session, "entry 3 is not what was sealed", at=NOON)
    pan = client_of(cast.pan, Accept_Language="zh-Hans")
    answer = pan.send(f"{page}/approval")
    assert answer.status_code == 503
    assert "账本正在核查" in text_of(answer)
    with db.reading() as session:
        proposal = books.proposal_for(session, UUID(page.rpartition("/")[2]))
        assert proposal.state == ProposalState.PROPOSED
