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
    from collections.abc import Callable, Mapping

    from search_index.analysis import Token
    from search_index.dictionary import Dictionary, Weighed
    from search_index.lexicon import Lexicon
    from search_index.model import Reason, ReasonKind
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
    """One thing that was asked for; the best alternative counts.

    A bonus (all of it in a row) is worth something when it is met, and no miss.
    """

    text: str
    alternatives: tuple[Alternative, ...]
    is_bonus: bool = False


@dataclass(frozen=True)
class Plan:
    """The question, understood: units, what was corrected, its language.

    `reasons` has the words that were not typed, with why they are looked for.
    """

    units: tuple[Unit, ...]
    notes: tuple[tuple[str, str], ...]  # (as typed, as understood)
    script: str  # "zh", "en" or "" when both or nothing
    reasons: Mapping[str, Reason] = field(default_factory=dict)


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
    reasons: dict[str, ReasonKind] = field(default_factory=dict)  # word → why
    typed: str = ""  # the letters, when the text is what they spell
    is_bonus: bool = False

    def add(
        self,
        name: str,
        terms: tuple[str, ...],
        weight: float,
        kind: ReasonKind | None = None,
    ) -> None:
        """One more alternative; empty ones are nothing.

        `kind` says why, when the words are other ones than were typed.
        """
        if terms and all(terms):
            self.alternatives.append(Alternative(name, terms, weight))
            if kind is not None:
                for word in spelt_out(name, terms):
                    self.reasons.setdefault(word, kind)

    def take(self, other: Draft) -> None:
        """Everything of another draft, too."""
        self.alternatives += other.alternatives
        self.reasons = other.reasons | self.reasons


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
    stop: frozenset[str] = frozenset()  # beside those of the house
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
        for name, terms, share, words in _companions(self.thesaurus, phrase):
            if all(self.frequency(name, term) for term in terms):
                into.alternatives.append(Alternative(name, terms, weight * share))
                for word in words:
                    into.reasons.setdefault(word, "synonym")

    def alike(self, word: str, weight: float, into: Draft) -> None:
        """Add Chinese words of the same meaning, as far as the index has them."""
        if word in self.thesaurus:
            weight *= REVIEWED
        found = self.dictionary().alike(word)
        self._add_known(found, weight * ALIKE, into, "synonym")

    def translated(self, words: tuple[str, ...], weight: float, into: Draft) -> bool:
        """Add Chinese words for English ones, as far as the index has them."""
        stems = [analysis.stem(word) for word in words]
        if " ".join(stems) in self.thesaurus or all(self.has("w", s) for s in stems):
            weight *= REVIEWED
        found = self.dictionary().chinese(words)
        return self._add_known(found, weight * TRANSLATED, into, "translation")

    def _add_known(
        self, words: Weighed, weight: float, into: Draft, kind: ReasonKind
    ) -> bool:
        known = [(w, s) for w, s in words if len(w) > 1 and self.lexicon.count(w)]
        for word, share in known[:MOST_TRANSLATED]:
            into.add("w", (word,), weight * share, kind)
            self.synonyms(word, weight * share * SYNONYM, into)
        return bool(known)

    def has(self, name: str, term: str) -> bool:
        """Whether the index has the term."""
        return self.frequency(name, term) > 0


def spelt_out(name: str, terms: tuple[str, ...]) -> tuple[str, ...]:
    """The words of an alternative as they stand in a text: pairs make one row."""
    if name != "g":
        return terms
    return (terms[0] + "".join(t[-1] for t in terms[1:]),)


@lru_cache(20_000)
def _companions(
    thesaurus: Thesaurus, phrase: str
) -> tuple[tuple[str, tuple[str, ...], float, tuple[str, ...]], ...]:
    """What the thesaurus adds to a phrase, as terms, shares and words."""
    return tuple(
        (name, terms, worth, spelt_out(name, terms))
        for other, share in thesaurus.others(phrase)
        for name, terms, worth in phrase_alternatives(other, share)
    )


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
