"""Words an installation adds to those of the house; they act when a question is asked.

Nothing of it is in the index: a line counts from the next question on, and no document
is written anew for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from search_index import analysis, stopwords
from search_index.thesaurus import FILE, Thesaurus, normal


@dataclass(frozen=True)
class Vocabulary:
    """What editors added: lines as in `thesaurus.txt`, and words that say nothing.

    `stop` may be written as people write; it is compared folded.
    """

    lines: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()


NOTHING_ADDED = Vocabulary()


@lru_cache(16)
def thesaurus_with(lines: tuple[str, ...]) -> Thesaurus:
    """The thesaurus of the house with more lines.

    Raises ValueError naming the line that is none.
    """
    text = FILE.read_text(encoding="utf-8")
    return Thesaurus("\n".join((text, *lines)))


@lru_cache(16)
def stop_words(words: tuple[str, ...]) -> frozenset[str]:
    """Words as questions are compared with them."""
    return frozenset(normal(word) for word in words)


def word_key(word: str) -> str:
    """A word as questions are compared with it; empty when no letter of it is read."""
    return normal(word)


def is_filler(word: str) -> bool:
    """Whether the house itself leaves this word out of long questions."""
    plain = analysis.fold(word).strip()
    return plain in stopwords.CHINESE or plain in stopwords.ENGLISH


def changes_nothing(lines: tuple[str, ...], line: str) -> bool:
    """Whether a line tells only what the house and the other lines tell already.

    Raises ValueError naming the line that is none.
    """
    before, after = thesaurus_with(lines), thesaurus_with((*lines, line))
    words = {normal(word) for word in re.split("[>~,]", line)}
    return all(set(before.others(one)) == set(after.others(one)) for one in words)
