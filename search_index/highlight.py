"""Mark what was found, on the original text and in its own script.

Pieces joined are exactly the text: the template escapes each and wraps the matches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from search_index import analysis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from search_index.model import Pieces
    from search_index.units import Plan

SNIPPET = 90  # characters
BEFORE = 24  # characters shown before the first match
_LATIN = re.compile("[0-9a-z\u00e0-\u024f]+(?:['’][a-z]+)?")
_PINYIN_AFTER = re.compile(r"[(（][a-zü\u00e0-\u01dc]{1,7}[)）]")


def wanted(plan: Plan) -> tuple[str, ...]:
    """The words and rows of characters worth marking, longest first."""
    found: set[str] = set()
    for unit in plan.units:
        for name, terms, _ in unit.alternatives:
            if name == "w":
                found.update(terms)
            elif name == "g":
                found.add(terms[0] + "".join(t[-1] for t in terms[1:]))
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def spans(text: str, words: Iterable[str]) -> tuple[list[tuple[int, int]], list[str]]:
    """Where the words stand in the original text, merged, and which were seen."""
    folded, places = analysis.fold_with_map(text)
    latin = [(analysis.stem(m.group()), *m.span()) for m in _LATIN.finditer(folded)]
    found: list[tuple[int, int]] = []
    seen: list[str] = []
    for word in words:
        if analysis.is_cjk(word):
            ends = [m.span() for m in re.finditer(re.escape(word), folded)]
        else:
            ends = [(start, end) for stem, start, end in latin if stem == word]
        if ends:
            seen.append(word)
        found += [(places[start], places[end - 1] + 1) for start, end in ends]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged, seen


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
    marks, _ = spans(text, words)
    first = marks[0][0] if marks else 0
    start = max(0, min(first - BEFORE, len(text) - width))
    end = min(len(text), start + width)
    found = pieces(text, marks, start, end)
    if start > 0:
        found = (("…", False), *found)
    if end < len(text):
        found = (*found, ("…", False))
    return found
