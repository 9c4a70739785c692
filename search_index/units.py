"""What a question becomes: units with weighted alternatives, and its weights.

Backend-free: a plan names fields and terms and nothing of an engine. The weights
come from the search research (section 2.3); the optimum there is flat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from search_index import analysis

if TYPE_CHECKING:
    from collections.abc import Callable

    from search_index.analysis import Token
    from search_index.dictionary import Dictionary, Weighed
    from search_index.lexicon import Lexicon
    from search_index.thesaurus import Thesaurus

WORD = 1.0
INNER_WORD = 0.5  # 党群 inside 党群服务中心
GRAMS = 0.25  # bigrams of a word the index has; low, or 整理发票 is found for 理发
GRAMS_ALONE = 0.8  # ... of a word the index has not
SINGLE = 0.5
CHARACTER = 0.3  # of a word nobody wrote, beside words that are found
WHOLE_RUN = 0.8  # everything typed, in a row
SYNONYM = 0.75
SOUND = 0.6  # homophones
SLIP = 0.6  # misspelt Latin
PINYIN = 0.9
PINYIN_OF_KNOWN = 0.4  # `die` is English first
SPELLED_TITLE = 0.8
INITIALS = 0.6
PREFIX = 0.4
PART = 0.5  # one word of a phrase that is a unit of its own
TAIWAN = 0.9
TRANSLATED = 0.7  # English by the dictionary
ALIKE = 0.5  # Chinese words of one meaning, by the dictionary
REVIEWED = 0.5  # what the dictionary still counts beside a line of the thesaurus
MOST_TRANSLATED = 8


class Alternative(NamedTuple):
    """Documents with all these terms in this field, and what that is worth."""

    field: str
    terms: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Unit:
    """One thing that was asked for; the best alternative counts."""

    text: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class Plan:
    """The question, understood: units, what was corrected, its language."""

    units: tuple[Unit, ...]
    notes: tuple[tuple[str, str], ...]  # (as typed, as understood)
    script: str  # "zh", "en" or "" when both or nothing


class Phrase(NamedTuple):
    """A thesaurus phrase found in the question, and where."""

    text: str
    start: int
    end: int


@dataclass
class Draft:
    """A unit while it grows."""

    text: str
    alternatives: list[Alternative] = field(default_factory=list)

    def add(self, name: str, terms: tuple[str, ...], weight: float) -> None:
        """One more alternative; empty ones are nothing."""
        if terms and all(terms):
            self.alternatives.append(Alternative(name, terms, weight))


@dataclass
class Question:
    """Everything the planners share about one question."""

    text: str  # folded
    tokens: list[Token]
    phrases: list[Phrase]
    lexicon: Lexicon
    thesaurus: Thesaurus
    frequency: Callable[[str, str], int]
    dictionary: Callable[[], Dictionary]  # read when it is first wanted
    notes: list[tuple[str, str]] = field(default_factory=list)
    merged: dict[tuple[int, int], Draft] = field(default_factory=dict)

    def home(self, start: int, end: int) -> Draft | None:
        """The phrase unit that covers this stretch, if any."""
        for (left, right), draft in self.merged.items():
            if left <= start and end <= right:
                return draft
        return None

    def synonyms(self, phrase: str, weight: float, into: Draft) -> None:
        """Add the companions of a phrase."""
        for other, share in self.thesaurus.others(phrase):
            into.alternatives += phrase_alternatives(other, weight * share)

    def alike(self, word: str, weight: float, into: Draft) -> None:
        """Add Chinese words of the same meaning, as far as the index has them."""
        if word in self.thesaurus:
            weight *= REVIEWED
        self._add_known(self.dictionary().alike(word), weight * ALIKE, into)

    def translated(self, words: tuple[str, ...], weight: float, into: Draft) -> bool:
        """Add Chinese words for English ones, as far as the index has them."""
        stems = [analysis.stem(word) for word in words]
        if " ".join(stems) in self.thesaurus or all(self.has("w", s) for s in stems):
            weight *= REVIEWED
        found = self.dictionary().chinese(words)
        return self._add_known(found, weight * TRANSLATED, into)

    def _add_known(self, words: Weighed, weight: float, into: Draft) -> bool:
        known = [(w, s) for w, s in words if len(w) > 1 and self.lexicon.count(w)]
        for word, share in known[:MOST_TRANSLATED]:
            into.add("w", (word,), weight * share)
            self.synonyms(word, weight * share * SYNONYM, into)
        return bool(known)

    def has(self, name: str, term: str) -> bool:
        """Whether the index has the term."""
        return self.frequency(name, term) > 0


def phrase_alternatives(phrase: str, weight: float) -> list[Alternative]:
    """A normal phrase as terms: a word, words in common, or a row of characters."""
    return [
        Alternative(name, terms, weight * share)
        for name, terms, share in _phrase_shares(phrase)
    ]


@lru_cache(20_000)
def _phrase_shares(phrase: str) -> tuple[Alternative, ...]:
    if not analysis.runs(phrase):
        return (Alternative("w", tuple(phrase.split()), 1.0),)
    found = {t.text for t in analysis.tokens(phrase)}
    if len(phrase) == 1:  # 茶 in 工夫茶, which is one word
        return Alternative("w", (phrase,), 1.0), Alternative("g", (phrase,), SINGLE)
    if phrase in found:
        return (Alternative("w", (phrase,), 1.0),)
    words = tuple(
        analysis.stem(t.text) if t.latin else t.text for t in side_by_side(phrase)
    )
    in_common = Alternative("w", words, 0.9)
    if len(analysis.runs(phrase)[0][0]) < len(phrase):
        return (in_common,)
    return in_common, Alternative("g", tuple(analysis.bigrams(phrase)), 0.6)


def side_by_side(text: str) -> list[Token]:
    """All words of folded text in order, none overlapping."""
    flat = [token for token in analysis.tokens(text) if token.latin]
    for run, at in analysis.runs(text):
        flat += [
            analysis.Token(w, at + a, at + b, latin=False)
            for w, a, b in analysis.cut(run)
        ]
    return sorted(flat, key=lambda token: token.start)
