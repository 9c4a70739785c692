"""Two people correct the books: who may, what is written, and that it is once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

import ledger
from app import books, people, wallet
from app.books import Proposal, ProposalState, Step
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.people import MayNot
from tests.app.books.conftest import keep_books
from tests.cast import NOON, TODAY, Cast


def propose(session: Session, cast: Cast, by: UUID, **changed: Any) -> Proposal:
    values: dict[str, Any] = {
        "person_id": cast.lin, "programme_id": cast.love_bank, "unit": "POINT",
        "amount": Decimal(5), "reason": "一张签到表漏登了", "grounds": "5 月签到表第 3 行",
        "by": by, "at": NOON,
    } | changed  # fmt: skip
    return books.propose_correction(session, **values)


def points_of(session: Session, person_id: UUID) -> Decimal:
    return wallet.balances_of(session, person_id)["POINT"].posted


def entry_of(session: Session, kind: str) -> int:
    """Return the place in the chain of the newest entry of a kind."""
    wallet.seal_book(session, NOON)
    number = session.exec(
        select(ledger.Transaction.id)
        .where(ledger.Transaction.kind == kind)
        .order_by(ledger.Transaction.id.desc())  # type: ignore[union-attr]
    ).first()
    assert number is not None
    return wallet.entry_places(session, [number])[number]


@pytest.mark.parametrize(("amount", "after"), [("5", "25"), ("-20", "0")])
def test_a_correction_moves_points_only_once_a_second_person_says_yes(
    db: Database, cast: Cast, amount: str, after: str
) -> None:
    with db.transaction() as session:
        one = propose(session, cast, cast.jin, amount=Decimal(amount))
        assert points_of(session, cast.lin) == 20
    with db.transaction() as session:
        done = books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)

        assert points_of(session, cast.lin) == Decimal(after)
        assert done.state == ProposalState.POSTED
        found = ledger.find_transaction(session, done.transaction_id or 0)
        assert found is not None
        assert (found.kind, found.cause) == ("ADJUST", f"adjustment:{one.id}")
        assert found.entered_by == f"person:{cast.jin}"
        assert found.approved_by == f"person:{cast.pan}"
        contra = ledger.balance(session, f"adjustment:{cast.love_bank}")
        assert contra.posted == -Decimal(amount)
        assert wallet.verify_book(session).ok


def test_hours_are_corrected_against_an_account_of_their_own(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        one = propose(session, cast, cast.jin, unit="HOUR", amount=Decimal("-0.5"))
        books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)

        assert wallet.balances_of(session, cast.lin)["HOUR"].posted == Decimal("1.5")
        assert all(sheet.holds for sheet in wallet.conservation(session))


def test_the_proposer_does_not_approve(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        one = propose(session, cast, cast.jin)
        for step in (Step.APPROVE, Step.REFUSE):
            with pytest.raises(books.SamePerson):
                books.take_step(session, one.id, step, by=cast.jin, at=NOON)
        assert points_of(session, cast.lin) == 20


@pytest.mark.parametrize("whose", ["pan", "lin", "hua"])
def test_nobody_decides_on_the_account_of_somebody_close(
    db: Database, cast: Cast, whose: str
) -> None:
    """Pan's own; Lin of Zhou's household; Hua, sister of Chen."""
    second = {"pan": cast.pan, "lin": cast.zhou, "hua": cast.chen}[whose]
    keep_books(db, second)
    with db.transaction() as session:
        one = propose(session, cast, cast.jin, person_id=getattr(cast, whose))
        for step in (Step.APPROVE, Step.REFUSE):
            with pytest.raises(books.TooClose):
                books.take_step(session, one.id, step, by=second, at=NOON)
        with pytest.raises(books.TooClose):
            propose(session, cast, second, person_id=getattr(cast, whose))


@pytest.mark.parametrize("who", ["ma", "sun", "qian", "shen", "lin"])
def test_other_staff_neither_propose_nor_decide(
    db: Database, cast: Cast, who: str
) -> None:
    with db.transaction() as session:
        one = propose(session, cast, cast.jin)
        with pytest.raises(MayNot):
            propose(session, cast, getattr(cast, who))
        with pytest.raises(MayNot):
            books.take_step(
                session, one.id, Step.APPROVE, by=getattr(cast, who), at=NOON
            )


def test_more_than_somebody_has_is_refused_when_it_is_proposed(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        with pytest.raises(wallet.InsufficientPoints):
            propose(session, cast, cast.jin, amount=Decimal("-20.01"))
        assert books.waiting_proposals(session) == []
        assert points_of(session, cast.lin) == 20
        assert ledger.find_account(session, f"adjustment:{cast.love_bank}") is None


def test_points_spent_meanwhile_leave_the_proposal_waiting(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        first, second = (
            propose(session, cast, cast.jin, amount=Decimal(-15)).id for _ in range(2)
        )
        books.take_step(session, first, Step.APPROVE, by=cast.pan, at=NOON)
    with pytest.raises(wallet.InsufficientPoints), db.transaction() as session:
        books.take_step(session, second, Step.APPROVE, by=cast.pan, at=NOON)
    with db.reading() as session:
        assert books.proposal_for(session, second).state == ProposalState.PROPOSED
        assert points_of(session, cast.lin) == 5


def test_a_refused_or_withdrawn_proposal_writes_nothing_and_is_over(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        before = wallet.book_head(session)
        refused, withdrawn = (propose(session, cast, cast.jin).id for _ in range(2))
        books.take_step(
            session, refused, Step.REFUSE, by=cast.pan, at=NOON, answer="单据不全"
        )
        books.take_step(session, withdrawn, Step.WITHDRAW, by=cast.jin, at=NOON)
        for one in (refused, withdrawn):
            with pytest.raises(books.StepOutOfTurn):
                books.take_step(session, one, Step.APPROVE, by=cast.pan, at=NOON)
        assert wallet.book_head(session) == before
        assert books.proposal_for(session, refused).answer == "单据不全"
        verbs = [one.verb for one in session.exec(select(Doing))]
        assert {"books.propose", "books.refuse", "books.withdraw"} <= set(verbs)


def test_two_who_approve_at_once_write_once(db: Database, cast: Cast) -> None:
    keep_books(db, cast.qian)
    with db.transaction() as session:
        one = propose(session, cast, cast.jin).id
    barrier, outcomes = Barrier(2), []

    def approve(by: UUID) -> None:
        barrier.wait(10)
        try:
            with db.transaction() as session:
                books.take_step(session, one, Step.APPROVE, by=by, at=NOON)
            outcomes.append("yes")
        except books.StepOutOfTurn:
            outcomes.append("late")

    threads = [Thread(target=approve, args=(by,)) for by in (cast.pan, cast.qian)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["late", "yes"]
    with db.reading() as session:
        assert points_of(session, cast.lin) == 25


def test_any_entry_is_reversed_by_two_and_only_once(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        entry = entry_of(session, "EARN_HOURS")
        one = books.propose_reversal(
            session, entry, reason="登记到了别人名下", by=cast.jin, at=NOON
        )
        with pytest.raises(books.AlreadyProposed):
            books.propose_reversal(session, entry, reason="再来", by=cast.pan, at=NOON)
        books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)

        balances = wallet.balances_of(session, cast.lin)
        assert (balances["POINT"].posted, balances["HOUR"].posted) == (0, 0)
        with pytest.raises(wallet.WalletRefused):
            books.propose_reversal(session, entry, reason="再来", by=cast.jin, at=NOON)
        undoing = entry_of(session, "REVERSAL")
        with pytest.raises(wallet.NotToReverse):
            books.propose_reversal(
                session, undoing, reason="反悔", by=cast.jin, at=NOON
            )
        assert wallet.verify_book(session).ok


def test_an_entry_that_moved_nothing_or_is_not_there_is_refused(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        with pytest.raises(wallet.NotToReverse):
            books.propose_reversal(session, 1, reason="开户", by=cast.jin, at=NOON)
        with pytest.raises(books.EntryRefused):
            books.propose_reversal(session, 10**9, reason="没有", by=cast.jin, at=NOON)


def test_the_household_does_not_undo_its_own_entries(db: Database, cast: Cast) -> None:
    keep_books(db, cast.zhou)
    with db.transaction() as session:
        entry = entry_of(session, "EARN_HOURS")
        with pytest.raises(books.TooClose):
            books.propose_reversal(session, entry, reason="家里", by=cast.zhou, at=NOON)


def close_may(session: Session, cast: Cast) -> Proposal:
    one = books.propose_month_close(session, "2026-05", by=cast.jin, at=NOON)
    return books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)


def test_a_month_is_closed_by_two_in_its_turn(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        for month in ("2026-06", "2026-04", "craft"):
            with pytest.raises(wallet.MonthNotDue):
                books.propose_month_close(session, month, by=cast.jin, at=NOON)
        one = books.propose_month_close(session, "2026-05", by=cast.jin, at=NOON)
        with pytest.raises(books.AlreadyProposed):
            books.propose_month_close(session, "2026-05", by=cast.pan, at=NOON)
        with pytest.raises(books.SamePerson):
            books.take_step(session, one.id, Step.APPROVE, by=cast.jin, at=NOON)
        assert wallet.closed_through(session) is None
        books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)
        assert wallet.closed_through(session) == date(2026, 5, 31)
        report = wallet.month_report(session, "2026-05")
        assert report.closed_by == f"person:{cast.jin}"
        assert report.approved_by == f"person:{cast.pan}"


def test_an_old_record_is_corrected_in_the_open_month_and_the_report_stays(
    db: Database, cast: Cast
) -> None:
    """Story L17."""
    with db.transaction() as session:
        close_may(session, cast)
        wallet.seal_book(session, NOON)
        before = wallet.month_report(session, "2026-05")
        entry = entry_of(session, "EARN_HOURS")
        one = books.propose_reversal(
            session, entry, reason="旧记录有误", by=cast.jin, at=NOON
        )
        done = books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)
        found = ledger.find_transaction(session, done.transaction_id or 0)
        assert found is not None
        assert found.effective_on == TODAY
        assert wallet.month_report(session, "2026-05") == before
        assert wallet.verify_book(session).ok


def test_a_correction_for_a_closed_month_is_refused_before_and_after_it_was_proposed(
    db: Database, cast: Cast
) -> None:
    day = TODAY - timedelta(days=20)
    with db.transaction() as session:
        early = propose(session, cast, cast.jin, effective_on=day)
        close_may(session, cast)
        with pytest.raises(books.DayRefused):
            propose(session, cast, cast.jin, effective_on=day)
    with pytest.raises(wallet.MonthClosed), db.transaction() as session:
        books.take_step(session, early.id, Step.APPROVE, by=cast.pan, at=NOON)
    with db.reading() as session:
        assert books.proposal_for(session, early.id).state == ProposalState.PROPOSED


def test_what_is_added_expires_as_if_it_had_been_earned_that_day(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        one = propose(session, cast, cast.jin, person_id=cast.chen)
        books.take_step(session, one.id, Step.APPROVE, by=cast.pan, at=NOON)
        (lot,) = ledger.lots(session, wallet.member_code(cast.chen, "POINT"))
        assert (lot.earned_on, lot.expires_on) == (TODAY, date(2028, 6, 3))


def test_a_person_of_several_is_asked_for_by_number(db: Database, cast: Cast) -> None:
    from app.books.queries import person_meant

    with db.transaction() as session:
        people.register_person(
            session, display_name="林小满二", at=NOON, place_id=cast.centre
        )
        session.flush()
        assert person_meant(session, "林小满").id == cast.lin
        assert person_meant(session, "CAST0000").id == cast.lin
        for words in ("林小", "没有人"):
            with pytest.raises(books.WhoIsMeant):
                person_meant(session, words)
