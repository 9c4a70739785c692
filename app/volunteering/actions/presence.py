"""What the door and the sheets share: whose claims, who leaves, what is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app import people
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import queries, rules
from app.volunteering.errors import (
    ClaimNotFound,
    NotYourVerdict,
    StepOutOfTurn,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Method,
    Post,
    RecordKind,
    ServiceRecord,
    Shift,
)


def claims_at_the_desk(
    session: Session, claim_ids: Collection[UUID], by: UUID, at: datetime
) -> list[Claim]:
    """Return claims that *by* may handle at the station: never their own.

    Raises:
        ClaimNotFound: one of them does not exist.
        MayNot: *by* does not enter hours at one of the places.
        NotYourVerdict: one is *by*'s own.
        StepOutOfTurn: one can still be undone, so the station does not see it.
    """
    claims = queries.claims_by_ids(session, claim_ids, lock=True)
    if not claims or len(claims) != len(set(claim_ids)):
        raise ClaimNotFound(msg("We do not know this claim."))
    for place_id in {claim.place_id for claim in claims}:
        people.ensure_may(
            session, by, Permission.ENTER_HOURS, place_id=place_id, on=day_of(at)
        )
    if any(claim.person_id == by for claim in claims):
        raise NotYourVerdict(msg("Nobody writes down their own hours."))
    if not all(rules.is_seen_by_station(claim, at) for claim in claims):
        raise StepOutOfTurn(msg("This shift has moved on. Please look again."))
    return claims


def check_out(
    session: Session,
    claims: Collection[Claim],
    *,
    by: UUID | None,
    at: datetime,
    left_at: datetime | None = None,
) -> list[ServiceRecord]:
    """Write the records of people who leave; *by* None: each of them themselves."""
    left = left_at or at
    shifts = queries.shifts_by_ids(session, {claim.shift_id for claim in claims})
    posts = queries.posts_by_ids(session, {one.post_id for one in shifts.values()})
    others = queries.records_between(
        session,
        {claim.person_id for claim in claims},
        min(claim.starts_at for claim in claims),
        max(claim.ends_at for claim in claims),
    )
    records = []
    for claim in claims:
        assert claim.checked_in_at is not None
        shift = shifts[claim.shift_id]
        window = rules.clipped(claim, claim.checked_in_at, left)
        minutes = rules.minutes_given(claim, claim.checked_in_at, left)
        if minutes < 1:
            raise Invalid(msg("Less than a minute was given."), field="left")
        rules.ensure_no_overlap(*window, _of(others, claim.person_id))
        record = write_record(
            shift, posts[shift.post_id], claim.person_id, window, minutes,
            claim.in_method or Method.STATION_SCAN,
            entered_by=by or claim.person_id, at=at,
        )  # fmt: skip
        record.claim_id = claim.id
        claim.state = ClaimState.CHECKED_OUT
        claim.checked_out_at = left
        records.append(record)
    session.add_all([*claims, *records])
    session.flush()
    return records


def write_record(
    shift: Shift,
    post: Post,
    person_id: UUID,
    window: tuple[datetime, datetime],
    minutes: int,
    method: Method,
    *,
    entered_by: UUID,
    at: datetime,
) -> ServiceRecord:
    """Copy the eight facts, so that a later change of the post leaves them alone."""
    return ServiceRecord(
        person_id=person_id,
        shift_id=shift.id,
        post_id=post.id,
        programme_id=post.programme_id,
        activity=post.title,
        day=shift.day,
        place_id=shift.place_id,
        content=post.what,
        starts_at=window[0],
        ends_at=window[1],
        minutes=minutes,
        organising_unit=post.organising_unit,
        person_in_charge=post.person_in_charge,
        beneficiaries=post.beneficiaries,
        kind=RecordKind.CAPTURED,
        method=method,
        entered_by=entered_by,
        recorded_at=at,
    )


def note_entry(
    session: Session, verb: str, record: ServiceRecord, by: UUID, at: datetime
) -> None:
    """Keep who typed hours in for whom, for the trail that staff read."""
    doings.note(
        session,
        who=by,
        verb=verb,
        about=f"record:{record.id}",
        at=at,
        for_whom=record.person_id,
        detail=record.reason,
    )


def _of(records: Iterable[ServiceRecord], person_id: UUID) -> list[ServiceRecord]:
    return [record for record in records if record.person_id == person_id]
