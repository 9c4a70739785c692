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
from app.search import Wording, changes_nothing, fold_key, is_filler, word_key
from app.wording.errors import LineInvalid
from app.wording.models import LineKind, SearchLine

WORDS_MAX = 8
WORD_LENGTH_MAX = 40
LINE_LENGTH_MAX = 200
"""Of the words of one side together: as wide as the table's column."""
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
    # Of the ways to end a line only the plain one is in `_STRANGE`: gaps become blanks.
    words = [" ".join(one.split()) for one in _BETWEEN.split(typed)]
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
        if not word_key(one):
            raise LineInvalid(
                msg("The search reads Chinese and Latin letters; not “%(word)s”."),
                field=name,
                word=one,
            )
    if len(", ".join(found)) > LINE_LENGTH_MAX:
        raise LineInvalid(
            msg("At most %(n)s characters in one line, please."),
            field=name,
            n=LINE_LENGTH_MAX,
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
    there = {word_key(one) for one in asked}
    both = [one for one in found if word_key(one) in there]
    if both:
        raise LineInvalid(
            msg("“%(word)s” stands on both sides."), field="found", word=both[0]
        )


def ensure_telling(
    words: Iterable[str], lines: Iterable[SearchLine], *, name: str
) -> None:
    """Refuse synonyms of a word that says nothing: every long question has some.

    Raises:
        LineInvalid: the house or a line in force leaves one of the words out.
    """
    silent = _silent(lines)
    for one in words:
        if is_filler(one) or word_key(one) in silent:
            raise LineInvalid(
                msg("“%(word)s” says nothing in a question, so it finds nothing else."),
                field=name,
                word=one,
            )


def ensure_day_to_come(until: date | None, *, on: date) -> None:
    """Refuse a day after which nothing would come first.

    Raises:
        LineInvalid: it has passed.
    """
    if until is not None and until < on:
        raise LineInvalid(msg("This day has passed."), field="until")


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


def in_force(lines: Iterable[SearchLine], *, on: date) -> list[SearchLine]:
    """Return lines that still act on a day: a pin ends by itself."""
    return [line for line in lines if line.until is None or line.until >= on]


def is_known(line: SearchLine, lines: Iterable[SearchLine]) -> bool:
    """Say whether the house and the lines in force tell all of this already."""
    others = list(lines)
    if line.kind in SYNONYMS:
        told = (_as_thesaurus(one) for one in others if one.kind in SYNONYMS)
        known = tuple(one for one in told if one is not None)
        return changes_nothing(known, _as_thesaurus(line) or "")
    if line.kind is LineKind.STOP:
        silent = _silent(others)
        words = line.asked.split(", ")
        return all(is_filler(one) or word_key(one) in silent for one in words)
    return (line.kind, fold_key(line.asked), line.found) in {
        (one.kind, fold_key(one.asked), one.found) for one in others
    }


def wording_of(lines: Iterable[SearchLine], *, on: date) -> Wording:
    """Return what the lines in force on a day tell the search."""
    synonyms: list[str] = []
    stop: list[str] = []
    pins: dict[str, tuple[str, ...]] = {}
    for line in in_force(lines, on=on):
        if line.kind in SYNONYMS:
            told = _as_thesaurus(line)
            synonyms += [] if told is None else [told]
        elif line.kind is LineKind.STOP:
            stop += line.asked.split(", ")
        elif line.kind is LineKind.PIN:
            key = fold_key(line.asked)
            pins[key] = (*pins.get(key, ()), line.found or "")
    return Wording(tuple(synonyms), tuple(stop), pins)


def _as_thesaurus(line: SearchLine) -> str | None:
    """Return a line of the thesaurus; None when it cannot be read as one.

    Every question reads all of them: one bad line must not take the search down.
    """
    asked, found = (
        ", ".join(one for one in words.split(", ") if word_key(one))
        for words in (line.asked, line.found or "")
    )
    if not (asked and found):
        return None
    if line.kind is LineKind.KINDS:
        return f"{asked} > {found}"
    return (
        f"~ {asked}, {found}" if line.kind is LineKind.RELATED else f"{asked}, {found}"
    )


def _silent(lines: Iterable[SearchLine]) -> set[str]:
    """Return what editors said says nothing, as it is compared."""
    stops = (one for one in lines if one.kind is LineKind.STOP)
    return {word_key(word) for one in stops for word in one.asked.split(", ")}


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
