"""What happens to posts and shifts: published, repeated weekly, called off, ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app import people, programmes
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission
from app.volunteering import queries, rules
from app.volunteering.errors import ShiftClosed, ShiftInvalid
from app.volunteering.events import PostChanged, ShiftCancelled
from app.volunteering.models import (
    Claim,
    ClaimState,
    Post,
    Qualification,
    RiskLevel,
    Shift,
    ShiftState,
)

WEEKS_MAX = 60


def add_post(
    session: Session,
    *,
    programme_id: UUID,
    place_id: UUID,
    title: str,
    what: str,
    risk_note: str,
    protection_note: str,
    beneficiaries: str,
    person_in_charge: str,
    at: datetime,
    by: UUID | None,
    organising_unit: str | None = None,
    risk_level: RiskLevel = RiskLevel.LOW,
    min_age: int | None = None,
    insurance_policy_no: str | None = None,
    external_id: str | None = None,
    **details: Any,
) -> Post:
    """Publish a post; *by* None is the installation itself (demo, load).

    The organising unit is the programme's issuer unless another is named. The same
    `external_id` again returns the post that is there.

    Raises:
        MayNot: *by* may not publish shifts at this place.
        Invalid: danger without insurance and adults (R-VOL-06).
    """
    if by is not None:
        _ensure_publisher(session, by, place_id, at)
    if external_id is not None:
        found = session.exec(
            select(Post).where(Post.external_id == external_id)
        ).first()
        if found is not None:
            return found
    rules.ensure_post(
        risk_level=risk_level,
        min_age=min_age,
        insurance_policy_no=insurance_policy_no,
    )
    programme = programmes.programme_for(session, programme_id)
    post = Post(
        external_id=external_id,
        programme_id=programme_id,
        place_id=place_id,
        title=title,
        what=what,
        risk_note=risk_note,
        protection_note=protection_note,
        beneficiaries=beneficiaries,
        person_in_charge=person_in_charge,
        organising_unit=organising_unit or programme.issuer,
        risk_level=risk_level,
        min_age=min_age,
        insurance_policy_no=insurance_policy_no,
        created_by=by,
        created_at=at,
        **details,
    )
    session.add(post)
    session.flush()
    publish(session, PostChanged(at=at, post_id=post.id))
    return post


def end_post(session: Session, post_id: UUID, *, by: UUID, at: datetime) -> Post:
    """End a post: no new shifts; those that are claimed still take place."""
    post = queries.post_for(session, post_id)
    _ensure_publisher(session, by, post.place_id, at)
    post.ended_at = post.ended_at or at
    session.add(post)
    publish(session, PostChanged(at=at, post_id=post.id))
    return post


def add_shift(
    session: Session,
    post_id: UUID,
    *,
    day: date,
    starts_at: datetime,
    ends_at: datetime,
    people_wanted: int,
    at: datetime,
    by: UUID | None,
    place_id: UUID | None = None,
    external_id: str | None = None,
) -> Shift:
    """Publish one shift; *day* is its day on the wall clock.

    The same post, place and start again returns the shift that is there.

    Raises:
        MayNot: *by* may not publish shifts at this place.
        ShiftInvalid: past, backwards, too long, or too many people.
    """
    post = queries.post_for(session, post_id)
    where = place_id or post.place_id
    if by is not None:
        _ensure_publisher(session, by, where, at)
    _ensure_running(post)
    shift = _add_shift(
        session, post, where, day, (starts_at, ends_at), people_wanted,
        at=at, by=by, external_id=external_id,
    )  # fmt: skip
    publish(session, PostChanged(at=at, post_id=post.id))
    return shift


def add_weekly_shifts(
    session: Session,
    post_id: UUID,
    *,
    weekdays: Collection[int],
    starts: time,
    ends: time,
    first_day: date,
    weeks: int,
    people_wanted: int,
    zone: tzinfo,
    at: datetime,
    by: UUID | None,
    place_id: UUID | None = None,
) -> list[Shift]:
    """Publish the same hours on *weekdays* (Monday 0) for some weeks.

    Times are on the wall clock of *zone*; an end before the start is the next
    morning. Days that are past already are left out.

    Raises:
        MayNot: *by* may not publish shifts at this place.
        ShiftInvalid: no weekday, too many weeks, or no day left.
    """
    post = queries.post_for(session, post_id)
    where = place_id or post.place_id
    if by is not None:
        _ensure_publisher(session, by, where, at)
    _ensure_running(post)
    if not weekdays or not 1 <= weeks <= WEEKS_MAX:
        raise ShiftInvalid(
            msg("Choose weekdays, and between 1 and %(weeks)s weeks."),
            field="weekdays",
            weeks=WEEKS_MAX,
        )
    made = []
    for offset in range(weeks * 7):
        day = first_day + timedelta(days=offset)
        last_day = day + timedelta(days=1) if ends <= starts else day
        starts_at = datetime.combine(day, starts, zone)
        if day.weekday() not in weekdays or starts_at <= at:
            continue
        window = (starts_at, datetime.combine(last_day, ends, zone))
        made.append(
            _add_shift(session, post, where, day, window, people_wanted, at=at, by=by)
        )
    if not made:
        raise ShiftInvalid(
            msg("A shift is published before it starts."), field="first_day"
        )
    publish(session, PostChanged(at=at, post_id=post.id))
    return made


def cancel_shift(
    session: Session, shift_id: UUID, *, reason: str, by: UUID, at: datetime
) -> Shift:
    """Call a shift off; everybody who had claimed it is free again.

    Raises:
        MayNot: *by* may not publish shifts at this place.
        ShiftClosed: it is over or called off already.
    """
    shift = queries.shift_for(session, shift_id, lock=True)
    _ensure_publisher(session, by, shift.place_id, at)
    if rules.shown_state(shift, at) not in (ShiftState.OPEN, ShiftState.FULL):
        raise ShiftClosed(msg("Only a shift that has not begun can be called off."))
    shift.state = ShiftState.CANCELLED
    shift.cancel_reason = reason
    session.add(shift)
    for claim in session.exec(
        select(Claim)
        .where(Claim.shift_id == shift.id, col(Claim.state).in_(rules.BEFORE))
        .order_by(col(Claim.id))
        .with_for_update()
    ):
        claim.state = ClaimState.CANCELLED
        claim.let_go_at = at
        claim.let_go_reason = reason
        session.add(claim)
    doings.note(
        session, who=by, verb="shift.cancel", about=f"shift:{shift.id}", at=at,
        detail=reason,
    )  # fmt: skip
    publish(session, ShiftCancelled(at=at, shift_id=shift.id))
    publish(session, PostChanged(at=at, post_id=shift.post_id))
    return shift


def add_qualification(
    session: Session,
    *,
    person_id: UUID,
    kind: str,
    expires_on: date | None,
    at: datetime,
    by: UUID | None,
) -> Qualification:
    """Keep that somebody showed a training or licence at the desk (R-VOL-07).

    Raises:
        Invalid: it has expired, or *by* shows their own.
    """
    if expires_on is not None and expires_on < day_of(at):
        raise Invalid(msg("This has expired already."), field="expires_on")
    if by == person_id:
        raise Invalid(msg("Somebody else must see your papers."), field="kind")
    found = session.exec(
        select(Qualification).where(
            Qualification.person_id == person_id, Qualification.kind == kind
        )
    ).first()
    shown = found or Qualification(person_id=person_id, kind=kind, seen_at=at)
    shown.expires_on, shown.seen_by, shown.seen_at = expires_on, by, at
    session.add(shown)
    return shown


def _add_shift(
    session: Session,
    post: Post,
    place_id: UUID,
    day: date,
    window: tuple[datetime, datetime],
    people_wanted: int,
    *,
    at: datetime,
    by: UUID | None,
    external_id: str | None = None,
) -> Shift:
    starts_at, ends_at = window
    rules.ensure_shift(starts_at, ends_at, at=at)
    if not 1 <= people_wanted <= 500:
        raise ShiftInvalid(
            msg("A shift wants between 1 and 500 people."), field="people_wanted"
        )
    found = session.exec(
        select(Shift).where(
            Shift.post_id == post.id,
            Shift.place_id == place_id,
            Shift.starts_at == starts_at,
        )
    ).first()
    if found is not None:
        return found
    shift = Shift(
        external_id=external_id,
        post_id=post.id,
        place_id=place_id,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        people_wanted=people_wanted,
        created_by=by,
        created_at=at,
    )
    session.add(shift)
    return shift


def _ensure_running(post: Post) -> None:
    if post.ended_at is not None:
        raise ShiftClosed(msg("This post has ended."))


def _ensure_publisher(session: Session, by: UUID, place_id: UUID, at: datetime) -> None:
    people.ensure_may(
        session, by, Permission.PUBLISH_SHIFT, place_id=place_id, on=day_of(at)
    )
