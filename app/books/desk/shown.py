"""What the bookkeepers' pages share: the blueprint, the tabs, tables as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, url_for

from app.kernel.i18n import msg
from app.web.words import translate

bp = Blueprint("books_desk", __name__)

TABS = (
    ("books_desk.index", msg("Corrections")),
    ("books_desk.months", msg("Months")),
    ("books_desk.balance", msg("Trial balance")),
)
FORMULA = ("=", "+", "-", "@", "\t")


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the tabs of the books for `cards.tabs`."""
    return [
        (translate(words), url_for(endpoint), endpoint == current)
        for endpoint, words in TABS
    ]


def csv_answer(
    name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]
) -> Response:
    """Return a table as a file a spreadsheet opens, in any script.

    Texts a spreadsheet would run as a formula are made texts; amounts stay amounts.
    """
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(heads)
    for row in rows:
        table.writerow([_cell(one) for one in row])
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value
