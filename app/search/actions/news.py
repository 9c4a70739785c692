"""What the outbox says since a position, and which documents that touches.

A position is one number, stored in the index's own commit. On SQLite, where one writes
at a time, ids come in the order of commits: the position is the next id to read. On
PostgreSQL a row may appear behind a newer one, whenever its transaction commits. There
the position is the horizon of a snapshot, the oldest transaction that may still be
running: what is older has been read. It is kept below zero, so that an index that was
fed from the other kind of database is recognised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, func, select

from app import fair, partners, places, volunteering, workshops
from app.kernel.outbox import OutboxRow
from app.search.rules import ALSO, FEEDS

AT_ONCE = 1000

Touched = dict[str, set[UUID]]
"""Kind of document → ids of the things whose document may have changed."""

_SINCE = text(
    "SELECT kind, data FROM outbox"
    " WHERE xid >= CAST(CAST(:horizon AS text) AS xid8) AND kind IN :kinds"
    " AND (CAST(:reached AS text) IS NULL OR NOT pg_visible_in_snapshot("
    "xid, CAST(CAST(:reached AS text) AS pg_snapshot)))"
    " ORDER BY xid, id"
).bindparams(bindparam("kinds", expanding=True))
"""Also what is beyond the new horizon is read at once, and by `reached` only once:
what is hidden must not wait for an hour's load that happens to be running."""


@dataclass(frozen=True)
class News:
    """Events since a position; `position` is where reading goes on.

    `position` is None when the old one is not of this database's history (restored
    from an older backup, moved to another server): only a rebuild helps.
    """

    events: Sequence[tuple[str, Mapping[str, Any]]]
    position: int | None
    reached: str | None = None


def newest_position(session: Session) -> int:
    """Return the position of an index that holds what this session sees."""
    if _is_sqlite(session):
        return (session.exec(select(func.max(OutboxRow.id))).one() or 0) + 1
    return -_snapshot(session)[0]


def news_since(session: Session, position: int, reached: str | None) -> News:
    """Return what happened since; a replay does no harm, a gap would."""
    if _is_sqlite(session):
        return _since_id(session, position)
    horizon, snapshot = _snapshot(session)
    if position >= 0 or -position > horizon:
        return News((), None)
    rows = session.execute(
        _SINCE,
        {"horizon": str(-position), "reached": reached, "kinds": sorted(FEEDS)},
    ).all()
    return News([(kind, data) for kind, data in rows], -horizon, snapshot)


def _since_id(session: Session, position: int) -> News:
    newest = newest_position(session)
    if position <= 0 or position > newest:
        return News((), None)
    rows = session.execute(
        select(OutboxRow.kind, OutboxRow.data)
        .where(col(OutboxRow.id) >= position)
        .where(col(OutboxRow.kind).in_(FEEDS))
        .order_by(col(OutboxRow.id))
    ).all()
    return News([(kind, data) for kind, data in rows], newest)


def _snapshot(session: Session) -> tuple[int, str]:
    snapshot = str(
        session.execute(text("SELECT CAST(pg_current_snapshot() AS text)")).scalar_one()
    )
    return int(snapshot.partition(":")[0]), snapshot


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


# -- which documents that touches --------------------------------------------------


def touched_by(
    session: Session, events: Sequence[tuple[str, Mapping[str, Any]]]
) -> Touched:
    """Return what the events name, and whatever shows it in its own document."""
    found: Touched = defaultdict(set)
    named: dict[tuple[str, str], set[UUID]] = defaultdict(set)
    for kind, data in events:
        document, name = FEEDS[kind]
        one = UUID(data[name])
        if document:
            found[document].add(one)
        for other in ALSO.get(kind, ()):
            named[kind, other].add(one)
    for (kind, other), ids in named.items():
        waiting = iter(ids)
        while some := list(islice(waiting, AT_ONCE)):
            found[other].update(session.execute(_MENTIONS[kind, other](some)).scalars())
    return found


_MENTIONS: Mapping[tuple[str, str], Any] = {
    ("PlaceChanged", "place"): lambda ids: select(places.Place.id).where(
        col(places.Place.parent_id).in_(ids)
    ),
    ("PlaceChanged", "offering"): lambda ids: select(fair.Offering.id).where(
        col(fair.Offering.place_id).in_(ids)
    ),
    ("PlaceChanged", "organisation"): lambda ids: select(
        partners.Organisation.id
    ).where(col(partners.Organisation.place_id).in_(ids)),
    ("PlaceChanged", "goods"): lambda ids: (
        select(workshops.Good.id)
        .join(workshops.Workshop, workshops.Workshop.id == workshops.Good.workshop_id)  # type: ignore[arg-type]
        .where(col(workshops.Workshop.place_id).in_(ids))
    ),
    ("PlaceChanged", "post"): lambda ids: select(volunteering.Post.id).where(
        col(volunteering.Post.place_id).in_(ids)
    ),
    ("OrganisationChanged", "offering"): lambda ids: select(fair.Offering.id).where(
        col(fair.Offering.organisation_id).in_(ids)
    ),
    ("PersonChanged", "offering"): lambda ids: select(fair.Offering.id).where(
        col(fair.Offering.provider_id).in_(ids)
    ),
}


def begun_between(session: Session, after: datetime, until: datetime) -> Touched:
    """Return what had a time that began: it is no longer one that can be had."""
    slot, shift = fair.Slot, volunteering.Shift
    offerings = select(slot.offering_id).where(
        col(slot.starts_at) > after, col(slot.starts_at) <= until
    )
    posts = select(shift.post_id).where(
        col(shift.starts_at) > after, col(shift.starts_at) <= until
    )
    return {
        "offering": set(session.execute(offerings).scalars()),
        "post": set(session.execute(posts).scalars()),
    }
