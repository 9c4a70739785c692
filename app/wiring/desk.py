"""The desk's piles: which features are asked for waiting work, on one page."""

from __future__ import annotations

from app.rewards.desk import desk_items as rewards
from app.web.desk_items import DeskSource

SOURCES: tuple[DeskSource, ...] = (rewards,)
"""Each feature adds its `desk_items` here."""
