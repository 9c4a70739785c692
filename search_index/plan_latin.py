"""The Latin half of a plan: English, pinyin, initials, slips of the keyboard."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from search_index import analysis
from search_index.stopwords import ENGLISH as STOP
from search_index.units import (
    INITIALS,
    PART,
    PINYIN,
    PINYIN_OF_KNOWN,
    PREFIX,
    SLIP,
    SPELLED_TITLE,
    SYNONYM,
    WORD,
    Draft,
    Question,
)

if TYPE_CHECKING:
    from search_index.analysis import Token

MIN_PINYIN = 4  # letters; shorter is more often English or initials
MIN_PREFIX = 3
INITIAL_LENGTHS = range(2, 9)


def latin_units(question: Question) -> tuple[list[Draft], bool]:
    """Units for the Latin words, and whether they were all pinyin or initials."""
    latin = [t for t in question.tokens if t.latin]
    if not latin:
        return [], False
    mixed = len(latin) < len(question.tokens)
    content = [
        t
        for t in latin
        if t.text not in STOP and analysis.stem(t.text) not in question.stop
    ] or latin
    unknown = [t for t in content if not question.has("w", analysis.stem(t.text))]
    if len(latin) > 1 and not mixed and unknown:
        joined = analysis.strip_tones("".join(t.text for t in latin))
        whole = _pinyin(question, joined, PINYIN)
        if whole:
            return whole, True
    drafts: list[Draft] = []
    resolved = 0
    spanning: set[tuple[int, int]] = set()
    for token in content:
        home = question.home(token.start, token.end)
        if home is not None:
            home.add("w", (analysis.stem(token.text),), PART)
            continue
        last = token is content[-1]
        found, as_chinese = _token(question, token.text, mixed=mixed, last=last)
        resolved += as_chinese
        if not as_chinese:
            _translate(question, content, token, found[0])
        for phrase in question.phrases:
            if phrase.start < token.end and phrase.end > token.start:
                place = (phrase.start, phrase.end)
                exact = place == (token.start, token.end)
                if exact or place not in spanning:
                    spanning.add(place)
                    question.synonyms(phrase.text, SYNONYM, found[0])
        drafts += found
    return drafts, resolved == len(content)


def _translate(
    question: Question, content: list[Token], token: Token, draft: Draft
) -> None:
    """Chinese for the longest stretch that begins here and for the word itself."""
    at = content.index(token)
    for size in (3, 2):
        words = tuple(t.text for t in content[at : at + size])
        if len(words) == size and question.translated(words, size, draft):
            break
    question.translated((token.text,), 1.0, draft)


def _exact(word: str) -> Draft:
    draft = Draft(word)
    draft.add("w", (analysis.stem(word),), WORD)
    return draft


def _token(
    question: Question, word: str, *, mixed: bool, last: bool
) -> tuple[list[Draft], bool]:
    """Units of one Latin word, and whether it was Chinese in Latin letters."""
    draft = _exact(word)
    known = question.has("w", analysis.stem(word))
    plain = analysis.strip_tones(word)
    spelled: list[Draft] = []
    if plain.isascii() and plain.isalpha() and len(plain) >= MIN_PINYIN:
        weight = PINYIN_OF_KNOWN if known else PINYIN
        spelled = _pinyin(question, plain, weight)
        if spelled and not known:
            return spelled, True
        for one in spelled:
            draft.take(one)
    if known or spelled:
        return [draft], False
    short = len(plain) in INITIAL_LENGTHS and plain.isalpha() and plain.isascii()
    as_initials = not mixed and short and _initials(question, plain, draft)
    for near in question.lexicon.latin_like(word):
        weight = SLIP / (1 + 0.3 * near.distance)
        draft.add("w", (analysis.stem(near.word),), weight, "slip")
        question.synonyms(analysis.stem(near.word), weight * SYNONYM, draft)
        if not as_initials:
            question.notes.append((word, near.word))
    if last and len(word) >= MIN_PREFIX:
        for longer in question.lexicon.latin_from(word):
            draft.add("w", (analysis.stem(longer),), PREFIX, "beginning")
    return [draft], as_initials


def _pinyin(question: Question, letters: str, weight: float) -> list[Draft]:
    """Letters as syllables, covered by words of the index or found in a title."""
    syllables = analysis.split_syllables(letters)
    if not syllables or len(syllables) < 2:
        return []
    drafts: list[Draft] = []
    cover = question.lexicon.covering(syllables)
    for choices in cover or []:
        draft = Draft(choices[0], typed=letters)
        for place, word in enumerate(choices):
            worth = weight * (1 if place == 0 else 0.8)
            draft.add("w", (word,), worth, "pinyin")
            question.synonyms(word, worth * SYNONYM, draft)
        drafts.append(draft)
    if cover:
        best = "".join(choices[0] for choices in cover)
        if len(cover) > 1:
            question.synonyms(best, weight * SYNONYM, drafts[0])
        question.notes.append((letters, best))
    draft = Draft(letters)
    if question.has("tp", letters):
        draft.add("tp", (letters,), SPELLED_TITLE * weight, "pinyin")
    elif not cover and len(syllables) > 2:
        pairs = tuple(a + b for a, b in pairwise(syllables))
        if all(question.has("tp", pair) for pair in pairs):
            draft.add("tp", pairs, 0.7 * weight, "pinyin")
    return [*drafts, draft] if draft.alternatives else drafts


def _initials(question: Question, letters: str, draft: Draft) -> bool:
    """Letters as the beginnings of syllables: a word, a title, or two words."""
    words = question.lexicon.by_initials(letters)
    for word in words:
        draft.add("w", (word,), INITIALS, "initials")
        question.synonyms(word, INITIALS * SYNONYM, draft)
    found = bool(words)
    if question.has("ti", letters):
        draft.add("ti", (letters,), INITIALS, "initials")
        found = True
    if not found and len(letters) == 4:
        for first in question.lexicon.by_initials(letters[:2], 6):
            for second in question.lexicon.by_initials(letters[2:], 6):
                draft.add("w", (first, second), INITIALS * 0.8, "initials")
                found = True
    return found
