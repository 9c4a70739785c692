"""Rows in dictionaries, readable as a segment: what `evaluate` asks, nothing more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from whoosh.util.numeric import byte_to_length, length_to_byte

from search_index.postings import NOTHING, Floats, Mask, Postings
from search_index.segments import Facet
from search_index.whoosh_files import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIELDS = ("w", "g", "tp", "ti", "lex", "f")


class Table:
    """Some rows as a segment that never changes."""

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        only: set[tuple[str, str]] | None = None,
    ) -> None:
        """Turn the rows around: from term to documents, `only` some terms if asked."""
        self.rows = rows
        self.size = len(rows)
        self.name = "table"
        self._lists: dict[tuple[str, str], dict[int, int]] = {}
        for number, row in enumerate(rows):
            for name in FIELDS:
                for term, times in Counter(row.get(name, ())).items():
                    if only is not None and name != "f" and (name, term) not in only:
                        continue
                    self._lists.setdefault((name, term), {})[number] = times
        sizes = [len(row["w"]) for row in rows]
        self.length_total = sum(sizes)
        self.lengths: Floats = np.array(  # the files keep a length in one byte
            [byte_to_length(length_to_byte(size)) for size in sizes], np.float32
        )
        self.columns = {
            name: np.array([row.get(name, 0) for row in rows], np.int64)
            for name in COLUMNS
        }

    def postings(self, name: str, term: str) -> Postings:
        """Documents that hold a term, and how often."""
        if name == "id":
            at = [n for n, row in enumerate(self.rows) if row["id"] == term]
            return Postings(np.array(at, np.int32), np.ones(len(at), np.float32))
        found = self._lists.get((name, term))
        if found is None:
            return NOTHING
        counts = list(found.values()) if name == "w" else [1] * len(found)
        return Postings(np.array(list(found), np.int32), np.array(counts, np.float32))

    def frequency(self, key: tuple[str, str]) -> int:
        """In how many documents a (field, term) stands."""
        return len(self.postings(*key).ids)

    def facet(self, name: str) -> Facet:
        """The values of a facet, and who has them."""
        prefix = f"{name}="
        terms = sorted(t for f, t in self._lists if f == "f" and t.startswith(prefix))
        pairs = [(d, at) for at, t in enumerate(terms) for d in self._lists["f", t]]
        ids = np.array([d for d, _ in pairs], np.int32)
        codes = np.array([at for _, at in pairs], np.int32)
        return Facet([t.removeprefix(prefix) for t in terms], ids, codes, self.size)

    def stored(self, number: int) -> dict[str, Any]:
        """What is shown of a document."""
        row = self.rows[number]
        return {"id": row["id"], "card": row["card"]}

    def lexicon(self) -> dict[str, int]:
        """The words and in how many documents each stands."""
        return {t: len(held) for (f, t), held in self._lists.items() if f == "lex"}


@dataclass
class TableLeaf:
    """A table of which everything is alive."""

    segment: Table
    live: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.live = np.ones(self.segment.size, np.bool_)


class TableSnapshot:
    """One table as a snapshot; the figures may be those of a larger whole."""

    def __init__(
        self,
        table: Table,
        name: str,
        *,
        count: int | None = None,
        average_length: float | None = None,
        frequency: Callable[[str, str], int] | None = None,
    ) -> None:
        """Without figures of a whole, the table is the whole."""
        self.leaves = (TableLeaf(table),)
        self.name = name
        self.count = table.size if count is None else count
        own = max(1.0, table.length_total / max(1, table.size))
        self.average_length = own if average_length is None else average_length
        self._frequency = frequency

    def frequency(self, name: str, term: str) -> int:
        """In how many documents a term stands."""
        if self._frequency is not None:
            return self._frequency(name, term)
        return len(self.leaves[0].segment.postings(name, term).ids)
