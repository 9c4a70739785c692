"""The volunteer's counter: shifts to take, one's own, the door, one's records."""

from app.volunteering.views import attendance, feed, shifts
from app.volunteering.views.shown import bp

__all__ = ["attendance", "bp", "feed", "shifts"]
