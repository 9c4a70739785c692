"""What programs and witnesses read: the head, the export, the checkpoints."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from app import wallet
from app.sunshine import rules
from app.sunshine.views.shown import SEQUENCE_MAX, ledger_bp
from app.web.guards import public
from app.web.store import reading, settings

CHECKPOINTS_SHOWN = 100


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
