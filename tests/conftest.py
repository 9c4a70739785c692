"""Fixtures for every test: a fresh town with its cast, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import Session

from app.kernel.config import Settings
from app.kernel.db import Database
from app.wiring import create_app
from app.wiring.schema import upgrade
from tests.cast import Cast, people_the_town
from tests.web import Client, sign_in

Writer = Callable[[], AbstractContextManager[Session]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default=os.environ.get("FAIR_TEST_DATABASE", "sqlite"),
        help="which database the tests run on",
    )


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--database"))


@pytest.fixture(scope="session")
def town_template(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Cast]:
    """Make the little town once; every test gets a copy of it."""
    if database_kind == "postgresql":
        from tests.postgres import create_database

        url = create_database()
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('template') / 'fair.sqlite3'}"
    db = Database(url)
    upgrade(db)
    with db.transaction() as session:
        cast = people_the_town(session)
    if db.is_sqlite:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    db.close()
    return url, cast


@pytest.fixture
def database_url(
    town_template: tuple[str, Cast], database_kind: str, tmp_path: Path
) -> Iterator[str]:
    url, _ = town_template
    if database_kind == "postgresql":
        from tests.postgres import copy_database, drop_database

        copy = copy_database(url)
        yield copy
        drop_database(copy)
        return
    path = tmp_path / "data" / "fair.sqlite3"
    path.parent.mkdir(mode=0o700)
    shutil.copy(url.removeprefix("sqlite:///"), path)
    yield f"sqlite:///{path}"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings.from_environment(
        data_dir=tmp_path / "data", database_url=database_url, demo=True
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    application = create_app(settings)
    application.config["RATELIMIT_ENABLED"] = False
    yield application  # no context around it: requests would share one `g`
    application.extensions["fair_database"].close()


@pytest.fixture
def db(app: Flask) -> Database:
    """The application's database: `with db.transaction() as session:`."""
    found = app.extensions["fair_database"]
    assert isinstance(found, Database)
    return found


@pytest.fixture
def cast(town_template: tuple[str, Cast]) -> Cast:
    return town_template[1]


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser that nobody has signed in to."""
    return Client(app)


@pytest.fixture
def client_of(app: Flask) -> Callable[..., Client]:
    """`client_of(cast.lin)`: a browser signed in as that person."""

    def make(person_id: object, **headers: str) -> Client:
        return sign_in(app, person_id, **headers)

    return make
