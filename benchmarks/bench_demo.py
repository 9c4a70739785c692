"""The small demo town through everybody's actions, against bare inserts of its rows.

The reference makes the same objects of the same tables and adds them to a session:
no rule is asked, no balance moved, no entry sealed, and nothing guards the tables.
What the fair takes longer is the price of building a town by its own rules.

    python -m benchmarks.bench_demo
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, event, null
from sqlalchemy.orm import Mapper
from sqlmodel import Session, SQLModel, select

from app.kernel.clock import now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.wiring import create_app, demo
from app.wiring.schema import upgrade
from benchmarks.report import Figure, machine_line, print_table

Rows = list[tuple[type[SQLModel], dict[str, Any]]]


def make_town(folder: Path) -> Flask:
    """Return the application over an empty database in *folder*."""
    app = create_app(Settings(data_dir=folder, demo=True))
    app.config["RATELIMIT_ENABLED"] = False
    upgrade(database_of(app))
    return app


def database_of(app: Flask) -> Database:
    """Return the application's database."""
    found = app.extensions["fair_database"]
    assert isinstance(found, Database)
    return found


def build(app: Flask) -> None:
    """Build the small town; the index is not part of it."""
    with database_of(app).transaction() as session:
        demo.build(
            session,
            demo.SIZES["small"],
            at=now(),
            timezone="Asia/Shanghai",
            tick=lambda _what, _done: None,
        )


def rows_of(app: Flask) -> Rows:
    """Return every row of the town as (class, values), parents first."""
    mappers = {mapper.local_table: mapper for mapper in _mappers()}
    found: Rows = []
    with database_of(app).reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table not in mappers:
                continue
            names = [one.key for one in mappers[table].column_attrs]
            kind = mappers[table].class_
            meant = {name for name in names if _has_default(mappers[table], name)}
            for row in session.exec(select(kind)):
                values = {name: getattr(row, name) for name in names}
                # A plain None would be replaced by the column's default.
                values |= {name: null() for name in meant if values[name] is None}
                found.append((kind, values))
    return found


def _has_default(mapper: Mapper[Any], name: str) -> bool:
    return mapper.columns[name].default is not None


def insert(path: Path, rows: Rows) -> None:
    """Add the rows to an empty database, as the manual shows it."""
    engine = _bare_engine(path)
    SQLModel.metadata.create_all(engine)
    begun = time.process_time()
    with Session(engine) as session:
        for kind, values in rows:
            session.add(kind(**values))
        session.commit()
    _took.append(time.process_time() - begun)
    engine.dispose()


_took: list[float] = []


def _bare_engine(path: Path) -> Engine:
    import pysqlite3.dbapi2

    engine = create_engine(f"sqlite:///{path}", module=pysqlite3.dbapi2)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _mappers() -> list[Mapper[Any]]:
    return list(SQLModel._sa_registry.mappers)  # noqa: SLF001 - all there are


def measure(folder: Path, rounds: int = 2) -> tuple[list[Figure], Flask]:
    """Build and insert in turn; return the figure and a town that was built."""
    app = make_town(folder / "town0")
    ours = []
    rows: Rows = []
    _took.clear()
    for turn in range(rounds):
        if turn:
            database_of(app).close()
            app = make_town(folder / f"town{turn}")
        begun = time.process_time()
        build(app)
        ours.append(time.process_time() - begun)
        rows = rows or rows_of(app)
        insert(folder / f"bare{turn}.sqlite3", rows)
    figure = Figure(
        f"demo town, {len(rows)} rows",
        median(ours),
        median(_took),
        "s CPU",
        "bare ORM inserts of the same rows, no rules",
    )
    return [figure], app


def main() -> None:
    """Print the figure."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        figures, _app = measure(Path(folder))
    print(machine_line())
    print_table(figures)


if __name__ == "__main__":
    main()
