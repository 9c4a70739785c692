"""Builds the Traditional catalogues from the Simplified ones and finds what is missing.

`python -m app.locale.tool` writes `zh_Hant/*.po`; with `--check` it writes nothing
and fails when a sentence has no translation or a catalogue is out of date.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import opencc
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIMPLIFIED = HERE / "zh_Hans"
TRADITIONAL = HERE / "zh_Hant"
MARKERS = frozenset({"_", "msg", "translate", "ngettext", "ntranslate"})
PLACES = re.compile(r"%\((\w+)\)s")
IN_TEMPLATES = re.compile(
    r"""(?<!\w)(?:_|ngettext)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""(?:\s*,\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))?"""
)
# What OpenCC's word list gets wrong for our readers (domain handbook, Part 3).
OVERRIDES = {
    "臺": "台",
    "羣": "群",
    "爲": "為",
    "裏": "裡",
    "彙總": "彙總",
    "硬盤": "硬碟",
}


def sentences() -> dict[str, str]:
    """Return every marked sentence in code and templates → where it stands."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        for sentence, line in _in_code(path):
            found.setdefault(sentence, f"{path.relative_to(ROOT)}:{line}")
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        for match in IN_TEMPLATES.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            is_plural = text[match.start() :].startswith("ngettext")
            quoted = match.groups() if is_plural else match.groups()[:1]
            for literal in filter(None, quoted):
                found.setdefault(
                    ast.literal_eval(literal), f"{path.relative_to(ROOT)}:{line}"
                )
    return found


def _in_code(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in MARKERS:
            continue
        count = 2 if name in {"ngettext", "ntranslate"} else 1
        for argument in node.args[:count]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value, node.lineno


def translated(folder: Path) -> dict[str, str]:
    """Return the sentences of a folder's catalogues with their translations."""
    words: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file):
                if isinstance(entry.id, str) and entry.id and entry.string:
                    words[entry.id] = str(entry.string)
    return words


def to_traditional() -> dict[Path, bytes]:
    """Return each Traditional catalogue as it should be."""
    convert = opencc.OpenCC("s2tw").convert
    wanted: dict[Path, bytes] = {}
    for path in sorted(SIMPLIFIED.glob("*.po")):
        with path.open("rb") as file:
            source = read_po(file)
        catalog = Catalog(locale="zh_Hant", project="Common Fair", fuzzy=False)
        for entry in source:
            if isinstance(entry.id, str) and entry.id and entry.string:
                said = convert(str(entry.string))
                for wrong, right in OVERRIDES.items():
                    said = said.replace(wrong, right)
                catalog.add(entry.id, said)
        out = io.BytesIO()
        write_po(out, catalog, omit_header=True, sort_output=True, width=0)
        wanted[TRADITIONAL / path.name] = out.getvalue()
    return wanted


def problems() -> Iterator[str]:
    """Say what is missing or wrong in the catalogues, one line each."""
    words = translated(SIMPLIFIED)
    for sentence, where in sentences().items():
        said = words.get(sentence)
        if said is None:
            yield f"{where}: no zh_Hans for {sentence!r}"
        elif set(PLACES.findall(said)) - set(PLACES.findall(sentence)):
            yield f"{where}: {said!r} names a place that {sentence!r} has not"
    yield from conflicts()
    for path, wanted in to_traditional().items():
        if not path.exists() or path.read_bytes() != wanted:
            yield f"{path.relative_to(ROOT)} is out of date: make words"


def conflicts() -> Iterator[str]:
    """Say which sentences two catalogues translate differently."""
    said: dict[str, tuple[str, str]] = {}
    for path in sorted(SIMPLIFIED.glob("*.po")):
        with path.open("rb") as file:
            entries = [one for one in read_po(file) if isinstance(one.id, str)]
        for entry in entries:
            if not entry.id or not entry.string:
                continue
            words = str(entry.string)
            other, before = said.setdefault(str(entry.id), (path.name, words))
            if before != words:
                yield f"{other} says {before!r}, {path.name} {words!r}: {entry.id!r}"


def main() -> int:
    """Write the Traditional catalogues, or check them with `--check`."""
    if "--check" in sys.argv:
        found = list(problems())
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    TRADITIONAL.mkdir(exist_ok=True)
    wanted = to_traditional()
    for path, content in wanted.items():
        path.write_bytes(content)
    for stale in set(TRADITIONAL.glob("*.po")) - set(wanted):
        stale.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
