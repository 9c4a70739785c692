"""The desk: which features are asked for waiting work and for what can be found."""

from __future__ import annotations

from app.bookings.desk import desk_finds as found_bookings
from app.bookings.desk import desk_items as bookings
from app.books.desk import desk_items as books
from app.fair.desk import desk_items as fair
from app.partners.desk import desk_items as partners
from app.rewards.desk import desk_finds as found_rewards
from app.rewards.desk import desk_items as rewards
from app.volunteering.desk import desk_finds as found_volunteering
from app.volunteering.desk import desk_items as volunteering
from app.web.desk_finds import FindSource
from app.web.desk_items import DeskSource
from app.workshops.desk import desk_finds as found_workshops
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

FOUND: tuple[FindSource, ...] = (
    found_volunteering,
    found_bookings,
    found_workshops,
    found_rewards,
)
"""Each feature adds its `desk_finds` here: what the staff's search compares."""
