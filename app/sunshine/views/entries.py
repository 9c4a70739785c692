"""Entries: a page of them, one of them, the receipt that proves it."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import wallet
from app.kernel.i18n import msg
from app.sunshine.errors import EntryNotFound, NotYetCovered
from app.sunshine.queries import PAGE, entries_until, entry_for
from app.sunshine.views.shown import SEQUENCE_MAX, bp, kinds_of, next_checkpoint, words
from app.web.filters import clock_time
from app.web.guards import public
from app.web.links import find_url
from app.web.store import reading

MOVES_SHOWN = 40
"""Moves of one entry on its page; a batch may have thousands."""
RAW_SHOWN = 4000
"""Longest line of the export that is shown on a page."""


@bp.get("/until/<int:sequence>")
@public
def older(sequence: int) -> str:
    """Show a page of entries that ends with *sequence*."""
    with reading() as session:
        head = wallet.book_head(session)
        if not 0 < sequence <= head.sequence:
            raise EntryNotFound(msg("The book has no such entry."))
        entries = entries_until(session, sequence)
        kinds = kinds_of(session, entries)
    return render_template(
        "sunshine/entries.html",
        entries=entries,
        kinds=kinds,
        older=sequence - PAGE,
        newer=min(sequence + PAGE, head.sequence) if sequence < head.sequence else None,
        **words(),
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
        kinds = kinds_of(session, [shown])
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
        next_checkpoint=next_checkpoint(checkpoint),
        reversal_url=find_url("books_desk.new_reversal", entry=sequence),
        **words(),
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
            when=clock_time(next_checkpoint(checkpoint)),
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
