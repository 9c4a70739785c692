"""Orders on a real database: stock, points and yuan before and after."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app import people, wallet, workshops
from app.kernel.db import Database
from app.kernel.errors import Refusal
from app.kernel.outbox import OutboxRow
from app.kernel.permissions import Role
from app.people import MayNot
from app.workshops import (
    MoreThanOwed,
    NotForThem,
    NotOnSale,
    NotYourStep,
    NotYourWorkshop,
    OrderInvalid,
    OrderNotFound,
    OrderState,
    OutOfStock,
    PastBestBefore,
    Payment,
    PayoutState,
    PayWith,
    SamePerson,
    StepOutOfTurn,
    UndoOver,
    WrongCode,
)
from app.workshops.models import BasketRow, Batch, Order
from tests.app.workshops.shop import (
    LATER,
    TOMORROW,
    YESTERDAY,
    Shop,
    add_fresh,
    bring_to_counter,
    open_shop,
    order,
)
from tests.cast import BEGINNING, NOON, TODAY, Cast


@pytest.fixture
def shop(db: Database, cast: Cast) -> Shop:
    with db.transaction() as session:
        return open_shop(session, cast)


def stock(session: Session, good_id: UUID) -> list[tuple[int, int, int]]:
    rows = session.exec(
        select(Batch).where(Batch.good_id == good_id).order_by(Batch.best_before)  # type: ignore[arg-type]
    )
    return [(one.quantity, one.reserved, one.sold) for one in rows]


def points(session: Session, person_id: UUID) -> tuple[Decimal, Decimal]:
    found = wallet.balances_of(session, person_id)["POINT"]
    return found.available, found.held


def owed(session: Session, shop: Shop) -> Decimal:
    return wallet.owed_to_workshop(session, shop.workshop).posted


def test_a_cash_order_owes_the_workshop_its_price_less_the_commission(
    db: Database, cast: Cast, shop: Shop
) -> None:
    """Story L15: 2 × 26.80 + 45.00 at 8 % per line: 98.60, 7.89, 90.71."""
    with db.transaction() as session:
        placed = order(session, cast, shop)
        assert placed.total_cny == Decimal("98.60")
        ready = bring_to_counter(session, cast, placed.id)
        done = workshops.hand_over(
            session, ready.id, code=ready.pickup_code or "", by=cast.sun, at=LATER
        )

    with db.reading() as session:
        assert owed(session, shop) == Decimal("90.71")
        statement = wallet.workshop_statement(session, shop.workshop)
        assert statement is not None
        assert [one.cause for one in statement.lines] == [f"order:{done.id}"]
        assert stock(session, shop.chopsticks) == [(12, 0, 2)]
        assert stock(session, shop.stool) == [(3, 0, 1)]
        assert (done.state, done.payment) == (
            OrderState.COLLECTED,
            Payment.RECORDED_CASH,
        )
        assert wallet.verify_book(session).ok


def test_a_points_order_captures_the_hold_and_the_fund_owes_the_price(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop, {shop.stool: 1}, PayWith.POINTS)
        assert points(session, cast.lin) == (Decimal("5.00"), Decimal("15.00"))
        ready = bring_to_counter(session, cast, placed.id)
        done = workshops.hand_over(
            session, ready.id, code=ready.pickup_code or "", by=cast.sun, at=LATER
        )

    with db.reading() as session:
        assert points(session, cast.lin) == (Decimal("5.00"), Decimal("0.00"))
        assert owed(session, shop) == Decimal("41.40")
        assert done.payment == Payment.POINTS_CAPTURED
        assert wallet.verify_book(session).ok


@pytest.mark.parametrize(
    ("minutes", "is_undone"), [(9, True), (10, False), (11, False)]
)
def test_an_order_can_be_undone_for_ten_minutes(
    db: Database, cast: Cast, shop: Shop, minutes: int, *, is_undone: bool
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop, {shop.stool: 1}, PayWith.POINTS)
    at = NOON + timedelta(minutes=minutes)

    if is_undone:
        with db.transaction() as session:
            workshops.undo_order(session, placed.id, by=cast.lin, at=at)
    else:
        with pytest.raises(UndoOver), db.transaction() as session:
            workshops.undo_order(session, placed.id, by=cast.lin, at=at)

    with db.reading() as session:
        left = Decimal("20.00") if is_undone else Decimal("5.00")
        assert points(session, cast.lin)[0] == left
        assert stock(session, shop.stool) == [(3, 0 if is_undone else 1, 0)]


def test_after_the_window_a_resident_cancels_instead(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop, {shop.stool: 1}, PayWith.POINTS)
        workshops.confirm_order(session, placed.id, by=cast.tao, at=LATER)
        workshops.cancel_order(session, placed.id, by=cast.lin, at=LATER)

        assert placed.state == OrderState.CANCELLED
        assert points(session, cast.lin) == (Decimal("20.00"), Decimal("0.00"))
        assert stock(session, shop.stool) == [(3, 0, 0)]


def test_the_workshop_sees_nothing_until_the_window_is_over(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop)
        with pytest.raises(OrderNotFound):
            workshops.confirm_order(session, placed.id, by=cast.tao, at=NOON)
        workshops.send_order(session, placed.id, by=cast.lin, at=NOON)
        workshops.confirm_order(session, placed.id, by=cast.tao, at=NOON)

        assert placed.state == OrderState.CONFIRMED


def test_a_rejected_order_gives_everything_back_and_says_why(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop, {shop.stool: 1}, PayWith.POINTS)
    with pytest.raises(OrderInvalid), db.transaction() as session:
        workshops.reject_order(session, placed.id, reason=" ", by=cast.tao, at=LATER)
    with db.transaction() as session:
        done = workshops.reject_order(
            session, placed.id, reason="the kiln is cold", by=cast.tao, at=LATER
        )

    with db.reading() as session:
        assert (done.state, done.reason) == (OrderState.REJECTED, "the kiln is cold")
        assert points(session, cast.lin) == (Decimal("20.00"), Decimal("0.00"))


def test_two_want_the_last_one_and_one_gets_it(
    db: Database, cast: Cast, shop: Shop
) -> None:
    """Story L19, for goods: no hold and no half order for the second."""
    with db.transaction() as session:
        order(session, cast, shop, {shop.stool: 3}, person_id=cast.chen, by=cast.chen)
    with pytest.raises(OutOfStock, match="sold out"), db.transaction() as session:
        order(session, cast, shop, {shop.stool: 1}, PayWith.POINTS)

    with db.reading() as session:
        assert points(session, cast.lin) == (Decimal("20.00"), Decimal("0.00"))
        assert stock(session, shop.stool) == [(3, 3, 0)]
        assert len(session.exec(select(Order)).all()) == 1


def test_eight_at_once_want_three_and_three_get_them(
    db: Database, cast: Cast, shop: Shop
) -> None:
    start = Barrier(8)

    def want(_number: int) -> bool:
        start.wait()
        try:
            with db.transaction() as session:
                order(session, cast, shop, {shop.stool: 1})
        except OutOfStock:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(want, range(8)))

    assert sum(got) == 3
    with db.reading() as session:
        assert stock(session, shop.stool) == [(3, 3, 0)]
        assert len(session.exec(select(Order)).all()) == 3


def test_the_database_refuses_to_reserve_more_than_was_made(
    db: Database, cast: Cast, shop: Shop
) -> None:
    assert cast
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(
            update(Batch).where(Batch.good_id == shop.stool).values(reserved=4)  # type: ignore[arg-type]
        )


def test_the_first_to_expire_goes_first_and_an_expired_batch_never(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        fresh = add_fresh(
            session, cast, shop, (YESTERDAY, 9), (TODAY, 2), (TOMORROW, 5)
        )
        order(session, cast, shop, {fresh: 3})
        assert stock(session, fresh) == [(9, 0, 0), (2, 2, 0), (5, 1, 0)]
    with pytest.raises(OutOfStock, match="Only 4"), db.transaction() as session:
        order(session, cast, shop, {fresh: 5})


def test_the_commission_is_rounded_once_per_line_however_many_batches(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        session.execute(
            update(Batch).where(Batch.good_id == shop.chopsticks).values(quantity=1)  # type: ignore[arg-type]
        )
        workshops.add_batch(
            session, shop.chopsticks, made_on=TODAY, quantity=1, by=cast.tao, at=NOON
        )
        ready = bring_to_counter(
            session, cast, order(session, cast, shop, {shop.chopsticks: 2}).id
        )
        workshops.hand_over(
            session, ready.id, code=ready.pickup_code or "", by=cast.sun, at=LATER
        )

        assert owed(session, shop) == Decimal("53.60") - Decimal("4.29")


def test_a_batch_that_expired_on_the_shelf_is_not_handed_over(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        fresh = add_fresh(session, cast, shop, (TODAY, 2))
        ready = bring_to_counter(
            session, cast, order(session, cast, shop, {fresh: 1}).id
        )
    with pytest.raises(PastBestBefore), db.transaction() as session:
        workshops.hand_over(
            session,
            ready.id,
            code=ready.pickup_code or "",
            by=cast.sun,
            at=NOON + timedelta(days=1),
        )

    with db.reading() as session:
        assert owed(session, shop) == 0
        assert stock(session, fresh) == [(2, 1, 0)]


def test_uncollected_orders_lapse_after_their_last_day(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop, {shop.stool: 1}, PayWith.POINTS)
        bring_to_counter(session, cast, placed.id)

        assert workshops.lapse_overdue(session, NOON + timedelta(days=7)) == 0
        assert workshops.lapse_overdue(session, NOON + timedelta(days=8)) == 1
        assert workshops.lapse_overdue(session, NOON + timedelta(days=8)) == 0

        assert placed.state == OrderState.UNCOLLECTED
        assert points(session, cast.lin) == (Decimal("20.00"), Decimal("0.00"))
        assert stock(session, shop.stool) == [(3, 0, 0)]


def test_nobody_hands_over_to_themselves_or_their_family(
    db: Database, cast: Cast, shop: Shop
) -> None:
    """Zhou, who manages the centre, is Lin's husband."""
    with db.transaction() as session:
        hers = bring_to_counter(session, cast, order(session, cast, shop).id)
        his = order(
            session, cast, shop, {shop.stool: 1}, person_id=cast.sun, by=cast.sun
        )
        his = bring_to_counter(session, cast, his.id)
        with pytest.raises(NotForThem):
            workshops.hand_over(
                session, hers.id, code=hers.pickup_code or "", by=cast.zhou, at=LATER
            )
        with pytest.raises(NotForThem):
            workshops.hand_over(
                session, his.id, code=his.pickup_code or "", by=cast.sun, at=LATER
            )
        assert owed(session, shop) == 0
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(
            update(Order).where(Order.id == his.id).values(handed_over_by=cast.sun)  # type: ignore[arg-type]
        )


def test_only_the_right_code_opens_the_parcel_and_only_once(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        ready = bring_to_counter(session, cast, order(session, cast, shop).id)
        code = ready.pickup_code or ""
        with pytest.raises(WrongCode):
            workshops.hand_over(session, ready.id, code="??????", by=cast.sun, at=LATER)
        workshops.hand_over(session, ready.id, code=code.lower(), by=cast.sun, at=LATER)
        with pytest.raises(StepOutOfTurn):
            workshops.hand_over(session, ready.id, code=code, by=cast.sun, at=LATER)

        assert owed(session, shop) == Decimal("90.71")


def test_strangers_do_not_learn_that_an_order_is_there(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop)
        for stranger in (cast.chen, cast.pan, cast.qian):
            with pytest.raises(OrderNotFound):
                workshops.cancel_order(session, placed.id, by=stranger, at=LATER)
        with pytest.raises(NotYourStep):
            workshops.confirm_order(session, placed.id, by=cast.lin, at=LATER)
        with pytest.raises(NotYourStep):
            workshops.receive_order(session, placed.id, by=cast.tao, at=LATER)


def test_whoever_manages_a_workshop_neither_orders_there_nor_records_its_sales(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        people.assign_role(
            session, person_id=cast.sun, role=Role.WORKSHOP_MANAGER, place_id=None,
            organisation_id=shop.workshop, starts_on=TODAY, at=NOON, by=None,
        )  # fmt: skip
        session.flush()
        with pytest.raises(OrderInvalid):
            order(session, cast, shop, person_id=cast.tao, by=cast.tao)
        ready = bring_to_counter(session, cast, order(session, cast, shop).id)
        with pytest.raises(NotForThem):
            workshops.hand_over(
                session, ready.id, code=ready.pickup_code or "", by=cast.sun, at=LATER
            )


def test_a_clerk_orders_for_a_resident_and_both_names_are_kept(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop, by=cast.sun)
        assert (placed.person_id, placed.entered_by) == (cast.lin, cast.sun)
        with pytest.raises(MayNot):
            order(session, cast, shop, by=cast.chen)
        workshops.undo_order(session, placed.id, by=cast.sun, at=NOON)


def test_who_typed_an_order_does_not_hand_it_over(
    db: Database, cast: Cast, shop: Shop
) -> None:
    """One pair of hands could spend a resident's points and carry the goods home."""
    with db.transaction() as session:
        ready = bring_to_counter(
            session, cast, order(session, cast, shop, by=cast.sun).id
        )
        code = ready.pickup_code or ""
        with pytest.raises(NotForThem):
            workshops.hand_over(session, ready.id, code=code, by=cast.sun, at=LATER)
        workshops.hand_over(session, ready.id, code=code, by=cast.ma, at=LATER)
        assert ready.handed_over_by == cast.ma


def _bad(name: str) -> dict[str, Callable[[Cast, Shop], object]]:
    return {
        "no line": {"lines": lambda _c, _s: {}},
        "nothing of it": {"lines": lambda _c, s: {s.stool: 0}},
        "too many": {"lines": lambda _c, s: {s.stool: 100}},
        "a town is no counter": {"place_id": lambda c, _s: c.town},
        "cash only": {"pay_with": lambda _c, _s: PayWith.POINTS},
    }[name]


@pytest.mark.parametrize(
    "name",
    ["no line", "nothing of it", "too many", "a town is no counter", "cash only"],
)
def test_orders_that_cannot_be_change_nothing(
    db: Database, cast: Cast, shop: Shop, name: str
) -> None:
    changes = {key: make(cast, shop) for key, make in _bad(name).items()}
    wanted = {
        "person_id": cast.lin, "workshop_id": shop.workshop,
        "lines": {shop.chopsticks: 1}, "place_id": cast.centre,
        "pay_with": PayWith.CASH, "by": cast.lin, "at": NOON,
    } | changes  # fmt: skip
    with pytest.raises(OrderInvalid), db.transaction() as session:
        workshops.place_order(session, **wanted)  # type: ignore[arg-type]
    with db.reading() as session:
        assert stock(session, shop.chopsticks) == [(12, 0, 0)]


def test_points_that_are_not_there_reserve_nothing(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with pytest.raises(Refusal, match="not enough points"), db.transaction() as session:
        order(session, cast, shop, {shop.stool: 2}, PayWith.POINTS)
    with db.reading() as session:
        assert stock(session, shop.stool) == [(3, 0, 0)]
        assert points(session, cast.lin) == (Decimal("20.00"), Decimal("0.00"))


def test_a_paused_good_is_not_sold_and_the_search_is_told(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        before = len(session.exec(select(OutboxRow)).all())
        workshops.pause_good(session, shop.stool, by=cast.tao, at=NOON)
        session.flush()
        assert len(session.exec(select(OutboxRow)).all()) == before + 1
        with pytest.raises(NotOnSale):
            order(session, cast, shop, {shop.stool: 1})
        with pytest.raises(NotOnSale):
            workshops.put_in_basket(session, cast.lin, shop.stool, 1)


def test_a_later_price_does_not_touch_an_order(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        placed = order(session, cast, shop)
        good = workshops.good_for(session, shop.stool)
        workshops.change_good(
            session, shop.stool, by=cast.tao, at=NOON, is_perishable=False,
            is_made_to_order=False, title=good.title, category=good.category,
            price_cny=Decimal("99.00"),
        )  # fmt: skip
        ready = bring_to_counter(session, cast, placed.id)
        workshops.hand_over(
            session, ready.id, code=ready.pickup_code or "", by=cast.sun, at=LATER
        )

        assert owed(session, shop) == Decimal("90.71")


def test_a_basket_becomes_one_order_and_is_empty_then(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        workshops.put_in_basket(session, cast.lin, shop.stool, 1)
        workshops.put_in_basket(session, cast.lin, shop.chopsticks, 1)
        workshops.put_in_basket(session, cast.lin, shop.chopsticks, 1)
        placed = workshops.order_basket(
            session,
            person_id=cast.lin,
            workshop_id=shop.workshop,
            place_id=cast.station,
            pay_with=PayWith.CASH,
            at=NOON,
        )

        assert placed.total_cny == Decimal("98.60")
        assert session.exec(select(BasketRow)).all() == []


def test_only_its_managers_change_a_workshops_goods(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        with pytest.raises(NotYourWorkshop):
            workshops.pause_good(session, shop.stool, by=cast.lin, at=NOON)
        with pytest.raises(NotYourWorkshop):
            workshops.add_batch(
                session, shop.stool, made_on=TODAY, quantity=1, by=cast.sun, at=NOON
            )


def test_written_off_pieces_are_gone_but_reserved_ones_stay(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        order(session, cast, shop, {shop.stool: 1})
        batch = session.exec(select(Batch).where(Batch.good_id == shop.stool)).one()
        with pytest.raises(Refusal, match="At most 2"):
            workshops.write_off(session, batch.id, quantity=3, by=cast.tao, at=NOON)
        workshops.write_off(session, batch.id, quantity=2, by=cast.tao, at=NOON)

        assert workshops.stock_of(session, [shop.stool], on=TODAY)[shop.stool] == 0


def test_a_payout_takes_two_people_and_no_more_than_is_owed(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with db.transaction() as session:
        for name in ("shen",):
            people.assign_role(
                session, person_id=getattr(cast, name), role=Role.LEDGER_ADMIN,
                place_id=None, starts_on=BEGINNING.date(), at=BEGINNING, by=None,
            )  # fmt: skip
        ready = bring_to_counter(session, cast, order(session, cast, shop).id)
        workshops.hand_over(
            session, ready.id, code=ready.pickup_code or "", by=cast.sun, at=LATER
        )

        def propose(amount: str, by: UUID) -> workshops.Payout:
            return workshops.propose_payout(
                session, shop.workshop, place_id=cast.centre, amount=Decimal(amount),
                by=by, at=LATER,
            )  # fmt: skip

        with pytest.raises(MoreThanOwed):
            propose("90.72", cast.jin)
        with pytest.raises(MayNot):
            propose("1.00", cast.tao)
        payout = propose("90.71", cast.jin)
        with pytest.raises(MoreThanOwed):
            propose("0.01", cast.jin)
        with pytest.raises(SamePerson):
            workshops.approve_payout(session, payout.id, by=cast.jin, at=LATER)
        assert owed(session, shop) == Decimal("90.71")

        workshops.approve_payout(session, payout.id, by=cast.shen, at=LATER)
        with pytest.raises(StepOutOfTurn):
            workshops.approve_payout(session, payout.id, by=cast.shen, at=LATER)

        assert payout.state == PayoutState.PAID
        assert owed(session, shop) == 0
        assert wallet.verify_book(session).ok
