"""The catalogue: find things in the resident's own words. Knows Whoosh, never Flask."""

from search_index.analysis import fold, reads_like, strip_tones
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
    Sort,
    Suggestion,
)

__all__ = [
    "FACETS",
    "POINT_STEPS",
    "Document",
    "Filters",
    "Hit",
    "Index",
    "IndexUnavailable",
    "Near",
    "Page",
    "Pieces",
    "Query",
    "Sort",
    "Suggestion",
    "fold",
    "mark",
    "reads_like",
    "strip_tones",
]
