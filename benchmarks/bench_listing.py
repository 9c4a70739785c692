"""The listing page and the page of one offering, uncached, against a textbook's.

Over the small demo town and 5,000 more offerings with 30,000 times. Requests go
through WSGI without a socket, nobody is signed in, every request asks everything
again. Both answer in Chinese.

    python -m benchmarks.bench_listing [--offerings 5000] [--rounds 30]
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask
from sqlmodel import Session, col, func, select

from app import search
from app.fair.models import Offering, OfferingState, Slot
from app.kernel.clock import now
from benchmarks.bench_demo import build, database_of, make_town
from benchmarks.reference_listing import make_reference
from benchmarks.report import Figure, cpu_medians, machine_line, print_table

TIMES = 6
CHINESE = {"Accept-Language": "zh-CN"}
PAGES = ("/", "/goods", "/volunteering/", "/places/")
"""Other pages of strangers, timed without a reference."""


def grow(app: Flask, count: int) -> None:
    """Add offerings like those that are there, each with six free times."""
    chance = random.Random(1)
    with database_of(app).transaction() as session:
        models = session.exec(
            select(Offering).where(Offering.state == OfferingState.PUBLISHED)
        ).all()
        places = session.exec(select(Offering.place_id).distinct()).all()
        for number in range(0, count, 500):
            _add(
                session, models, places, range(number, min(number + 500, count)), chance
            )
    search.rebuild(database_of(app), app.extensions["fair_catalogue"], at=now())


def _add(
    session: Session,
    models: list[Offering],
    places: list[UUID],
    numbers: range,
    chance: random.Random,
) -> None:
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    offerings, slots = [], []
    for number in numbers:
        model = models[number % len(models)]
        values = {name: getattr(model, name) for name in Offering.model_fields}
        values |= {
            "id": uuid4(),
            "external_id": None,
            "title": f"{model.title[:60]}·{number}号",
            "place_id": chance.choice(places),
            "published_at": model.created_at + timedelta(minutes=number),
        }
        offerings.append(values)
        for turn in range(TIMES):
            begins = start + timedelta(hours=chance.randrange(400) * 2)
            slots.append(
                {
                    "id": uuid4(),
                    "offering_id": values["id"],
                    "starts_at": begins + timedelta(minutes=turn),
                    "ends_at": begins + timedelta(minutes=turn + 30),
                    "capacity": 2,
                    "taken": 0,
                }
            )
    session.execute(Offering.__table__.insert(), offerings)
    session.execute(Slot.__table__.insert(), slots)


def fetch(app: Flask, url: str) -> Callable[[], None]:
    """Return an act that asks for *url* as a stranger and insists on an answer."""
    client = app.test_client(use_cookies=False)

    def act() -> None:
        answer = client.get(url, headers=CHINESE)
        assert answer.status_code == 200, (url, answer.status)
        assert answer.data

    return act


def measure(app: Flask, rounds: int = 30) -> list[Figure]:
    """Return the listing and the detail page beside the textbook's."""
    textbook = make_reference(database_of(app).engine)
    with database_of(app).reading() as session:
        rows = select(func.count()).select_from(Offering)
        count = session.exec(
            rows.where(Offering.state == OfferingState.PUBLISHED)
        ).one()
        one = session.exec(
            select(Slot.offering_id).order_by(col(Slot.offering_id))
        ).first()
    figures = []
    for what, url in (
        (f"listing page, {count} offerings", "/search?kind=offering&sort=newest"),
        ("page of one offering", f"/fair/{one}"),
    ):
        ours, theirs = cpu_medians([fetch(app, url), fetch(textbook, url)], rounds)
        figures.append(
            Figure(what, ours, theirs, "ms CPU", "Flask, ORM entities, gettext, Babel")
        )
    return figures


def other_pages(app: Flask, rounds: int = 15) -> list[tuple[str, float]]:
    """Return (address, median ms of CPU) of further pages strangers open."""
    acts = [fetch(app, url) for url in PAGES]
    return list(zip(PAGES, cpu_medians(acts, rounds), strict=True))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offerings", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        app = make_town(Path(folder))
        build(app)
        grow(app, asked.offerings)
        print(machine_line())
        print_table(measure(app, asked.rounds))
        for url, took in other_pages(app):
            print(f"{url:40} {took:9.2f} ms CPU")


if __name__ == "__main__":
    main()
