"""The search's desks: find in one's own places; texts that came in damaged."""

from app.search.desk import damaged
from app.search.desk.staff import bp, init_staff_search

__all__ = ["bp", "damaged", "init_staff_search"]
