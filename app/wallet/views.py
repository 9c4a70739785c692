"""The passbook: what one has, what is set aside, and every line with its cause."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from types import MappingProxyType

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

import ledger
from app import people, wallet
from app.kernel.clock import now
from app.kernel.i18n import msg
from app.web.causes import UNKNOWN, Explained, explain
from app.web.filters import full_moment, local, local_today
from app.web.guards import me, signed_in
from app.web.links import find_url
from app.web.store import reading
from app.web.words import translate

UNITS = (ledger.POINT, ledger.HOUR, ledger.TIME)
LOT_UNITS = (ledger.POINT, ledger.TIME)
PAGE_LINES = 30
PRINT_LINES = 200
CSV_LINES = 500

UNIT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        ledger.POINT: msg("Love points"),
        ledger.HOUR: msg("Hours of service"),
        ledger.TIME: msg("Time credits"),
    }
)
KIND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "EARN_HOURS": msg("Service verified"),
        "CAPTURE": msg("Spent"),
        "REFUND": msg("Given back to you"),
        "REVERSAL": msg("Corrected"),
        "OPENING": msg("Carried over from the paper book"),
        "EXPIRE": msg("Too old"),
        "CLAWBACK": msg("Taken back"),
        "OFFSET": msg("Paid off what was taken back"),
        "OVERFLOW": msg("Above what one may keep: it helps others"),
        "GRANT": msg("Granted"),
        "GIFT": msg("Given"),
        "DONATE": msg("Donated"),
        "ADJUST": msg("Adjusted by two people"),
    }
)
EARNED = "EARN_HOURS"
"""Its line stands under the day of service, others under the day of the act."""
OTHER_KIND = msg("Entry")

bp = Blueprint("wallet", __name__)


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """Show the passbook: three balances, and a page of one unit's lines."""
    unit = _unit()
    after = request.args.get("after") or None
    with reading() as session:
        balances = wallet.balances_of(session, me().id)
        page = _page(session, unit, after=after)
        causes = _causes(session, page)
        expiring = wallet.expiring_of(session, me().id, today=local_today())
    older = None
    if page is not None and page.statement.next_cursor:
        older = url_for(".index", unit=unit, after=page.statement.next_cursor)
    return render_template(
        "wallet/index.html",
        unit=unit,
        tabs=[
            (translate(UNIT_WORDS[one]), url_for(".index", unit=one), one == unit)
            for one in UNITS
        ],
        balances=balances,
        unit_words=UNIT_WORDS,
        lines=_lines(page, causes),
        expiring=expiring,
        lots_url=url_for(".lots", unit=unit) if unit in LOT_UNITS else None,
        older=older,
        newest=url_for(".index", unit=unit) if after else None,
        shifts_url=find_url("volunteering.index"),
        bookings_url=find_url("bookings.index"),
        rewards_url=find_url("rewards.mine"),
    )


@bp.get("/lots")
@signed_in
def lots() -> ResponseReturnValue:
    """Show what one has of a unit by the day it was earned, first to go first."""
    unit = _unit(LOT_UNITS)
    with reading() as session:
        balance = wallet.balances_of(session, me().id)[unit]
        found = wallet.lots_of(session, me().id, unit)
    return render_template(
        "wallet/lots.html",
        unit=unit,
        unit_word=translate(UNIT_WORDS[unit]),
        balance=balance,
        lots=found,
        back_url=url_for(".index", unit=unit),
    )


@bp.get("/paper")
@signed_in
def paper() -> ResponseReturnValue:
    """Show the newest lines of one unit for printing, in large type."""
    unit = _unit()
    with reading() as session:
        person = people.person_for(session, me().id)
        balances = wallet.balances_of(session, me().id)
        page = _page(session, unit, limit=PRINT_LINES)
        causes = _causes(session, page)
    return render_template(
        "wallet/paper.html",
        person=person,
        unit=unit,
        unit_word=translate(UNIT_WORDS[unit]),
        balance=balances[unit],
        lines=_lines(page, causes),
        printed_at=now(),
        back_url=url_for(".index", unit=unit),
    )


@bp.get("/passbook.csv")
@signed_in
def export() -> ResponseReturnValue:
    """Give the newest lines of one unit as a table file, to keep (R-LED-10)."""
    unit = _unit()
    with reading() as session:
        page = _page(session, unit, limit=CSV_LINES)
        causes = _causes(session, page)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["entry", "at", "for", "kind", "title", "amount", "balance"])
    for row in _lines(page, causes):
        line = row["line"]
        assert isinstance(line, ledger.StatementLine)
        table.writerow(
            [
                line.transaction_id,
                full_moment(line.at),
                line.effective_on.isoformat(),
                line.kind,
                _cell(str(row["title"])),
                line.amount,
                line.balance_after,
            ]
        )
    name = f"passbook-{unit.lower()}.csv"
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _unit(known: Collection[str] = UNITS) -> str:
    unit = request.args.get("unit", ledger.POINT)
    if unit not in known:
        abort(404)
    return unit


def _page(
    session: Session, unit: str, *, after: str | None = None, limit: int = PAGE_LINES
) -> wallet.Passbook | None:
    return wallet.passbook(session, me().id, unit, after=after, limit=limit)


def _causes(session: Session, page: wallet.Passbook | None) -> Mapping[str, Explained]:
    if page is None:
        return {}
    lines = page.statement.lines
    return explain(session, [line.cause for line in lines])


def _lines(
    page: wallet.Passbook | None, causes: Mapping[str, Explained]
) -> list[dict[str, object]]:
    """Return the lines with what happened in words and where it opens."""
    if page is None:
        return []
    rows = []
    for line in page.statement.lines:
        cause = causes.get(line.cause, UNKNOWN)
        kind = wallet.kind_of_line(line)
        said = translate(KIND_WORDS.get(kind, OTHER_KIND))
        rows.append(
            {
                "line": line,
                "day": line.effective_on
                if line.kind == EARNED
                else local(line.at).date(),
                "kind": said,
                "title": cause.title or said,
                "url": cause.url,
            }
        )
    return rows


def _cell(text: str) -> str:
    """Return text a spreadsheet will not run as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
