"""Reading proposals, whom they concern, and what is open in a month."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, func, select

from app import people, volunteering, wallet
from app.books.errors import ProposalNotFound, WhoIsMeant
from app.books.models import Proposal, ProposalKind, ProposalState
from app.kernel.i18n import msg

SHOWN = 50
_UNVERIFIED = (
    volunteering.RecordState.SUPPLEMENT_REQUESTED,
    volunteering.RecordState.PENDING_VERIFICATION,
    volunteering.RecordState.AWAITING_SECOND,
)


@dataclass(frozen=True)
class StillOpen:
    """What is not finished when a month is to be closed; it may be closed all the same.

    Attributes:
        proposals: Corrections of its days that wait for a second person.
        records: Records of service in it that nobody has verified.
        holds: Amounts set aside, of whatever day.
        unsealed: Entries that wait for their place in the chain.
    """

    proposals: int
    records: int
    holds: int
    unsealed: int


def proposal_for(
    session: Session, proposal_id: UUID, *, lock: bool = False
) -> Proposal:
    """Return a proposal.

    Raises:
        ProposalNotFound: there is none with this id.
    """
    found = session.get(Proposal, proposal_id, with_for_update=lock or None)
    if found is None:
        raise ProposalNotFound(msg("There is no such proposal."))
    return found


def proposals_by_ids(session: Session, ids: Collection[UUID]) -> list[Proposal]:
    """Return the proposals with these ids; missing ones are left out."""
    return list(session.exec(select(Proposal).where(col(Proposal.id).in_(ids))))


def waiting_proposals(session: Session, *kinds: ProposalKind) -> list[Proposal]:
    """Return what waits for a second person, the oldest first."""
    asked = (
        select(Proposal)
        .where(Proposal.state == ProposalState.PROPOSED)
        .order_by(col(Proposal.proposed_at), col(Proposal.id))
    )
    if kinds:
        asked = asked.where(col(Proposal.kind).in_(kinds))
    return list(session.exec(asked))


def decided_proposals(session: Session) -> list[Proposal]:
    """Return what was decided lately, newest first."""
    return list(
        session.exec(
            select(Proposal)
            .where(Proposal.state != ProposalState.PROPOSED)
            .order_by(col(Proposal.decided_at).desc(), col(Proposal.id))
            .limit(SHOWN)
        )
    )


def is_proposed(
    session: Session, *, entry: int | None = None, month: str | None = None
) -> bool:
    """Say whether the same entry or month waits for a second person already."""
    asked = select(Proposal.id).where(Proposal.state == ProposalState.PROPOSED)
    if entry is not None:
        asked = asked.where(Proposal.entry_sequence == entry)
    if month is not None:
        asked = asked.where(Proposal.month == month)
    return session.exec(asked.limit(1)).first() is not None


def concerned(session: Session, proposal: Proposal) -> frozenset[UUID]:
    """Return whose accounts a proposal moves."""
    if proposal.person_id is not None:
        return frozenset({proposal.person_id})
    if proposal.entry_sequence is not None:
        written = wallet.find_written(session, proposal.entry_sequence)
        return written.people if written else frozenset()
    return frozenset()


def is_close_to_any(session: Session, actor_id: UUID, others: frozenset[UUID]) -> bool:
    """Say whether somebody is one of *others*, or close to one (R-LED-06)."""
    return any(people.are_close(session, actor_id, other) for other in others)


def person_meant(session: Session, words: str) -> people.Person:
    """Return the one person of this name, phone number or member number.

    Raises:
        WhoIsMeant: nobody, or more than one.
    """
    found = people.search_people(session, words)
    exact = [one for one in found if words in {one.display_name, one.member_no}]
    if len(exact) == 1:
        return exact[0]
    if len(found) == 1:
        return found[0]
    if found:
        raise WhoIsMeant(
            msg("Several people are called this. Please enter the member number."),
            field="who",
        )
    raise WhoIsMeant(msg("Nobody of this name or number is known."), field="who")


def still_open(session: Session, first: date, last: date) -> StillOpen:
    """Return what is not finished at the end of a month."""
    record = volunteering.ServiceRecord
    proposals = session.exec(
        select(func.count())
        .select_from(Proposal)
        .where(Proposal.state == ProposalState.PROPOSED)
        .where(col(Proposal.effective_on) <= last)
    ).one()
    records = session.exec(
        select(func.count())
        .select_from(record)
        .where(col(record.day).between(first, last))
        .where(col(record.state).in_(_UNVERIFIED))
    ).one()
    return StillOpen(
        proposals=int(proposals),
        records=int(records),
        holds=wallet.open_hold_count(session),
        unsealed=wallet.unsealed_count(session),
    )
