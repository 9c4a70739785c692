"""What a careful beginner writes for the same pages: Flask, ORM entities, templates.

The same database, the same 24 cards with the same facts, the same facets except
audience and time (which a table cannot group by). Relations come with `IN` queries,
not one by one; words go through gettext, numbers and dates through Babel's helpers,
as the manuals show it. No memo, no cache.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from flask import Flask, render_template, request
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from app.fair.models import Offering, OfferingState, Slot
from app.partners.models import Organisation
from app.people.models import Person
from app.places.models import Place

HERE = Path(__file__).parent
PAGE_SIZE = 24
LOCALE = "zh_Hans_CN"
ZONE = "Asia/Shanghai"
FACETS = ("kind", "category", "price_mode", "service_nature")


def load_words() -> Translations:
    """Return the catalogue as gettext wants it."""
    merged = Catalog(locale="zh_Hans_CN")
    for path in sorted((HERE.parent / "app/locale/zh_Hans").glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file):
                if isinstance(entry.id, str) and entry.id and entry.string:
                    merged.add(entry.id, entry.string)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def make_reference(engine: Engine) -> Flask:
    """Return the textbook application over *engine*."""
    app = Flask("reference", template_folder=str(HERE / "templates"))
    words = load_words()

    def gettext(sentence: str, **values: Any) -> str:
        said = words.gettext(sentence)
        return said % values if values else said

    app.jinja_env.globals["_"] = gettext
    app.jinja_env.filters["when"] = lambda at: format_datetime(
        at.astimezone(ZoneInfo(ZONE)), "M月d日 EEE HH:mm", locale=LOCALE
    )
    app.jinja_env.filters["amount"] = lambda value: format_decimal(
        value, "#,##0.00", locale=LOCALE
    )

    @app.get("/search")
    def listing() -> str:
        page = request.args.get("page", 1, int)
        with Session(engine) as session:
            return render_template("listing.html", **list_page(session, page))

    @app.get("/fair/<uuid:offering_id>")
    def detail(offering_id: UUID) -> str:
        with Session(engine) as session:
            return render_template("detail.html", **detail_page(session, offering_id))

    return app


def list_page(session: Session, page: int) -> dict[str, Any]:
    """Gather the listing page."""
    live = col(Offering.state) == OfferingState.PUBLISHED
    offerings = session.exec(
        select(Offering)
        .where(live)
        .order_by(col(Offering.published_at).desc(), col(Offering.id))
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    total = session.exec(select(func.count()).select_from(Offering).where(live)).one()
    free = (
        select(Slot.offering_id, func.min(Slot.starts_at))
        .where(col(Slot.offering_id).in_([one.id for one in offerings]))
        .where(col(Slot.starts_at) > datetime.now(UTC))
        .where(col(Slot.taken) < col(Slot.capacity))
        .where(col(Slot.withdrawn_at).is_(None))
        .group_by(col(Slot.offering_id))
    )
    return {
        "offerings": offerings,
        "places": by_id(session, Place, {one.place_id for one in offerings}),
        "teams": by_id(
            session, Organisation, {one.organisation_id for one in offerings}
        ),
        "persons": by_id(session, Person, {one.provider_id for one in offerings}),
        "soonest": dict(session.execute(free).all()),
        "facets": {name: counts(session, name) for name in FACETS},
        "page": page,
        "pages": -(-total // PAGE_SIZE),
        "total": total,
    }


def by_id(session: Session, table: Any, ids: set[UUID | None]) -> dict[UUID, Any]:
    """Return the entities with these ids, by id."""
    rows = session.exec(select(table).where(table.id.in_(ids - {None})))
    return {row.id: row for row in rows}


def counts(session: Session, name: str) -> list[tuple[Any, int]]:
    """Return (value, how many) of a facet."""
    column = getattr(Offering, name)
    return list(
        session.execute(
            select(column, func.count())
            .where(col(Offering.state) == OfferingState.PUBLISHED)
            .group_by(column)
            .order_by(func.count().desc())
        )
    )


def detail_page(session: Session, offering_id: UUID) -> dict[str, Any]:
    """Gather the page of one offering."""
    offering = session.get_one(Offering, offering_id)
    slots = session.exec(
        select(Slot)
        .where(Slot.offering_id == offering_id)
        .where(col(Slot.starts_at) > datetime.now(UTC))
        .where(col(Slot.taken) < col(Slot.capacity))
        .where(col(Slot.withdrawn_at).is_(None))
        .order_by(col(Slot.starts_at))
        .limit(12)
    ).all()
    team = offering.organisation_id
    person = offering.provider_id
    return {
        "offering": offering,
        "slots": slots,
        "place": session.get(Place, offering.place_id),
        "team": session.get(Organisation, team) if team else None,
        "person": session.get(Person, person) if person else None,
    }
