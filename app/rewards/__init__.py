"""Rewards: what can be had for points, its stock, and who had what.

Nouns: `RewardItem`, `StockLot`, `Redemption`. A redemption holds points and sets a
piece aside; the counter's hand-over lets the points retire into the pool.
"""

from app.rewards.actions import (
    add_reward,
    add_stock,
    cancel_redemption,
    hand_over,
    lapse_uncollected,
    place_redemption,
    send_now,
    settle_due,
    undo_redemption,
)
from app.rewards.errors import (
    LimitReached,
    NotForYou,
    OutOfStock,
    OwnHandOver,
    RedemptionNotFound,
    RewardNotFound,
    UndoOver,
    WrongPickupCode,
)
from app.rewards.models import (
    FundingSource,
    Redemption,
    RedemptionState,
    RewardItem,
    RewardKind,
    StockLot,
)
from app.rewards.queries import (
    Cover,
    all_rewards,
    cover,
    free_stock,
    redemption_for,
    redemptions_of,
    reward_for,
    rewards_by_ids,
)

__all__ = [
    "Cover",
    "FundingSource",
    "LimitReached",
    "NotForYou",
    "OutOfStock",
    "OwnHandOver",
    "Redemption",
    "RedemptionNotFound",
    "RedemptionState",
    "RewardItem",
    "RewardKind",
    "RewardNotFound",
    "StockLot",
    "UndoOver",
    "WrongPickupCode",
    "add_reward",
    "add_stock",
    "all_rewards",
    "cancel_redemption",
    "cover",
    "free_stock",
    "hand_over",
    "lapse_uncollected",
    "place_redemption",
    "redemption_for",
    "redemptions_of",
    "reward_for",
    "rewards_by_ids",
    "send_now",
    "settle_due",
    "undo_redemption",
]
