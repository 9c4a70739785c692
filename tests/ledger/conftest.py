"""A book to write in: units, a few accounts, on SQLite or PostgreSQL."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3
import pytest
from sqlalchemy import Connection, Engine, event
from sqlmodel import Session, SQLModel, create_engine

import ledger
from tests import postgres
from tests.ledger.pages import NOON, Page
from tests.ledger.tables import LEDGER_TABLES

Opener = Callable[[], Engine]


def sqlite_engine(path: Path) -> Engine:
    """An engine as the application makes it: write transactions are IMMEDIATE."""
    engine = create_engine(
        f"sqlite:///{path}", module=pysqlite3, connect_args={"timeout": 60}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: pysqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def make_book(engine: Engine) -> None:
    """Create the tables and the guards, twice, as a careless migration might."""
    SQLModel.metadata.create_all(engine, tables=LEDGER_TABLES)
    for _ in range(2):
        with engine.begin() as connection:
            ledger.install_guards(connection)
    with Session(engine) as session:
        ledger.ensure_units(session)
        ledger.ensure_units(session, [("YUAN0", "whole yuan", 0)])
        session.commit()
    engine.dispose()


@pytest.fixture(scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """The database under test: sqlite or postgresql."""
    asked = os.environ.get("FAIR_TEST_DATABASE", "sqlite")
    return str(request.config.getoption("--database", default=asked))


@pytest.fixture(scope="session")
def empty_book(kind: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A book with its units and nothing else; copied for each test."""
    if kind == "postgresql":
        url = postgres.create_database()
        make_book(create_engine(url))
        return url
    path = tmp_path_factory.mktemp("book") / "book.sqlite3"
    make_book(sqlite_engine(path))
    return str(path)


@pytest.fixture
def opened(kind: str, empty_book: str, tmp_path: Path) -> Iterator[Opener]:
    """Give a function that opens a fresh copy of the book."""
    made: list[tuple[Engine, str]] = []

    def open_copy() -> Engine:
        if kind == "postgresql":
            copy = postgres.copy_database(empty_book)
            engine = create_engine(copy, pool_size=60)
        else:
            copy = str(tmp_path / f"book{len(made)}.sqlite3")
            shutil.copy(empty_book, copy)
            engine = sqlite_engine(Path(copy))
        made.append((engine, copy))
        return engine

    yield open_copy
    for engine, copy in made:
        engine.dispose()
        if kind == "postgresql":
            postgres.drop_database(copy)


@pytest.fixture
def engine(opened: Opener) -> Engine:
    return opened()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """An open session on a fresh book; nothing is committed for the test."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def page(session: Session) -> Page:
    """The book of a small street: lin, wang and the pool, issuance and hours."""
    return Page(session, at=NOON)


@pytest.fixture
def play(page: Page, request: pytest.FixtureRequest) -> None:
    """Run the test's docstring, a page of the book, line by line."""
    page.play(request.function.__doc__)
