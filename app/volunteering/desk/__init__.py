"""The station's counter: hours to verify, today's shifts, the door, posts."""

from app.volunteering.desk import door, posts, records, roster
from app.volunteering.desk.shown import bp, desk_finds, desk_items

__all__ = ["bp", "desk_finds", "desk_items", "door", "posts", "records", "roster"]
