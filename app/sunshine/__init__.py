"""The sunshine ledger (阳光账本): the book that anybody may read and recompute.

Nouns: `BookCheck`, `Entry`. It keeps its own list of checks, publishes checkpoints, and
stops the writing when a check finds the book broken.
"""

from app.sunshine.actions import check_book, publish_checkpoint
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
    "publish_checkpoint",
]
