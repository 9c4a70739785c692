"""Reading what is to be loaded: one JSON document, or a folder of CSV files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECTIONS = ("places", "organisations", "people", "offerings", "goods")
"""In the order they stand on each other."""

LATER = ("posts", "shifts", "fairs", "orders", "opening_balances")
"""Sections of the format that this version does not take yet."""


@dataclass(frozen=True)
class Problem:
    """Something that cannot be loaded, and where it stands."""

    file: str
    row: int | None
    field: str | None
    reason: str

    def __str__(self) -> str:
        """Return one line for the person who prepared the file."""
        where = [self.file]
        if self.row is not None:
            where.append(f"row {self.row}")
        if self.field:
            where.append(f"field {self.field}")
        return f"{', '.join(where)}: {self.reason}"


@dataclass(frozen=True)
class Row:
    """One row of a section, as it was written."""

    section: str
    file: str
    number: int
    values: dict[str, Any]


def read(path: Path) -> tuple[list[Row], list[Problem]]:
    """Return (rows in loading order, problems of the files themselves)."""
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        for section, file, entries in _sections(path):
            if section not in SECTIONS:
                problems.append(Problem(file, None, None, _unknown(section)))
                continue
            for number, values in entries:
                if isinstance(values, dict):
                    rows.append(Row(section, file, number, values))
                else:
                    problems.append(Problem(file, number, None, "is not an object"))
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as problem:
        problems.append(Problem(str(path.name), None, None, str(problem)))
    rows.sort(key=lambda row: SECTIONS.index(row.section))
    return rows, problems


Entries = Iterator[tuple[int, Any]]


def _sections(path: Path) -> Iterator[tuple[str, str, Entries]]:
    if path.is_dir():
        for file in sorted(path.glob("*.csv")):
            with file.open(encoding="utf-8-sig", newline="") as handle:
                lines = list(csv.DictReader(handle))
            kept = ({k: v for k, v in line.items() if k and v} for line in lines)
            yield file.stem, file.name, enumerate(kept, 2)
        return
    content = json.loads(path.read_text("utf-8-sig"))
    if not isinstance(content, dict):
        raise json.JSONDecodeError("the document is not an object of lists", "", 0)
    for section, entries in content.items():
        found = entries if isinstance(entries, list) else [entries]
        yield section, path.name, enumerate(found, 1)


def _unknown(section: str) -> str:
    if section in LATER:
        return f"“{section}” cannot be loaded yet; leave it out or use --partial"
    known = ", ".join(SECTIONS)
    return f"there is no section “{section}”; known are {known}"
