"""Comparing index and database, document by document, and mending what differs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from app.kernel.db import Database
from app.search.actions.catalogue import Catalogue
from app.search.actions.feeding import catch_up
from app.search.queries import SOURCES, Context, all_documents, documents_for
from search_index import Backend

AT_ONCE = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drift:
    """What an index has wrong: ids that are missing, of old content, or too many."""

    compared: int
    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that is wrong in one way or another."""
        return self.missing + self.stale + self.extra


def check(db: Database, catalogue: Catalogue, *, at: datetime) -> Drift:
    """Compare every document with what its rows say now; nothing is changed by it.

    What differs at first sight may only have changed meanwhile: it is looked at again
    with the feeder held, after everything that waits in the outbox.
    """
    catch_up(db, catalogue, at=at)
    context = catalogue.context(at)
    with db.reading() as session:
        wanted = {one.id: one.version for one in all_documents(session, context)}
    suspects = _differing(wanted, _versions(catalogue.index))
    compared = len(wanted)
    if not suspects:
        return Drift(compared)
    catch_up(db, catalogue, at=at)
    with catalogue.being_fed(), db.reading() as session:
        return _look_again(session, catalogue.index, suspects, context, compared)


def mend(db: Database, catalogue: Catalogue, drift: Drift, *, at: datetime) -> int:
    """Write the present state of everything that differed; return how many."""
    context = catalogue.context(at)
    waiting = iter(drift.ids)
    with catalogue.being_fed(), db.reading() as session:
        while batch := list(islice(waiting, AT_ONCE)):
            documents, gone = documents_for(session, _wanted(batch), context)
            unknown = [key for key in batch if _read(key) is None]
            catalogue.index.apply(documents, [*gone, *unknown])
    for key in drift.ids:
        log.warning("the search index had %s wrong; mended", key)
    return len(drift.ids)


def _look_again(
    session: Session,
    index: Backend,
    suspects: list[str],
    context: Context,
    compared: int,
) -> Drift:
    wanted: dict[str, int] = {}
    waiting = iter(suspects)
    while batch := list(islice(waiting, AT_ONCE)):
        documents, _ = documents_for(session, _wanted(batch), context)
        wanted |= {one.id: one.version for one in documents}
    there = _versions(index)
    there = {key: there[key] for key in suspects if key in there}
    return Drift(
        compared,
        missing=tuple(key for key in suspects if key in wanted and key not in there),
        stale=tuple(
            key
            for key in suspects
            if key in wanted and key in there and there[key] != {wanted[key]}
        ),
        extra=tuple(key for key in suspects if key in there and key not in wanted),
    )


def _versions(index: Backend) -> dict[str, set[int]]:
    """Return each id with its versions; a sound index has one of each."""
    found: dict[str, set[int]] = {}
    twice = -1
    for key, version in index.versions():
        versions = found.setdefault(key, set())
        versions.add(twice if version in versions else version)
    return found


def _differing(wanted: dict[str, int], there: dict[str, set[int]]) -> list[str]:
    return sorted(
        key
        for key in wanted.keys() | there.keys()
        if key not in wanted or there.get(key) != {wanted[key]}
    )


def _wanted(keys: list[str]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for key in keys:
        read = _read(key)
        if read is not None:
            found.setdefault(read[0], []).append(read[1])
    return found


def _read(key: str) -> tuple[str, UUID] | None:
    """Return (kind, id) of a document, None when no source would make such a one."""
    kind, _, number = key.partition(":")
    try:
        return (kind, UUID(number)) if kind in SOURCES else None
    except ValueError:
        return None
