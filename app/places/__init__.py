"""Places: the tree of towns, centres and stations, their hours and where they lie.

Nouns: `Place`, `OpeningHours`, `OpeningException`. Said: `PlaceChanged`.
"""

from app.places.actions import add_place, close_on, set_hours
from app.places.errors import PlaceNotFound
from app.places.events import PlaceChanged
from app.places.models import (
    FunctionCategory,
    OpeningException,
    OpeningHours,
    Place,
    PlaceKind,
    Tier,
)
from app.places.queries import (
    all_places,
    ancestor_ids,
    children_of,
    descendant_ids,
    find_place_by_code,
    hours_of,
    hours_of_all,
    is_within,
    place_for,
    places_by_ids,
)
from app.places.rules import Opens, is_open_at

__all__ = [
    "FunctionCategory",
    "OpeningException",
    "OpeningHours",
    "Opens",
    "Place",
    "PlaceChanged",
    "PlaceKind",
    "PlaceNotFound",
    "Tier",
    "add_place",
    "all_places",
    "ancestor_ids",
    "children_of",
    "close_on",
    "descendant_ids",
    "find_place_by_code",
    "hours_of",
    "hours_of_all",
    "is_open_at",
    "is_within",
    "place_for",
    "places_by_ids",
    "set_hours",
]
