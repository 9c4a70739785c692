"""The sunshine ledger (阳光账本): the book that anybody may read and recompute.

Nouns: `BookCheck`, `Entry`. It changes nothing but its own list of checks.
"""

from app.sunshine.actions import check_book
from app.sunshine.models import BookCheck
from app.sunshine.queries import entries_until, entry_for, last_check
from app.sunshine.rules import Entry, Move

__all__ = [
    "BookCheck",
    "Entry",
    "Move",
    "check_book",
    "entries_until",
    "entry_for",
    "last_check",
]
