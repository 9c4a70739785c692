"""Wishes: what people looked for in vain, and searches they want to hear of again.

Nouns: `Wish` (words and a day, nobody's), `KeptSearch`. Said: `SomethingNewFits`.
Heard: its own.
"""

from app.wishes.actions import (
    forget_search,
    keep_search,
    look_for_news,
    post_wish,
    rename_search,
)
from app.wishes.events import SomethingNewFits

__all__ = [
    "SomethingNewFits",
    "forget_search",
    "keep_search",
    "look_for_news",
    "post_wish",
    "rename_search",
]
