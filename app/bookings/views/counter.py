"""The blueprint of bookings, and what the books call one."""

from __future__ import annotations

from flask import Blueprint

from app.bookings import queries, rules
from app.web.causes import register_cause
from app.web.words import localized, register_labels

FRAGMENT = "bookings/_booking.html"

bp = Blueprint("bookings", __name__)
register_labels(rules.LABELS)
register_cause(
    "booking",
    endpoint="bookings.show",
    argument="booking_id",
    titles=lambda session, ids: {
        one: localized(offering, "title")
        for one, offering in queries.offerings_of_bookings(session, ids).items()
    },
)
