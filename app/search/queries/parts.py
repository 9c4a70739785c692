"""What documents have in common: where they lie, when they are free, their card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app import fair, places

DAYS_AHEAD = 40
NOON, EVENING = 12, 18
SATURDAY = 5

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Context:
    """What documents need besides their rows: the moment and the wall clock."""

    at: datetime
    zone: ZoneInfo


class Where:
    """The places of some documents: what is above, where they lie, when they open."""

    def __init__(
        self, session: Session, ids: Iterable[UUID | None], context: Context
    ) -> None:
        self._places = places.places_by_ids(session, ids)
        self._hours = places.hours_of_all(
            session,
            since=context.at.astimezone(context.zone).date(),
            ids=list(self._places),
        )

    def fields(self, place_id: UUID | None) -> dict[str, Any]:
        """Return what a document says of its place; nothing without one."""
        place = self._places.get(place_id) if place_id else None
        if place is None:
            return {}
        above = tuple(part for part in place.path.split("/") if part)
        return {
            "place": str(place.id),
            "places": (*above, str(place.id)),
            "lat": place.latitude,
            "lon": place.longitude,
            "open": _spans(place, *self._hours[place.id]),
        }

    def card(self, place_id: UUID | None) -> dict[str, Any]:
        """Return what a card shows of a place, in every language."""
        place = self._places.get(place_id) if place_id else None
        if place is None:
            return {}
        return {
            "place_id": place.id,
            "place": place.name,
            "place_en": place.name_en,
            "place_zh_hant": place.name_zh_hant,
        }


def _spans(
    place: places.Place,
    week: Iterable[places.Opens],
    exceptions: Iterable[places.OpeningException],
) -> tuple[str, ...]:
    """Return when a place is open, as the index reads it."""
    spans = [
        f"{one.weekday} {_clock(one.opens_at)}-{_clock(one.closes_at)}" for one in week
    ]
    if place.is_open_all_day:
        spans = [f"{weekday} 0000-2400" for weekday in range(7)]
    for other in exceptions:
        spans.append(f"{other.day} -")
        if other.opens_at and other.closes_at:
            spans.append(
                f"{other.day} {_clock(other.opens_at)}-{_clock(other.closes_at)}"
            )
    return tuple(spans)


def _clock(at: time) -> str:
    return "2400" if at == time.max else f"{at:%H%M}"


def price_in_points(mode: str, points: Any) -> Any:
    """Return how many points it costs; None for what points do not buy."""
    if mode == fair.PriceMode.FREE:
        return 0
    return points if mode == fair.PriceMode.POINTS else None


def languages_of(
    row: Any, written: str = "zh-Hans", *, named: str = "title"
) -> tuple[str, ...]:
    """Return the languages a row can be read in."""
    found = [written]
    if getattr(row, f"{named}_en", None):
        found.append("en")
    if getattr(row, f"{named}_zh_hant", None):
        found.append("zh-Hant")
    return tuple(dict.fromkeys(found))


def other_titles(row: Any, name: str = "title") -> tuple[str, ...]:
    """Return a title (or a name) in the other languages."""
    texts = (getattr(row, f"{name}_en"), getattr(row, f"{name}_zh_hant", None))
    return tuple(text for text in texts if text)


def texts_of(
    row: Any, *names: str, into: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return a row's texts in every language, under the card's names."""
    texts: dict[str, Any] = {}
    for name, target in zip(names, into or names, strict=True):
        for suffix in ("", "_en", "_zh_hant"):
            texts[target + suffix] = getattr(row, name + suffix, None)
    return texts


def times_of(starts: Sequence[datetime], zone: ZoneInfo) -> dict[str, Any]:
    """Return the free times, each with its day and part of the day; the soonest."""
    if not starts:
        return {}
    local = [start.astimezone(zone) for start in starts]
    days = list(dict.fromkeys(one.date().isoformat() for one in local))[:DAYS_AHEAD]
    slots = {
        f"{day}/{part}": None
        for one in local
        if (day := one.date().isoformat()) in days
        for part in _parts(one)
    }
    return {"slots": tuple(slots), "starts_at": epoch(starts[0])}


def _parts(start: datetime) -> Iterator[str]:
    if start.hour < NOON:
        yield "morning"
    else:
        yield "evening" if start.hour >= EVENING else "afternoon"
    if start.weekday() >= SATURDAY:
        yield "weekend"


def card_of(**values: Any) -> dict[str, str]:
    """Return what is stored and shown, as texts; what is empty is left out."""
    return {
        name: str(value) for name, value in values.items() if value not in (None, "")
    }


def epoch(moment: datetime) -> int:
    """Return a moment in seconds since 1970 UTC."""
    return int(moment.astimezone(UTC).timestamp())
