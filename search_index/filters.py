"""Filters as masks, and true counts of what each choice would leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search_index.postings import Ids, Mask
from search_index.whoosh_files import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from search_index.model import Filters, Near, Query
    from search_index.segments import Segment

HUNDREDTHS = 100
DEGREE = 100_000
EARTH_KM = 6371.0
OWN = {"day": ("day", "slot"), "time": ("time", "slot")}
"""The filters that a facet does not feel, if not just the one of its name."""
Array = NDArray[np.float64]


def values_of(filters: Filters) -> dict[str, tuple[str, ...]]:
    """The values that are wanted of each facet that is filtered by its values.

    A day and times together want one free time that is both ("slot").
    """
    wanted = {
        "kind": filters.kind,
        "category": filters.category,
        "audience": filters.audience,
        "place": filters.place,
        "price_mode": filters.price_mode,
        "service_nature": filters.service_nature,
        "provider_source": filters.provider_source,
        "day": (filters.day,) if filters.day else (),
        "time": filters.times,
        "slot": tuple(f"{filters.day}/{part}" for part in filters.times if filters.day),
        "language": filters.language,
    }
    return {name: values for name, values in wanted.items() if values}


def masks_of(segment: Segment, query: Query) -> dict[str, Mask]:
    """One mask per filter that is set, under the name of its facet."""
    filters, near = query.filters, query.near
    masks: dict[str, Mask] = {}
    for name, values in values_of(filters).items():
        mask = np.zeros(segment.size, np.bool_)
        for value in values:
            mask[segment.postings("f", f"{name}={value}").ids] = True
        masks[name] = mask
    if filters.max_points is not None:
        most = int(filters.max_points * HUNDREDTHS)
        masks["points"] = segment.columns["points"] <= most
    if near is not None and near.km is not None:
        masks["near"] = distances(segment, near) <= near.km
    if filters.is_open and query.wall_clock is not None:
        masks["open"] = _open(segment, query.wall_clock)
    if filters.since is not None:
        masks["since"] = segment.columns["created"] > filters.since
    return masks


def _open(segment: Segment, clock: datetime) -> Mask:
    """What is open at a moment: a day that differs counts before the week."""
    week = np.zeros(segment.size, np.bool_)
    differs, today = week.copy(), week.copy()
    minute, day = f"{clock:%H%M}", clock.date().isoformat()
    facet = segment.facet("open")
    for code, name in enumerate(facet.names):
        when, _, span = name.partition(" ")
        if when not in (day, str(clock.weekday())):
            continue
        opens, _, closes = span.partition("-")
        docs = facet.ids[facet.codes == code]
        if when == day:
            differs[docs] = True
        if opens and opens <= minute < closes:
            (today if when == day else week)[docs] = True
    return np.where(differs, today, week)


def distances(segment: Segment, near: Near) -> Array:
    """Kilometres to every document; infinite where it has no position."""
    lat, lon = segment.columns["lat"], segment.columns["lon"]
    known = lat != NOWHERE
    here = np.radians(near.lat)
    there = np.radians(lat / DEGREE)
    across = np.radians(lon / DEGREE - near.lon)
    half = (
        np.sin((there - here) / 2) ** 2
        + np.cos(here) * np.cos(there) * np.sin(across / 2) ** 2
    )
    km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    result: Array = np.where(known, km, np.inf)
    return result


def count(
    segment: Segment,
    matches: Mask,
    masks: dict[str, Mask],
    facets: dict[str, dict[str, int]],
    query: Query,
) -> None:
    """Add this segment's counts; a facet does not feel its own filter."""
    allowed: dict[frozenset[str], _Allowed] = {}
    for name, counts in facets.items():
        own = frozenset(OWN.get(name, (name,))).intersection(masks)
        if own not in allowed:  # most facets have no filter: they count the same
            some = matches
            for filtered, mask in masks.items():
                if filtered not in own:
                    some = some & mask
            allowed[own] = _Allowed(some, np.flatnonzero(some))
        for value, number in _values(segment, name, allowed[own], query):
            if number:
                counts[value] = counts.get(value, 0) + number


class _Allowed(NamedTuple):
    """What is counted, both ways."""

    mask: Mask
    docs: NDArray[np.intp]


def _values(
    segment: Segment, name: str, allowed: _Allowed, query: Query
) -> Iterator[tuple[str, int]]:
    """How many of the allowed documents each value of a facet has."""
    filters = query.filters
    if name == "open":
        if query.wall_clock is not None:
            is_open = _open(segment, query.wall_clock)
            yield "now", int(np.count_nonzero(allowed.mask & is_open))
        return
    if name == "near":
        if query.near is not None:
            far = distances(segment, query.near)[allowed.docs]
            for ring in query.rings:
                yield str(ring), int(np.count_nonzero(far <= ring))
        return
    if (name == "day" and filters.times) or (name == "time" and filters.day):
        yield from _free(segment, name, allowed.mask, filters)
        return
    facet = segment.facet(name)
    if facet.names:
        sums = facet.count(allowed.mask, allowed.docs)
        for code in sums.nonzero()[0].tolist():
            yield facet.names[code], int(sums[code])


def _free(
    segment: Segment, name: str, allowed: Mask, filters: Filters
) -> Iterator[tuple[str, int]]:
    """Days with a free time in the chosen parts, or parts of the chosen day."""
    facet = segment.facet("slot")
    found: dict[str, list[Ids]] = {}
    for code, slot in enumerate(facet.names):
        day, _, part = slot.partition("/")
        if part in filters.times if name == "day" else day == filters.day:
            docs = facet.ids[facet.codes == code]
            found.setdefault(day if name == "day" else part, []).append(docs)
    for value, parts in found.items():
        docs = np.unique(np.concatenate(parts))
        yield value, int(np.count_nonzero(allowed[docs]))
