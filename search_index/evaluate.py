"""Ask a snapshot: score and sort in numpy, segment by segment.

A question is a list of units. A document's score is the sum over units of the best
alternative, times how many of the units it answers; engines' own "disjunction max"
is not used because Whoosh's is wrong (search research, section 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search_index.filters import count, distances, masks_of
from search_index.postings import Floats, Ids
from search_index.segments import Leaf, Segment, Snapshot

if TYPE_CHECKING:
    from search_index.model import Near, Query
    from search_index.plan import Alternative, Plan, Unit

K1 = 1.0  # BM25 saturation: listings are short
B = 0.5  # BM25 length normalisation
COORDINATION = 0.7  # share of the score that depends on how many units answer
SPELLED = 1.8  # pinyin and initials terms have no frequency; this evens it out
OTHER_LANGUAGE = 0.65
QUALITY = 0.12  # a rating may raise a score so much, relevance stays in charge
FRESHNESS = 0.10
FRESH_DAYS = 30.0
PINNED, FURTHER = 1e4, 4.0  # quality moves a score by no more than a fifth
TELLING = 0.55  # a strict question counts no single characters and no parts of phrases
PAST = 0.2  # factor for what is over
PRIOR_RATINGS, PRIOR_MEAN = 8.0, 4.0  # ratings before anyone rated
DAY = 86_400
HUNDREDTHS = 100
_LANG = {"zh": (1, 3), "en": (2, 3)}
Array = NDArray[np.float64]


class Found(NamedTuple):
    """A document that answers: its leaf, its number there, its score."""

    leaf: int
    doc: int
    score: float


@dataclass
class Answer:
    """What evaluation yields, before anything stored is read."""

    total: int
    found: list[Found]
    facets: dict[str, dict[str, int]]


class _Matched(NamedTuple):
    leaf: int
    docs: Ids
    scores: Array
    keys: Array
    created: Array


def evaluate(snapshot: Snapshot, plan: Plan, query: Query) -> Answer:
    """All that answers the question, counted; the asked page of it, in order."""
    weights = _Weights(snapshot)
    parts: list[_Matched] = []
    facets: dict[str, dict[str, int]] = {name: {} for name in query.facets}
    for number, leaf in enumerate(snapshot.leaves):
        scores = _score(leaf.segment, plan.units, weights, query)
        if query.pinned and query.sort == "best":
            scores = _pin(leaf.segment, scores, query.pinned)
        if scores is None:
            continue
        matches = leaf.live & (scores > 0)
        masks = masks_of(leaf.segment, query)
        count(leaf.segment, matches, masks, facets, query)
        for mask in masks.values():
            matches &= mask
        docs = np.flatnonzero(matches).astype(np.int32)
        if len(docs):
            parts.append(_keys(number, leaf.segment, docs, scores[docs], plan, query))
    total = sum(len(part.docs) for part in parts)
    facets = {
        name: dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
        for name, counts in facets.items()
    }
    return Answer(total, _page(parts, query.offset, query.limit), facets)


class _Weights:
    """How much a term says: rare ones more. Looked up once per question."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.average_length = snapshot.average_length
        self._known: dict[tuple[str, str], float] = {}

    def of(self, field: str, term: str) -> float:
        key = (field, term)
        found = self._known.get(key)
        if found is None:
            frequency = self._snapshot.frequency(field, term)
            rarity = np.log(max(1, self._snapshot.count) / (frequency + 1)) + 1
            found = self._known[key] = max(0.1, float(rarity))
        return found


def _score(
    segment: Segment, units: tuple[Unit, ...], weights: _Weights, query: Query
) -> Floats | None:
    """Scores of all documents of a segment, or None when none can match."""
    if not units:
        return None if query.text.strip() else np.ones(segment.size, np.float32)
    least = TELLING if query.is_strict else 0.0
    norm = K1 * ((1 - B) + B * segment.lengths / weights.average_length)
    met = [
        [
            hit
            for one in unit.alternatives
            if one.weight >= least
            and (hit := _alternative(segment, one, weights, norm)) is not None
        ]
        for unit in units
    ]
    if not any(met):  # most small segments: spare the arrays
        return None
    total = np.zeros(segment.size, np.float32)
    answered = np.zeros(segment.size, np.float32)
    lacking = np.zeros(segment.size, np.bool_)
    for unit, hits in zip(units, met, strict=True):
        best = np.zeros(segment.size, np.float32)
        for ids, scores in hits:
            best[ids] = np.maximum(best[ids], scores)
        total += best
        answered += best > 0
        lacking |= (best <= 0) & (not unit.is_bonus)
    share = answered / np.float32(len(units))
    result: Floats = total * ((1 - COORDINATION) + COORDINATION * share)
    if query.is_strict:
        result[lacking] = 0
    return result


def _pin(
    segment: Segment, scores: Floats | None, pinned: tuple[str, ...]
) -> Floats | None:
    """Lift what is pinned above everything, the first the highest."""
    for place, key in enumerate(pinned):
        ids = segment.postings("id", key).ids
        if len(ids):
            if scores is None:
                scores = np.zeros(segment.size, np.float32)
            scores[ids] = PINNED * FURTHER ** (len(pinned) - place)
    return scores


def _alternative(
    segment: Segment, alternative: Alternative, weights: _Weights, norm: Floats
) -> tuple[Ids, Floats] | None:
    """Documents with all terms of an alternative, and what that is worth."""
    share = alternative.weight / len(alternative.terms)
    parts = []
    for term in alternative.terms:
        if not segment.frequency((alternative.field, term)):
            return None
        ids, counts = segment.postings(alternative.field, term)
        weight = share * weights.of(alternative.field, term)
        if alternative.field == "w":
            score = counts * (K1 + 1) / (counts + norm[ids]) * np.float32(weight)
        else:
            spelled = SPELLED if alternative.field in {"tp", "ti"} else 1.0
            score = np.full(len(ids), weight * spelled, np.float32)
        parts.append((ids, score))
    parts.sort(key=lambda part: len(part[0]))
    ids, scores = parts[0]
    for other, more in parts[1:]:
        at = np.searchsorted(other, ids)
        at[at == len(other)] = 0
        both = other[at] == ids
        ids, scores = ids[both], scores[both] + more[at[both]]
        if not len(ids):
            return None
    return ids, scores


def _keys(
    number: int,
    segment: Segment,
    docs: Ids,
    scores: Floats,
    plan: Plan,
    query: Query,
) -> _Matched:
    """What the matches are sorted by, larger first."""
    exact = scores.astype(np.float64) * _quality(segment, docs, query.now)
    accepted = _LANG.get(plan.script)
    if accepted:
        same = np.isin(segment.columns["lang"][docs], accepted)
        exact *= np.where(same, 1.0, OTHER_LANGUAGE)
    created = segment.columns["created"][docs].astype(np.float64)
    keys = exact
    if query.sort == "newest":
        keys = created
    elif query.sort == "points":
        keys = -segment.columns["points"][docs].astype(np.float64)
    elif query.sort == "rated":
        keys = _bayes(segment, docs)
    elif query.sort == "soonest":
        starts = segment.columns["starts"][docs].astype(np.float64)
        over = query.now is not None and starts < (query.now or 0)
        keys = np.where((starts == 0) | over, -np.inf, -starts)
    elif query.sort == "nearest" and query.near is not None:
        keys = -distances(segment, query.near)[docs]
    return _Matched(number, docs, exact, keys, created)


def _bayes(segment: Segment, docs: Ids) -> Array:
    """Mean rating as if eight people had already given a four: 1 to 5."""
    mean = segment.columns["rating"][docs] / HUNDREDTHS
    votes = np.where(mean > 0, segment.columns["ratings"][docs], 0)
    total = PRIOR_RATINGS * PRIOR_MEAN + mean * votes
    result: Array = total / (PRIOR_RATINGS + votes)
    return result


def _quality(segment: Segment, docs: Ids, now: int | None) -> Array:
    """At most 1.22: a good name cannot outrank a matching word."""
    factor = 1 + QUALITY * _bayes(segment, docs) / 5
    if now is None:
        return factor
    age = np.maximum(0, now - segment.columns["created"][docs].astype(np.float64))
    factor += FRESHNESS * np.exp(-age / DAY / FRESH_DAYS)
    starts = segment.columns["starts"][docs].astype(np.float64)
    result: Array = np.where((starts > 0) & (starts < now), factor * PAST, factor)
    return result


def _page(parts: list[_Matched], offset: int, limit: int) -> list[Found]:
    """Sorted by key, then score, then newest; ties further by place in the index."""
    if not parts or limit <= 0:
        return []
    leaves = np.concatenate([np.full(len(p.docs), p.leaf, np.int32) for p in parts])
    docs = np.concatenate([part.docs for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    keys = np.concatenate([part.keys for part in parts])
    created = np.concatenate([part.created for part in parts])
    wanted = offset + limit
    if len(keys) > wanted:  # only what may stand on the page is sorted fully
        least = np.partition(keys, len(keys) - wanted)[len(keys) - wanted]
        few = np.flatnonzero(keys >= least)
        leaves, docs, scores = leaves[few], docs[few], scores[few]
        keys, created = keys[few], created[few]
    order = np.lexsort((docs, leaves, -created, -scores, -keys))[offset:wanted]
    return [Found(int(leaves[i]), int(docs[i]), float(scores[i])) for i in order]


def kilometres(leaf: Leaf, doc: int, near: Near) -> float | None:
    """How far a document is; None without a position."""
    km = float(distances(leaf.segment, near)[doc])
    return km if np.isfinite(km) else None
