"""The desk's piles: which features are asked for waiting work, on one page."""

from __future__ import annotations

from app.bookings.desk import desk_items as bookings
from app.books.desk import desk_items as books
from app.fair.desk import desk_items as fair
from app.partners.desk import desk_items as partners
from app.rewards.desk import desk_items as rewards
from app.volunteering.desk import desk_items as volunteering
from app.web.desk_items import DeskSource
from app.workshops.desk import desk_items as workshops

SOURCES: tuple[DeskSource, ...] = (
    volunteering,
    bookings,
    rewards,
    workshops,
    fair,
    partners,
    books,
)
"""Each feature adds its `desk_items` here."""
