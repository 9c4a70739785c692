"""The reader's language: catalogues, `_()`, labels, texts in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, cast

from babel.messages.pofile import read_po
from flask import g, has_request_context, request

from app.kernel.config import LANGUAGES_KNOWN
from app.web.store import settings

LOCALE_DIR = Path(__file__).resolve().parents[1] / "locale"
BABEL_NAMES = {"zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en_GB"}
LANGUAGE_COOKIE = "lang"

_labels: dict[tuple[type[StrEnum], str], tuple[StrEnum, str]] = {}
"""Kind and value → member and words; members of two kinds may be equal as texts."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return English sentence → sentence in *language*, from all its `.po` files."""
    words: dict[str, str] = {}
    for path in sorted((LOCALE_DIR / language.replace("-", "_")).glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file):
                if isinstance(entry.id, str) and entry.id and entry.string:
                    words[entry.id] = str(entry.string)
    return words


def language() -> str:
    """Return the reader's language: their choice, else their browser's, else ours."""
    try:  # a page asks hundreds of times
        return cast("str", g.language)
    except (AttributeError, RuntimeError):
        pass
    if not has_request_context():
        return "zh-Hans"
    chosen = _choose_language()
    g.language = chosen
    return chosen


def _choose_language() -> str:
    offered = settings().languages
    asked = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if asked in offered:
        return str(asked)
    return _best_match(request.accept_languages.values(), offered)


def _best_match(asked: Iterable[str], offered: tuple[str, ...]) -> str:
    for tag in asked:
        low = tag.lower()
        if low.startswith("zh"):
            is_hant = re.search(r"hant|tw|hk|mo", low) is not None
            wanted = "zh-Hant" if is_hant else "zh-Hans"
        else:
            wanted = low.split("-")[0]
        if wanted in offered:
            return wanted
    return offered[0]


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Speak a language inside: for words that go to somebody who is not here."""
    before = g.get("language")
    g.language = chosen
    try:
        yield
    finally:
        if before is None:
            del g.language
        else:
            g.language = before


def translate(sentence: str, language_: str | None = None, **values: object) -> str:
    """Return *sentence* in the reader's language with its places filled."""
    said = catalogue(language_ or language()).get(sentence, sentence)
    return said % values if values else said


def ntranslate(one: str, many: str, n: int, **values: object) -> str:
    """Return the sentence for *n* things; `%(n)s` is filled."""
    return translate(one if n == 1 else many, None, n=n, **values)


def register_labels(labels: Mapping[Any, str]) -> None:
    """Let `label()` know the words for the members of an enum (English ids)."""
    _labels.update(
        {(type(one), one.value): (one, words) for one, words in labels.items()}
    )


def label(value: StrEnum | str | None) -> str:
    """Return the words for a state or kind; a page never shows the raw value."""
    if value is None:
        return ""
    if isinstance(value, StrEnum):
        return translate(_labels[type(value), value.value][1])
    return translate(str(value))


def labelled_members() -> tuple[StrEnum, ...]:
    """Return every member that has words (a test compares it with the enums)."""
    return tuple(member for member, _ in _labels.values())


def localized(thing: object, name: str, language_: str | None = None) -> str:
    """Return `thing.name` in the reader's language, else as it was written.

    A row may carry `title` (as written), `title_en`, `title_zh_hant`.
    """
    chosen = language_ or language()
    suffix = {"en": "_en", "zh-Hant": "_zh_hant"}.get(chosen)
    if suffix:
        own = getattr(thing, name + suffix, None)
        if own:
            return str(own)
    return str(getattr(thing, name) or "")


assert set(BABEL_NAMES) == set(LANGUAGES_KNOWN)
