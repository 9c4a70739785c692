"""Understand a question: folded text in, a plan of units out.

The plan decides relevance, not the engine (search research, section 0): the same
plan reaches the same quality on Whoosh, tantivy, SQLite and PostgreSQL.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from search_index import analysis, dictionary
from search_index.model import MAX_QUERY, Reason
from search_index.plan_chinese import chinese_units
from search_index.plan_latin import latin_units
from search_index.thesaurus import LONGEST_LATIN
from search_index.units import (
    CHARACTER,
    GRAMS_ALONE,
    PART,
    SYNONYM,
    Alternative,
    Draft,
    Phrase,
    Plan,
    Question,
    Unit,
    side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from search_index.analysis import Token
    from search_index.lexicon import Lexicon
    from search_index.thesaurus import Thesaurus

__all__ = ["PART", "Alternative", "Plan", "Unit", "understand"]
MAX_UNITS = 24  # bounds the time of a pasted paragraph
MAX_ALTERNATIVES = 90
RESOLVED = ("pinyin", "initials", "sound", "slip", "beginning")
MERGED_WORDS = 3  # a phrase of more words is not worth more


def understand(
    text: str,
    lexicon: Lexicon,
    thesaurus: Thesaurus,
    frequency: Callable[[str, str], int],
    stop: frozenset[str] = frozenset(),
) -> Plan:
    """The plan of a question. `frequency(field, term)` asks the index for a count.

    `stop` are words that say nothing, beside those of the house.
    """
    folded = analysis.fold(text[:MAX_QUERY])
    tokens = analysis.tokens(folded)
    phrases = _phrases(folded, tokens, thesaurus)
    question = Question(
        folded,
        tokens,
        phrases,
        lexicon,
        thesaurus,
        frequency,
        dictionary.load,
        stop,
    )
    _merge(question)
    drafts = list(question.merged.values())
    drafts += chinese_units(question, analysis.fold(text[:MAX_QUERY], taiwan=True))
    latin, resolved = latin_units(question)
    drafts += latin
    units = [
        Unit(
            draft.text,
            _living(_distinct(draft.alternatives), frequency),
            is_bonus=draft.is_bonus,
        )
        for draft in drafts
        if draft.alternatives
    ]
    units = _by_characters(units)
    return Plan(
        tuple(units[:MAX_UNITS]),
        tuple(dict.fromkeys(question.notes)),
        _script(tokens, resolved=resolved),
        _reasons(question, drafts),
    )


def _reasons(question: Question, drafts: list[Draft]) -> dict[str, Reason]:
    """Why words are looked for that nobody typed; what was typed needs no reason."""
    typed = {analysis.stem(t.text) if t.latin else t.text for t in question.tokens}
    found: dict[str, Reason] = {}
    for draft in drafts:
        meant = next((w for w, k in draft.reasons.items() if k in RESOLVED), draft.text)
        for word, kind in draft.reasons.items():
            if word in found or word in typed:
                continue
            chinese = analysis.is_cjk(word)
            if chinese and word in question.text:
                continue
            if kind in RESOLVED:
                found[word] = Reason(kind, draft.typed or draft.text, word)
            elif kind == "synonym" and chinese != analysis.is_cjk(meant):
                found[word] = Reason("translation", meant, word)
            else:
                found[word] = Reason(kind, meant, word)
    return found


def _by_characters(units: list[Unit]) -> list[Unit]:
    """Beside words that are found, a word nobody wrote counts by its characters.

    晚上打球: 球 in 乒乓球 is worth something. Alone it would be noise: then nothing
    found is the honest answer.
    """
    dead = [not unit.alternatives for unit in units]
    if all(dead):
        return units
    return [
        replace(
            unit,
            alternatives=tuple(
                Alternative("g", (char,), CHARACTER) for char in unit.text
            ),
        )
        if gone and len(unit.text) == 2 and len(analysis.runs(unit.text)) == 1
        else unit
        for unit, gone in zip(units, dead, strict=True)
    ]


def _living(
    alternatives: tuple[Alternative, ...], frequency: Callable[[str, str], int]
) -> tuple[Alternative, ...]:
    """The alternatives that some document may have; engines need not look again."""
    return tuple(
        alternative
        for alternative in alternatives
        if all(frequency(alternative.field, term) for term in alternative.terms)
    )


def _distinct(alternatives: list[Alternative]) -> tuple[Alternative, ...]:
    """Each alternative once, at its best weight."""
    best: dict[tuple[str, tuple[str, ...]], float] = {}
    for name, terms, weight in alternatives:
        key = (name, terms)
        best[key] = max(weight, best.get(key, 0.0))
    rows = [Alternative(name, terms, w) for (name, terms), w in best.items()]
    return tuple(rows[:MAX_ALTERNATIVES])


def _script(tokens: list[Token], *, resolved: bool) -> str:
    kinds = {"en" if t.latin and not resolved else "zh" for t in tokens}
    return kinds.pop() if len(kinds) == 1 else ""


def _phrases(folded: str, tokens: list[Token], thesaurus: Thesaurus) -> list[Phrase]:
    """Thesaurus phrases in the question, longest first, none overlapping.

    A Chinese phrase of one or two characters must stand on word borders.
    """
    found: list[Phrase] = []
    used = [False] * len(folded)
    borders = {t.start for t in tokens} | {t.end for t in tokens}
    for size in range(min(thesaurus.longest, len(folded)), 0, -1):
        for at in range(len(folded) - size + 1):
            phrase = folded[at : at + size]
            if not analysis.is_cjk(phrase) or any(used[at : at + size]):
                continue
            if phrase not in thesaurus:
                continue
            if size == 1 and not any(
                t.start == at and t.end == at + 1 for t in tokens
            ):  # 班 says something alone, not inside 拖班
                continue
            inside = size <= 2 and len(folded) > size + 2
            if inside and not (at in borders and at + size in borders):
                continue
            found.append(Phrase(phrase, at, at + size))
            used[at : at + size] = [True] * size
    latin = [t for t in tokens if t.latin]
    for size in range(min(LONGEST_LATIN, len(latin)), 0, -1):
        for at in range(len(latin) - size + 1):
            some = latin[at : at + size]
            phrase = " ".join(analysis.stem(t.text) for t in some)
            start, end = some[0].start, some[-1].end
            covered = any(p.start <= start and end <= p.end for p in found)
            if phrase in thesaurus and not covered:
                found.append(Phrase(phrase, start, end))
    return found


def _merge(question: Question) -> None:
    """A phrase of several words becomes one unit, worth as much as its words."""
    flat = side_by_side(question.text)
    for phrase in question.phrases:
        inside = [t for t in flat if phrase.start <= t.start and t.end <= phrase.end]
        if len(inside) < 2:
            continue
        if inside[0].start != phrase.start or inside[-1].end != phrase.end:
            continue
        worth = float(min(len(inside), MERGED_WORDS))
        draft = Draft(phrase.text)
        words = tuple(analysis.stem(t.text) if t.latin else t.text for t in inside)
        draft.add("w", words, worth)
        question.synonyms(phrase.text, SYNONYM * worth, draft)
        if not inside[0].latin:
            grams = tuple(analysis.bigrams(phrase.text))
            draft.add("g", grams, worth * GRAMS_ALONE)
        question.merged[phrase.start, phrase.end] = draft
