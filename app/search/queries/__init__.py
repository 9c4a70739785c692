"""Rows become documents: what strangers may find, in every language it is written."""

from app.search.queries.finds import Find, first_page, fits_now, is_findable, new_finds
from app.search.queries.parts import Context
from app.search.queries.sources import SOURCES, all_documents, documents_for

__all__ = [
    "SOURCES",
    "Context",
    "Find",
    "all_documents",
    "documents_for",
    "first_page",
    "fits_now",
    "is_findable",
    "new_finds",
]
