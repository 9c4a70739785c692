"""The closed months, on a page, on paper and as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response, render_template, url_for

from app import wallet
from app.sunshine.views.shown import bp, place_of_unit, words
from app.web.guards import public
from app.web.store import reading


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


def _month(month: str) -> dict[str, Any]:
    """Return what a month's report shows, unit by unit."""
    with reading() as session:
        report = wallet.month_report(session, month)
    units = sorted({one.unit for one in report.kinds}, key=place_of_unit)
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
        **words(),
    }
