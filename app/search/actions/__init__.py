"""Keeping the catalogue true: fed from the outbox, built anew, checked, mended."""

from app.search.actions.catalogue import Catalogue, open_index
from app.search.actions.checking import Drift, check, mend
from app.search.actions.feeding import catch_up, follow, rebuild

__all__ = [
    "Catalogue",
    "Drift",
    "catch_up",
    "check",
    "follow",
    "mend",
    "open_index",
    "rebuild",
]
