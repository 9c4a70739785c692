"""Search: the results page, suggestions, and feeding the catalogue.

Nouns: none of its own; the tables are the truth, the index is derived.
Heard: whatever changes what strangers may find (see `rules.FEEDS`), read from the
outbox by the index's own cursor.
"""

from app.search.actions import (
    Catalogue,
    Drift,
    catch_up,
    check,
    follow,
    mend,
    open_index,
    rebuild,
)
from app.search.plainly import find_plainly
from app.search.queries import Find, fits_now, new_finds
from app.search.rules import Asked, fold_key, line_to_keep, page_url

__all__ = [
    "Asked",
    "Catalogue",
    "Drift",
    "Find",
    "catch_up",
    "check",
    "find_plainly",
    "fits_now",
    "fold_key",
    "follow",
    "line_to_keep",
    "mend",
    "new_finds",
    "open_index",
    "page_url",
    "rebuild",
]
