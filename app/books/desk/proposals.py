"""Corrections and reversals: proposed by one, decided by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, programmes
from app.books import actions, queries, rules
from app.books.desk.shown import bp, tabs
from app.books.errors import EntryRefused
from app.books.forms import AnswerForm, CorrectionForm, ReversalForm, pocket_of
from app.books.models import Proposal, ProposalKind
from app.books.rules import Step
from app.books.views import proposal_context
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.desk_items import DeskItem, DeskKind
from app.web.filters import money, points
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import label, localized, translate

DONE = {
    Step.APPROVE: msg("Approved: it is in the books."),
    Step.REFUSE: msg("Refused; nothing was written."),
    Step.WITHDRAW: msg("Taken back; nothing was written."),
}


@bp.get("/")
@needs(Permission.READ_BOOKS)
def index() -> str:
    """Show what waits for a second person, and what was decided lately."""
    with reading() as session:
        waiting = queries.waiting_proposals(session)
        decided = queries.decided_proposals(session)
        people_in = {
            who
            for one in (*waiting, *decided)
            for who in (one.person_id, one.proposed_by, one.decided_by)
        }
        names = people.people_by_ids(session, people_in)
    return render_template(
        "books/index.html",
        tabs=tabs("books_desk.index"),
        waiting=waiting,
        decided=decided,
        names=names,
        titles={one.id: title_of(one) for one in (*waiting, *decided)},
    )


@bp.get("/corrections/new")
@needs(Permission.ADJUST_LEDGER)
def new_correction() -> str:
    """Ask for a correction of somebody's account."""
    form = blank_form(who=request.args.get("who"))
    return render_template("books/correction.html", form=form, pockets=_pockets())


@bp.post("/corrections")
@needs(Permission.ADJUST_LEDGER)
def propose_correction() -> ResponseReturnValue:
    """Propose a correction; a second person decides."""
    try:
        form = read_form(CorrectionForm)
        programme_id, unit = pocket_of(form.pocket)
        if programme_id is None:
            raise EntryRefused(msg("Please choose one from the list."), field="pocket")
        at = now()

        def do(session: Session) -> UUID:
            whom = queries.person_meant(session, form.who)
            return actions.propose_correction(
                session,
                person_id=whom.id,
                programme_id=programme_id,
                unit=unit,
                amount=form.signed,
                effective_on=form.effective_on,
                reason=form.reason,
                grounds=form.grounds,
                by=me().id,
                at=at,
            ).id

        with transaction() as session:
            made = once(
                session, "book.correct", owner=me().id, body=form, at=at,
                do=lambda: do(session),
            )  # fmt: skip
    except Refusal as refusal:
        return refused_form("books/correction.html", refusal, pockets=_pockets())
    return _proposed(made)


@bp.get("/reversals/new")
@needs(Permission.ADJUST_LEDGER)
def new_reversal() -> str:
    """Ask which entry should not stand, and why."""
    form = blank_form(entry=request.args.get("entry"))
    return render_template("books/reversal.html", form=form)


@bp.post("/reversals")
@needs(Permission.ADJUST_LEDGER)
def propose_reversal() -> ResponseReturnValue:
    """Propose to undo an entry; a second person decides."""
    at = now()
    try:
        form = read_form(ReversalForm)
        with transaction() as session:
            made = once(
                session, "book.reverse", owner=me().id, body=form, at=at,
                do=lambda: actions.propose_reversal(
                    session, form.entry, reason=form.reason, by=me().id, at=at
                ).id,
            )  # fmt: skip
    except Refusal as refusal:
        return refused_form("books/reversal.html", refusal)
    return _proposed(made)


@bp.post("/proposals/<uuid:proposal_id>/approval")
@needs(Permission.ADJUST_LEDGER)
def approve(proposal_id: UUID) -> ResponseReturnValue:
    """Say yes to what somebody else proposed: it is written."""
    return _decide(proposal_id, Step.APPROVE)


@bp.post("/proposals/<uuid:proposal_id>/refusal")
@needs(Permission.ADJUST_LEDGER)
def refuse(proposal_id: UUID) -> ResponseReturnValue:
    """Say no to what somebody else proposed, and why."""
    return _decide(proposal_id, Step.REFUSE, lambda: read_form(AnswerForm).answer)


@bp.post("/proposals/<uuid:proposal_id>/withdrawal")
@needs(Permission.ADJUST_LEDGER)
def withdraw(proposal_id: UUID) -> ResponseReturnValue:
    """Take one's own proposal back."""
    return _decide(proposal_id, Step.WITHDRAW)


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return the proposals that wait for this second person."""
    if not people.has_permission(
        session, actor_id, Permission.ADJUST_LEDGER, place_id=None, on=on
    ):
        return []
    waiting = [
        one for one in queries.waiting_proposals(session) if one.proposed_by != actor_id
    ]
    names = people.people_by_ids(
        session, {who for one in waiting for who in (one.proposed_by, one.person_id)}
    )
    return [
        DeskItem(
            kind=DeskKind.BOOKS,
            id=one.id,
            title=title_of(one)
            + (f" · {names[one.person_id].display_name}" if one.person_id else ""),
            detail=translate(
                msg("Proposed by %(name)s"), name=names[one.proposed_by].display_name
            ),
            since=one.proposed_at,
            url=url_for("books.show", proposal_id=one.id),
        )
        for one in waiting
    ]


def title_of(one: Proposal) -> str:
    """Return a proposal in a few words."""
    said = label(one.kind)
    if one.kind == ProposalKind.CORRECTION and one.amount is not None:
        sign = "+" if one.amount > 0 else "−"
        unit = translate(rules.UNIT_WORDS[one.unit or ""])
        amount = abs(one.amount)
        shown = money(amount) if one.unit == "CNY" else points(amount)
        return f"{said} {sign}{shown} {unit}"
    if one.kind == ProposalKind.REVERSAL:
        return f"{said} {one.entry_sequence}"
    return f"{said} {one.month}"


def _decide(
    proposal_id: UUID, step: Step, answer: Callable[[], str] | None = None
) -> ResponseReturnValue:
    at = now()
    try:
        said = answer() if answer else None
        with transaction() as session:
            once(
                session, f"book.{step}", owner=me().id, at=at,
                body={"proposal": str(proposal_id), "answer": said},
                do=lambda: actions.take_step(
                    session, proposal_id, step, by=me().id, at=at, answer=said
                ).id,
            )  # fmt: skip
    except Refusal as refusal:
        with reading() as session:
            context = proposal_context(session, proposal_id, me())
        return refused_form("books/proposal.html", refusal, **context)
    return go_to(
        url_for("books.show", proposal_id=proposal_id), notice=translate(DONE[step])
    )


def _proposed(made: str) -> ResponseReturnValue:
    return go_to(
        url_for("books.show", proposal_id=made),
        notice=translate(msg("Proposed. A second person has to say yes.")),
    )


def _pockets() -> list[tuple[str, str]]:
    """Return what can be corrected: each programme's unit, and its hours."""
    with reading() as session:
        found = programmes.all_programmes(session)
    return [
        (
            f"{one.id}:{unit}",
            f"{localized(one, 'name')} · {translate(rules.UNIT_WORDS[unit])}",
        )
        for one in found
        for unit in (one.unit, "HOUR")
    ]
