"""What the station's pages share: whose places, and what waits there."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, url_for
from sqlmodel import Session

from app import people
from app.kernel.clock import day_of, now
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import actions, queries
from app.volunteering.models import RecordState, ServiceRecord
from app.volunteering.queries import PlaceIds
from app.volunteering.views.shown import RecordRow, record_rows
from app.web.desk_finds import FINDS_MAX, Find, FindKind, every_language
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from app.web.filters import minutes, span
from app.web.words import label, localized, translate

bp = Blueprint("volunteering_desk", __name__)

FIRST_YES = (RecordState.SUPPLEMENT_REQUESTED, RecordState.PENDING_VERIFICATION)
SECOND_YES = (RecordState.AWAITING_SECOND,)


def reach_of(
    session: Session, actor_id: UUID, permission: Permission, on: date
) -> PlaceIds:
    """Return the places where somebody carries a permission; None: everywhere."""
    return people.permitted_place_ids(session, actor_id, permission, on=on)


def waiting_for(
    session: Session, actor_id: UUID, *, at: datetime
) -> list[ServiceRecord]:
    """Return the records that wait for a yes somebody's role can give."""
    found: list[ServiceRecord] = []
    for permission, states in (
        (Permission.VERIFY_HOURS, FIRST_YES),
        (Permission.VERIFY_LONG_HOURS, SECOND_YES),
    ):
        reach = reach_of(session, actor_id, permission, day_of(at))
        if reach is None or reach:
            found += queries.waiting_records(session, reach, states=states)
    return found


def waiting_rows(session: Session, actor_id: UUID, *, at: datetime) -> list[RecordRow]:
    """Return waiting records as the queue shows them, those one may decide first."""
    found = waiting_for(session, actor_id, at=at)
    verdicts = actions.verdicts_on(session, found, by=actor_id, at=at)
    rows = record_rows(session, found, verdicts)
    return sorted(rows, key=lambda row: (not row.may_decide, row.record.recorded_at))


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return hours to verify and check-outs to put right, for the desk page."""
    at = now()
    items = [
        _record_item(row)
        for row in waiting_rows(session, actor_id, at=at)
        if row.may_decide
    ]
    reach = reach_of(session, actor_id, Permission.ENTER_HOURS, on)
    if reach is not None and not reach:
        return items
    claims = [
        claim
        for claim in queries.missing_checkouts(session, reach)
        if claim.person_id != actor_id
    ]
    shifts = queries.shifts_by_ids(session, {claim.shift_id for claim in claims})
    posts = queries.posts_by_ids(session, {one.post_id for one in shifts.values()})
    who = people.people_by_ids(session, {claim.person_id for claim in claims})
    return items + [
        DeskItem(
            kind=DeskKind.MISSING_CHECKOUT,
            id=claim.id,
            title=f"{who[claim.person_id].display_name} · "
            + localized(posts[shifts[claim.shift_id].post_id], "title"),
            detail=span(claim.starts_at, claim.ends_at),
            since=claim.ends_at,
            url=url_for("volunteering_desk.shift", shift_id=claim.shift_id),
            place_id=claim.place_id,
        )
        for claim in claims
    ]


def desk_finds(session: Session, *, actor_id: UUID, on: date) -> list[Find]:
    """Return the records of places whose hours the actor handles or audits."""
    reaches = [reach_of(session, actor_id, one, on) for one in queries.MAY_READ_RECORDS]
    places: PlaceIds = frozenset().union(*(one for one in reaches if one is not None))
    if None in reaches:
        places = None
    elif not places:
        return []
    rows = queries.latest_records(session, places, limit=FINDS_MAX)
    posts = queries.posts_by_ids(session, {one.post_id for one in rows})
    who = people.people_by_ids(session, {one.person_id for one in rows})
    return [
        Find(
            kind=FindKind.RECORD,
            id=one.id,
            title=f"{who[one.person_id].display_name} · "
            + localized(posts[one.post_id], "title"),
            detail=f"{label(one.state)} · {minutes(one.minutes)}",
            day=one.day,
            url=url_for("volunteering.record", record_id=one.id),
            place_id=one.place_id,
            names=every_language(who[one.person_id], "display_name"),
            texts=(*every_language(posts[one.post_id], "title"), one.activity),
        )
        for one in rows
    ]


def _record_item(row: RecordRow) -> DeskItem:
    record = row.record
    is_second = record.state is RecordState.AWAITING_SECOND
    words = msg("Approve as the second") if is_second else msg("Verify the hours")
    return DeskItem(
        kind=DeskKind.LONG_RECORD if is_second else DeskKind.RECORD,
        id=record.id,
        title=f"{minutes(record.minutes)} · {localized(row.post, 'title')}",
        detail=f"{row.person_name} · {span(record.starts_at, record.ends_at)}",
        since=record.recorded_at,
        url=url_for("volunteering.record", record_id=record.id),
        fragment_url=url_for("volunteering.record", record_id=record.id),
        place_id=record.place_id,
        actions=(
            DeskAction(
                label=translate(words),
                op="hours.verify",
                url=url_for("volunteering_desk.verify", record_id=record.id),
                kind="good",
            ),
        ),
    )
