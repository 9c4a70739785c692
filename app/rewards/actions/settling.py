"""What follows a wish: undone, ready, handed over, cancelled, lapsed."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app import people, wallet
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.rewards import rules
from app.rewards.errors import (
    NotYourStep,
    OwnHandOver,
    WrongPickupCode,
)
from app.rewards.models import (
    Redemption,
    RedemptionState,
    StockLot,
)
from app.rewards.queries import (
    find_waiting,
    redemption_for,
)
from app.rewards.rules import Step

BATCH_MAX = 500


def undo_redemption(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    """Take a wish back within the undo time: points and piece are free again.

    Raises:
        UndoOver: it is too late to undo; cancelling still works.
        StepOutOfTurn, RedemptionNotFound, NotYourStep: see rules.
    """
    return _let_go(session, redemption_id, Step.UNDO, by=by, at=at)


def cancel_redemption(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    """Give a wish up before it is collected: points and piece are free again."""
    return _let_go(session, redemption_id, Step.CANCEL, by=by, at=at)


def send_now(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    """Waive the rest of the undo time: the counter sees it at once."""
    redemption = _own(session, redemption_id, by=by, at=at)
    rules.state_after(redemption, Step.SEND_NOW, at=at)
    redemption.effective_at = at
    _make_ready(session, redemption, at=at)
    return redemption


def hand_over(
    session: Session, typed_code: str, *, by: UUID, at: datetime
) -> Redemption:
    """Give the piece to who brings the code; the held points retire (story L2).

    Raises:
        WrongPickupCode: nothing waits under this code, or not at this clerk's places.
        OwnHandOver: it is the clerk's own, or of somebody close (R-LED-06).
        StepOutOfTurn: the last day to collect is over.
    """
    redemption = find_waiting(session, rules.clean_code(typed_code), at=at)
    reaches = redemption is not None and people.has_permission(
        session,
        by,
        Permission.HAND_OVER,
        place_id=redemption.place_id,
        on=day_of(at),
    )
    if redemption is None or not reaches:
        raise WrongPickupCode(
            msg("Nothing waits here under this code. Please check it again."),
            field="code",
        )
    if people.are_close(session, by, redemption.person_id):
        raise OwnHandOver(
            msg("Not to yourself or somebody close: please ask a colleague."),
            field="code",
        )
    if by == redemption.entered_by:
        raise OwnHandOver(
            msg("You entered this one yourself: a colleague hands it over."),
            field="code",
        )
    redemption.state = rules.state_after(redemption, Step.HAND_OVER, at=at)
    _capture(session, redemption, by=by, at=at)
    _count(session, redemption, given=True)
    doings.note(
        session,
        who=by,
        verb="redemption.hand_over",
        about=f"redemption:{redemption.id}",
        for_whom=redemption.person_id,
        at=at,
    )
    return redemption


def settle_due(session: Session, at: datetime, *, limit: int = BATCH_MAX) -> int:
    """Make ready what can no longer be undone; a job, and the first look."""
    due = session.exec(
        select(Redemption)
        .where(
            Redemption.state == RedemptionState.PLACED,
            col(Redemption.effective_at) <= at,
        )
        .order_by(col(Redemption.effective_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for redemption in due:
        _make_ready(session, redemption, at=redemption.effective_at)
    return len(due)


def lapse_uncollected(session: Session, at: datetime, *, limit: int = BATCH_MAX) -> int:
    """Let go what was not collected by its last day (story L4); a job."""
    overdue = session.exec(
        select(Redemption)
        .where(
            Redemption.state == RedemptionState.READY,
            col(Redemption.collect_by) < day_of(at),
        )
        .order_by(col(Redemption.collect_by))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for redemption in overdue:
        redemption.state = rules.state_after(
            redemption, Step.LAPSE, at=at, day=day_of(at)
        )
        _release(session, redemption, by=None, at=at)
    return len(overdue)


def _own(
    session: Session, redemption_id: UUID, *, by: UUID, at: datetime
) -> Redemption:
    redemption = redemption_for(session, redemption_id, reader=by, at=at, lock=True)
    if by not in (redemption.person_id, redemption.entered_by):
        raise NotYourStep(msg("Only the person it is for can do this."))
    return redemption


def _let_go(
    session: Session, redemption_id: UUID, step: Step, *, by: UUID, at: datetime
) -> Redemption:
    redemption = _own(session, redemption_id, by=by, at=at)
    redemption.state = rules.state_after(redemption, step, at=at)
    _release(session, redemption, by=by, at=at)
    return redemption


def _release(
    session: Session, redemption: Redemption, *, by: UUID | None, at: datetime
) -> None:
    """Give points and piece back."""
    if redemption.hold_id is not None:
        wallet.release(
            session,
            redemption.hold_id,
            key=f"redemption:{redemption.id}:release",
            at=at,
            entered_by=by,
        )
    _count(session, redemption, given=False)
    redemption.closed_at = at
    redemption.pickup_code = None
    session.add(redemption)


def _capture(
    session: Session, redemption: Redemption, *, by: UUID, at: datetime
) -> None:
    """Let the points retire into the programme's pool (R-LED-05)."""
    if redemption.hold_id is not None:
        wallet.capture(
            session,
            redemption.hold_id,
            key=f"redemption:{redemption.id}:capture",
            at=at,
            entered_by=by,
        )
    redemption.handed_over_at = at
    redemption.handed_over_by = by
    redemption.closed_at = at
    redemption.pickup_code = None
    session.add(redemption)


def _count(session: Session, redemption: Redemption, *, given: bool) -> None:
    """Move the piece out of the reserved ones: given, or back on the shelf."""
    if redemption.lot_id is None:
        return
    lot = session.exec(
        select(StockLot)
        .where(StockLot.id == redemption.lot_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    lot.reserved -= 1
    lot.given += int(given)
    session.add(lot)


def _make_ready(session: Session, redemption: Redemption, *, at: datetime) -> None:
    """Show it to the counter; a donation needs no counter and is done."""
    if redemption.lot_id is None:
        redemption.state = RedemptionState.HANDED_OVER
        _capture_gift(session, redemption, at=at)
        return
    redemption.state = RedemptionState.READY
    redemption.collect_by = day_of(at + rules.PICKUP_LIFE)
    redemption.pickup_code = _new_code(session)
    session.add(redemption)
    session.flush()


def _capture_gift(session: Session, redemption: Redemption, *, at: datetime) -> None:
    """A gift to the love fund: nobody hands anything over."""
    if redemption.hold_id is not None:
        wallet.capture(
            session,
            redemption.hold_id,
            key=f"redemption:{redemption.id}:capture",
            at=at,
            entered_by=redemption.entered_by,
        )
    redemption.handed_over_at = at
    redemption.closed_at = at
    session.add(redemption)


def _new_code(session: Session) -> str:
    """Return a code nothing waits under; codes of closed ones are free again."""
    while True:
        code = "".join(
            secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.CODE_LENGTH)
        )
        taken = session.exec(
            select(Redemption.id).where(Redemption.pickup_code == code)
        ).first()
        if taken is None:
            return code
