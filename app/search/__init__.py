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
from app.search.queries import Find, first_page, fits_now, is_findable, new_finds
from app.search.rules import Asked, Wording, fold_key, line_to_keep, page_url
from search_index.vocabulary import changes_nothing, is_filler, word_key

__all__ = [
    "Asked",
    "Catalogue",
    "Drift",
    "Find",
    "Wording",
    "catch_up",
    "changes_nothing",
    "check",
    "find_plainly",
    "first_page",
    "fits_now",
    "fold_key",
    "follow",
    "is_filler",
    "is_findable",
    "line_to_keep",
    "mend",
    "new_finds",
    "open_index",
    "page_url",
    "rebuild",
    "word_key",
]
