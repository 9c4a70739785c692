"""A little town whose things can be found, for the drills of the search."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlmodel import Session, select

from app import fair, people, places, search
from app.fair import Category, Offering, OfferingKind, OfferingState, PriceMode
from app.fair import ServiceNature as Nature
from app.fair.events import OfferingChanged
from app.kernel.clock import now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.outbox import publish
from app.search import Catalogue
from app.wiring import create_app
from app.wiring.schema import upgrade
from search_index import analysis, thesaurus
from tests.cast import NOON, Cast, people_the_town

OFFERINGS = 40
TIMEZONE = "Asia/Shanghai"
NAMES = ("理发", "修伞", "磨刀", "量血压", "写春联", "修收音机")

# Once for all processes that are forked from here, not once in each.
analysis.learn_words(thesaurus.load().chinese_words())
analysis.split_syllables("warm")


def make_town(folder: Path) -> Flask:
    """Return a web process of a town with some forty offerings in *folder*."""
    settings = Settings.from_environment(data_dir=folder, database_url="")
    app = create_app(settings)
    app.config["RATELIMIT_ENABLED"] = False
    db: Database = app.extensions["fair_database"]
    upgrade(db)
    with db.transaction() as session:
        cast = people_the_town(session)
        for number in range(OFFERINGS):
            _offer(session, cast, number)
    return app


def _offer(session: Session, cast: Cast, number: int) -> None:
    offering = fair.load_offering(
        session,
        external_id=f"o{number}",
        author_id=cast.wang,
        provider_id=(cast.wang, cast.chen)[number % 2],
        place_id=(cast.station, cast.centre, cast.other_centre)[number % 3],
        title=f"{NAMES[number % len(NAMES)]}第{number}摊",
        kind=OfferingKind.SERVICE,
        category=Category.DAILY_REPAIR,
        service_nature=Nature.VOLUNTEER,
        price_mode=PriceMode.FREE,
        at=NOON,
    )
    begins = now() + timedelta(days=1 + number)
    fair.add_slots(
        session,
        offering.id,
        [(begins, begins + timedelta(hours=1))],
        by=None,
        at=NOON,
    )


def database(folder: Path) -> Database:
    """Open the town's database, as another process would."""
    return Database(f"sqlite:///{folder / 'fair.sqlite3'}")


def catalogue(folder: Path) -> Catalogue:
    """Open the town's index, as another process would."""
    return search.open_index(folder / "search_index", TIMEZONE)


def change(session: Session, chance: random.Random) -> None:
    """Let one thing happen that strangers can see."""
    acts = (_rename, _hide_or_show, _move_place, _rename_person)
    # A place or a person touches many documents and would hide what went lost.
    act = chance.choices(acts, (8, 6, 1, 1))[0]
    act(session, chance, now())


def _some(session: Session, chance: random.Random) -> Offering:
    rows = session.exec(select(Offering).order_by(Offering.external_id)).all()  # type: ignore[arg-type]
    return chance.choice(rows)


def _rename(session: Session, chance: random.Random, at: datetime) -> None:
    offering = _some(session, chance)
    offering.title = f"{chance.choice(NAMES)}第{chance.randrange(10**6)}摊"
    publish(session, OfferingChanged(at=at, offering_id=offering.id))


def _hide_or_show(session: Session, chance: random.Random, at: datetime) -> None:
    offering = _some(session, chance)
    is_live = offering.state == OfferingState.PUBLISHED
    offering.state = OfferingState.PAUSED if is_live else OfferingState.PUBLISHED
    publish(session, OfferingChanged(at=at, offering_id=offering.id))


def _move_place(session: Session, chance: random.Random, at: datetime) -> None:
    place = places.find_place_by_code(session, chance.choice(("C01", "C04", "S001")))
    assert place is not None
    above = session.get(places.Place, place.parent_id)
    places.add_place(
        session,
        code=place.code,
        kind=place.kind,
        name=f"驿站{chance.randrange(10**6)}",
        parent=above,
        at=at,
    )


def _rename_person(session: Session, chance: random.Random, at: datetime) -> None:
    offering = _some(session, chance)
    assert offering.provider_id is not None
    person = people.person_for(session, offering.provider_id)
    people.rename_person(session, person, f"王{chance.randrange(1000)}宽", at=at)


def looks(app: Flask) -> list[str]:
    """Ask as a neighbour and as a program; return what was wrong with the answers."""
    with app.extensions["fair_database"].reading() as session:
        rows = session.exec(
            select(Offering).where(Offering.state == OfferingState.PUBLISHED)
        ).all()
        title = rows[0].title
    client = app.test_client()
    problems = []
    asks: dict[str, Callable[[str], bool]] = {
        f"/search?q={title}&kind=offering": lambda said: title in said,
        f"/api/v1/search?q={title}&kind=offering": lambda said: title in said,
        f"/search/suggestions?q={title[:2]}": lambda said: title[:2] in said,
    }
    for address, is_right in asks.items():
        answer = client.get(address)
        said = answer.get_data(as_text=True).replace("<mark>", "")
        said = said.replace("</mark>", "")
        if answer.status_code != 200:
            problems.append(f"{address}: {answer.status_code}")
        elif not is_right(said):
            problems.append(f"{address} does not find {title}")
    return problems


def is_from_index(app: Flask) -> bool:
    """Say whether programs are answered from the index."""
    answer = app.test_client().get("/api/v1/search?q=理发").json
    return answer["notice"] is None


def differences(db: Database, folder: Path) -> list[str]:
    """Return what an index, read anew from its files, has wrong."""
    if not catalogue(folder).can_be_read():
        return ["the index cannot be read"]
    drift = search.check(db, catalogue(folder), at=now())
    return [f"{key} is wrong in the index" for key in drift.ids]
