"""One's shifts as a calendar that any telephone can subscribe to."""

from __future__ import annotations

import hmac
from datetime import timedelta
from uuid import UUID

from flask import Response, abort, url_for
from flask.typing import ResponseReturnValue
from icalendar import Calendar, Event

from app.kernel.clock import now
from app.volunteering import queries, rules
from app.volunteering.views.shown import bp, claim_rows
from app.web.guards import public
from app.web.store import reading, settings
from app.web.words import localized

DAYS_BACK = 30


def calendar_url(person_id: UUID) -> str:
    """Return a person's secret calendar address."""
    token = rules.calendar_token(settings().secret_key(), person_id)
    return url_for(
        "volunteering.calendar", person_id=person_id, token=token, _external=True
    )


@bp.get("/calendar/<uuid:person_id>/<token>.ics")
@public
def calendar(person_id: UUID, token: str) -> ResponseReturnValue:
    """Answer a calendar program that knows the secret address."""
    right = rules.calendar_token(settings().secret_key(), person_id)
    if not hmac.compare_digest(right.encode(), token.encode()):
        abort(404)
    at = now()
    with reading() as session:
        claims = queries.claims_of(
            session, person_id, since=at - timedelta(days=DAYS_BACK)
        )
        rows = claim_rows(session, claims, person_id, at)
    made = Calendar()
    made.add("prodid", "-//Common Fair//shifts//")
    made.add("version", "2.0")
    for row in rows:
        if row.claim.state in rules.FREED:
            continue
        entry = Event()
        entry.add("uid", f"{row.claim.id}@common-fair")
        entry.add("dtstamp", row.claim.claimed_at)
        entry.add("dtstart", row.claim.starts_at)
        entry.add("dtend", row.claim.ends_at)
        entry.add("summary", localized(row.post, "title"))
        entry.add("location", localized(row.place, "name"))
        made.add_component(entry)
    return Response(made.to_ical(), mimetype="text/calendar")
