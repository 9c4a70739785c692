"""The counter of the sunshine ledger: sums, entries, the head, the export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import wallet
from app.kernel.i18n import msg
from app.sunshine import rules
from app.sunshine.errors import EntryNotFound
from app.sunshine.queries import (
    PAGE,
    entries_until,
    entry_for,
    last_check,
    latest_moves,
)
from app.web.guards import public
from app.web.store import reading, settings

bp = Blueprint("sunshine", __name__)
ledger_bp = Blueprint("ledger", __name__)

UNIT_ORDER = ("HOUR", "POINT", "TIME", "CNY")
SEQUENCE_MAX = 2**53


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
    return render_template(
        "sunshine/index.html",
        sheets=[_sheet(one) for one in sheets if one.issued or not one.holds],
        head=head,
        check=check,
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
    """Open one entry: what moved, its place in the chain, its hashes."""
    with reading() as session:
        head = wallet.book_head(session)
        if sequence > head.sequence:
            raise EntryNotFound(msg("The book has no such entry."))
        found = entry_for(session, sequence)
        kinds = _kinds(session, [found])
    return render_template(
        "sunshine/entry.html", entry=found, kinds=kinds, head=head, **_words()
    )


@ledger_bp.get("/head")
@public
def head() -> ResponseReturnValue:
    """Answer the head of the chain (contract 8)."""
    with reading() as session:
        found = wallet.book_head(session)
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
    return UNIT_ORDER.index(one.unit) if one.unit in UNIT_ORDER else len(UNIT_ORDER)


def _kinds(session: Session, entries: list[rules.Entry]) -> Mapping[str, str]:
    codes = set().union(*(one.codes() for one in entries))
    return wallet.account_kinds(session, codes) if codes else {}


def _words() -> dict[str, Mapping[str, str]]:
    return {
        "units": rules.UNITS,
        "steps_of": rules.STEPS_OF,
        "account_words": rules.KINDS_OF_ACCOUNT,
        "entry_words": rules.KINDS_OF_ENTRY,
        "nouns": rules.NOUNS,
    }
