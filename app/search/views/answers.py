"""Ask the index; ask the tables, plainly, while it cannot be read."""

from __future__ import annotations

import logging
from typing import cast

from flask import current_app

from app.kernel.clock import now
from app.kernel.i18n import msg
from app.search.actions import Catalogue
from app.search.plainly import GENERATION, find_plainly, suggest_plainly
from app.web.store import reading
from app.web.words import language
from search_index import IndexUnavailable, Page, Query, Suggestion

log = logging.getLogger(__name__)

PLAIN_WORDS = msg(
    "The search is being rebuilt. Until then we look for the words just as you typed"
    " them."
)


def catalogue() -> Catalogue:
    """Return the catalogue of the application that answers this request."""
    return cast("Catalogue", current_app.extensions["fair_catalogue"])


def ask(question: Query) -> Page:
    """Answer from the index; from the tables, plainly, while it cannot be read."""
    try:
        return catalogue().index.search(question)
    except (IndexUnavailable, OSError) as problem:
        _miss(problem)
    with reading() as session:
        return find_plainly(session, question, catalogue().context(now()))


def complete(typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
    """Complete what is being typed; by titles alone while there is no index."""
    try:
        return catalogue().index.suggest(typed, limit, lang=language())
    except (IndexUnavailable, OSError) as problem:
        _miss(problem)
    with reading() as session:
        return suggest_plainly(session, typed, catalogue().context(now()), limit)


def is_plain(found: Page) -> bool:
    """Say whether the tables answered instead of the index."""
    return found.generation == GENERATION


def _miss(problem: Exception) -> None:
    log.warning("the search index cannot be read; searching the tables: %s", problem)
    catalogue().miss()
