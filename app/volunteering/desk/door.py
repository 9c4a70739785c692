"""The screen at the station's door: the code of this minute, as digits and picture."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

import segno
from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app import people, places
from app.kernel.clock import day_of, now
from app.kernel.permissions import Permission
from app.volunteering import rules
from app.volunteering.desk.shown import bp, reach_of
from app.web.guards import me, needs
from app.web.htmx import page_or_fragment
from app.web.store import reading, settings


@bp.get("/door")
@needs(Permission.SHOW_DOOR_CODE)
def doors() -> ResponseReturnValue:
    """List the places whose door one may show."""
    with reading() as session:
        reach = reach_of(session, me().id, Permission.SHOW_DOOR_CODE, day_of(now()))
        found = [
            place
            for place in places.all_places(session)
            if reach is None or place.id in reach
        ]
    return render_template("volunteering/desk/doors.html", found=found)


@bp.get("/door/<uuid:place_id>")
@needs(Permission.SHOW_DOOR_CODE)
def door(place_id: UUID) -> ResponseReturnValue:
    """Show the code of this minute; the page renews itself, also without scripts."""
    at = now()
    with reading() as session:
        place = places.place_for(session, place_id)
        people.ensure_may(
            session,
            me().id,
            Permission.SHOW_DOOR_CODE,
            place_id=place_id,
            on=day_of(at),
        )
    secret, window = settings().secret_key(), rules.window_at(at)
    link = url_for(
        "volunteering.attendance_page",
        code=rules.link_code_for(secret, place_id, window),
        _external=True,
    )
    until = rules.window_ends_at(window)
    return page_or_fragment(
        "volunteering/desk/door.html",
        "volunteering/desk/_door.html",
        place=place,
        digits=rules.digits_for(secret, place_id, window),
        picture=_svg(link),
        until=until,
        seconds=max(1, int((until - at).total_seconds()) + 1),
    )


def _svg(link: str) -> str:
    """Return a QR picture as markup without style attributes (CSP)."""
    out = BytesIO()
    segno.make(link, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, scale=6, border=2, omitsize=False
    )
    return out.getvalue().decode()
