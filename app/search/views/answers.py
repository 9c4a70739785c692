"""Ask the index; ask the tables, plainly, while it cannot be read."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.kernel.clock import now
from app.kernel.i18n import msg
from app.search.actions import Catalogue
from app.search.plainly import GENERATION, find_plainly, suggest_plainly
from app.search.rules import Wording
from app.web.filters import local_today
from app.web.guards import find_me
from app.web.store import reading
from app.web.words import language
from search_index import IndexUnavailable, Page, Query, Suggestion

LOOK_EVERY_S = 1.0
"""A new line counts within two seconds, in every process."""

log = logging.getLogger(__name__)

PLAIN_WORDS = msg(
    "The search is being rebuilt. Until then we look for the words just as you typed"
    " them."
)


def catalogue() -> Catalogue:
    """Return the catalogue of the application that answers this request."""
    return cast("Catalogue", current_app.extensions["fair_catalogue"])


WordingSource = Callable[[Session, date], Wording]
Listener = Callable[[str, str], None]
"""Hears what was asked, and by whom, so that nobody is counted twice a day."""


def init_wording(app: Flask, source: WordingSource, hear: Listener) -> None:
    """Tell the search who knows its wording, and who wants to know what is asked."""
    app.extensions["fair_wording"] = _Words(source, hear)


@dataclass
class _Words:
    """Today's wording as it was read last, looked up again after a second."""

    source: WordingSource
    hear: Listener
    known: Wording = field(default_factory=Wording)
    looked_at: float = -math.inf

    def now(self) -> Wording:
        """Return what editors tell the search; as it was while nobody can say."""
        if time.monotonic() - self.looked_at > LOOK_EVERY_S:
            self.looked_at = time.monotonic()
            try:
                with reading() as session:
                    self.known = self.source(session, local_today())
            except SQLAlchemyError as problem:
                log.warning("the words of the editors cannot be read: %s", problem)
        return self.known


def _words() -> _Words:
    return cast("_Words", current_app.extensions["fair_wording"])


def heard(text: str) -> None:
    """Pass on what somebody typed; who it was is only told apart, never kept."""
    if text:
        me = find_me()
        who = str(me.id) if me else f"{request.remote_addr} {request.user_agent}"
        _words().hear(text, who)


def ask(question: Query) -> Page:
    """Answer from the index, in the editors' wording; plainly while it is lost."""
    question = _words().now().of(question)
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
