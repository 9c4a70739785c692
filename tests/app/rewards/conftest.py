"""A little shop for tests: washing liquid, a haircut, a gift to the love fund."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest

from app import programmes, rewards
from app.kernel.db import Database
from app.rewards import FundingSource, RewardKind
from tests.cast import NOON, Cast


@dataclass(frozen=True)
class Shop:
    """Ids by name: three bottles at the station, one haircut at the centre."""

    liquid: UUID
    haircut: UUID
    gift: UUID
    lot: UUID


@pytest.fixture
def shop(db: Database, cast: Cast) -> Shop:
    with db.transaction() as session:
        love_bank = programmes.programme_for(session, cast.love_bank)
        liquid = rewards.add_reward(
            session, kind=RewardKind.GOODS, programme=love_bank, title="洗衣液",
            title_en="Washing liquid", points=Decimal(15), at=NOON,
        )  # fmt: skip
        haircut = rewards.add_reward(
            session, kind=RewardKind.SERVICE, programme=love_bank, title="上门理发一次",
            title_en="One haircut at home", points=Decimal(20), limit_per_person=1,
            suitable_for_minors=False, at=NOON,
        )  # fmt: skip
        gift = rewards.add_reward(
            session, kind=RewardKind.DONATION, programme=love_bank,
            title="捐给爱心基金", title_en="Give to the love fund", points=Decimal(1),
            at=NOON,
        )  # fmt: skip
        lot = rewards.add_stock(
            session, liquid, place_id=cast.station, quantity=3, by=None, at=NOON,
            funding_source=FundingSource.DONOR,
        )  # fmt: skip
        rewards.add_stock(
            session, haircut, place_id=cast.centre, quantity=1, by=None, at=NOON,
            funding_source=FundingSource.DEPARTMENT,
        )  # fmt: skip
        return Shop(liquid.id, haircut.id, gift.id, lot.id)
