"""Places for programs: the tree of towns, centres and stations."""

from __future__ import annotations

from uuid import UUID

from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from app.places.models import FunctionCategory, Place, PlaceKind, Tier
from app.places.queries import place_for
from app.web.api import (
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    page_of,
    query,
    spec,
)
from app.web.guards import public
from app.web.store import reading

TAGS = ["Places"]

bp = api_blueprint("places_api")


class PlaceOut(Out):
    """A site of the network, and what it belongs to; the phone is the desk's."""

    id: UUID
    code: str
    kind: PlaceKind
    parent_id: UUID | None
    name: str
    name_en: str | None
    name_zh_hant: str | None
    category: FunctionCategory | None
    tier: Tier | None
    address: str | None
    phone: str | None
    latitude: float | None
    longitude: float | None


class PlacePage(Out):
    """A page of places."""

    items: list[PlaceOut]
    next_cursor: str | None


@bp.get("/places")
@public
@spec.validate(query=Paging, resp=answers(PlacePage), tags=TAGS, security=[])
def index() -> ResponseReturnValue:
    """List every place that is not closed for good."""
    with reading() as session:
        rows, after = page_of(
            session,
            select(Place).where(col(Place.closed_at).is_(None)),
            query(Paging),
            by=(col(Place.created_at), col(Place.id)),
            newest_first=False,
        )
        items = [PlaceOut.model_validate(one) for one in rows]
    return answer(PlacePage(items=items, next_cursor=after))


@bp.get("/places/<uuid:place_id>")
@public
@spec.validate(resp=answers(PlaceOut, 200, 404), tags=TAGS, security=[])
def show(place_id: UUID) -> ResponseReturnValue:
    """Show one place."""
    with reading() as session:
        told = PlaceOut.model_validate(place_for(session, place_id))
    return answer(told)
