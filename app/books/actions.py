"""One proposes, another decides: corrections, reversals, the close of a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from app import people, programmes, wallet
from app.books import rules
from app.books.errors import AlreadyProposed, EntryRefused, TooClose
from app.books.models import Proposal, ProposalKind, ProposalState
from app.books.queries import concerned, is_close_to_any, is_proposed, proposal_for
from app.books.rules import Step
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission


def propose_correction(
    session: Session,
    *,
    person_id: UUID,
    programme_id: UUID,
    unit: str,
    amount: Decimal,
    reason: str,
    grounds: str,
    by: UUID,
    at: datetime,
    effective_on: date | None = None,
) -> Proposal:
    """Propose to add to somebody's account, or to take away below zero (R-LED-06).

    The book is asked at once whether it would take it; nothing is written there.

    Raises:
        MayNot: *by* does not adjust the books.
        TooClose: it is *by*'s own account, or of somebody close.
        DayRefused: the day is to come, or its month is closed.
        InsufficientPoints: less is there to be taken.
    """
    _ensure_may_adjust(session, by, at)
    people.person_for(session, person_id)
    programme = programmes.programme_for(session, programme_id)
    if unit not in {"HOUR", programme.unit}:
        raise EntryRefused(msg("This programme keeps another unit."), field="pocket")
    today = day_of(at)
    day = effective_on or today
    through = wallet.closed_through(session)
    rules.ensure_open_day(day, today=today, closed_through=through)
    proposal = Proposal(
        kind=ProposalKind.CORRECTION,
        person_id=person_id,
        programme_id=programme_id,
        unit=unit,
        amount=amount,
        effective_on=day,
        reason=reason,
        grounds=grounds,
        proposed_by=by,
        proposed_at=at,
    )
    return _propose(session, proposal, by=by, at=at)


def propose_reversal(
    session: Session, sequence: int, *, reason: str, by: UUID, at: datetime
) -> Proposal:
    """Propose to undo an entry, found by its place in the chain.

    Raises:
        MayNot: *by* does not adjust the books.
        TooClose: it moved *by*'s own account, or of somebody close.
        EntryRefused: there is none, or it cannot be reversed.
        AlreadyProposed: it waits for a second person already.
    """
    _ensure_may_adjust(session, by, at)
    if wallet.find_written(session, sequence) is None:
        raise EntryRefused(msg("The book has no such entry."), field="entry")
    if is_proposed(session, entry=sequence):
        raise AlreadyProposed(
            msg("This entry waits for a second person already."), field="entry"
        )
    proposal = Proposal(
        kind=ProposalKind.REVERSAL,
        entry_sequence=sequence,
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )
    return _propose(session, proposal, by=by, at=at)


def propose_month_close(
    session: Session, month: str, *, by: UUID, at: datetime
) -> Proposal:
    """Propose to close the month whose turn it is (R-LED-08).

    Raises:
        MayNot: *by* does not adjust the books.
        MonthNotDue: it is not this month's turn.
        AlreadyProposed: it waits for a second person already.
    """
    _ensure_may_adjust(session, by, at)
    if wallet.month_to_close(session, at) != month:
        raise wallet.MonthNotDue(msg("It is not this month's turn to be closed."))
    if is_proposed(session, month=month):
        raise AlreadyProposed(msg("This month waits for a second person already."))
    proposal = Proposal(
        kind=ProposalKind.MONTH_CLOSE,
        month=month,
        reason="",
        proposed_by=by,
        proposed_at=at,
    )
    session.add(proposal)
    session.flush()
    _note(session, proposal, "propose", by=by, at=at)
    return proposal


def take_step(
    session: Session,
    proposal_id: UUID,
    step: Step,
    *,
    by: UUID,
    at: datetime,
    answer: str | None = None,
) -> Proposal:
    """Approve, refuse or withdraw a proposal; approved, it is in the books.

    Raises:
        MayNot: *by* does not adjust the books.
        SamePerson, TooClose: *by* is no independent second person (R-LED-06).
        StepOutOfTurn: it was decided or withdrawn already.
        WalletRefused: the book does not take it any more; it goes on waiting.
    """
    _ensure_may_adjust(session, by, at)
    proposal = proposal_for(session, proposal_id, lock=True)
    state = rules.state_after(proposal, step, by)
    if step != Step.WITHDRAW:
        _ensure_not_close(session, proposal, by)
    if step == Step.APPROVE:
        proposal.transaction_id = _write(session, proposal, approved_by=by, at=at)
    proposal.state = state
    proposal.decided_by = by
    proposal.decided_at = at
    proposal.answer = answer
    session.add(proposal)
    session.flush()
    _note(session, proposal, step, by=by, at=at)
    return proposal


def _propose(
    session: Session, proposal: Proposal, *, by: UUID, at: datetime
) -> Proposal:
    """Keep a proposal that the book would take today."""
    _ensure_not_close(session, proposal, by)
    _try_out(session, lambda: _write(session, proposal, approved_by=by, at=at))
    session.add(proposal)
    session.flush()
    _note(session, proposal, "propose", by=by, at=at)
    return proposal


def _try_out(session: Session, do: Callable[[], object]) -> None:
    """Do it and take it back: a refusal comes now, not when the second person says yes.

    It locks the accounts as posting does; the transaction is short.
    """
    savepoint = session.begin_nested()
    try:
        do()
    finally:
        savepoint.rollback()


def _write(
    session: Session, proposal: Proposal, *, approved_by: UUID, at: datetime
) -> int:
    """Write a proposal into the book; return the transaction's number."""
    if proposal.kind == ProposalKind.MONTH_CLOSE:
        assert proposal.month is not None
        return wallet.close_month(
            session,
            proposal.month,
            at=at,
            entered_by=proposal.proposed_by,
            approved_by=approved_by,
        )
    if proposal.kind == ProposalKind.REVERSAL:
        assert proposal.entry_sequence is not None
        written = wallet.find_written(session, proposal.entry_sequence)
        if written is None:
            raise EntryRefused(msg("The book has no such entry."), field="entry")
        return wallet.undo_entry(
            session,
            written.number,
            key=_reference(proposal),
            cause=_reference(proposal),
            at=at,
            effective_on=day_of(at),
            entered_by=proposal.proposed_by,
            approved_by=approved_by,
            memo=proposal.reason,
        )
    return _correct(session, proposal, approved_by=approved_by, at=at)


def _correct(
    session: Session, proposal: Proposal, *, approved_by: UUID, at: datetime
) -> int:
    assert proposal.person_id is not None
    assert proposal.programme_id is not None
    assert proposal.unit is not None
    assert proposal.amount is not None
    assert proposal.effective_on is not None
    programme = programmes.programme_for(session, proposal.programme_id)
    rule = programmes.rule_on(session, programme.id, proposal.effective_on)
    return wallet.correct(
        session,
        person_id=proposal.person_id,
        programme=programme,
        unit=proposal.unit,
        amount=proposal.amount,
        key=_reference(proposal),
        cause=_reference(proposal),
        at=at,
        effective_on=proposal.effective_on,
        lot_months=rule.lot_months,
        entered_by=proposal.proposed_by,
        approved_by=approved_by,
        memo=proposal.reason,
    )


def _reference(proposal: Proposal) -> str:
    return f"adjustment:{proposal.id}"


def _ensure_may_adjust(session: Session, by: UUID, at: datetime) -> None:
    people.ensure_may(
        session, by, Permission.ADJUST_LEDGER, place_id=None, on=day_of(at)
    )


def _ensure_not_close(session: Session, proposal: Proposal, by: UUID) -> None:
    if is_close_to_any(session, by, concerned(session, proposal)):
        raise TooClose(
            msg("This account is your own or of somebody close: a colleague does it.")
        )


def _note(
    session: Session, proposal: Proposal, verb: str, *, by: UUID, at: datetime
) -> None:
    doings.note(
        session,
        who=by,
        verb=f"books.{verb}",
        about=_reference(proposal),
        at=at,
        for_whom=proposal.person_id,
    )


assert set(rules.STEPS.values()) == set(ProposalState) - {ProposalState.PROPOSED}
