"""Text to terms: fold scripts and widths, cut words, stem, spell in pinyin.

Nothing here knows an engine. The same functions run on documents and questions,
so whatever they fold away cannot keep the two apart. The original text is never
changed: only terms are made from the folded copy (domain handbook 1.16).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

import opencc
import rjieba
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from snowballstemmer import stemmer

ANALYSIS_VERSION = 3  # raise when terms change: an index of another version is rebuilt

CJK = "㐀-鿿豈-﫿\U00020000-\U0002fa1f"
HALF = re.compile("[\ud800-\udfff]")  # of a character: no text, and no encoding has it
# Web copies put a romanisation behind the character: 區(qū). It is noise.
ANNOTATION = re.compile(r"(?<=[㐀-鿿])[(（][a-zü\u00e0-\u01dc]{1,7}[)）]")
_RUN = re.compile(f"([{CJK}]+)|([0-9a-z\u00e0-\u024f]+(?:['’][a-z]+)?)")
_CJK_RUN = re.compile(f"[{CJK}]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_MIN_STEM = 4  # snowball turns `aed` into `a`: shorter words stay whole
_T2S = opencc.OpenCC("t2s")
_TW2SP = opencc.OpenCC("tw2sp")
# What OpenCC leaves alone although residents type either form.
_EXTRA = str.maketrans(
    {"妳": "你", "牠": "它", "隣": "邻", "祇": "只", "瞭": "了", "鬪": "斗"}
    | {"著": "着", "帐": "账", "喫": "吃", "衹": "只", "佈": "布", "﹔": ";"}
    | {"糭": "粽", "濶": "阔"}
)


class Token(NamedTuple):
    """A word of folded text, with its place in it; `latin` when not Chinese."""

    text: str
    start: int
    end: int
    latin: bool


def is_cjk(text: str) -> bool:
    """Whether the first character is Chinese."""
    return bool(text) and text[0] >= "㐀"


def fold(text: str, *, taiwan: bool = False) -> str:
    """One form for both scripts, all widths and cases.

    With `taiwan`, Taiwan's words become the mainland's too (軟體 → 软件): such
    words are only ever added, because that conversion may also mislead.
    """
    text = HALF.sub("\ufffd", text)
    plain = ANNOTATION.sub("", unicodedata.normalize("NFKC", text))
    converted: str = (_TW2SP if taiwan else _T2S).convert(plain)
    return converted.translate(_EXTRA).lower()


def fold_with_map(text: str) -> tuple[str, list[int]]:
    """The folded text and, for each folded character, its place in the original."""
    text = HALF.sub("\ufffd", text)
    skip = {m.start(): m.end() for m in ANNOTATION.finditer(text)}
    if not skip and unicodedata.is_normalized("NFKC", text):  # as nearly all are
        whole = _T2S.convert(text).translate(_EXTRA).lower()
        if len(whole) == len(text):
            return whole, list(range(len(text)))
    plain: list[str] = []
    places: list[int] = []
    at = 0
    while at < len(text):
        if at in skip:
            at = skip[at]
            continue
        for char in unicodedata.normalize("NFKC", text[at]):
            plain.append(char)
            places.append(at)
        at += 1
    folded = _T2S.convert("".join(plain)).translate(_EXTRA)
    if len(folded) != len(plain):  # a phrase changed its length: go one by one
        folded = "".join((_T2S.convert(c)[:1] or c).translate(_EXTRA) for c in plain)
    lowered = [(c.lower() if len(c.lower()) == 1 else c) for c in folded]
    return "".join(lowered), places


@lru_cache(50_000)
def stem(word: str) -> str:
    """The English stem; short words and words that would vanish stay whole."""
    word = _POSSESSIVE.sub("", word)
    if len(word) < _MIN_STEM or not word.isascii() or word.isdigit():
        return word
    stemmed: str = stemmer("english").stemWord(word)
    return stemmed if len(stemmed) >= _MIN_STEM - 1 else word


@lru_cache(100_000)
def pinyin(word: str) -> tuple[str, ...]:
    """The syllables of a Chinese word, without tones, ü written v."""
    syllables = lazy_pinyin(word, style=Style.NORMAL, v_to_u=False)
    return tuple(s.replace("ü", "v") for s in syllables)


def initials(syllables: tuple[str, ...]) -> str:
    """The first letters of syllables, as typed on a phone."""
    return "".join(s[0] for s in syllables if s)


def strip_tones(word: str) -> str:
    """`lǐfà` → `lifa`, `nǚ` → `nv`."""
    for marked in "üǖǘǚǜ":
        word = word.replace(marked, "v")
    parts = unicodedata.normalize("NFD", word)
    return "".join(c for c in parts if not unicodedata.combining(c))


@cache
def _cutter() -> rjieba.Jieba:
    return rjieba.Jieba()


def learn_words(words: tuple[str, ...]) -> None:
    """Teach the cutter words of the house, for documents and questions alike."""
    cutter = _cutter()
    for word in words:
        if not cutter.has_word(word):
            cutter.add_word(word, None, None)


def is_word(text: str) -> bool:
    """Whether the dictionary (or the house) knows this Chinese word."""
    known: bool = _cutter().has_word(text)
    return known


def cut(run: str) -> list[tuple[str, int, int]]:
    """The words of a Chinese run, side by side, with their places."""
    return [(w, a, b) for w, a, b in _cutter().tokenize(run, "default", hmm=True)]


def tokens(folded: str) -> list[Token]:
    """All words of folded text; long Chinese words come with the words inside."""
    found: list[Token] = []
    for match in _RUN.finditer(folded):
        at = match.start()
        if match.group(1):
            found += [
                Token(word, at + a, at + b, latin=False)
                for word, a, b in _cutter().tokenize(match.group(1), "search", hmm=True)
            ]
        else:
            found.append(Token(match.group(2), at, match.end(), latin=True))
    return found


def latin_words(folded: str) -> list[tuple[str, int]]:
    """The Latin words of folded text and where they start."""
    return [(m.group(2), m.start()) for m in _RUN.finditer(folded) if m.group(2)]


def runs(folded: str) -> list[tuple[str, int]]:
    """Unbroken Chinese stretches and where they start."""
    return [(m.group(), m.start()) for m in _CJK_RUN.finditer(folded)]


def bigrams(run: str) -> list[str]:
    """Overlapping pairs: 义剪发 → 义剪, 剪发."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


@cache
def _syllables() -> frozenset[str]:
    known = set()
    for spellings in PINYIN_DICT.values():
        for spelling in spellings.split(","):
            plain = strip_tones(spelling)
            if plain.isascii() and plain.isalpha():
                known.add(plain)
    return frozenset(known - {"m", "n", "ng", "hm", "hng"})


@lru_cache(10_000)
def split_syllables(word: str) -> tuple[str, ...] | None:
    """`yanglao` → (yang, lao), with the fewest syllables; None if it is no pinyin."""
    known = _syllables()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            before = best[start]
            if before is None or word[start:end] not in known:
                continue
            now = best[end]
            if now is None or len(before) + 1 < len(now):
                best[end] = (*before, word[start:end])
    return best[-1]


class Terms(NamedTuple):
    """What is written about a text: words, grams, spellings, and words for people."""

    words: list[str]  # with repetitions: they are the frequency
    inner: list[str]  # the words inside longer words
    grams: set[str]
    spellings: set[str]
    initials: set[str]
    forms: set[str]  # unstemmed words, for suggestions and spelling


def terms(text: str, *, title: bool = False) -> Terms:
    """Analyse one text; a title also gets its pinyin and initials."""
    folded = fold(text)
    found = tokens(folded)
    forms = {t.text for t in found}
    words, inner = _outer_and_inner(found)
    chinese = [run for run, _ in runs(folded)]
    taiwan = fold(text, taiwan=True)
    if taiwan != folded:
        known = {*words, *inner}
        extra = [t.text for t in tokens(taiwan) if t.text not in known]
        words += extra
        forms.update(extra)
        chinese += [run for run, _ in runs(taiwan) if run not in chinese]
    grams = {g for run in chinese for g in (*bigrams(run), *run)}
    spelled, first = _spellings(chinese) if title else (set(), set())
    return Terms(words, inner, grams, spelled, first, forms)


def _outer_and_inner(found: list[Token]) -> tuple[list[str], list[str]]:
    """Words, and words that stand inside a longer one (党群 in 党群服务中心)."""
    outer: list[str] = []
    inner: list[str] = []
    begins = len(found) and found[-1].end
    for token in reversed(found):  # the cutter gives a word after those inside it
        text = stem(token.text) if token.latin else token.text
        if token.start >= begins:
            inner.append(text)
        else:
            outer.append(text)
            begins = token.start
    return outer, inner


def _spellings(chinese: list[str]) -> tuple[set[str], set[str]]:
    """Pinyin of 2 to 4 and initials of 2 to 6 characters in a row.

    They begin and end with words: 治理发展 is not found by `lifa`.
    """
    spelled: set[str] = set()
    first: set[str] = set()
    for run in chinese:
        syllables = pinyin(run)
        inside = _cutter().tokenize(run, "search", hmm=True)
        starts, ends = {start for _, start, _ in inside}, {end for _, _, end in inside}
        for size in range(2, 7):
            for start in range(len(syllables) - size + 1):
                if start not in starts or start + size not in ends:
                    continue
                part = syllables[start : start + size]
                first.add(initials(part))
                if size <= 4:
                    spelled.add("".join(part))
    return spelled, first


def reads_like(title: str, folded: str, letters: str) -> bool:
    """Whether a title holds this folded text, or its pinyin or initials do."""
    plain = fold(title)
    if folded in plain:
        return True
    for run, _ in runs(plain):
        syllables = pinyin(run)
        if letters in initials(syllables) or letters in "".join(syllables):
            return True
    return False


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def in_script(word: str, lang: str) -> str:
    """A folded word as readers of `lang` write it; only for suggestions."""
    if lang != "zh-Hant":
        return word
    converted: str = _to_traditional().convert(word)
    return converted
