"""The search's counter: words, choices with true counts, results, suggestions."""

from app.search.views.answers import (
    PLAIN_WORDS,
    ask,
    catalogue,
    complete,
    init_wording,
    is_plain,
)
from app.search.views.pages import bp

__all__ = [
    "PLAIN_WORDS",
    "ask",
    "bp",
    "catalogue",
    "complete",
    "init_wording",
    "is_plain",
]
