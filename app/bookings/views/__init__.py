"""Booking at the counter: ask for a time, undo, answer, close, say how it was."""

from app.bookings.views import pages, steps
from app.bookings.views.counter import bp

__all__ = ["bp", "pages", "steps"]
