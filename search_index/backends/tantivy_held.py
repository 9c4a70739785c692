"""One generation of a tantivy index, and the questions it is asked."""

from __future__ import annotations

import json
from math import ceil, cos, floor, log, radians
from typing import TYPE_CHECKING, Any, cast

from search_index.backends.tables import Table, TableSnapshot
from search_index.evaluate import SPELLED, TELLING
from search_index.filters import values_of
from search_index.whoosh_files import CURSOR_ID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from search_index.model import Query
    from search_index.plan import Plan, Unit

HUNDREDTHS = 100
LIFTED = 1e6
DEGREE = 100_000
KM_OF_A_DEGREE = 111.0  # a little less than it is: the square is never too small
MOST_VALUES = 10_000  # different values of all facets together that are counted


class Held:
    """One generation: immutable, swapped as a whole."""

    def __init__(self, engine: Any, schema: Any, searcher: Any) -> None:
        self._query, self._occur, self._schema = engine.Query, engine.Occur, schema
        self._kinds = engine.FieldType
        self.searcher = searcher
        marks = searcher.search(self.term("id", CURSOR_ID), limit=1).hits
        self.mark: dict[str, Any] = self.row(marks[0][1]) if marks else {}
        self.size: int = searcher.search(self.term("is", "document"), limit=1).count
        self.name = f"tantivy.{self.mark.get('generation', 0)}"
        mean = {"mean": {"avg": {"field": "length"}}}
        found = searcher.aggregate(self.term("is", "document"), mean)["mean"]["value"]
        self._average = max(1.0, found or 0.0)
        self._frequencies: dict[tuple[str, str], int] = {}

    def row(self, address: Any) -> dict[str, Any]:
        """A stored row."""
        stored = self.searcher.doc(address).get_first("row")
        return cast("dict[str, Any]", json.loads(bytes(stored)))

    def snapshot(self, table: Table) -> TableSnapshot:
        """Some rows, weighed by the figures of the whole."""
        return TableSnapshot(
            table,
            self.name,
            count=self.size,
            average_length=self._average,
            frequency=self.frequency,
        )

    def frequency(self, name: str, term: str) -> int:
        """In how many documents a term stands, deleted ones included."""
        found = self._frequencies.get((name, term))
        if found is None:
            found = self.searcher.doc_freq(name, term)
            self._frequencies[name, term] = found
        return found

    def term(self, name: str, term: str) -> Any:
        """Documents that hold a term."""
        option = "freq" if name == "w" else "basic"
        return self._query.term_query(self._schema, name, term, option)

    def every(self, parts: list[Any]) -> Any:
        """What all parts hold."""
        return self._query.boolean_query([(self._occur.Must, part) for part in parts])

    def words(self, plan: Plan, query: Query) -> Any:
        """The plan, or what is pinned; without any of both, every document."""
        if query.pinned and query.sort == "best":
            pins = [self.term("id", one) for one in query.pinned]
            parts = [self._units(plan, query)] if plan.units else []
            return self.any_of([*parts, *(self.lifted(pin) for pin in pins)])
        return self._units(plan, query)

    def lifted(self, what: Any) -> Any:
        """So high that it is among the candidates."""
        return self._query.const_score_query(what, LIFTED)

    def _units(self, plan: Plan, query: Query) -> Any:
        if not plan.units:
            return self.term("is", "document")
        is_strict = query.is_strict
        least = TELLING if is_strict else 0.0
        units = [
            (
                self._occur.Must
                if is_strict and not unit.is_bonus
                else self._occur.Should,
                self._unit(unit, least),
            )
            for unit in plan.units
        ]
        return self._query.boolean_query(units)

    def _unit(self, unit: Unit, least: float) -> Any:
        best = []
        for alternative in unit.alternatives:
            if alternative.weight < least:
                continue
            share = alternative.weight / len(alternative.terms)
            terms = [
                self._weighed(alternative.field, term, share)
                for term in alternative.terms
            ]
            best.append(self.every(terms))
        return self._query.disjunction_max_query(best)

    def _weighed(self, name: str, term: str, share: float) -> Any:
        """A term worth what `evaluate` makes of it, as nearly as tantivy can."""
        held = self.frequency(name, term)
        rarity = share * max(0.1, log(max(1, self.size) / (held + 1)) + 1)
        if name != "w":
            spelled = SPELLED if name in {"tp", "ti"} else 1.0
            return self._query.const_score_query(
                self.term(name, term), rarity * spelled
            )
        theirs = log(1 + max(0, self.size - held + 0.5) / (held + 0.5))
        return self._query.boost_query(
            self.term(name, term), rarity / max(0.01, theirs)
        )

    def any_of(self, parts: list[Any]) -> Any:
        """What one part holds."""
        return self._query.boolean_query([(self._occur.Should, part) for part in parts])

    def masks(self, query: Query) -> dict[str, Any]:
        """What the filters ask, under the names of their facets."""
        filters = query.filters
        found = {n: self._valued(n, some) for n, some in values_of(filters).items()}
        if filters.max_points is not None:
            most = int(filters.max_points * HUNDREDTHS)
            found["points"] = self._between("points", None, most)
        if filters.since is not None:
            found["since"] = self._between("created", filters.since + 1, None)
        near = query.near
        if near is not None and near.km is not None:
            found["near"] = self._box(near.lat, near.lon, near.km)
        if filters.is_open and query.wall_clock is not None:
            found["open"] = self._open(query.wall_clock)
        return {n: self._query.const_score_query(q, 0.0) for n, q in found.items()}

    def _valued(self, name: str, values: Iterable[str]) -> Any:
        return self.any_of([self.term("f", f"{name}={value}") for value in values])

    def _between(self, name: str, least: int | None, most: int | None) -> Any:
        kind = self._kinds.Integer
        return self._query.range_query(self._schema, name, kind, least, most)

    def around(self, query: Query) -> Any:
        """Whatever lies within the walk, or within a ring that is counted."""
        near = query.near
        assert near is not None
        box = self._box(near.lat, near.lon, max((near.km or 0.0, *query.rings)))
        return self._query.const_score_query(box, 0.0)

    def _box(self, lat: float, lon: float, km: float) -> Any:
        """The square around a circle; who lies in a corner is left out later."""
        north = km / KM_OF_A_DEGREE
        east = north / max(0.01, cos(radians(lat)))
        sides = []
        for name, at, half in (("lat", lat, north), ("lon", lon, east)):
            least, most = (at - half) * DEGREE, (at + half) * DEGREE
            sides.append(self._between(name, floor(least), ceil(most)))
        return self.every(sides)

    def _open(self, clock: datetime) -> Any:
        """What is open at a moment: a day that differs counts before the week."""
        minute, day = f"{clock:%H%M}", clock.date().isoformat()
        today: list[Any] = []
        week: list[Any] = []
        differs: list[Any] = []
        for term, _ in self.searcher.terms_with_prefix("f", "open="):
            when, _, span = term.removeprefix("open=").partition(" ")
            opens, _, closes = span.partition("-")
            is_open = bool(opens) and opens <= minute < closes
            if when == day:
                differs.append(self.term("f", term))
            if is_open and when in (day, str(clock.weekday())):
                (today if when == day else week).append(self.term("f", term))
        usual = [(self._occur.Must, self.any_of(week))]
        usual += [(self._occur.MustNot, self.any_of(differs))] if differs else []
        return self.any_of([*today, self._query.boolean_query(usual)])

    def count(self, parts: list[Any]) -> int:
        """How many documents hold all parts."""
        return int(self.searcher.search(self.every(parts), limit=1, count=True).count)

    def counts(
        self, name: str, words: Any, masks: dict[str, Any], query: Query
    ) -> dict[str, int]:
        """How many of the matches have each value of a facet, without its own filter.

        Distances ("near") are counted among the candidates, by `evaluate`.
        """
        own = {name, "slot"} if name in ("day", "time") else {name}
        parts = [words, *(mask for other, mask in masks.items() if other not in own)]
        if name == "open":
            clock = query.wall_clock
            number = self.count([*parts, self._open(clock)]) if clock else 0
            return {"now": number} if number else {}
        filters = query.filters
        if (name == "day" and filters.times) or (name == "time" and filters.day):
            return self._free(name, parts, query)
        found = self._values(parts, name)
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def _values(self, parts: list[Any], name: str) -> dict[str, int]:
        asked = {"f": {"terms": {"field": "f", "size": MOST_VALUES}}}
        buckets = self.searcher.aggregate(self.every(parts), asked)["f"]["buckets"]
        prefix = f"{name}="
        return {
            one["key"].removeprefix(prefix): int(one["doc_count"])
            for one in buckets
            if one["key"].startswith(prefix)
        }

    def _free(self, name: str, parts: list[Any], query: Query) -> dict[str, int]:
        """Days with a free time in the chosen parts, or parts of the chosen day."""
        filters = query.filters
        slots: dict[str, list[str]] = {}
        for slot in self._values(parts, "slot"):
            day, _, part = slot.partition("/")
            if part in filters.times if name == "day" else day == filters.day:
                slots.setdefault(day if name == "day" else part, []).append(slot)
        return {
            value: self.count([*parts, self._valued("slot", some)])
            for value, some in slots.items()
        }
