"""Who may decide on a proposal, which days are open, what a month's days are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.books.errors import DayRefused, SamePerson, StepOutOfTurn
from app.books.models import Proposal, ProposalKind, ProposalState
from app.kernel.i18n import msg

MONTH = re.compile(r"(2[01][0-9]{2})-(0[1-9]|1[0-2])")


class Step(StrEnum):
    """What can be done with a proposal that waits."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


STEPS: Mapping[Step, ProposalState] = MappingProxyType(
    {
        Step.APPROVE: ProposalState.POSTED,
        Step.REFUSE: ProposalState.REFUSED,
        Step.WITHDRAW: ProposalState.WITHDRAWN,
    }
)
LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        ProposalKind.CORRECTION: msg("Correction"),
        ProposalKind.REVERSAL: msg("Reversal of an entry"),
        ProposalKind.MONTH_CLOSE: msg("Close of a month"),
        ProposalState.PROPOSED: msg("Waits for a second person"),
        ProposalState.POSTED: msg("In the books"),
        ProposalState.REFUSED: msg("Refused"),
        ProposalState.WITHDRAWN: msg("Withdrawn"),
    }
)
UNIT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "HOUR": msg("Hours of service"),
        "POINT": msg("Love points"),
        "TIME": msg("Time credits"),
        "CNY": msg("Yuan at counters"),
    }
)


def steps_open_to(
    proposal: Proposal, actor_id: UUID, *, may_decide: bool
) -> tuple[Step, ...]:
    """Return what somebody may do: proposers withdraw, others decide (R-LED-06)."""
    if proposal.state != ProposalState.PROPOSED or not may_decide:
        return ()
    if proposal.proposed_by == actor_id:
        return (Step.WITHDRAW,)
    return (Step.APPROVE, Step.REFUSE)


def state_after(proposal: Proposal, step: Step, actor_id: UUID) -> ProposalState:
    """Return where a step leads.

    Raises:
        StepOutOfTurn: it was decided or withdrawn already.
        SamePerson: the proposer decides, or somebody else withdraws.
    """
    if proposal.state != ProposalState.PROPOSED:
        raise StepOutOfTurn(msg("This proposal was decided already."))
    is_own = proposal.proposed_by == actor_id
    if is_own and step != Step.WITHDRAW:
        raise SamePerson(msg("You proposed it; somebody else decides."))
    if not is_own and step == Step.WITHDRAW:
        raise SamePerson(msg("Only whoever proposed it takes it back."))
    return STEPS[step]


def ensure_open_day(day: date, *, today: date, closed_through: date | None) -> None:
    """Refuse days to come, and days of closed months (R-LED-08).

    Raises:
        DayRefused: it is one of those.
    """
    if day > today:
        raise DayRefused(msg("This day is still to come."), field="effective_on")
    if closed_through is not None and day <= closed_through:
        raise DayRefused(
            msg("The books are closed through %(day)s. Choose a later day."),
            field="effective_on",
            day=closed_through.isoformat(),
        )


def days_of(month: str) -> tuple[date, date] | None:
    """Return the first and the last day of a month, None when it is none."""
    found = MONTH.fullmatch(month)
    if found is None:
        return None
    first = date(int(found[1]), int(found[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
