"""Table of proposals: what one person wants in the books and another decides."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.kernel.columns import Amount, Moment, Words


class ProposalKind(StrEnum):
    """What is proposed."""

    CORRECTION = "correction"
    REVERSAL = "reversal"
    MONTH_CLOSE = "month_close"


class ProposalState(StrEnum):
    """Where a proposal stands; only a second person brings it into the books."""

    PROPOSED = "proposed"
    POSTED = "posted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


def _one_open(column: str) -> Index:
    waiting = text(f"state = 'proposed' AND {column} IS NOT NULL")
    return Index(
        f"uq_book_proposal_open_{column}",
        column,
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


class Proposal(SQLModel, table=True):
    """A correction, a reversal or the close of a month, by two people (R-LED-06)."""

    __tablename__ = "book_proposal"
    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('posted', 'refused')"
            " OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="two_people",
        ),
        CheckConstraint(
            "state <> 'posted' OR transaction_id IS NOT NULL", name="posted"
        ),
        CheckConstraint(
            "kind <> 'correction' OR (person_id IS NOT NULL AND programme_id IS NOT"
            " NULL AND unit IS NOT NULL AND amount IS NOT NULL AND amount <> 0"
            " AND effective_on IS NOT NULL)",
            name="correction",
        ),
        CheckConstraint(
            "kind <> 'reversal' OR entry_sequence IS NOT NULL", name="reversal"
        ),
        CheckConstraint("kind <> 'month_close' OR month IS NOT NULL", name="month"),
        _one_open("entry_sequence"),
        _one_open("month"),
        Index("ix_book_proposal_state", "state", "proposed_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: ProposalKind = Field(sa_type=Words(ProposalKind))
    state: ProposalState = Field(
        default=ProposalState.PROPOSED, sa_type=Words(ProposalState)
    )
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    """Whose account a correction moves."""
    programme_id: UUID | None = Field(default=None, foreign_key="programme.id")
    unit: str | None = Field(default=None, max_length=10)
    amount: Decimal | None = Field(default=None, sa_type=Amount)
    """What a correction adds; below zero it takes away."""
    effective_on: date | None = None
    """The day a correction counts for."""
    entry_sequence: int | None = Field(default=None, sa_type=BigInteger)
    """Place in the chain of the entry a reversal undoes."""
    month: str | None = Field(default=None, max_length=7)
    reason: str = Field(max_length=500)
    grounds: str | None = Field(default=None, max_length=200)
    """The paper, record or entry a correction rests on."""
    proposed_by: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Moment)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    answer: str | None = Field(default=None, max_length=500)
    """Why it was refused."""
    transaction_id: int | None = Field(default=None, sa_type=BigInteger)
    """The transaction it became."""
