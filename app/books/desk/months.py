"""Months: what is open in them, their close by two people, what each came to."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, wallet
from app.books import actions, queries, rules
from app.books.desk.shown import bp, csv_answer, tabs
from app.books.models import ProposalKind
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.web.forms import refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.links import find_url
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate

HEADS = (
    "account", "kind", "unit", "opening", "went_out", "came_in", "closing",
)  # fmt: skip


@bp.get("/months")
@needs(Permission.READ_BOOKS)
def months() -> str:
    """List the closed months, and the one whose turn it is with what is open."""
    with reading() as session:
        context = _months(session)
    return render_template("books/months.html", **context)


@bp.post("/months/<month>/closing")
@needs(Permission.ADJUST_LEDGER)
def propose_close(month: str) -> ResponseReturnValue:
    """Propose to close a month; a second person decides."""
    at = now()
    try:
        with transaction() as session:
            made = once(
                session, "book.close", owner=me().id, body={"month": month}, at=at,
                do=lambda: actions.propose_month_close(
                    session, month, by=me().id, at=at
                ).id,
            )  # fmt: skip
    except Refusal as refusal:
        with reading() as session:
            context = _months(session)
        return refused_form("books/months.html", refusal, **context)
    return go_to(
        url_for("books.show", proposal_id=made),
        notice=translate(msg("Proposed. A second person has to say yes.")),
    )


@bp.get("/months/<month>/accounts.csv")
@needs(Permission.READ_BOOKS)
def month_accounts(month: str) -> Response:
    """Give every account of a closed month as a table file, under pseudonyms."""
    with reading() as session:
        report = wallet.month_report(session, month)
    rows = [
        (
            one.public_code, one.kind, one.unit, one.opening, one.debits,
            one.credits, one.closing,
        )
        for one in report.lines
    ]  # fmt: skip
    return csv_answer(f"accounts-{report.code}.csv", HEADS, rows)


def _months(session: Session) -> dict[str, Any]:
    closed = wallet.months(session)[::-1]
    due = wallet.month_to_close(session, now())
    days = rules.days_of(due) if due else None
    waiting = queries.waiting_proposals(session, ProposalKind.MONTH_CLOSE)
    return {
        "tabs": tabs("books_desk.months"),
        "closed": [(one, find_url("sunshine.month", month=one.code)) for one in closed],
        "due": due,
        "days": days,
        "open": queries.still_open(session, *days) if days else None,
        "waiting": waiting,
        "names": people.people_by_ids(session, {one.proposed_by for one in waiting}),
    }
