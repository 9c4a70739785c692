"""What happens to rewards: stock comes in, wishes are placed, handed over, let go."""

from app.rewards.actions.settling import (
    cancel_redemption,
    hand_over,
    lapse_uncollected,
    send_now,
    settle_due,
    undo_redemption,
)
from app.rewards.actions.shop import (
    add_reward,
    add_stock,
)
from app.rewards.actions.wishes import (
    place_redemption,
)

__all__ = [
    "add_reward",
    "add_stock",
    "cancel_redemption",
    "hand_over",
    "lapse_uncollected",
    "place_redemption",
    "send_now",
    "settle_due",
    "undo_redemption",
]
