"""The manager's counter of places: the week anew, a day closed, opened after all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.places import actions, rules
from app.places.errors import MayNotManage
from app.places.forms import ClosureForm, HoursForm, ReopeningForm
from app.places.queries import ancestor_ids, hours_of, place_for
from app.web.filters import local_today
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate

bp = Blueprint("places_desk", __name__)


@bp.get("/<uuid:place_id>/hours")
@needs(Permission.MANAGE_PLACE)
def edit(place_id: UUID) -> str:
    """Show the form for a place's week and its closed days."""
    with reading() as session:
        if not _is_mine(session, place_id):
            raise MayNotManage(msg("Your role does not reach this place."))
    return render_template("places/edit.html", **_edit_context(place_id))


@bp.post("/<uuid:place_id>/hours")
@needs(Permission.MANAGE_PLACE)
def change_hours(place_id: UUID) -> ResponseReturnValue:
    """Write the week anew."""
    try:
        form = read_form(HoursForm)
        week = [
            span
            for weekday, text in enumerate(form.days())
            for span in rules.spans_written(weekday, text, field=f"day_{weekday}")
        ]
        with transaction() as session:
            once(
                session, "place.hours", owner=me().id, body=form, at=now(),
                do=lambda: actions.change_hours(
                    session, place_id, week, by=me().id, held=me().held, at=now()
                ).id,
            )  # fmt: skip
    except MayNotManage:
        raise
    except Refusal as refusal:
        return refused_form("places/edit.html", refusal, **_edit_context(place_id))
    return go_to(
        url_for("places.show", place_id=place_id), notice=translate(msg("Saved."))
    )


@bp.post("/<uuid:place_id>/closures")
@needs(Permission.MANAGE_PLACE)
def close_day(place_id: UUID) -> ResponseReturnValue:
    """Keep the place shut on a day."""
    try:
        form = read_form(ClosureForm)
        with transaction() as session:
            once(
                session, "place.close", owner=me().id, body=form, at=now(),
                do=lambda: actions.close_day(
                    session, place_id, form.day, form.reason, by=me().id,
                    held=me().held, at=now(), today=local_today(),
                ).id,
            )  # fmt: skip
    except MayNotManage:
        raise
    except Refusal as refusal:
        return refused_form("places/edit.html", refusal, **_edit_context(place_id))
    notice = translate(msg("The place is shown as closed on that day."))
    return go_to(url_for(".edit", place_id=place_id), notice=notice)


@bp.post("/<uuid:place_id>/reopenings")
@needs(Permission.MANAGE_PLACE)
def reopen_day(place_id: UUID) -> ResponseReturnValue:
    """Let a closed day have its hours again."""
    form = read_form(ReopeningForm)
    with transaction() as session:
        actions.reopen_day(
            session, place_id, form.day, by=me().id, held=me().held, at=now()
        )
    return go_to(url_for(".edit", place_id=place_id), notice=translate(msg("Saved.")))


def _is_mine(session: Session, place_id: UUID) -> bool:
    return rules.may_manage(me().held, place_id, ancestor_ids(session, place_id))


def _edit_context(place_id: UUID) -> dict[str, Any]:
    with reading() as session:
        place = place_for(session, place_id)
        week, exceptions = hours_of(session, place_id)
    written: dict[str, str] = {}
    for one in week:
        name = f"day_{one.weekday}"
        text = f"{one.opens_at:%H:%M}-{one.closes_at:%H:%M}"
        written[name] = f"{written[name]}, {text}" if name in written else text
    return {
        "place": place,
        "written": blank_form(**written),
        "weekdays": [translate(words) for words in rules.WEEKDAYS],
        "closures": [one for one in exceptions if one.day >= local_today()],
    }
