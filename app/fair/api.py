"""The fair for programs: live offerings and their free times, for anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from app import fair, partners, people
from app.fair.models import (
    Category,
    Offering,
    OfferingKind,
    OfferingState,
    PriceMode,
    ServiceNature,
    Slot,
)
from app.kernel.clock import now
from app.web.api import (
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    bad_cursor,
    from_cursor,
    page_of,
    query,
    spec,
    to_cursor,
)
from app.web.guards import public
from app.web.store import reading

TAGS = ["Fair"]

bp = api_blueprint("fair_api")


class OfferingOut(Out):
    """What is offered; people are named as strangers may see them (王*兰)."""

    id: UUID
    external_id: str | None
    kind: OfferingKind
    state: OfferingState
    title: str
    title_en: str | None
    title_zh_hant: str | None
    summary: str | None
    summary_en: str | None
    summary_zh_hant: str | None
    body: str | None
    category: Category
    audiences: list[str]
    service_nature: ServiceNature
    price_mode: PriceMode
    points: Decimal | None
    programme_id: UUID | None
    price_cny: Decimal | None
    price_unit: str | None
    provider: str
    organisation_id: UUID | None
    place_id: UUID
    is_home_visit: bool
    is_inclusive: bool
    risk_note: str | None
    protection_note: str | None
    language: str
    next_free: datetime | None


class OfferingPage(Out):
    """A page of live offerings."""

    items: list[OfferingOut]
    next_cursor: str | None


class SlotOut(Out):
    """A time that can be booked, and how many seats are free."""

    id: UUID
    offering_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    free: int


class SlotPage(Out):
    """A page of coming free times, the soonest first."""

    items: list[SlotOut]
    next_cursor: str | None


@bp.get("/offerings")
@public
@spec.validate(query=Paging, resp=answers(OfferingPage), tags=TAGS, security=[])
def index() -> ResponseReturnValue:
    """List everything on offer now, for mirrors; people look with the search."""
    paging = query(Paging)
    after = _id_in(paging.cursor)
    with reading() as session:
        rows = fair.published_offerings(session, after=after, limit=paging.limit + 1)
        page = rows[: paging.limit]
        items = _told(session, page)
    more = to_cursor(str(page[-1].id)) if len(rows) > paging.limit else None
    return answer(OfferingPage(items=items, next_cursor=more))


@bp.get("/offerings/<uuid:offering_id>")
@public
@spec.validate(resp=answers(OfferingOut, 200, 404), tags=TAGS, security=[])
def show(offering_id: UUID) -> ResponseReturnValue:
    """Show one offering that is live, paused or asleep."""
    with reading() as session:
        (told,) = _told(session, [fair.public_offering(session, offering_id)])
    return answer(told)


@bp.get("/offerings/<uuid:offering_id>/slots")
@public
@spec.validate(query=Paging, resp=answers(SlotPage, 200, 404), tags=TAGS, security=[])
def slots(offering_id: UUID) -> ResponseReturnValue:
    """List an offering's coming free times, the soonest first."""
    at = now()
    with reading() as session:
        offering = fair.public_offering(session, offering_id)
        rows, after = page_of(
            session,
            select(Slot)
            .where(Slot.offering_id == offering.id)
            .where(offering.state == OfferingState.PUBLISHED)
            .where(col(Slot.starts_at) > at, col(Slot.taken) < col(Slot.capacity))
            .where(col(Slot.withdrawn_at).is_(None)),
            query(Paging),
            by=(col(Slot.starts_at), col(Slot.id)),
            newest_first=False,
        )
        items = [
            SlotOut(**one.model_dump(), free=one.capacity - one.taken) for one in rows
        ]
    return answer(SlotPage(items=items, next_cursor=after))


def _told(session: Session, found: Sequence[Offering]) -> list[OfferingOut]:
    """Return offerings as strangers may read them; three queries for a page."""
    teams = partners.organisations_by_ids(
        session, {one.organisation_id for one in found}
    )
    who = people.people_by_ids(session, {one.provider_id for one in found})
    live = [one.id for one in found if one.state == OfferingState.PUBLISHED]
    free = fair.next_free_starts(session, live, at=now())
    told = []
    for one in found:
        team = teams.get(one.organisation_id) if one.organisation_id else None
        person = who.get(one.provider_id) if one.provider_id else None
        name = people.masked_name(person.display_name) if person else ""
        told.append(
            OfferingOut(
                **one.model_dump(),
                provider=team.name if team else name,
                next_free=free.get(one.id),
            )
        )
    return told


def _id_in(cursor: str | None) -> UUID | None:
    text = from_cursor(cursor)
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        raise bad_cursor() from None
