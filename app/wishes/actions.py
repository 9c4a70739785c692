"""Posting a wish, keeping a search, and looking whether something new fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from app.kernel.clock import day_of
from app.kernel.db import Database
from app.kernel.outbox import publish
from app.search import Asked, Find, line_to_keep
from app.wishes import queries, rules
from app.wishes.errors import WishUnreadable
from app.wishes.events import SomethingNewFits
from app.wishes.models import KeptFind, KeptSearch, Wish

LOOKS_AT_ONCE = 500
LOOK_EVERY = timedelta(minutes=10)

Finder = Callable[[Asked, datetime], list[Find] | None]
"""(search, since) → what is new; None when nobody can say just now."""


def post_wish(session: Session, typed: str, *, key: str, at: datetime) -> Wish:
    """Count a wish for today: its words, and nothing of who wrote them.

    Args:
        session: The open transaction.
        typed: What somebody looked for in vain.
        key: The words folded, by which wishes are one.
        at: Now.

    Raises:
        WishUnreadable: there are no words, or they say who somebody is.
    """
    words, day = rules.words_of_wish(typed), day_of(at)
    key = key[: rules.WORDS_MAX]
    first = Wish(key=key, day=day, words=words)
    with suppress(IntegrityError), session.begin_nested():  # somebody was first
        session.add(first)
        session.flush()
        return first
    row = session.exec(
        select(Wish).where(Wish.key == key, Wish.day == day).with_for_update()
    ).one()
    row.times += 1
    row.words = words
    session.add(row)
    return row


def keep_search(
    session: Session, line: str, name: str, *, by: UUID, at: datetime
) -> KeptSearch:
    """Keep a search for a person; the same one twice is one.

    Raises:
        WishUnreadable: it asks for nothing.
        TooManySearches: there is no room for another.
    """
    kept = line_to_keep(Asked.read_line(line))
    if not kept:
        raise WishUnreadable(rules.NOTHING_ASKED)
    before = session.exec(
        select(KeptSearch).where(KeptSearch.person_id == by, KeptSearch.line == kept)
    ).first()
    if before is not None:
        return before
    rules.ensure_room(queries.count_kept(session, by))
    row = KeptSearch(person_id=by, name=name, line=kept, kept_at=at, looked_at=at)
    session.add(row)
    session.flush()
    return row


def rename_search(
    session: Session, search_id: UUID, name: str, *, by: UUID
) -> KeptSearch:
    """Call a person's own search something else."""
    row = queries.kept_for(session, search_id, owner=by)
    row.name = name
    session.add(row)
    return row


def forget_search(session: Session, search_id: UUID, *, by: UUID) -> None:
    """Delete a person's own search, and what was told of it."""
    row = queries.kept_for(session, search_id, owner=by)
    session.exec(delete(KeptFind).where(col(KeptFind.search_id) == row.id))
    session.delete(row)


def look_for_news(db: Database, find: Finder, *, at: datetime) -> int:
    """Compare kept searches with what is new, and say of each once a day; a job.

    Looking is done outside of any change; what was found is written search by search,
    after another look at whether somebody else wrote it. Returns how many are told.
    """
    today, told = day_of(at), 0
    with db.reading() as session:
        waiting = queries.waiting_longest(
            session, at - LOOK_EVERY, today, LOOKS_AT_ONCE
        )
    for search in waiting:
        found = find(Asked.read_line(search.line), rules.looks_from(search))
        if found is None:
            break
        with db.transaction() as session:
            told += _write(session, search.id, found, at=at)
    return told


def _write(
    session: Session, search_id: UUID, found: Iterable[Find], *, at: datetime
) -> bool:
    """Write what a search found; say whether somebody is to be told."""
    today = day_of(at)
    row = session.exec(
        select(KeptSearch).where(KeptSearch.id == search_id).with_for_update()
    ).first()
    if row is None or not rules.is_due(row, today) or row.looked_at >= at:
        return False
    known = {
        one.document_id for one in queries.finds_of(session, [row.id]).get(row.id, [])
    }
    new = dict.fromkeys(one.id for one in found if one.id not in known)
    for document_id in new:
        session.add(KeptFind(search_id=row.id, document_id=document_id, found_on=today))
    row.looked_at = at
    session.add(row)
    if not new:
        return False
    row.told_on = today
    publish(session, SomethingNewFits(search_id=row.id, at=at))
    return True
