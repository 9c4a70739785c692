"""What happens in workshops: goods and batches, orders step by step, payouts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app import people, places, programmes, wallet
from app.kernel import doings
from app.kernel.clock import day_of, moment_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission
from app.workshops import rules
from app.workshops.errors import (
    GoodInvalid,
    GoodNotFound,
    MoreThanOwed,
    NotForThem,
    NotOnSale,
    OrderInvalid,
    PastBestBefore,
    SamePerson,
    StepOutOfTurn,
    WrongCode,
)
from app.workshops.events import GoodChanged
from app.workshops.models import (
    BasketRow,
    Batch,
    Good,
    GoodCategory,
    GoodState,
    Order,
    OrderLine,
    OrderPick,
    OrderState,
    Payment,
    Payout,
    PayoutState,
    PayWith,
    Registration,
    Workshop,
    WorkshopKind,
)
from app.workshops.queries import (
    ensure_manager,
    find_good,
    find_workshop,
    good_for,
    goods_by_ids,
    is_manager,
    lines_of,
    order_for,
    payout_for,
    payouts_of,
    undo_minutes,
    workshop_for,
)
from app.workshops.rules import Side, Step

COMMISSION_PERCENT = Decimal("8.00")
JOB_BATCH_MAX = 500
END_OF_DAY = time(23, 59)


def add_workshop(
    session: Session,
    *,
    name: str,
    kind: WorkshopKind,
    registration: Registration,
    place_id: UUID,
    at: datetime,
    external_id: str | None = None,
    licence_no: str | None = None,
    commission_percent: Decimal = COMMISSION_PERCENT,
    **details: Any,
) -> Workshop:
    """Take a workshop into the register; loading the same one again returns it.

    Raises:
        GoodInvalid: it says it is licensed and names no licence.
        PlaceNotFound: there is no such place.
    """
    found = find_workshop(session, external_id) if external_id else None
    if found is not None:
        return found
    rules.ensure_workshop(registration, licence_no)
    places.place_for(session, place_id)
    workshop = Workshop(
        external_id=external_id,
        name=name,
        kind=kind,
        registration=registration,
        licence_no=licence_no,
        place_id=place_id,
        commission_percent=commission_percent,
        created_at=at,
        **details,
    )
    session.add(workshop)
    session.flush()
    wallet.open_workshop_accounts(session, workshop.id, at=at)
    return workshop


def add_good(
    session: Session,
    workshop_id: UUID,
    *,
    title: str,
    unit: str,
    price_cny: Decimal,
    category: GoodCategory,
    by: UUID | None,
    at: datetime,
    is_perishable: bool = False,
    is_made_to_order: bool = False,
    external_id: str | None = None,
    **details: Any,
) -> Good:
    """Draft a good; *by* None is the installation itself (demo, load).

    Raises:
        NotYourWorkshop: *by* does not manage the workshop.
        GoodInvalid: this kind of goods needs a licence.
    """
    found = find_good(session, external_id) if external_id else None
    if found is not None:
        return found
    ensure_manager(session, workshop_id, by, on=day_of(at))
    workshop = workshop_for(session, workshop_id)
    rules.ensure_may_sell(workshop.registration, category)
    good = Good(
        external_id=external_id,
        workshop_id=workshop_id,
        title=title,
        unit=unit,
        price_cny=price_cny,
        category=category,
        is_perishable=is_perishable,
        return_policy=rules.return_policy(
            is_perishable=is_perishable, is_made_to_order=is_made_to_order
        ),
        state=GoodState.DRAFT,
        created_at=at,
        **details,
    )
    session.add(good)
    session.flush()
    return good


def change_good(
    session: Session,
    good_id: UUID,
    *,
    by: UUID,
    at: datetime,
    is_perishable: bool,
    is_made_to_order: bool,
    **details: Any,
) -> Good:
    """Change what stands on a good's label; orders placed before keep their price.

    Raises:
        NotYourWorkshop: *by* does not manage its workshop.
        GoodInvalid: this kind of goods needs a licence.
    """
    good = _own_good(session, good_id, by=by, at=at)
    workshop = workshop_for(session, good.workshop_id)
    rules.ensure_may_sell(workshop.registration, details["category"])
    for name, value in details.items():
        setattr(good, name, value)
    good.is_perishable = is_perishable
    good.return_policy = rules.return_policy(
        is_perishable=is_perishable, is_made_to_order=is_made_to_order
    )
    good.version += 1
    return _say_changed(session, good, at)


def list_good(
    session: Session, good_id: UUID, *, by: UUID | None, at: datetime
) -> Good:
    """Put a good on the shelf.

    Raises:
        GoodInvalid: its workshop may not sell this kind of goods (any more).
    """
    good = _own_good(session, good_id, by=by, at=at)
    workshop = workshop_for(session, good.workshop_id)
    rules.ensure_may_sell(workshop.registration, good.category)
    good.state = GoodState.LISTED
    return _say_changed(session, good, at)


def pause_good(session: Session, good_id: UUID, *, by: UUID, at: datetime) -> Good:
    """Take a good off the shelf; orders placed before go on."""
    good = _own_good(session, good_id, by=by, at=at)
    good.state = GoodState.PAUSED
    return _say_changed(session, good, at)


def add_batch(
    session: Session,
    good_id: UUID,
    *,
    made_on: date,
    quantity: int,
    by: UUID | None,
    at: datetime,
    best_before: date | None = None,
    conformity_cert_no: str | None = None,
) -> Batch:
    """Put a batch on stock.

    Raises:
        GoodInvalid: a day or the quantity cannot be right.
    """
    good = _own_good(session, good_id, by=by, at=at)
    rules.ensure_batch(
        made_on=made_on,
        best_before=best_before,
        quantity=quantity,
        is_perishable=good.is_perishable,
        day=day_of(at),
    )
    batch = Batch(
        good_id=good_id,
        made_on=made_on,
        best_before=best_before,
        conformity_cert_no=conformity_cert_no,
        quantity=quantity,
        created_at=at,
    )
    session.add(batch)
    session.flush()
    _say_changed(session, good, at)
    return batch


def write_off(
    session: Session, batch_id: UUID, *, quantity: int, by: UUID, at: datetime
) -> Batch:
    """Take spoilt or broken pieces out of a batch; sold and reserved ones stay.

    Raises:
        GoodInvalid: fewer are free than that.
    """
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise GoodNotFound(msg("We do not know this batch."))
    good = _own_good(session, batch.good_id, by=by, at=at)
    if not 1 <= quantity <= rules.free_in(batch):
        raise GoodInvalid(
            msg("At most %(left)s can be written off."),
            field="quantity",
            left=rules.free_in(batch),
        )
    batch.written_off += quantity
    session.add(batch)
    _note(session, "batch.write_off", f"batch:{batch.id}", by, at, detail=str(quantity))
    _say_changed(session, good, at)
    return batch


def put_in_basket(
    session: Session, person_id: UUID, good_id: UUID, quantity: int
) -> BasketRow:
    """Put pieces of a good into a person's basket; nothing is reserved by that.

    Raises:
        NotOnSale: it cannot be ordered now.
    """
    rules.ensure_quantity(quantity)
    good = good_for(session, good_id)
    _ensure_on_sale(good, workshop_for(session, good.workshop_id))
    row = _basket_row(session, person_id, good_id)
    if row is None:
        row = BasketRow(person_id=person_id, good_id=good_id, quantity=quantity)
    else:
        row.quantity = min(row.quantity + quantity, rules.LINE_QUANTITY_MAX)
    session.add(row)
    session.flush()
    return row


def set_in_basket(
    session: Session, person_id: UUID, good_id: UUID, quantity: int
) -> None:
    """Set how many pieces of a good lie in the basket; 0 takes it out."""
    row = _basket_row(session, person_id, good_id)
    if row is None:
        return
    if quantity == 0:
        session.delete(row)
        return
    rules.ensure_quantity(quantity)
    row.quantity = quantity
    session.add(row)


def place_order(
    session: Session,
    *,
    person_id: UUID,
    workshop_id: UUID,
    lines: Mapping[UUID, int],
    place_id: UUID,
    pay_with: PayWith,
    by: UUID,
    at: datetime,
) -> Order:
    """Order goods of one workshop: pieces are reserved, prices frozen, points held.

    *lines* says how many of which good. The order can be undone for the programme's
    minutes; until then the workshop does not see it (R-A11Y-05).

    Raises:
        OrderInvalid: no line, a wrong quantity or place, cash only, own workshop.
        NotOnSale: a good is not on the shelf.
        OutOfStock: fewer are left; nothing is reserved.
        InsufficientPoints: fewer points are free; nothing is reserved.
        MayNot: *by* may not act for residents at this place.
    """
    day = day_of(at)
    rules.ensure_lines(lines)
    if by != person_id:
        people.ensure_may(
            session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=day
        )
    workshop = workshop_for(session, workshop_id)
    goods = _goods_to_order(session, workshop, lines)
    _ensure_pickup(session, place_id)
    if is_manager(session, workshop_id, person_id, on=day):
        raise OrderInvalid(msg("You manage this workshop and cannot order from it."))
    order_id = uuid4()
    points, hold_id = None, None
    programme = programmes.find_programme(session, rules.PROGRAMME_CODE)
    if pay_with == PayWith.POINTS:
        points = rules.total_points(goods, lines)
        if programme is None:
            raise OrderInvalid(msg("Points cannot be used here."), field="pay_with")
    picks = _reserve(session, lines, day)
    if points is not None and programme is not None:
        hold_id = wallet.hold_points(
            session,
            person_id=person_id,
            programme=programme,
            amount=points,
            cause=f"order:{order_id}",
            key=f"order:{order_id}:hold",
            at=at,
            entered_by=by,
        )
    order = Order(
        id=order_id,
        person_id=person_id,
        entered_by=by,
        workshop_id=workshop_id,
        place_id=place_id,
        state=OrderState.PLACED,
        pay_with=pay_with,
        total_cny=sum((one.price_cny * lines[one.id] for one in goods), Decimal(0)),
        total_points=points,
        hold_id=hold_id,
        placed_at=at,
        effective_at=at + timedelta(minutes=undo_minutes(session, at)),
    )
    session.add(order)
    _write_lines(session, order, workshop, goods, lines, picks)
    if by != person_id:
        _note(session, "order.create", f"order:{order.id}", by, at, person_id)
    session.flush()
    return order


def order_basket(
    session: Session,
    *,
    person_id: UUID,
    workshop_id: UUID,
    place_id: UUID,
    pay_with: PayWith,
    at: datetime,
) -> Order:
    """Order what a basket holds of one workshop, and take it out of the basket.

    Raises:
        As `place_order`.
    """
    rows = session.exec(
        select(BasketRow)
        .join(Good, col(BasketRow.good_id) == Good.id)
        .where(BasketRow.person_id == person_id, Good.workshop_id == workshop_id)
    ).all()
    order = place_order(
        session,
        person_id=person_id,
        workshop_id=workshop_id,
        lines={row.good_id: row.quantity for row in rows},
        place_id=place_id,
        pay_with=pay_with,
        by=person_id,
        at=at,
    )
    for row in rows:
        session.delete(row)
    return order


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
    _note(session, "order.hand_over", f"order:{order.id}", by, at, order.person_id)
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


def propose_payout(
    session: Session,
    workshop_id: UUID,
    *,
    place_id: UUID,
    amount: Decimal,
    by: UUID,
    at: datetime,
) -> Payout:
    """Propose to pay a workshop out of a counter's cash; nothing is posted yet.

    Raises:
        MayNot: *by* does not settle with workshops.
        MoreThanOwed: less is owed, or proposed already.
    """
    workshop = workshop_for(session, workshop_id)
    _ensure_may_settle(session, workshop, by, at)
    places.place_for(session, place_id)
    waiting = sum(
        (
            one.amount
            for one in payouts_of(session, workshop_id, state=PayoutState.PROPOSED)
        ),
        Decimal(0),
    )
    owed = wallet.owed_to_workshop(session, workshop_id).available - waiting
    if amount > owed:
        raise MoreThanOwed(
            msg("Only ¥%(owed)s is owed and not yet proposed."),
            field="amount",
            owed=f"{max(owed, Decimal(0)):.2f}",
        )
    payout = Payout(
        workshop_id=workshop_id,
        place_id=place_id,
        amount=amount,
        state=PayoutState.PROPOSED,
        proposed_by=by,
        proposed_at=at,
    )
    session.add(payout)
    session.flush()
    return payout


def approve_payout(
    session: Session, payout_id: UUID, *, by: UUID, at: datetime
) -> Payout:
    """Let a second person say yes: the payout is in the books.

    Raises:
        SamePerson: *by* proposed it.
        StepOutOfTurn: it was decided already.
        MoreThanOwed: less is owed by now.
    """
    payout = _payout_to_decide(session, payout_id, by=by, at=at)
    if by == payout.proposed_by:
        raise SamePerson(msg("Whoever proposes a payout does not approve it."))
    owed = wallet.owed_to_workshop(session, payout.workshop_id).available
    if payout.amount > owed:
        raise MoreThanOwed(msg("Less is owed by now."), field="amount")
    payout.ledger_transaction_id = wallet.pay_workshop(
        session,
        workshop_id=payout.workshop_id,
        place_id=payout.place_id,
        amount=payout.amount,
        key=f"payout:{payout.id}",
        cause=f"payout:{payout.id}",
        at=at,
        entered_by=payout.proposed_by,
        approved_by=by,
    )
    return _decide(session, payout, PayoutState.PAID, by=by, at=at)


def drop_payout(session: Session, payout_id: UUID, *, by: UUID, at: datetime) -> Payout:
    """Drop a proposed payout; a second person says so as well."""
    payout = _payout_to_decide(session, payout_id, by=by, at=at)
    if by == payout.proposed_by:
        raise SamePerson(msg("Whoever proposes a payout does not decide on it."))
    return _decide(session, payout, PayoutState.DROPPED, by=by, at=at)


def _own_good(
    session: Session, good_id: UUID, *, by: UUID | None, at: datetime
) -> Good:
    good = good_for(session, good_id)
    ensure_manager(session, good.workshop_id, by, on=day_of(at))
    return good


def _say_changed(session: Session, good: Good, at: datetime) -> Good:
    session.add(good)
    publish(session, GoodChanged(at=at, good_id=good.id))
    return good


def _basket_row(session: Session, person_id: UUID, good_id: UUID) -> BasketRow | None:
    return session.exec(
        select(BasketRow).where(
            BasketRow.person_id == person_id, BasketRow.good_id == good_id
        )
    ).first()


def _ensure_on_sale(good: Good, workshop: Workshop) -> None:
    if not rules.is_on_sale(good, workshop):
        raise NotOnSale(
            msg("“%(title)s” is not on sale at the moment."), title=good.title
        )


def _ensure_pickup(session: Session, place_id: UUID) -> None:
    place = places.place_for(session, place_id)
    if place.kind not in rules.PICKUP_KINDS or place.closed_at is not None:
        raise OrderInvalid(
            msg("Orders cannot be picked up at this place."), field="place_id"
        )


def _goods_to_order(
    session: Session, workshop: Workshop, lines: Mapping[UUID, int]
) -> list[Good]:
    found = goods_by_ids(session, lines)
    goods = [found[one] if one in found else good_for(session, one) for one in lines]
    for good in goods:
        if good.workshop_id != workshop.id:
            raise OrderInvalid(msg("One order holds the goods of one workshop."))
        _ensure_on_sale(good, workshop)
    return goods


def _reserve(
    session: Session, lines: Mapping[UUID, int], day: date
) -> dict[UUID, list[tuple[UUID, int]]]:
    """Reserve pieces, batches locked in the order of their ids."""
    batches = session.exec(
        select(Batch)
        .where(col(Batch.good_id).in_(lines))
        .where(Batch.reserved + Batch.sold + Batch.written_off < Batch.quantity)
        .order_by(col(Batch.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    by_id = {one.id: one for one in batches}
    picks = {
        good_id: rules.pick(
            [one for one in batches if one.good_id == good_id], quantity, day
        )
        for good_id, quantity in lines.items()
    }
    for picked in picks.values():
        for batch_id, quantity in picked:
            by_id[batch_id].reserved += quantity
            session.add(by_id[batch_id])
    return picks


def _write_lines(
    session: Session,
    order: Order,
    workshop: Workshop,
    goods: list[Good],
    lines: Mapping[UUID, int],
    picks: Mapping[UUID, list[tuple[UUID, int]]],
) -> None:
    for good in goods:
        line = OrderLine(
            order_id=order.id,
            good_id=good.id,
            quantity=lines[good.id],
            price_cny=good.price_cny,
            total_cny=good.price_cny * lines[good.id],
            points_price=good.points_price if order.hold_id else None,
            commission_percent=workshop.commission_percent,
        )
        session.add(line)
        for batch_id, quantity in picks[good.id]:
            session.add(
                OrderPick(
                    line_id=line.id,
                    batch_id=batch_id,
                    order_id=order.id,
                    quantity=quantity,
                )
            )


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


def _ensure_may_settle(
    session: Session, workshop: Workshop, by: UUID, at: datetime
) -> None:
    people.ensure_may(
        session,
        by,
        Permission.SETTLE_WORKSHOP,
        place_id=workshop.place_id,
        on=day_of(at),
    )
    if is_manager(session, workshop.id, by, on=day_of(at)):
        raise NotForThem(msg("Whoever manages the workshop does not settle with it."))


def _payout_to_decide(
    session: Session, payout_id: UUID, *, by: UUID, at: datetime
) -> Payout:
    payout = payout_for(session, payout_id, lock=True)
    _ensure_may_settle(session, workshop_for(session, payout.workshop_id), by, at)
    if payout.state != PayoutState.PROPOSED:
        raise StepOutOfTurn(msg("This payout was decided already."))
    return payout


def _decide(
    session: Session, payout: Payout, state: PayoutState, *, by: UUID, at: datetime
) -> Payout:
    payout.state = state
    payout.decided_by = by
    payout.decided_at = at
    session.add(payout)
    _note(session, f"payout.{state}", f"payout:{payout.id}", by, at)
    session.flush()
    return payout


def _note(
    session: Session,
    verb: str,
    about: str,
    who: UUID,
    at: datetime,
    for_whom: UUID | None = None,
    detail: str | None = None,
) -> None:
    doings.note(
        session, who=who, verb=verb, about=about, at=at, for_whom=for_whom,
        detail=detail,
    )  # fmt: skip
