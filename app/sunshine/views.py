"""The counter of the sunshine ledger: sums, entries, the head, the export."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import wallet
from app.kernel.clock import now
from app.kernel.i18n import msg
from app.sunshine import rules
from app.sunshine.errors import EntryNotFound, NotYetCovered
from app.sunshine.queries import (
    PAGE,
    entries_until,
    entry_for,
    last_check,
    latest_moves,
)
from app.web.filters import clock_time
from app.web.guards import public
from app.web.links import find_url
from app.web.store import reading, settings

bp = Blueprint("sunshine", __name__)
ledger_bp = Blueprint("ledger", __name__)

UNIT_ORDER = ("HOUR", "POINT", "TIME", "CNY")
SEQUENCE_MAX = 2**53
MOVES_SHOWN = 40
"""Moves of one entry on its page; a batch may have thousands."""
RAW_SHOWN = 4000
"""Longest line of the export that is shown on a page."""
CHECKPOINTS_SHOWN = 100


@bp.get("/")
@public
def index() -> str:
    """Show the sums of every unit, the newest entries and the head."""
    with reading() as session:
        sheets = sorted(wallet.conservation(session), key=_unit_order)
        head = wallet.book_head(session)
        entries = latest_moves(session, head.sequence)
        kinds = _kinds(session, entries)
        check = last_check(session)
        stop = wallet.posting_stop(session)
        closed = wallet.months(session)
        checkpoint = wallet.latest_checkpoint(session)
    return render_template(
        "sunshine/index.html",
        sheets=[_sheet(one) for one in sheets if one.issued or not one.holds],
        head=head,
        check=check,
        stop=stop,
        newest_month=closed[-1].code if closed else None,
        checkpoint=checkpoint,
        entries=entries,
        kinds=kinds,
        **_words(),
    )


@bp.get("/until/<int:sequence>")
@public
def older(sequence: int) -> str:
    """Show a page of entries that ends with *sequence*."""
    with reading() as session:
        head = wallet.book_head(session)
        if not 0 < sequence <= head.sequence:
            raise EntryNotFound(msg("The book has no such entry."))
        entries = entries_until(session, sequence)
        kinds = _kinds(session, entries)
    return render_template(
        "sunshine/entries.html",
        entries=entries,
        kinds=kinds,
        older=sequence - PAGE,
        newer=min(sequence + PAGE, head.sequence) if sequence < head.sequence else None,
        **_words(),
    )


@bp.get("/entries/<int:sequence>")
@public
def entry(sequence: int) -> str:
    """Open one entry: what moved, its place in the chain, its hashes, its proof."""
    with reading() as session:
        head = wallet.book_head(session)
        if sequence > head.sequence:
            raise EntryNotFound(msg("The book has no such entry."))
        found = entry_for(session, sequence)
        shown = replace(found, moves=found.moves[:MOVES_SHOWN])
        kinds = _kinds(session, [shown])
        checkpoint = wallet.latest_checkpoint(session)
    return render_template(
        "sunshine/entry.html",
        entry=shown,
        more=len(found.moves) - len(shown.moves),
        raw=found.raw if len(found.raw) <= RAW_SHOWN else None,
        kinds=kinds,
        head=head,
        checkpoint=checkpoint,
        is_covered=checkpoint is not None and checkpoint.size >= sequence,
        next_checkpoint=_next_checkpoint(checkpoint),
        reversal_url=find_url("books_desk.new_reversal", entry=sequence),
        **_words(),
    )


@bp.get("/entries/<int:sequence>/receipt.json")
@public
def receipt(sequence: int) -> ResponseReturnValue:
    """Give the proof that an entry is in the last checkpoint, as a file to keep."""
    if sequence > SEQUENCE_MAX:
        raise EntryNotFound(msg("The book has no such entry."))
    with reading() as session:
        proof = wallet.receipt_for(session, sequence)
        checkpoint = wallet.latest_checkpoint(session)
    if proof is None:
        raise NotYetCovered(
            msg(
                "This entry is newer than the last checkpoint; the next comes %(when)s."
            ),
            when=clock_time(_next_checkpoint(checkpoint)),
        )
    return Response(
        json.dumps(proof.as_json(), ensure_ascii=False, indent=1) + "\n",
        mimetype="application/json",
        headers={
            "Content-Disposition": f"attachment; filename=receipt-{sequence}.json"
        },
    )


@bp.get("/transactions/<int:number>")
@public
def transaction(number: int) -> ResponseReturnValue:
    """Lead from a transaction's number, as passbooks say it, to its entry."""
    with reading() as session:
        places = wallet.entry_places(session, [min(number, SEQUENCE_MAX)])
    if number not in places:
        raise EntryNotFound(msg("The book has no such entry."))
    return redirect(url_for(".entry", sequence=places[number]))


@bp.get("/units/<unit>")
@public
def unit(unit: str) -> str:
    """Open a unit's sum: how much each kind of account has of it."""
    with reading() as session:
        sheet = _sheet_of(session, unit)
    return render_template("sunshine/unit.html", sheet=_sheet(sheet), **_words())


@bp.get("/units/<unit>/<kind>")
@public
def kind(unit: str, kind: str) -> str:
    """Open a kind of account: its sum, and the entries that touched it."""
    before = request.args.get("before", type=int)
    with reading() as session:
        sheet = _sheet_of(session, unit)
        if kind not in sheet.by_kind:
            raise EntryNotFound(msg("The book keeps no such accounts."))
        moves = wallet.moves_of_kind(session, unit, kind, before=before, limit=PAGE + 1)
    return render_template(
        "sunshine/kind.html",
        unit=unit,
        kind=kind,
        total=sheet.by_kind[kind],
        moves=moves[:PAGE],
        older=moves[PAGE - 1].place if len(moves) > PAGE else None,
        is_newest=before is None,
        **_words(),
    )


@bp.get("/months")
@public
def months() -> str:
    """List the closed months."""
    with reading() as session:
        closed = wallet.months(session)[::-1]
    return render_template("sunshine/months.html", closed=closed)


@bp.get("/months/<month>")
@public
def month(month: str) -> str:
    """Show what a closed month came to; it never changes (R-LED-08)."""
    return render_template("sunshine/month.html", **_month(month))


@bp.get("/months/<month>/paper")
@public
def month_paper(month: str) -> str:
    """Show a closed month's report for printing."""
    back_url = url_for(".month", month=month)
    return render_template("sunshine/paper.html", back_url=back_url, **_month(month))


@bp.get("/months/<month>/report.csv")
@public
def month_file(month: str) -> Response:
    """Give a closed month's report as a table file."""
    report = _month(month)["report"]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["unit", "kind", "opening", "went_out", "came_in", "closing"])
    for one in report.kinds:
        table.writerow(
            [one.unit, one.kind, one.opening, one.debits, one.credits, one.closing]
        )
    table.writerow([])
    table.writerow(["unit", "act", "entries", "amount"])
    for one in report.totals:
        table.writerow([one.unit, one.kind, one.count, one.amount])
    table.writerow([])
    table.writerow(["head", report.sequence, report.hash])
    table.writerow(["digest", report.digest])
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={
            "Content-Disposition": f"attachment; filename=month-{report.code}.csv"
        },
    )


@ledger_bp.get("/checkpoints")
@public
def checkpoints() -> str:
    """List the published checkpoints, for whoever wants to be a witness."""
    with reading() as session:
        found = wallet.checkpoints(session, limit=CHECKPOINTS_SHOWN)
    return render_template("sunshine/checkpoints.html", checkpoints=found)


@ledger_bp.get("/checkpoints/<int:size>.txt")
@public
def checkpoint(size: int) -> Response:
    """Give a checkpoint's note, as signed."""
    with reading() as session:
        found = wallet.checkpoint_of(session, min(size, SEQUENCE_MAX))
    return Response(found.note, mimetype="text/plain")


@ledger_bp.get("/head")
@public
def head() -> ResponseReturnValue:
    """Answer the head of the chain (contract 8)."""
    with reading() as session:
        found = wallet.book_head(session)
        last = wallet.latest_checkpoint(session)
    at = found.at.isoformat() if found.at else ""
    public_key, signature = rules.signed_head(
        settings().secret_key(), sequence=found.sequence, link=found.hash, at=at
    )
    return {
        "sequence": found.sequence,
        "hash": found.hash,
        "at": at or None,
        "public_key": public_key,
        "signature": signature,
        "checkpoint": last.note if last else None,
    }


@ledger_bp.get("/export.jsonl")
@public
def export() -> ResponseReturnValue:
    """Stream the public book, one sealed record a line; `since` continues."""
    since = request.args.get("since", 0, type=int)
    since = min(max(0, since), SEQUENCE_MAX)

    def lines() -> Iterator[str]:
        with reading() as session:
            for line in wallet.export_lines(session, since=since):
                yield line + "\n"

    answer = Response(stream_with_context(lines()), mimetype="application/x-ndjson")
    answer.headers["Content-Disposition"] = "attachment; filename=ledger.jsonl"
    return answer


def _sheet_of(session: Session, unit: str) -> Any:
    """Return where all of a unit is.

    Raises:
        EntryNotFound: the book keeps none of it.
    """
    found = [one for one in wallet.conservation(session) if one.unit == unit]
    if not found:
        raise EntryNotFound(msg("The book keeps no such accounts."))
    return found[0]


def _month(month: str) -> dict[str, Any]:
    """Return what a month's report shows, unit by unit."""
    with reading() as session:
        report = wallet.month_report(session, month)
    units = sorted({one.unit for one in report.kinds}, key=_place_of)
    return {
        "report": report,
        "sheets": [
            (
                unit,
                [one for one in report.kinds if one.unit == unit],
                [one for one in report.totals if one.unit == unit],
            )
            for unit in units
        ],
        **_words(),
    }


def _next_checkpoint(last: Any) -> datetime:
    """Return when the next checkpoint is to be expected."""
    due = last.at + rules.CHECKPOINT_EVERY if last else now()
    return max(due, now() + timedelta(minutes=1))


def _sheet(one: Any) -> dict[str, Any]:
    """Return a unit's sums as the page shows them."""
    return {
        "unit": one.unit,
        "issued": one.issued,
        "difference": one.difference,
        "holds": one.holds,
        "rows": sorted(one.by_kind.items(), key=lambda row: (row[1], row[0])),
        "with_people": one.by_kind.get("member", Decimal(0)),
        "spent": one.by_kind.get("redeemed", Decimal(0)),
    }


def _unit_order(one: Any) -> int:
    return _place_of(one.unit)


def _place_of(unit: str) -> int:
    return UNIT_ORDER.index(unit) if unit in UNIT_ORDER else len(UNIT_ORDER)


def _kinds(session: Session, entries: list[rules.Entry]) -> Mapping[str, str]:
    codes = set().union(*(one.codes() for one in entries))
    return wallet.account_kinds(session, codes) if codes else {}


def _words() -> dict[str, Mapping[str, str]]:
    return {
        "units": rules.UNITS,
        "steps_of": rules.STEPS_OF,
        "account_words": wallet.ACCOUNT_WORDS,
        "entry_words": wallet.ENTRY_WORDS,
        "nouns": rules.NOUNS,
    }
