"""The search's counter: words, choices with true counts, results, suggestions."""

from app.search.views.pages import bp
from app.search.views.shown import catalogue

__all__ = ["bp", "catalogue"]
