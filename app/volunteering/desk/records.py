"""Hours to verify: one by one in place, or many at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import actions, queries
from app.volunteering.desk.shown import bp, waiting_rows
from app.volunteering.forms import BatchForm, NoFields, RejectForm
from app.volunteering.models import RecordState
from app.volunteering.views.shown import record_rows
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to, page_or_fragment, swap_or_redirect
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import ntranslate, translate

RECORD = "volunteering/_record.html"


@bp.get("/desk/")
@needs(Permission.OPEN_DESK)
def index() -> ResponseReturnValue:
    """Show the hours that wait for a yes at one's places."""
    return page_or_fragment(
        "volunteering/desk/index.html",
        "volunteering/desk/_queue.html",
        form=blank_form(),
        **_queue(),
    )


@bp.post("/desk/records/<uuid:record_id>/verification")
@needs(Permission.OPEN_DESK)
def verify(record_id: UUID) -> ResponseReturnValue:
    """Say that somebody gave these hours."""
    at = now()
    form = read_form(NoFields)
    with transaction() as session:
        once(
            session,
            "hours.verify",
            owner=me().id,
            body={"record": str(record_id)} | form.model_dump(),
            at=at,
            do=lambda: actions.verify_record(session, record_id, by=me().id, at=at).id,
        )
    return _decided(record_id, translate(msg("Thank you, the hours are verified.")))


@bp.post("/desk/records/<uuid:record_id>/rejection")
@needs(Permission.OPEN_DESK)
def reject(record_id: UUID) -> ResponseReturnValue:
    """Refuse a record with a reason."""
    at = now()
    try:
        form = read_form(RejectForm)
        with transaction() as session:
            once(
                session,
                "hours.reject",
                owner=me().id,
                body={"record": str(record_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    actions.reject_record(
                        session, record_id, reason=form.reason, by=me().id, at=at
                    ).id
                ),
            )
    except Refusal as refusal:
        if refusal.status == 422:
            context = _record(record_id)
            del context["form"]
            return refused_form(
                "volunteering/record.html", refusal, fragment=RECORD, **context
            )
        raise
    said = translate(msg("Not accepted; the volunteer can read why."))
    return _decided(record_id, said)


@bp.post("/desk/records/<uuid:record_id>/revocation")
@needs(Permission.ADJUST_LEDGER)
def revoke(record_id: UUID) -> ResponseReturnValue:
    """Take a credited record back, with a reason."""
    at = now()
    try:
        form = read_form(RejectForm)
        with transaction() as session:
            once(
                session,
                "hours.revoke",
                owner=me().id,
                body={"record": str(record_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    actions.revoke_record(
                        session, record_id, reason=form.reason, by=me().id, at=at
                    )[0].id
                ),
            )
    except Refusal as refusal:
        if refusal.status == 422:
            context = _record(record_id)
            del context["form"]
            return refused_form(
                "volunteering/record.html", refusal, fragment=RECORD, **context
            )
        raise
    said = translate(msg("Revoked. Hours and points were taken back."))
    return _decided(record_id, said)


@bp.post("/desk/records/verification")
@needs(Permission.OPEN_DESK)
def verify_many() -> ResponseReturnValue:
    """Verify the ticked records; those that are not one's to verify stay."""
    at = now()
    try:
        form = read_form(BatchForm)
        with transaction() as session:
            done = actions.verify_records(session, form.records, by=me().id, at=at)
    except Refusal as refusal:
        return refused_form("volunteering/desk/index.html", refusal, **_queue())
    count = len(done.posted) + len(done.waiting)
    said = ntranslate("%(n)s record verified.", "%(n)s records verified.", count)
    if done.refused:
        said += " " + ntranslate(
            "%(n)s is not yours to verify.",
            "%(n)s are not yours to verify.",
            len(done.refused),
        )
    return go_to(url_for(".index"), notice=said)


def _decided(record_id: UUID, said: str) -> ResponseReturnValue:
    context = _record(record_id)
    to = url_for(".index")
    if context["row"].record.state is RecordState.REVOKED:
        to = url_for("volunteering.record", record_id=record_id)
    return swap_or_redirect(RECORD, to=to, notice=said, **context)


def _record(record_id: UUID) -> dict[str, Any]:
    at = now()
    with reading() as session:
        found = queries.record_for(session, record_id, reader=me().id, on=day_of(at))
        verdicts = actions.verdicts_on(session, [found], by=me().id, at=at)
        (row,) = record_rows(session, [found], verdicts)
        can_revoke = actions.may_revoke(session, found, by=me().id, at=at)
    return {
        "row": row,
        "form": blank_form(),
        "is_mine": found.person_id == me().id,
        "can_revoke": can_revoke,
    }


def _queue() -> dict[str, Any]:
    with reading() as session:
        rows = waiting_rows(session, me().id, at=now())
    return {"rows": rows, "mine_to_do": [row for row in rows if row.may_decide]}
