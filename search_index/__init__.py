"""The catalogue: find things in the resident's own words. Knows Whoosh, never Flask."""

from search_index.damage import Damage, find_damage
from search_index.index import Index
from search_index.model import (
    FACETS,
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

__all__ = [
    "FACETS",
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
    "find_damage",
]
