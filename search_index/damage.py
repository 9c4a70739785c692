"""Say what is damaged in an imported text, so that a person can mend the source.

Nothing is repaired silently (domain handbook 1.16 and L20): folding lets clean words
find a romanised or wrongly converted text, and this says that it is not as it should
be. What is broken beyond reading is found by its sound words only.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import opencc

from search_index import analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

DamageKind = Literal["romanised", "broken", "converted"]
_HAN = "[㐀-鿿]"
_LETTERS = "[a-zü\u00e0-\u01dc]{1,7}"
# A bracket became a question mark and swallowed a byte: the characters behind it are
# other ones until the next mark. 匯總?cè)罕娦枨?
_BROKEN = re.compile(
    rf"{_HAN}?\?{_LETTERS}[)）]{_HAN}*\??"
    r"|\ufffd+|(?:锟斤拷)+|(?:[烫屯]){3,}|(?:[ÃÂâäåæçèé][\u0080-\u00bf]){2,}"
)
# Characters a machine writes for another one that looks the same in Simplified.
_MISTAKEN = {
    "裡": "里",
    "裏": "里",
    "鬆": "松",
    "髮": "發",
    "發": "髮",
    "麵": "面",
    "証": "證",
    "鍾": "鐘",
    "後": "后",
    "幹": "乾",
    "乾": "幹",
    "製": "制",
    "餘": "余",
    "範": "范",
    "鬥": "斗",
    "穀": "谷",
    "復": "複",
    "複": "復",
    "歷": "曆",
    "曆": "歷",
}


class Damage(NamedTuple):
    """A damaged stretch: `text[start:end]`, and what is wrong with it.

    romanised: 區(qū), a pronunciation from a web copy. broken: bytes were lost.
    converted: 鄰裡 for 鄰里, a machine took the wrong Traditional character.
    """

    kind: DamageKind
    start: int
    end: int
    text: str


def find_damage(text: str) -> tuple[Damage, ...]:
    """All damage of a text in order; nothing for a sound one."""
    found = [_damage("romanised", m) for m in analysis.ANNOTATION.finditer(text)]
    found += [_damage("broken", m) for m in _BROKEN.finditer(text)]
    found += _converted(text)
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _damage(kind: DamageKind, match: re.Match[str]) -> Damage:
    return Damage(kind, match.start(), match.end(), match.group())


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _converted(text: str) -> Iterator[Damage]:
    """Words of the dictionary whose Traditional form has another character."""
    if not any(char in _MISTAKEN for char in text):
        return
    simplified: str = _to_simplified().convert(text)
    if len(simplified) != len(text):
        return
    for run, at in analysis.runs(simplified):
        for word, start, end in analysis.cut(run):
            right: str = _to_traditional().convert(word)
            there = text[at + start : at + end]
            if len(right) != len(word) or len(word) < 2:
                continue
            pairs = zip(there, right, strict=True)
            if any(_MISTAKEN.get(wrong) == better for wrong, better in pairs):
                yield Damage("converted", at + start, at + end, there)
