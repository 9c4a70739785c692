"""Many wishes of one person at the same moment do not get around a limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from sqlmodel import select

from app import rewards
from app.kernel.db import Database
from app.rewards import FundingSource, Redemption, RewardItem
from app.rewards.errors import LimitReached
from tests.app.rewards.conftest import Shop
from tests.cast import NOON, Cast


def test_one_a_year_is_one_also_for_six_tabs(
    db: Database, cast: Cast, shop: Shop
) -> None:
    """The stock lies at two places, so that no lot's lock makes them take turns."""
    with db.transaction() as session:
        liquid = session.get_one(RewardItem, shop.liquid)
        liquid.limit_per_person, liquid.points = 1, 1
        session.add(liquid)
        rewards.add_stock(
            session, liquid, place_id=cast.centre, quantity=3, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        )  # fmt: skip
    start = Barrier(6)

    def wish(place_id: UUID) -> str:
        start.wait()
        try:
            with db.transaction() as session:
                rewards.place_redemption(
                    session, reward_id=shop.liquid, person_id=cast.lin, by=cast.lin,
                    place_id=place_id, at=NOON,
                )  # fmt: skip
        except LimitReached:
            return "refused"
        return "placed"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(wish, (cast.station, cast.centre) * 3))

    assert sorted(said) == ["placed"] + ["refused"] * 5
    with db.reading() as session:
        assert len(session.exec(select(Redemption)).all()) == 1
