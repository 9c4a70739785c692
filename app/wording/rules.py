"""Decisions about lines: what one may say, and what the search makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType

from app.kernel.i18n import msg
from app.search import Wording, fold_key
from app.wording.errors import LineInvalid
from app.wording.models import LineKind, SearchLine

WORDS_MAX = 8
WORD_LENGTH_MAX = 40
PINS_MAX = 3
"""Results that come first for one question: more would be a notice board."""
TOLD_FROM = 3
"""So often must something be asked in a month before its words are kept."""
ASKED_MAX = 80
_BETWEEN = re.compile(r"[,，、;；]")
_STRANGE = re.compile(r"[>#~\x00-\x1f]")
_NUMBER = re.compile(r"\d(?:[\s\-()+.]?\d){6,}|\S+@\S+\.\S")
LABELS: Mapping[StrEnum, str] = MappingProxyType(
    {
        LineKind.EQUAL: msg("Same meaning"),
        LineKind.KINDS: msg("Also finds, one way"),
        LineKind.RELATED: msg("Related, finds weakly"),
        LineKind.STOP: msg("Says nothing"),
        LineKind.PIN: msg("Comes first"),
        LineKind.CHECK: msg("Should be found (a check)"),
    }
)
SYNONYMS = frozenset({LineKind.EQUAL, LineKind.KINDS, LineKind.RELATED})
TARGETS = frozenset({LineKind.PIN, LineKind.CHECK})
PAGES: Mapping[str, str] = {
    "fair": "offering",
    "places": "place",
    "partners": "organisation",
    "goods": "goods",
    "volunteering/posts": "post",
    "rewards": "reward",
}
"""Where the pages of findable things lie → kind of document."""
_PAGE = re.compile(
    r"(?:^|/)(?P<page>fair|places|partners|goods|volunteering/posts|rewards)/"
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/?(?:[?#]|$)"
)


def words_of(typed: str, *, name: str) -> tuple[str, ...]:
    """Return the words of a field, each once.

    Raises:
        LineInvalid: none, too many, too long, or signs that mean something else.
    """
    words = [one.strip() for one in _BETWEEN.split(typed)]
    found = tuple({fold_key(one): one for one in words if fold_key(one)}.values())
    if not found:
        raise LineInvalid(msg("Please write at least one word."), field=name)
    if len(found) > WORDS_MAX:
        raise LineInvalid(
            msg("At most %(n)s words in one line, please."), field=name, n=WORDS_MAX
        )
    for one in found:
        if len(one) > WORD_LENGTH_MAX or _STRANGE.search(one):
            raise LineInvalid(
                msg("“%(word)s” is too long or has signs that are no word."),
                field=name,
                word=one[:WORD_LENGTH_MAX],
            )
    return found


def question_of(typed: str) -> str:
    """Return a question as it is compared: pins and checks are about a whole one.

    Raises:
        LineInvalid: it has no word.
    """
    if not fold_key(typed):
        raise LineInvalid(msg("Please write what people type."), field="asked")
    return " ".join(typed.split())[:ASKED_MAX]


def document_of(typed: str) -> str:
    """Return the document whose page has this address.

    Raises:
        LineInvalid: it is no page of something findable.
    """
    met = _PAGE.search(typed.strip().lower())
    if met is None:
        raise LineInvalid(
            msg("Please paste the address of a page: a service, a site, a partner…"),
            field="found",
        )
    return f"{PAGES[met['page']]}:{met['id']}"


def ensure_apart(asked: Iterable[str], found: Iterable[str]) -> None:
    """Refuse a line that leads from a word to itself.

    Raises:
        LineInvalid: a word stands on both sides.
    """
    both = {fold_key(one) for one in asked} & {fold_key(one) for one in found}
    if both:
        raise LineInvalid(
            msg("“%(word)s” stands on both sides."), field="found", word=min(both)
        )


def ensure_room_for_pin(lines: Iterable[SearchLine], asked: str) -> None:
    """Refuse one result more than may come first.

    Raises:
        LineInvalid: so many come first already.
    """
    key = fold_key(asked)
    have = sum(one.kind is LineKind.PIN and fold_key(one.asked) == key for one in lines)
    if have >= PINS_MAX:
        raise LineInvalid(
            msg("%(n)s results come first for this already."), field="asked", n=PINS_MAX
        )


def is_same(line: SearchLine, other: SearchLine) -> bool:
    """Say whether two lines tell the same."""
    return (line.kind, fold_key(line.asked), line.found) == (
        other.kind, fold_key(other.asked), other.found,
    )  # fmt: skip


def wording_of(lines: Iterable[SearchLine], *, on: date) -> Wording:
    """Return what the lines in force on a day tell the search."""
    synonyms: list[str] = []
    stop: list[str] = []
    pins: dict[str, tuple[str, ...]] = {}
    for line in lines:
        if line.kind in SYNONYMS:
            synonyms.append(_as_thesaurus(line))
        elif line.kind is LineKind.STOP:
            stop += words_of(line.asked, name="asked")
        elif line.kind is LineKind.PIN and (line.until is None or line.until >= on):
            key = fold_key(line.asked)
            pins[key] = (*pins.get(key, ()), line.found or "")
    return Wording(tuple(synonyms), tuple(stop), pins)


def _as_thesaurus(line: SearchLine) -> str:
    if line.kind is LineKind.KINDS:
        return f"{line.asked} > {line.found}"
    words = f"{line.asked}, {line.found}"
    return f"~ {words}" if line.kind is LineKind.RELATED else words


# -- what is asked ---------------------------------------------------------------


def digest_of(key: str, secret: bytes) -> str:
    """Return what a question is counted under before its words are kept."""
    return blake2b(key.encode(), key=secret[:64], digest_size=16).hexdigest()


def words_to_keep(typed: str, times: int) -> str | None:
    """Return the words of a question that is asked often; None for any other.

    Words that hold a number or an address of somebody are never kept (R-PI-12).
    """
    words = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    if times < TOLD_FROM or _NUMBER.search(words):
        return None
    return words[:ASKED_MAX]


# -- what would change -----------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A question whose first page changes: titles before and after."""

    words: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a line would do: to how many questions of how many, and to the checks.

    `before` and `after` are the mean of 1/place of what the checks expect, of `checks`.
    """

    asked: int
    changes: list[Change] = field(default_factory=list)
    checks: int = 0
    before: float = 0.0
    after: float = 0.0


def worth(expected: str, found: Iterable[str]) -> float:
    """Return 1/place of what was expected among what was found, 0 without it."""
    return next((1 / n for n, one in enumerate(found, 1) if one == expected), 0.0)
