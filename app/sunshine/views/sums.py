"""From a unit's sum down to the entries behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import render_template, request
from sqlmodel import Session

from app import wallet
from app.kernel.i18n import msg
from app.sunshine.errors import EntryNotFound
from app.sunshine.queries import PAGE, last_check, latest_moves
from app.sunshine.views.shown import bp, kinds_of, place_of_unit, words
from app.web.guards import public
from app.web.store import reading


@bp.get("/")
@public
def index() -> str:
    """Show the sums of every unit, the newest entries and the head."""
    with reading() as session:
        sheets = sorted(wallet.conservation(session), key=_unit_order)
        head = wallet.book_head(session)
        entries = latest_moves(session, head.sequence)
        kinds = kinds_of(session, entries)
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
        **words(),
    )


@bp.get("/units/<unit>")
@public
def unit(unit: str) -> str:
    """Open a unit's sum: how much each kind of account has of it."""
    with reading() as session:
        sheet = _sheet_of(session, unit)
    return render_template("sunshine/unit.html", sheet=_sheet(sheet), **words())


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
        **words(),
    )


def _sheet_of(session: Session, unit: str) -> Any:
    """Return where all of a unit is.

    Raises:
        EntryNotFound: the book keeps none of it.
    """
    found = [one for one in wallet.conservation(session) if one.unit == unit]
    if not found:
        raise EntryNotFound(msg("The book keeps no such accounts."))
    return found[0]


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
    return place_of_unit(one.unit)
