"""An order's way: undone, confirmed, packed, received, handed over, put back."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import Session, col, select

from app import people, wallet
from app.kernel import doings
from app.kernel.clock import day_of, moment_of
from app.kernel.i18n import msg
from app.workshops import rules
from app.workshops.errors import (
    NotForThem,
    OrderInvalid,
    PastBestBefore,
    WrongCode,
)
from app.workshops.models import (
    Batch,
    Good,
    Order,
    OrderLine,
    OrderPick,
    OrderState,
    Payment,
)
from app.workshops.queries import (
    lines_of,
    order_for,
)
from app.workshops.rules import Side, Step

JOB_BATCH_MAX = 500
END_OF_DAY = time(23, 59)


def undo_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Undo an order within its minutes: stock and points are back at once."""
    return _drop(session, order_id, Step.UNDO, by=by, at=at)


def cancel_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Cancel an order that is not packed yet: stock and points are back."""
    return _drop(session, order_id, Step.CANCEL, by=by, at=at)


def reject_order(
    session: Session, order_id: UUID, *, reason: str, by: UUID, at: datetime
) -> Order:
    """Let the workshop say no, and why.

    Raises:
        OrderInvalid: no reason is given.
    """
    if not reason.strip():
        raise OrderInvalid(msg("Please say why."), field="reason")
    order = _drop(session, order_id, Step.REJECT, by=by, at=at)
    order.reason = reason.strip()[:200]
    return order


def send_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Give up the time to undo: the workshop sees the order now."""
    order = _take(session, order_id, Step.SEND_NOW, by=by, at=at)
    order.effective_at = at
    return order


def confirm_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Let the workshop say yes."""
    order = _take(session, order_id, Step.CONFIRM, by=by, at=at)
    order.confirmed_at = at
    return order


def pack_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Say it is packed and on its way to the counter."""
    order = _take(session, order_id, Step.PACK, by=by, at=at)
    order.packed_at = at
    return order


def receive_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Say it has arrived at the counter; the resident gets a pickup code."""
    order = _take(session, order_id, Step.ARRIVE, by=by, at=at)
    has_perishables = session.exec(
        select(Good.id)
        .join(OrderLine, col(OrderLine.good_id) == Good.id)
        .where(OrderLine.order_id == order_id, Good.is_perishable)
        .limit(1)
    ).first()
    last = rules.last_day(day_of(at), has_perishables=has_perishables is not None)
    order.ready_at = at
    order.collect_by = moment_of(last, END_OF_DAY)
    order.pickup_code = "".join(
        secrets.choice(rules.PICKUP_ALPHABET) for _ in range(rules.PICKUP_CODE_LENGTH)
    )
    return order


def hand_over(
    session: Session, order_id: UUID, *, code: str, by: UUID, at: datetime
) -> Order:
    """Hand an order over against its code, and record cash or capture points.

    The workshop is owed the price less the commission: of the cash seen at the
    counter, or of the community fund when the resident gave points (R-GDS-13).

    Raises:
        WrongCode: the code is another one's.
        NotForThem: *by* is the resident, close to them, or manages the workshop.
        PastBestBefore: a reserved batch may no longer be sold.
    """
    order, sides = order_for(session, order_id, reader=by, at=at, lock=True)
    after = rules.state_after(order, Step.HAND_OVER, sides=sides, at=at)
    if not secrets.compare_digest(
        (order.pickup_code or "").encode(), code.strip().upper().encode()
    ):
        raise WrongCode(msg("No order with this code waits here."), field="code")
    if people.are_close(session, by, order.person_id):
        raise NotForThem(
            msg("Please let a colleague hand this over: it is for you or your family.")
        )
    _settle_picks(session, order.id, sold_on=day_of(at))
    order.ledger_transaction_id = _pay(session, order, by=by, at=at)
    order.state = after
    order.payment = (
        Payment.RECORDED_CASH if order.hold_id is None else Payment.POINTS_CAPTURED
    )
    order.handed_over_by = by
    order.ended_at = at
    doings.note(
        session,
        who=by,
        verb="order.hand_over",
        about=f"order:{order.id}",
        at=at,
        for_whom=order.person_id,
    )
    session.flush()
    return order


def lapse_order(session: Session, order_id: UUID, *, by: UUID, at: datetime) -> Order:
    """Put an order back that nobody collected in time; points are back, too."""
    return _drop(session, order_id, Step.LAPSE, by=by, at=at)


def lapse_overdue(session: Session, at: datetime) -> int:
    """Put back every order not collected in time (job); return how many."""
    overdue = session.exec(
        select(Order)
        .where(Order.state == OrderState.READY, col(Order.collect_by) < at)
        .order_by(col(Order.collect_by))
        .limit(JOB_BATCH_MAX)
        .with_for_update(skip_locked=True)
    ).all()
    for order in overdue:
        order.state = rules.state_after(
            order, Step.LAPSE, sides=frozenset({Side.COUNTER}), at=at
        )
        _give_back(session, order, by=None, at=at)
    return len(overdue)


def _take(
    session: Session, order_id: UUID, step: Step, *, by: UUID, at: datetime
) -> Order:
    order, sides = order_for(session, order_id, reader=by, at=at, lock=True)
    order.state = rules.state_after(order, step, sides=sides, at=at)
    session.add(order)
    return order


def _drop(
    session: Session, order_id: UUID, step: Step, *, by: UUID, at: datetime
) -> Order:
    order = _take(session, order_id, step, by=by, at=at)
    _give_back(session, order, by=by, at=at)
    return order


def _give_back(
    session: Session, order: Order, *, by: UUID | None, at: datetime
) -> None:
    """Free the reserved pieces and the held points of an order that ends here."""
    _settle_picks(session, order.id, sold_on=None)
    if order.hold_id is not None:
        wallet.release(
            session,
            order.hold_id,
            key=f"order:{order.id}:release",
            at=at,
            entered_by=by,
        )
    order.ended_at = at
    session.add(order)
    session.flush()


def _settle_picks(session: Session, order_id: UUID, *, sold_on: date | None) -> None:
    """Turn reserved pieces into sold ones on a day, or into free ones (None)."""
    rows = session.exec(
        select(OrderPick, Batch)
        .join(Batch, col(OrderPick.batch_id) == Batch.id)
        .where(OrderPick.order_id == order_id)
        .order_by(col(Batch.id))
        .with_for_update(of=Batch)
        .execution_options(populate_existing=True)
    ).all()
    for picked, batch in rows:
        if sold_on is not None and not rules.is_sellable(batch, sold_on):
            raise PastBestBefore(
                msg("This batch is past its best-before day and may not be sold.")
            )
        batch.reserved -= picked.quantity
        batch.sold += picked.quantity if sold_on else 0
        session.add(batch)


def _pay(session: Session, order: Order, *, by: UUID, at: datetime) -> int:
    """Write the sale into the books; return the number of the entry."""
    gross, commission, _ = wallet.split_sale(
        [(one.total_cny, one.commission_percent) for one in lines_of(session, order.id)]
    )
    cause = f"order:{order.id}"
    if order.hold_id is None:
        return wallet.record_cash_sale(
            session,
            workshop_id=order.workshop_id,
            place_id=order.place_id,
            gross=gross,
            commission=commission,
            key=f"{cause}:sale",
            cause=cause,
            at=at,
            entered_by=by,
        )
    wallet.capture(session, order.hold_id, key=f"{cause}:capture", at=at, entered_by=by)
    return wallet.record_fund_purchase(
        session,
        workshop_id=order.workshop_id,
        gross=gross,
        commission=commission,
        key=f"{cause}:fund",
        cause=cause,
        at=at,
        entered_by=by,
    )
