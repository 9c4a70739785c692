"""Mark what was found, on the original text and in its own script.

Pieces joined are exactly the text: the template escapes each and wraps the matches.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from search_index import analysis
from search_index.units import spelt_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from search_index.model import Pieces, Reason
    from search_index.units import Plan

SNIPPET = 90  # characters
BEFORE = 24  # characters shown before the first match
SHORT = 2
MOST_REASONS = 2


def wanted(plan: Plan) -> tuple[str, ...]:
    """The words and rows of characters worth marking, longest first."""
    found: set[str] = set()
    for unit in plan.units:
        for name, terms, _ in unit.alternatives:
            if name in {"w", "g"}:
                found.update(spelt_out(name, terms))
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def reasons(plan: Plan, title: list[str], body: list[str]) -> tuple[Reason, ...]:
    """Why a hit is there in spite of its words; nothing when one of them was typed."""
    seen = [word for word in title or body if len(word) > 1]
    if any(word not in plan.reasons for word in seen):
        return ()
    if not seen:  # its title is spelt so, or begins its syllables so
        spelt = [r for r in plan.reasons.values() if r.word.isascii()]
        return tuple(r for r in spelt if r.kind in {"pinyin", "initials"})[:1]
    return tuple(plan.reasons[word] for word in seen[:MOST_REASONS])


def spans(text: str, words: Iterable[str]) -> tuple[list[tuple[int, int]], list[str]]:
    """Where the words stand in the original text, merged, and which were seen.

    Two characters must stand on word borders: 治理发展 holds no 理发.
    """
    words = tuple(words)
    if not words:
        return [], []
    folded, places = _folded(text)
    words = tuple(w for w in words if not analysis.is_cjk(w) or w in folded)
    if not words:  # nothing to mark: spare the cutting
        return [], []
    found: list[tuple[int, int]] = []
    seen: list[str] = []
    latin: dict[str, list[tuple[int, int]]] | None = None
    for word in words:
        if not analysis.is_cjk(word):
            latin = _latin(folded) if latin is None else latin
            at = latin.get(word, [])
        else:
            at = [
                (start, end)
                for start, end in _occurrences(word, folded)
                if len(word) > SHORT or _is_word_at(folded, start, end)
            ]
        if at:
            seen.append(word)
            found += [(places[start], places[end - 1] + 1) for start, end in at]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged, seen


# The same titles are marked again and again: a town reads the same few hundred.
_folded = lru_cache(2048)(analysis.fold_with_map)


def _latin(folded: str) -> dict[str, list[tuple[int, int]]]:
    """Where each English stem stands."""
    found: dict[str, list[tuple[int, int]]] = {}
    for word, start in analysis.latin_words(folded):
        found.setdefault(analysis.stem(word), []).append((start, start + len(word)))
    return found


def _is_word_at(folded: str, start: int, end: int) -> bool:
    """Whether a Chinese stretch begins and ends where words do."""
    first, last = start, end
    while first > 0 and analysis.is_cjk(folded[first - 1]):
        first -= 1
    while last < len(folded) and analysis.is_cjk(folded[last]):
        last += 1
    starts, ends = _borders(folded[first:last])
    return start - first in starts and end - first in ends


@lru_cache(20_000)
def _borders(run: str) -> tuple[frozenset[int], frozenset[int]]:
    """Where words of an unbroken Chinese stretch begin, and where they end."""
    cut = analysis.tokens(run)
    return frozenset(t.start for t in cut), frozenset(t.end for t in cut)


def _occurrences(word: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + 1)


def pieces(text: str, marks: list[tuple[int, int]], start: int, end: int) -> Pieces:
    """The stretch of text from `start` to `end`, cut at the marks."""
    out: list[tuple[str, bool]] = []
    at = start
    for left, right in marks:
        first, last = max(left, start), min(right, end)
        if first >= last:
            continue
        if at < first:
            out.append((text[at:first], False))
        out.append((text[first:last], True))
        at = last
    if at < end:
        out.append((text[at:end], False))
    return tuple(out)


def mark(text: str, words: Iterable[str]) -> Pieces:
    """The whole text, marked."""
    marks, _ = spans(text, words)
    return pieces(text, marks, 0, len(text))


def snippet(text: str, words: Iterable[str], width: int = SNIPPET) -> Pieces:
    """A stretch of about `width` characters that holds the first match."""
    return stretch(text, spans(text, words)[0], width)


def stretch(text: str, marks: list[tuple[int, int]], width: int = SNIPPET) -> Pieces:
    """The snippet, when the marks are known."""
    first = marks[0][0] if marks else 0
    start = max(0, min(first - BEFORE, len(text) - width))
    end = min(len(text), start + width)
    found = pieces(text, marks, start, end)
    if start > 0:
        found = (("…", False), *found)
    if end < len(text):
        found = (*found, ("…", False))
    return found
