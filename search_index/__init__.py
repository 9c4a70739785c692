"""The catalogue: find things in the resident's own words. Knows Whoosh, never Flask."""

from search_index.analysis import fold, in_script, reads_like, strip_tones
from search_index.backends import Backend, open_backend
from search_index.damage import Damage, find_damage
from search_index.highlight import mark
from search_index.index import Index
from search_index.model import (
    FACETS,
    POINT_STEPS,
    Document,
    Filters,
    Hit,
    IndexUnavailable,
    Near,
    Page,
    Pieces,
    Query,
    Reason,
    Sort,
    Suggestion,
)
from search_index.vocabulary import Vocabulary

__all__ = [
    "FACETS",
    "POINT_STEPS",
    "Backend",
    "Damage",
    "Document",
    "Filters",
    "Hit",
    "Index",
    "IndexUnavailable",
    "Near",
    "Page",
    "Pieces",
    "Query",
    "Reason",
    "Sort",
    "Suggestion",
    "Vocabulary",
    "find_damage",
    "fold",
    "in_script",
    "mark",
    "open_backend",
    "reads_like",
    "strip_tones",
]
