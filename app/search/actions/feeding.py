"""Feeding the catalogue: catching up with the outbox, building anew and swapping."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.errors import Busy
from app.search.actions.catalogue import Catalogue
from app.search.actions.news import (
    Touched,
    begun_between,
    newest_position,
    news_since,
    touched_by,
)
from app.search.queries import SOURCES, Context, all_documents, documents_for
from search_index import Backend, Document, IndexUnavailable, open_backend

AT_ONCE = 500
"""Documents of one commit; the last commit of a round carries the position."""
BEAT_S = 0.25
"""Between two looks into the outbox: a change is findable within two seconds."""

log = logging.getLogger(__name__)
Tick = Callable[[int, int], object]
"""Called with (documents so far, documents in all)."""


def follow(db: Database, catalogue: Catalogue, is_over: Callable[[], bool]) -> None:
    """Feed the index of this node until it is over; a failure is tried again."""
    while not is_over():
        try:
            done = catch_up(db, catalogue, at=now())
        except (Busy, IndexUnavailable) as problem:
            log.warning("the search index waits: %s", problem)
            done = 0
        except Exception:
            log.exception("feeding the search index failed; it is tried again")
            done = 0
        if not done:
            time.sleep(BEAT_S)


def catch_up(db: Database, catalogue: Catalogue, *, at: datetime) -> int:
    """Bring into the index what the outbox says has changed; return how many things.

    Events only name things; what is written is their present state, so that running
    twice or late does no harm. The position is stored in the index's own commit. An
    index that is missing, damaged, of another analysis or of another database's
    history is built anew.
    """
    if catalogue.was_missed():
        catalogue.look_anew()
    if not catalogue.is_ready():
        log.warning("the search index is lost or out of date; it is built anew")
        return rebuild(db, catalogue, at=at)
    try:
        with catalogue.being_fed():
            done = _feed(db, catalogue, at)
    except IndexUnavailable:
        catalogue.look_anew()  # what is open here may be gone from the disk
        raise
    if done is None:
        log.warning("the search index followed another database; it is built anew")
        return rebuild(db, catalogue, at=at)
    return done


def rebuild(
    db: Database, catalogue: Catalogue, *, at: datetime, tick: Tick | None = None
) -> int:
    """Build the index anew beside the old one and swap; return how many documents.

    Readers use the old one meanwhile, and it is fed. Only for the swap the feeder is
    held: its position belongs to the version it was read from. What happened since
    the new one was read is then written into it.
    """
    if catalogue.folder.exists() and not catalogue.folder.is_dir():
        catalogue.folder.unlink()
    index = open_backend(catalogue.engine, catalogue.folder)
    context = catalogue.context(at)
    written = 0

    def documents(session: Session, held: ExitStack) -> Iterator[Document]:
        nonlocal written
        total = sum(len(source.ids(session)) for source in SOURCES.values())
        for document in all_documents(session, context):
            yield document
            written += 1
            if tick is not None:
                tick(written, total)
        held.enter_context(catalogue.being_fed())

    with ExitStack() as held:
        with db.reading() as session:
            position = newest_position(session)
            index.rebuild(documents(session, held), position)
        catalogue.look_anew()
        catalogue.was_missed()  # mended now
        catalogue.turned_at = at
        _feed(db, catalogue, at)
    return written


def _feed(db: Database, catalogue: Catalogue, at: datetime) -> int | None:
    """Write what is new; None when the index does not belong to this database."""
    index = catalogue.index
    # Whoever else fed this index was at the trough before us: what we read is newer.
    if catalogue.fed_version != index.version:
        catalogue.reached = None
    with db.reading() as session:
        news = news_since(session, index.cursor(), catalogue.reached)
        if news.position is None:
            return None
        touched = touched_by(session, news.events)
        turned_at = catalogue.turned_at or at
        for kind, ids in begun_between(session, turned_at, at).items():
            touched.setdefault(kind, set()).update(ids)
        done = _write(session, index, touched, catalogue.context(at), news.position)
    catalogue.reached, catalogue.fed_version = news.reached, index.version
    catalogue.turned_at = max(turned_at, at)
    return done


def _write(
    session: Session, index: Backend, touched: Touched, context: Context, position: int
) -> int:
    """Write the present state of what was touched; a kill between does no harm."""
    done = 0
    waiting = ((kind, one) for kind, ids in touched.items() for one in sorted(ids))
    batch = list(islice(waiting, AT_ONCE))
    while batch:
        following = list(islice(waiting, AT_ONCE))
        documents, gone = documents_for(session, _by_kind(batch), context)
        index.apply(documents, gone, cursor=None if following else position)
        done += len(batch)
        batch = following
    return done


def _by_kind(batch: list[tuple[str, UUID]]) -> Touched:
    found: Touched = {}
    for kind, one in batch:
        found.setdefault(kind, set()).add(one)
    return found
