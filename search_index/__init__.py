"""The catalogue: find things in the resident's own words. Knows Whoosh, never Flask."""

from search_index.index import Index
from search_index.model import (
    Document,
    Filters,
    Hit,
    IndexUnavailable,
    Near,
    Page,
    Query,
    Suggestion,
)

__all__ = [
    "Document",
    "Filters",
    "Hit",
    "Index",
    "IndexUnavailable",
    "Near",
    "Page",
    "Query",
    "Suggestion",
]
