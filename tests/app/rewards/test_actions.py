"""Points and pieces move together: held and set aside, handed over, or both free."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app import people, programmes, rewards, wallet
from app.kernel.db import Database
from app.people import MayNot
from app.rewards import (
    FundingSource,
    LimitReached,
    NotForYou,
    OutOfStock,
    OwnHandOver,
    Redemption,
    RedemptionNotFound,
    RedemptionState,
    RewardKind,
    StockLot,
    UndoOver,
    WrongPickupCode,
)
from app.rewards.errors import RewardInvalid
from app.wallet import InsufficientPoints
from tests.app.rewards.conftest import Shop
from tests.cast import NOON, Cast, known_id

READY_AT = NOON + timedelta(minutes=10)


def balance(db: Database, person: UUID) -> tuple[Decimal, Decimal]:
    """Return (posted, held) points."""
    with db.reading() as session:
        found = wallet.balances_of(session, person)["POINT"]
    return found.posted, found.held


def pieces(db: Database, lot: UUID) -> tuple[int, int]:
    """Return (reserved, given) pieces of a lot."""
    with db.reading() as session:
        found = session.get_one(StockLot, lot)
    return found.reserved, found.given


def place(
    db: Database, cast: Cast, reward: UUID, *, at: datetime = NOON, **told: object
) -> UUID:
    facts = {"person_id": cast.lin, "by": cast.lin, "place_id": cast.station} | told
    with db.transaction() as session:
        made = rewards.place_redemption(session, reward_id=reward, at=at, **facts)  # type: ignore[arg-type]
        return made.id


def make_ready(db: Database, redemption: UUID) -> str:
    with db.transaction() as session:
        rewards.settle_due(session, READY_AT)
        code = session.get_one(Redemption, redemption).pickup_code
    assert code is not None
    return code


def state_of(db: Database, redemption: UUID) -> RedemptionState:
    with db.reading() as session:
        return session.get_one(Redemption, redemption).state


def test_story_l2_held_then_captured_at_the_counter(
    db: Database, cast: Cast, shop: Shop
) -> None:
    """Lin earns 15 more (35 in all), redeems 15 + 15, and collects both."""
    with db.transaction() as session:
        wallet.credit_hours(
            session, person_id=cast.lin, record_id=known_id("second record"),
            programme=programmes.programme_for(session, cast.love_bank),
            hours=Decimal("1.5"), amount=Decimal(15), rule_version=1, at=NOON,
            effective_on=NOON.date(), entered_by=cast.sun, approved_by=cast.ma,
        )  # fmt: skip
    for made in (place(db, cast, shop.liquid), place(db, cast, shop.liquid)):
        code = make_ready(db, made)
        with db.transaction() as session:
            rewards.hand_over(session, code, by=cast.sun, at=READY_AT)

    assert balance(db, cast.lin) == (Decimal("5.00"), Decimal("0.00"))
    assert pieces(db, shop.lot) == (0, 2)
    with db.reading() as session:
        assert wallet.balances_of(session, cast.lin)["HOUR"].posted == Decimal("3.50")
        assert wallet.verify_book(session).ok


def test_placing_holds_the_points_and_sets_a_piece_aside(
    db: Database, cast: Cast, shop: Shop
) -> None:
    place(db, cast, shop.liquid)

    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("15.00"))
    assert pieces(db, shop.lot) == (1, 0)


def test_story_l3_undone_at_nine_minutes(db: Database, cast: Cast, shop: Shop) -> None:
    made = place(db, cast, shop.liquid)

    with db.transaction() as session:
        rewards.undo_redemption(
            session, made, by=cast.lin, at=NOON + timedelta(minutes=9)
        )

    assert state_of(db, made) == RedemptionState.UNDONE
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("0.00"))
    assert pieces(db, shop.lot) == (0, 0)


def test_story_l3_refused_at_eleven_minutes_and_cancel_works(
    db: Database, cast: Cast, shop: Shop
) -> None:
    made = place(db, cast, shop.liquid)
    late = NOON + timedelta(minutes=11)

    with pytest.raises(UndoOver), db.transaction() as session:
        rewards.undo_redemption(session, made, by=cast.lin, at=late)
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("15.00"))

    with db.transaction() as session:
        rewards.cancel_redemption(session, made, by=cast.lin, at=late)
    assert state_of(db, made) == RedemptionState.CANCELLED
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("0.00"))
    assert pieces(db, shop.lot) == (0, 0)


def test_story_l4_not_collected_comes_back_by_itself(
    db: Database, cast: Cast, shop: Shop
) -> None:
    made = place(db, cast, shop.liquid)
    make_ready(db, made)

    with db.transaction() as session:
        assert rewards.lapse_uncollected(session, NOON + timedelta(days=14)) == 0
    with db.transaction() as session:
        assert rewards.lapse_uncollected(session, NOON + timedelta(days=15)) == 1
    with db.transaction() as session:
        assert rewards.lapse_uncollected(session, NOON + timedelta(days=15)) == 0

    assert state_of(db, made) == RedemptionState.LAPSED
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("0.00"))
    assert pieces(db, shop.lot) == (0, 0)


def test_story_l19_the_last_item_goes_to_one(db: Database, cast: Cast) -> None:
    """Eight at once want the one umbrella: one hold, seven told, nothing half done."""
    with db.transaction() as session:
        umbrella = rewards.add_reward(
            session, kind=RewardKind.GOODS, title="雨伞", points=Decimal(2), at=NOON,
            programme=programmes.programme_for(session, cast.love_bank),
        )  # fmt: skip
        lot = rewards.add_stock(
            session, umbrella, place_id=cast.centre, quantity=1, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        ).id  # fmt: skip

    def one_try(_: int) -> str:
        try:
            place(db, cast, umbrella.id, place_id=cast.centre)
        except OutOfStock:
            return "out of stock"
        return "placed"

    with ThreadPoolExecutor(8) as crowd:
        outcomes = Counter(crowd.map(one_try, range(8)))

    assert outcomes == {"placed": 1, "out of stock": 7}
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("2.00"))
    assert pieces(db, lot) == (1, 0)


def test_too_few_points_set_nothing_aside(db: Database, cast: Cast, shop: Shop) -> None:
    with pytest.raises(InsufficientPoints):
        place(db, cast, shop.liquid, person_id=cast.wang, by=cast.wang)

    assert pieces(db, shop.lot) == (0, 0)


def test_one_haircut_a_year_is_enough(db: Database, cast: Cast, shop: Shop) -> None:
    made = place(db, cast, shop.haircut, place_id=cast.centre)
    with pytest.raises(LimitReached):
        place(db, cast, shop.haircut, place_id=cast.centre)

    with db.transaction() as session:
        rewards.undo_redemption(session, made, by=cast.lin, at=NOON)
    place(db, cast, shop.haircut, place_id=cast.centre)


def test_an_honour_needs_the_hours(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        plaque = rewards.add_reward(
            session, kind=RewardKind.HONOUR, title="谢意木牌", points=Decimal(0),
            programme=programmes.programme_for(session, cast.love_bank),
            hours_needed=3, at=NOON,
        ).id  # fmt: skip

    with pytest.raises(NotForYou):
        place(db, cast, plaque)


def test_nothing_is_collected_where_it_does_not_lie(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with pytest.raises(OutOfStock):
        place(db, cast, shop.liquid, place_id=cast.other_centre)
    with pytest.raises(RewardInvalid):
        place(db, cast, shop.liquid, place_id=None)


def test_the_counter_sees_nothing_before_the_undo_time_is_over(
    db: Database, cast: Cast, shop: Shop
) -> None:
    made = place(db, cast, shop.liquid)

    with db.transaction() as session:
        assert rewards.settle_due(session, NOON + timedelta(minutes=9)) == 0
    with pytest.raises(RedemptionNotFound), db.reading() as session:
        rewards.redemption_for(session, made, reader=cast.sun, at=NOON)
    with db.reading() as session:
        rewards.redemption_for(session, made, reader=cast.sun, at=READY_AT)


def test_send_now_waives_the_wait(db: Database, cast: Cast, shop: Shop) -> None:
    made = place(db, cast, shop.liquid)

    with db.transaction() as session:
        sent = rewards.send_now(session, made, by=cast.lin, at=NOON)
        assert (sent.state, len(sent.pickup_code or "")) == (RedemptionState.READY, 6)


@pytest.mark.parametrize("clerk", ["lin", "zhou", "hua"])
def test_nobody_hands_over_to_themselves_or_somebody_close(
    db: Database, cast: Cast, shop: Shop, clerk: str
) -> None:
    """Lin is made a clerk, Zhou is her husband; Hua, a stranger, may."""
    with db.transaction() as session:
        people.assign_role(
            session, person_id=cast.lin, role=people.held_by(
                session, cast.sun, on=NOON.date()
            )[0].role, place_id=cast.centre, starts_on=NOON.date(), at=NOON, by=None,
        )  # fmt: skip
    code = make_ready(db, place(db, cast, shop.liquid))

    if clerk == "hua":
        with db.transaction() as session:
            rewards.hand_over(session, code, by=cast.hua, at=READY_AT)
        return
    with pytest.raises(OwnHandOver), db.transaction() as session:
        rewards.hand_over(session, code, by=getattr(cast, clerk), at=READY_AT)
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("15.00"))


def test_the_database_refuses_a_hand_over_to_oneself(
    db: Database, cast: Cast, shop: Shop
) -> None:
    made = place(db, cast, shop.liquid)
    oneself = (
        update(Redemption)
        .where(col(Redemption.id) == made)
        .values(handed_over_by=cast.lin)
    )
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.exec(oneself)  # type: ignore[call-overload]


def test_the_database_refuses_more_pieces_than_there_are(
    db: Database, shop: Shop
) -> None:
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.get_one(StockLot, shop.lot).reserved = 4


def test_who_entered_it_for_a_resident_does_not_hand_it_over(
    db: Database, cast: Cast, shop: Shop
) -> None:
    made = place(db, cast, shop.liquid, by=cast.sun)
    code = make_ready(db, made)

    with pytest.raises(OwnHandOver), db.transaction() as session:
        rewards.hand_over(session, code, by=cast.sun, at=READY_AT)
    with db.transaction() as session:
        rewards.hand_over(session, code, by=cast.ma, at=READY_AT)
    assert state_of(db, made) == RedemptionState.HANDED_OVER


def test_a_neighbour_cannot_spend_somebody_elses_points(
    db: Database, cast: Cast, shop: Shop
) -> None:
    with pytest.raises(MayNot):
        place(db, cast, shop.liquid, by=cast.chen)


def test_a_clerk_elsewhere_finds_nothing_under_the_code(
    db: Database, cast: Cast, shop: Shop
) -> None:
    code = make_ready(db, place(db, cast, shop.liquid))

    for clerk in (cast.chen, cast.qian):
        with pytest.raises(WrongPickupCode), db.transaction() as session:
            rewards.hand_over(session, code, by=clerk, at=READY_AT)
    with pytest.raises(WrongPickupCode), db.transaction() as session:
        rewards.hand_over(session, "AAAAAA", by=cast.sun, at=READY_AT)


def test_a_code_works_once(db: Database, cast: Cast, shop: Shop) -> None:
    code = make_ready(db, place(db, cast, shop.liquid))
    with db.transaction() as session:
        rewards.hand_over(session, code, by=cast.sun, at=READY_AT)

    with pytest.raises(WrongPickupCode), db.transaction() as session:
        rewards.hand_over(session, code, by=cast.sun, at=READY_AT)
    assert balance(db, cast.lin) == (Decimal("5.00"), Decimal("0.00"))


def test_a_gift_goes_when_it_can_no_longer_be_undone(
    db: Database, cast: Cast, shop: Shop
) -> None:
    made = place(db, cast, shop.gift, place_id=None, gift=Decimal(7))
    assert balance(db, cast.lin) == (Decimal("20.00"), Decimal("7.00"))

    with db.transaction() as session:
        assert rewards.settle_due(session, READY_AT) == 1

    assert state_of(db, made) == RedemptionState.HANDED_OVER
    assert balance(db, cast.lin) == (Decimal("13.00"), Decimal("0.00"))


def test_time_credits_buy_services_only(db: Database, cast: Cast) -> None:
    with pytest.raises(RewardInvalid), db.transaction() as session:
        rewards.add_reward(
            session, kind=RewardKind.GOODS, title="大米", points=Decimal(6), at=NOON,
            programme=programmes.programme_for(session, cast.time_circle),
        )  # fmt: skip


def test_the_cover_line_counts_points_out_and_points_on_offer(
    db: Database, cast: Cast, shop: Shop
) -> None:
    place(db, cast, shop.liquid)

    with db.reading() as session:
        found = rewards.cover(
            session, programmes.programme_for(session, cast.love_bank)
        )
    assert found.outstanding == Decimal("20.00")
    assert found.on_offer == Decimal(2 * 15 + 20)
