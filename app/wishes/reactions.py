"""What wishes do when they are told: send somebody word of what is new."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from flask import current_app
from sqlmodel import Session

from app import people, places, search
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.messages import Message
from app.web.store import database, messenger, settings
from app.web.words import speaking, translate
from app.wishes import queries
from app.wishes.events import SomethingNewFits
from app.wishes.models import KeptSearch

NOTICE = "new-finds"
TITLES_MAX = 3
"""A text message is short; the search itself has the rest."""


def tell_of_news(session: Session, event: SomethingNewFits) -> None:
    """Tell a person what is new to a search of theirs; sent twice it is one.

    Titles are read now: what was taken back meanwhile is not spoken of.
    """
    row = session.get(KeptSearch, event.search_id)
    if row is None:
        return
    person = people.people_by_ids(session, [row.person_id]).get(row.person_id)
    today = day_of(event.at)
    known = {
        one.document_id
        for one in queries.finds_of(session, [row.id], on=today).get(row.id, [])
    }
    if person is None or person.suspended_at is not None:
        return
    offered = settings().languages
    spoken = person.language if person.language in offered else offered[0]
    asked = search.Asked.read_line(row.line)
    found = search.new_finds(
        catalogue(),
        asked,
        since=row.kept_at,
        language=spoken,
        origin=_origin(session, asked),
    )
    titles = [one.title for one in found or () if one.id in known]
    if not titles:
        return
    with speaking(spoken):
        text = _words(row.name, titles)
    messenger().send(
        Message(
            to=person.phone or person.member_no,
            kind=NOTICE,
            text=text,
            at=event.at,
            key=f"{row.id}:{today}",
        )
    )


def find(asked: search.Asked, since: datetime) -> list[search.Find] | None:
    """Look through the catalogue for a kept search (the job's eyes)."""
    with database().reading() as session:
        origin = _origin(session, asked)
    return search.new_finds(
        catalogue(), asked, since=since, language=settings().languages[0], origin=origin
    )


def catalogue() -> search.Catalogue:
    """Return the catalogue of the application that runs."""
    return cast("search.Catalogue", current_app.extensions["fair_catalogue"])


def _origin(session: Session, asked: search.Asked) -> tuple[float, float] | None:
    """Return where a kept walk begins."""
    try:
        start = UUID(asked.start)
    except ValueError:
        return None
    place = places.places_by_ids(session, [start]).get(start)
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _words(name: str, titles: list[str]) -> str:
    return translate(
        msg(
            "Common Fair: something new fits your search “%(name)s”: %(titles)s."
            " Have a look under My searches."
        ),
        name=name,
        titles="; ".join(titles[:TITLES_MAX]),
    )
