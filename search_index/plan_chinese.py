"""The Chinese half of a plan: words, pairs, homophones, the whole run."""

from __future__ import annotations

from search_index import analysis
from search_index.stopwords import CHINESE as STOP
from search_index.units import (
    GRAMS,
    GRAMS_ALONE,
    INNER_WORD,
    PART,
    SINGLE,
    SOUND,
    SYNONYM,
    TAIWAN,
    WHOLE_RUN,
    WORD,
    Draft,
    Question,
    phrase_alternatives,
)

MAX_RUN = 8  # longer stretches are sentences: their exact row says nothing
MAX_SOUND_RUN = 6


def chinese_units(question: Question, taiwan: str) -> list[Draft]:
    """Units for every Chinese run, and for Taiwan's words in mainland form."""
    drafts: list[Draft] = []

    def says(word: str) -> bool:
        return word not in STOP and word not in question.stop

    elsewhere = any(token.latin or says(token.text) for token in question.tokens)
    for run, base in analysis.runs(question.text):
        words = analysis.cut(run)
        content = [w for w in words if says(w[0])]
        if not content and not elsewhere:
            content = words
        spanning: set[tuple[int, int]] = set()
        for word, start, end in content:
            home = question.home(base + start, base + end)
            if home is not None:
                home.add("w", (word,), PART)
                continue
            drafts.append(_word(question, word, base + start, base + end, spanning))
        if content and 2 <= len(run) <= MAX_RUN and len(words) > 1:
            drafts.append(_whole_run(question, run, len(words)))
    if taiwan != question.text:
        drafts += _taiwan_words(question, taiwan)
    return drafts


def _word(
    question: Question, word: str, start: int, end: int, spanning: set[tuple[int, int]]
) -> Draft:
    draft = Draft(word)
    known = question.has("w", word)
    draft.add("w", (word,), WORD)
    for token in analysis.tokens(word):
        if token.text != word and len(token.text) > 1:
            draft.add("w", (token.text,), INNER_WORD)
    if len(word) == 1:
        draft.add("g", (word,), SINGLE)
    else:
        grams = tuple(analysis.bigrams(word))
        draft.add("g", grams, GRAMS if known else GRAMS_ALONE)
        whole = all(question.has("g", g) for g in grams)
        if not known and not (whole and (len(word) > 2 or analysis.is_word(word))):
            _homophones(question, word, draft)
    if len(word) > 1:
        question.alike(word, 1.0, draft)
    for phrase in question.phrases:
        if phrase.start >= end or phrase.end <= start:
            continue
        if phrase.end - phrase.start <= end - start:
            question.synonyms(phrase.text, SYNONYM, draft)
        elif (phrase.start, phrase.end) not in spanning:
            spanning.add((phrase.start, phrase.end))  # once, with its first word
            question.synonyms(phrase.text, SYNONYM, draft)
    return draft


def _homophones(question: Question, word: str, draft: Draft) -> None:
    """A word nobody wrote may be a slip of the input method.

    Not when the thesaurus leads on from it; and a word of the dictionary was hardly
    meant to be one that only nearly sounds like it.
    """
    if word in question.thesaurus:
        return
    for near in question.lexicon.sounding_like(word):
        if near.distance and analysis.is_word(word):
            continue
        weight = SOUND / (1 + 0.5 * near.distance)
        draft.add("w", (near.word,), weight, "sound")
        question.synonyms(near.word, weight * SYNONYM, draft)
        question.notes.append((word, near.word))


def _whole_run(question: Question, run: str, words: int) -> Draft:
    """Everything in a row; if the index never has it so, what sounds like it."""
    draft = Draft(run, is_bonus=True)
    grams = tuple(analysis.bigrams(run))
    draft.add("g", grams, WHOLE_RUN)
    if len(run) <= MAX_SOUND_RUN and not all(question.has("g", g) for g in grams):
        syllables = analysis.pinyin(run)
        cover = question.lexicon.covering(syllables)
        if cover and len(cover) <= words:
            for choices in cover:
                for word in choices[:2]:
                    if word not in run:
                        draft.add("w", (word,), SOUND, "sound")
                        question.synonyms(word, SOUND * SYNONYM, draft)
            best = "".join(choices[0] for choices in cover)
            if best != run:
                question.notes.append((run, best))
        draft.add("tp", ("".join(syllables),), 0.5)
    return draft


def _taiwan_words(question: Question, taiwan: str) -> list[Draft]:
    drafts = []
    for run, _ in analysis.runs(taiwan):
        for word, _, _ in analysis.cut(run):
            if word not in question.text and word not in STOP:
                draft = Draft(word)
                for name, terms, weight in phrase_alternatives(word, TAIWAN):
                    draft.add(name, terms, weight, "synonym")
                question.synonyms(word, SYNONYM * TAIWAN, draft)
                drafts.append(draft)
    return drafts
