"""The reviewed thesaurus of the house: which words mean (nearly) the same.

`thesaurus.txt` has one group per line, words separated by commas. `a, b, c` are
equal: each finds the others. `a > b, c` goes one way: who asks for `a` also finds
`b` and `c` (a kind of `a`), not the reverse. `#` begins a comment.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from search_index import analysis

FILE = Path(__file__).with_name("thesaurus.txt")
_LATIN = re.compile("[0-9a-z\u00e0-\u024f]+")


def normal(phrase: str) -> str:
    """A phrase as questions are compared with it: folded, Latin words stemmed."""
    folded = analysis.fold(phrase.strip())
    if analysis.runs(folded):
        return re.sub(r"\s+", "", folded)
    return " ".join(analysis.stem(w) for w in _LATIN.findall(folded))


class Thesaurus:
    """Phrases and what else to look for."""

    def __init__(self, text: str) -> None:
        """Read the groups; raises ValueError naming a line that is not one."""
        self.hash = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._others: dict[str, dict[str, None]] = {}  # ordered sets
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.partition("#")[0].strip()
            if not line:
                continue
            left, arrow, right = line.partition(">")
            asked = [normal(w) for w in left.split(",") if w.strip()]
            found = [normal(w) for w in right.split(",") if w.strip()]
            if arrow and not (asked and found):
                raise ValueError(f"thesaurus line {number}: words on both sides of >")
            if not arrow and len(asked) < 2:  # noqa: PLR2004
                raise ValueError(f"thesaurus line {number}: a group needs two words")
            self._learn(asked, found or asked)
        self.longest = max(map(len, self._others), default=0)
        self.longest_latin = 4

    def _learn(self, asked: list[str], found: list[str]) -> None:
        for phrase in asked:
            others = self._others.setdefault(phrase, {})
            others.update(dict.fromkeys(w for w in found if w and w != phrase))

    def __contains__(self, phrase: object) -> bool:
        """Whether the phrase has companions."""
        return phrase in self._others

    def others(self, phrase: str) -> tuple[str, ...]:
        """What else to look for, in the order of the file."""
        return tuple(self._others.get(phrase, ()))

    def chinese_words(self) -> tuple[str, ...]:
        """The short Chinese words of the file: the cutter should know them."""
        every = set(self._others).union(*self._others.values())
        return tuple(sorted(w for w in every if re.fullmatch("[㐀-鿿]{2,4}", w)))


@cache
def load() -> Thesaurus:
    """The thesaurus of the house."""
    return Thesaurus(FILE.read_text(encoding="utf-8"))
