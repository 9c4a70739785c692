"""Reading wishes, and the searches a person keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from app.kernel.i18n import msg
from app.wishes.errors import SearchNotFound
from app.wishes.models import KeptFind, KeptSearch, Wish

WISHES_MAX = 5000


def wishes_since(session: Session, day: date) -> list[Wish]:
    """Return the wishes from *day* on, the latest first."""
    rows = select(Wish).where(Wish.day >= day).order_by(col(Wish.day).desc(), Wish.key)
    return list(session.exec(rows.limit(WISHES_MAX)))


def kept_by(session: Session, person_id: UUID) -> list[KeptSearch]:
    """Return a person's searches, the latest first."""
    rows = select(KeptSearch).where(KeptSearch.person_id == person_id)
    return list(session.exec(rows.order_by(col(KeptSearch.kept_at).desc())))


def count_kept(session: Session, person_id: UUID) -> int:
    """Return how many searches a person keeps."""
    rows = select(func.count()).where(KeptSearch.person_id == person_id)
    return session.exec(rows).one()


def kept_for(session: Session, search_id: UUID, *, owner: UUID) -> KeptSearch:
    """Return a person's own search.

    Raises:
        SearchNotFound: there is none, or it is another's.
    """
    found = session.get(KeptSearch, search_id)
    if found is None or found.person_id != owner:
        raise SearchNotFound(msg("We do not find this search."))
    return found


def waiting_longest(
    session: Session, before: datetime, today: date, limit: int
) -> list[KeptSearch]:
    """Return searches last looked through before a moment, not told of today."""
    rows = select(KeptSearch).where(
        col(KeptSearch.looked_at) < before,
        or_(col(KeptSearch.told_on).is_(None), col(KeptSearch.told_on) < today),
    )
    return list(session.exec(rows.order_by(col(KeptSearch.looked_at)).limit(limit)))


def finds_of(
    session: Session, search_ids: Iterable[UUID], *, on: date | None = None
) -> Mapping[UUID, list[KeptFind]]:
    """Return what was told of, by search: of one day, or all."""
    rows = select(KeptFind).where(col(KeptFind.search_id).in_(set(search_ids)))
    if on is not None:
        rows = rows.where(KeptFind.found_on == on)
    found: dict[UUID, list[KeptFind]] = {}
    for row in session.exec(rows):
        found.setdefault(row.search_id, []).append(row)
    return found
