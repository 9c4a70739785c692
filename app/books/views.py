"""A proposal's own page, for those who keep the books and for whom it concerns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, programmes, wallet
from app.books import queries, rules
from app.books.errors import ProposalNotFound
from app.books.models import Proposal, ProposalKind
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.causes import register_cause
from app.web.forms import blank_form
from app.web.guards import Me, me, signed_in
from app.web.store import reading
from app.web.words import label, register_labels

bp = Blueprint("books", __name__)
register_labels(rules.LABELS)
MOVES_SHOWN = 20


@bp.get("/proposals/<uuid:proposal_id>")
@signed_in
def show(proposal_id: UUID) -> ResponseReturnValue:
    """Show a proposal: what, why, who, and what can be done with it."""
    with reading() as session:
        context = proposal_context(session, proposal_id, me())
    return render_template("books/proposal.html", form=blank_form(), **context)


def proposal_context(session: Session, proposal_id: UUID, reader: Me) -> dict[str, Any]:
    """Return what a proposal's page shows to a reader.

    Raises:
        ProposalNotFound: there is none, or it is none of the reader's business.
    """
    proposal = queries.proposal_for(session, proposal_id)
    keeps_books = Permission.READ_BOOKS in reader.permissions
    touched = queries.concerned(session, proposal)
    if not keeps_books and reader.id not in touched:
        raise ProposalNotFound(msg("There is no such proposal."))
    may_adjust = Permission.ADJUST_LEDGER in reader.permissions
    is_close = queries.is_close_to_any(session, reader.id, touched)
    who = {proposal.person_id, proposal.proposed_by, proposal.decided_by}
    return {
        "proposal": proposal,
        "keeps_books": keeps_books,
        "sees_names": may_adjust or reader.id in touched,
        "is_close": is_close and may_adjust,
        "steps": rules.steps_open_to(
            proposal, reader.id, may_decide=may_adjust and not is_close
        ),
        "names": people.people_by_ids(session, who),
        "unit_words": rules.UNIT_WORDS,
        "account_words": wallet.ACCOUNT_WORDS,
        "entry_words": wallet.ENTRY_WORDS,
        **_particulars(session, proposal),
    }


def _particulars(session: Session, proposal: Proposal) -> dict[str, Any]:
    """Return what belongs to one kind of proposal only."""
    found: dict[str, Any] = {"written": None, "programme": None, "before": None}
    if proposal.transaction_id is not None:
        places = wallet.entry_places(session, [proposal.transaction_id])
        found["posted_as"] = places.get(proposal.transaction_id)
    if proposal.kind == ProposalKind.REVERSAL and proposal.entry_sequence is not None:
        written = wallet.find_written(session, proposal.entry_sequence)
        found["written"] = written
        if written is not None:
            found["legs"] = written.legs[:MOVES_SHOWN]
            owners = people.people_by_ids(session, written.people)
            found["owners"] = owners
    if proposal.kind == ProposalKind.CORRECTION:
        assert proposal.programme_id is not None
        assert proposal.person_id is not None
        assert proposal.unit is not None
        found["programme"] = programmes.programme_for(session, proposal.programme_id)
        balances = wallet.balances_of(session, proposal.person_id)
        found["before"] = balances[proposal.unit].posted
    return found


def _titles(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    return {one.id: label(one.kind) for one in queries.proposals_by_ids(session, ids)}


register_cause(
    "adjustment", endpoint="books.show", argument="proposal_id", titles=_titles
)
