"""What a line of the books was for, in words and with a way to it.

The book keeps opaque references ("booking:…"). Each feature registers, in its
`views.py`, how its own are called and where they open; the passbook and the sunshine
ledger ask here and need to know no feature.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from sqlmodel import Session

Titles = Callable[[Session, Collection[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True)
class CauseKind:
    """How references of one kind open: endpoint, its argument, and their titles."""

    endpoint: str
    argument: str
    titles: Titles


@dataclass(frozen=True)
class Explained:
    """One reference in words; `url` is None when nothing opens."""

    title: str | None
    url: str | None


UNKNOWN = Explained(None, None)
_kinds: dict[str, CauseKind] = {}


def register_cause(
    prefix: str, *, endpoint: str, argument: str, titles: Titles
) -> None:
    """Let the books explain references that begin with `<prefix>:`.

    Args:
        prefix: "booking" for "booking:<uuid>".
        endpoint: The page of one of them.
        argument: Name of the UUID in its address.
        titles: Given a session and ids, returns a title in the reader's language by
            id, in one query.
    """
    _kinds[prefix] = CauseKind(endpoint, argument, titles)


def explain(session: Session, causes: Iterable[str]) -> Mapping[str, Explained]:
    """Return words and address for these references; one query for each kind."""
    wanted: dict[str, dict[UUID, str]] = {}
    for cause in set(causes):
        prefix, _, rest = cause.partition(":")
        try:
            wanted.setdefault(prefix, {})[UUID(rest.partition(":")[0])] = cause
        except ValueError:
            continue
    found: dict[str, Explained] = {}
    for prefix, ids in wanted.items():
        kind = _kinds.get(prefix)
        if kind is None or kind.endpoint not in current_app.view_functions:
            continue
        titles = kind.titles(session, ids.keys())
        for one, cause in ids.items():
            if one in titles:
                where: dict[str, Any] = {kind.argument: one}
                url = url_for(kind.endpoint, **where)
                found[cause] = Explained(titles[one], url)
    return found
