"""The books' keeping: corrections by two people, the close of a month, the balance.

Noun: `Proposal`. One person proposes, another decides; only then the book is written.
"""

from app.books.actions import (
    propose_correction,
    propose_month_close,
    propose_reversal,
    take_step,
)
from app.books.errors import (
    AlreadyProposed,
    DayRefused,
    EntryRefused,
    ProposalNotFound,
    SamePerson,
    StepOutOfTurn,
    TooClose,
    WhoIsMeant,
)
from app.books.models import Proposal, ProposalKind, ProposalState
from app.books.queries import proposal_for, waiting_proposals
from app.books.rules import Step

__all__ = [
    "AlreadyProposed",
    "DayRefused",
    "EntryRefused",
    "Proposal",
    "ProposalKind",
    "ProposalNotFound",
    "ProposalState",
    "SamePerson",
    "Step",
    "StepOutOfTurn",
    "TooClose",
    "WhoIsMeant",
    "proposal_for",
    "propose_correction",
    "propose_month_close",
    "propose_reversal",
    "take_step",
    "waiting_proposals",
]
