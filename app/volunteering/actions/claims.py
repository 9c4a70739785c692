"""What happens to claims: taken, undone, sent at once, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, update
from sqlmodel import Session, col

from app import people, programmes
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission, Role
from app.volunteering import queries, rules
from app.volunteering.errors import ClaimedAlready, NotQualified, ShiftFull
from app.volunteering.events import PostChanged
from app.volunteering.models import Claim, ClaimState, Post, Shift, ShiftState
from app.volunteering.rules import ClaimStep


def join_as_volunteer(session: Session, person_id: UUID, *, at: datetime) -> None:
    """Register somebody as a volunteer at their own wish; twice changes nothing."""
    held = people.held_by(session, person_id, on=day_of(at))
    if any(one.role is Role.VOLUNTEER for one in held):
        return
    people.assign_role(
        session,
        person_id=person_id,
        role=Role.VOLUNTEER,
        place_id=None,
        starts_on=day_of(at),
        at=at,
        by=None,
    )


def claim_shift(
    session: Session, shift_id: UUID, *, person_id: UUID, at: datetime
) -> Claim:
    """Take a place in a shift; the volunteer can undo it until `effective_at`.

    Raises:
        ShiftClosed: it has begun or is called off.
        ShiftFull: somebody took the last place.
        NotQualified: no volunteer, too young, or papers are missing.
        Overlaps: the person has given that time elsewhere.
        ClaimedAlready: it is theirs already.
    """
    return claim_together(session, shift_id, [person_id], at=at)[0]


def claim_together(
    session: Session, shift_id: UUID, person_ids: Sequence[UUID], *, at: datetime
) -> list[Claim]:
    """Take places for several people at once (a team): all of them, or none.

    The same gates as for one person, asked in one go; refuses as `claim_shift`.
    """
    shift = queries.shift_for(session, shift_id)
    post = queries.post_for(session, shift.post_id)
    rules.ensure_open(shift, wanted=len(person_ids), at=at)
    _ensure_free(session, shift, person_ids)
    _ensure_qualified(session, shift, post, person_ids, at)
    _take_places(session, shift, len(person_ids), at=at)
    rule = programmes.rule_on(session, post.programme_id, day_of(at))
    until = at + timedelta(minutes=rule.undo_minutes)
    claims = [
        Claim(
            shift_id=shift.id,
            person_id=person_id,
            place_id=shift.place_id,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            claimed_at=at,
            effective_at=min(until, shift.starts_at),
        )
        for person_id in person_ids
    ]
    session.add_all(claims)
    session.flush()
    return claims


def undo_claim(session: Session, claim_id: UUID, *, by: UUID, at: datetime) -> Claim:
    """Undo a claim within its time; nobody at the station has seen it.

    Raises:
        UndoOver: the time is over; `withdraw_claim` still works.
        StepOutOfTurn: it was undone or withdrawn before.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    rules.ensure_claim(claim, ClaimStep.UNDO, by=by, at=at)
    return _let_go(session, claim, ClaimState.UNDONE, at=at)


def send_claim_now(
    session: Session, claim_id: UUID, *, by: UUID, at: datetime
) -> Claim:
    """Waive the rest of the time to undo, so that the station sees it now.

    Raises:
        StepOutOfTurn: there is nothing left to waive.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    rules.ensure_claim(claim, ClaimStep.SEND_NOW, by=by, at=at)
    claim.effective_at = at
    claim.state = ClaimState.CONFIRMED
    session.add(claim)
    return claim


def withdraw_claim(
    session: Session,
    claim_id: UUID,
    *,
    by: UUID,
    at: datetime,
    reason: str | None = None,
) -> Claim:
    """Say in time that one can't come; the place is free for others (R-VOL-10).

    No points are lost by it (R-VOL-04).

    Raises:
        StepOutOfTurn: the shift is over, or the person is checked in.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    rules.ensure_claim(claim, ClaimStep.WITHDRAW, by=by, at=at)
    claim.let_go_reason = reason
    return _let_go(session, claim, ClaimState.WITHDRAWN, at=at)


def _ensure_free(session: Session, shift: Shift, person_ids: Sequence[UUID]) -> None:
    taken = queries.claims_between(session, person_ids, shift.starts_at, shift.ends_at)
    if any(claim.shift_id == shift.id for claim in taken):
        raise ClaimedAlready(msg("You have claimed this shift already."))
    rules.ensure_no_overlap(shift.starts_at, shift.ends_at, taken)
    records = queries.records_between(
        session, person_ids, shift.starts_at, shift.ends_at
    )
    rules.ensure_no_overlap(shift.starts_at, shift.ends_at, records)


def _ensure_qualified(
    session: Session, shift: Shift, post: Post, person_ids: Sequence[UUID], at: datetime
) -> None:
    volunteers = queries.permitted_among(
        session,
        person_ids,
        Permission.CLAIM_SHIFT,
        place_id=shift.place_id,
        on=day_of(at),
    )
    if not volunteers.issuperset(person_ids):
        raise NotQualified(msg("Please register as a volunteer first."))
    if post.min_age is not None:
        known = people.people_by_ids(session, person_ids)
        for person_id in person_ids:
            rules.ensure_old_enough(post, known[person_id].birth_on, shift.day)
    if post.needs is not None:
        shown = queries.qualified_among(session, person_ids, post.needs, on=shift.day)
        if not shown.issuperset(person_ids):
            raise NotQualified(
                msg("This post needs: %(needs)s. Please show it at the desk first."),
                needs=post.needs,
            )


def _take_places(session: Session, shift: Shift, count: int, *, at: datetime) -> None:
    """Count them in one statement, so that two at once cannot both be the last."""
    after = col(Shift.claimed) + count
    taken = session.execute(
        update(Shift)
        .where(col(Shift.id) == shift.id, after <= col(Shift.people_wanted))
        .where(col(Shift.state).in_([ShiftState.OPEN, ShiftState.FULL]))
        .values(
            claimed=after,
            state=case(
                (after == col(Shift.people_wanted), ShiftState.FULL),
                else_=ShiftState.OPEN,
            ),
        )
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise ShiftFull(msg("Somebody just took the last place. See the other shifts."))
    session.refresh(shift, ["claimed", "state"])
    if shift.state == ShiftState.FULL:
        publish(session, PostChanged(at=at, post_id=shift.post_id))


def _let_go(
    session: Session, claim: Claim, state: ClaimState, *, at: datetime
) -> Claim:
    claim.state = state
    claim.let_go_at = at
    session.add(claim)
    session.execute(
        update(Shift)
        .where(col(Shift.id) == claim.shift_id)
        .values(
            claimed=col(Shift.claimed) - 1,
            state=case(
                (col(Shift.state) == ShiftState.FULL, ShiftState.OPEN),
                else_=col(Shift.state),
            ),
        )
        .execution_options(synchronize_session=False)
    )
    shift = queries.shift_for(session, claim.shift_id)
    session.refresh(shift, ["claimed", "state"])
    if shift.claimed == shift.people_wanted - 1:  # it was full
        publish(session, PostChanged(at=at, post_id=shift.post_id))
    return claim
