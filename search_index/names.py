"""Whether what somebody typed is how a person's name is written, spelled or begun."""

from __future__ import annotations

import re

from search_index import analysis

FEWEST_LETTERS = 2
"""One Latin letter would list a directory."""
_NOT_LETTERS = re.compile(r"[\s'’·.-]+")


def is_enough(asked: str) -> bool:
    """Say whether *asked* can be a name: a Chinese character or two letters."""
    plain = _plain(asked)
    return bool(analysis.runs(plain)) or (
        len(plain) >= FEWEST_LETTERS and plain.isalpha()
    )


def is_name_of(asked: str, name: str) -> bool:
    """Say whether *asked* finds *name*: 林小满 by 林, 小滿, linxm, lxm, xiaoman.

    Either script; letters must begin each syllable in turn, from any syllable on.
    Numbers find nobody here: they are asked for whole, elsewhere.
    """
    if not is_enough(asked):
        return False
    plain, letters = _plain(asked), analysis.strip_tones(_plain(asked))
    written = _plain(name)
    if plain in written and (analysis.runs(plain) or written.startswith(plain)):
        return True
    for run, _ in analysis.runs(written):
        syllables = analysis.pinyin(run)
        if any(_begins(letters, syllables[at:]) for at in range(len(syllables))):
            return True
    words = analysis.fold(name).split()
    return any(word.startswith(plain) for word in words)


def _plain(text: str) -> str:
    return _NOT_LETTERS.sub("", analysis.fold(text))


def _begins(letters: str, syllables: tuple[str, ...]) -> bool:
    """Say whether *letters* are beginnings of these syllables, one after another.

    Step by step through all lengths at once: no input makes it try again and again.
    """
    reached = {0}
    for syllable in syllables:
        if len(letters) in reached:
            return True
        reached = {
            at + size
            for at in reached
            for size in range(1, len(syllable) + 1)
            if letters.startswith(syllable[:size], at)
        }
    return len(letters) in reached
