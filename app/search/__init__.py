"""Search: the results page, suggestions, and feeding the catalogue.

Nouns: none of its own; the tables are the truth, the index is derived.
Heard: whatever changes what strangers may find (see `rules.FEEDS`), read from the
outbox by the index's own cursor.
"""

from app.search.actions import Catalogue, catch_up, open_index, rebuild
from app.search.queries import find_plainly
from app.search.rules import Asked, page_url

__all__ = [
    "Asked",
    "Catalogue",
    "catch_up",
    "find_plainly",
    "open_index",
    "page_url",
    "rebuild",
]
