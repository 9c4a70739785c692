"""The reviewed thesaurus of the house: which words mean (nearly) the same.

`thesaurus.txt` has one group per line, words separated by commas:

    a, b, c      equal: each finds the others
    a > b, c     kinds: who asks for `a` also finds `b` and `c`, not the reverse
    ~ a, b, c    related: better than nothing, each finds the others weakly

`#` begins a comment. Companions of companions count one step: a related word brings
its equals along, and who asks for an equal of `a` finds the kinds of `a` too.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from search_index import analysis

FILE = Path(__file__).with_name("thesaurus.txt")
KIND = 0.8  # of the weight of an equal word
RELATED = 0.4
LONGEST_LATIN = 4  # words of an English phrase
MOST = 70  # companions of one phrase; bounds the time of a question
_LATIN = re.compile("[0-9a-z\u00e0-\u024f]+")


def normal(phrase: str) -> str:
    """A phrase as questions are compared with it: folded, Latin words stemmed."""
    folded = analysis.fold(phrase.strip())
    if analysis.runs(folded):
        return re.sub(r"\s+", "", folded)
    return " ".join(analysis.stem(w) for w in _LATIN.findall(folded))


Groups = dict[str, dict[str, None]]  # phrase → ordered set of phrases


class Thesaurus:
    """Phrases and what else to look for."""

    def __init__(self, text: str) -> None:
        """Read the groups; raises ValueError naming a line that is not one."""
        self.hash = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._equal: Groups = {}
        self._kinds: Groups = {}
        self._related: Groups = {}
        self._known: dict[str, tuple[tuple[str, float], ...]] = {}
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.partition("#")[0].strip()
            if line:
                try:
                    self._read(line)
                except ValueError as error:
                    raise ValueError(f"thesaurus line {number}: {error}") from None
        self._phrases = {*self._equal, *self._kinds, *self._related}
        self.longest = max(map(len, self._phrases), default=0)

    def _read(self, line: str) -> None:
        if ">" in line:
            asked, found = map(_phrases, line.split(">", 1))
            if not (asked and found):
                raise ValueError("words on both sides of >")
            _learn(self._kinds, asked, found)
            return
        words = _phrases(line.removeprefix("~"))
        if len(words) < 2:
            raise ValueError("a group needs two words")
        _learn(self._related if line.startswith("~") else self._equal, words, words)

    def __contains__(self, phrase: object) -> bool:
        """Whether the phrase has companions."""
        return phrase in self._phrases

    def others(self, phrase: str) -> tuple[tuple[str, float], ...]:
        """What else to look for, best first, with its share of an equal's weight."""
        found = self._known.get(phrase)
        if found is None:
            found = self._known[phrase] = self._gather(phrase)
        return found

    def _gather(self, phrase: str) -> tuple[tuple[str, float], ...]:
        shares: dict[str, float] = {}
        equal = list(self._equal.get(phrase, ()))
        for other in equal:
            shares.setdefault(other, 1.0)
        for asked in (phrase, *equal):
            for kind in self._kinds.get(asked, ()):
                shares.setdefault(kind, KIND)
        for asked in (phrase, *equal):
            for near in self._related.get(asked, ()):
                for other in (near, *self._equal.get(near, ())):
                    shares.setdefault(other, RELATED)
        shares.pop(phrase, None)
        return tuple(shares.items())[:MOST]

    def chinese_words(self) -> tuple[str, ...]:
        """The short Chinese words of the file: the cutter should know them."""
        return tuple(
            sorted(w for w in self._every() if re.fullmatch("[㐀-鿿]{2,4}", w))
        )

    def _every(self) -> set[str]:
        found = set(self._phrases)
        for groups in (self._equal, self._kinds, self._related):
            found.update(*groups.values())
        return found


def _phrases(text: str) -> list[str]:
    return [phrase for word in text.split(",") if (phrase := normal(word))]


def _learn(groups: Groups, asked: list[str], found: list[str]) -> None:
    for phrase in asked:
        others = groups.setdefault(phrase, {})
        others.update(dict.fromkeys(w for w in found if w != phrase))


@cache
def load() -> Thesaurus:
    """The thesaurus of the house."""
    return Thesaurus(FILE.read_text(encoding="utf-8"))
