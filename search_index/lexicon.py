"""The words the index knows: to spell, to resolve pinyin and initials, to suggest.

Fed segment by segment, so that a small commit costs little; what leaves the index
only loses its count.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search_index import analysis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEPARATOR = "\x1f"  # between a Chinese word and its pinyin, in the `lex` field
SHORT_WORD = 5  # up to so many letters one slip is forgiven, above it two
MIN_FUZZY = 4
MAX_SLIPS = 2
MAX_COVER = 5  # syllables in one word


_Choices = tuple[dict[str, list[str]], dict[str, list[str]]]


class Near(NamedTuple):
    """A word of the index and how far it is from what was typed."""

    word: str
    distance: float


def entry(word: str) -> str:
    """How a word is written into the `lex` field."""
    if analysis.is_cjk(word) and len(word) > 1:
        return word + SEPARATOR + " ".join(analysis.pinyin(word))
    return word


class Lexicon:
    """All words of the current segments, with their document counts."""

    def __init__(self) -> None:
        """Start without words."""
        self._lock = threading.RLock()
        self._counts: dict[str, int] = {}
        self._latin: set[str] = set()
        self._by_char: dict[str, set[str]] = {}
        self._by_pinyin: dict[str, set[str]] = {}
        self._by_initials: dict[str, set[str]] = {}
        self._sorted: list[tuple[str, str]] | None = None  # (key, word)
        self._choices: _Choices | None = None

    def change(
        self, added: Iterable[Mapping[str, int]], gone: Iterable[Mapping[str, int]]
    ) -> None:
        """Count the word lists of new segments in and those of merged ones out."""
        with self._lock:
            for words in added:
                for text, count in words.items():
                    self._add(text, count)
            for words in gone:
                for text, count in words.items():
                    word = text.partition(SEPARATOR)[0]
                    self._counts[word] = self._counts.get(word, 0) - count

    def _add(self, text: str, count: int) -> None:
        word, _, spelling = text.partition(SEPARATOR)
        if word in self._counts:
            self._counts[word] += count
            return
        self._counts[word] = count
        self._sorted = self._choices = None
        if spelling:
            syllables = tuple(spelling.split(" "))
            self._by_pinyin.setdefault("".join(syllables), set()).add(word)
            self._by_initials.setdefault(analysis.initials(syllables), set()).add(word)
            for char in set(word):
                self._by_char.setdefault(char, set()).add(word)
        elif not analysis.is_cjk(word):
            self._latin.add(word)

    def count(self, word: str) -> int:
        """In about how many documents the word stands."""
        return max(0, self._counts.get(word, 0))

    def _frequent(self, words: Iterable[str]) -> list[str]:
        known = [w for w in words if self._counts.get(w, 0) > 0]
        return sorted(known, key=lambda w: (-self._counts[w], w))

    def latin_like(self, word: str, limit: int = 4) -> list[Near]:
        """Latin words within one or two slips, nearest first, then frequent."""
        if len(word) < MIN_FUZZY:
            return []
        slips = 1 if len(word) <= SHORT_WORD else MAX_SLIPS
        near: dict[str, float] = {}
        for asked, choices, extra in (
            (word, self._forms(), 0.0),
            (analysis.stem(word), self._stems(), 0.5),
        ):
            rows = process.extract(
                asked, list(choices), scorer=OSA.distance, score_cutoff=slips, limit=40
            )
            for found, distance, _ in rows:
                if found[0] == word[0] or distance <= 1:
                    for form in choices[found]:
                        near[form] = min(near.get(form, 9.0), distance + extra)
        ranked = sorted((d, -self.count(w), w) for w, d in near.items())
        ranked = [row for row in ranked if row[1]]
        return [Near(w, d) for d, _, w in ranked[:limit] if d <= ranked[0][0] + 0.5]

    def _forms(self) -> dict[str, list[str]]:
        """Latin words, each with itself."""
        return self._latin_by()[0]

    def _stems(self) -> dict[str, list[str]]:
        """Stems, each with the words it comes from."""
        return self._latin_by()[1]

    def _latin_by(self) -> _Choices:
        with self._lock:
            if self._choices is None:
                stems: dict[str, list[str]] = {}
                for form in sorted(self._latin):
                    stems.setdefault(analysis.stem(form), []).append(form)
                self._choices = {w: [w] for w in sorted(self._latin)}, stems
            return self._choices

    def latin_from(self, prefix: str, limit: int = 8) -> list[str]:
        """Latin words that begin so."""
        return [w for w in self.starting(prefix, limit * 3) if w in self._latin][:limit]

    def sounding_like(self, word: str, limit: int = 3) -> list[Near]:
        """Chinese words that sound the same, else nearly so with a shared character."""
        spelling = "".join(analysis.pinyin(word))
        with self._lock:
            same = self._frequent(self._by_pinyin.get(spelling, set()) - {word})
            if same:
                return [Near(w, 0.0) for w in same[:limit]]
            shared = set().union(*(self._by_char.get(c, set()) for c in word))
        rows = []
        for other in shared - {word}:
            equal = sum(a == b for a, b in zip(word, other, strict=False))
            if len(other) != len(word) or equal * 2 < len(word):
                continue
            sound = "".join(analysis.pinyin(other))
            distance = OSA.distance(spelling, sound, score_cutoff=MAX_SLIPS)
            if distance <= MAX_SLIPS and self.count(other):
                rows.append((float(distance), -self.count(other), other))
        rows.sort()
        return [Near(w, d) for d, _, w in rows[:limit] if d <= rows[0][0]]

    def covering(
        self, syllables: tuple[str, ...], limit: int = 3
    ) -> list[list[str]] | None:
        """Fewest words of the index that spell these syllables; None if impossible."""
        with self._lock:
            best: list[list[list[str]] | None] = [[]] + [None] * len(syllables)
            for end in range(1, len(syllables) + 1):
                for start in range(max(0, end - MAX_COVER), end):
                    before = best[start]
                    if before is None:
                        continue
                    key = "".join(syllables[start:end])
                    words = self._frequent(self._by_pinyin.get(key, ()))[:limit]
                    now = best[end]
                    if words and (now is None or len(before) + 1 < len(now)):
                        best[end] = [*before, words]
            return best[-1]

    def by_initials(self, letters: str, limit: int = 4) -> list[str]:
        """Chinese words whose syllables begin with these letters."""
        with self._lock:
            return self._frequent(self._by_initials.get(letters, ()))[:limit]

    def starting(self, prefix: str, limit: int) -> list[str]:
        """Words whose text, pinyin or initials begin so, frequent first."""
        with self._lock:
            if self._sorted is None:
                keys = [(w, w) for w in self._counts]
                keys += [(k, w) for k, ws in self._by_pinyin.items() for w in ws]
                keys += [(k, w) for k, ws in self._by_initials.items() for w in ws]
                self._sorted = sorted(keys)
            at = bisect_left(self._sorted, (prefix, ""))
            found = set()
            while at < len(self._sorted) and self._sorted[at][0].startswith(prefix):
                found.add(self._sorted[at][1])
                at += 1
            return self._frequent(found)[:limit]
