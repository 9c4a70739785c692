"""The database: one engine, one way to write, one way to read, the only commit."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel

from app.kernel.errors import OutcomeUnknown
from app.kernel.failures import first_line, is_no_room, no_room
from app.kernel.i18n import msg
from app.kernel.spare import Spare
from app.kernel.turns import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

T = TypeVar("T")

log = logging.getLogger(__name__)

SQLITE_OLDEST = (3, 51, 3)
"""The first SQLite without the WAL-reset race (two connections, a lost commit)."""

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "busy_timeout=5000",
    "trusted_schema=OFF",
    "cache_size=-65536",
    "temp_store=MEMORY",
)

WRITE_WAIT_S = 10.0
"""How long a change waits for its turn before it is told to come back."""

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMES


class Database:
    """One database, SQLite or PostgreSQL, behind the same two doors.

    Args:
        url: An SQLAlchemy URL; `sqlite:///…` is opened with the `pysqlite3` driver,
            `postgresql://…` with psycopg 3.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = _file_of(self.url) if self.is_sqlite else None
        self._spare = _beside(self._file, ".spare", Spare)
        self._turn: AbstractContextManager[None] = nullcontext()
        if self.is_sqlite:
            tickets = _beside(self._file, ".turn", Path)
            self._turn = Line(tickets, WRITE_WAIT_S)
            self.engine = _sqlite_engine(url, self._file, self._spare)
        else:
            self.engine = _postgres_engine(url)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open the one transaction of a change; commit at the end, or nothing at all.

        Raises:
            Busy: the turn to write did not come within `WRITE_WAIT_S` seconds.
            NoRoom: the disk is full; nothing was written.
        """
        with (
            self.in_our_words(),
            self._turn,
            Session(
                self.engine.execution_options(fair_write=True), expire_on_commit=False
            ) as session,
        ):
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open one consistent view for reading; whatever is changed in it is lost.

        Raises:
            NoRoom: SQLite was to be opened anew and had no room for that.
        """
        engine = self.engine
        if not self.is_sqlite:  # there each statement would see what is newest
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with (
            self.in_our_words(),
            Session(engine, expire_on_commit=False, autoflush=False) as session,
        ):
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would empty what was read
                session.rollback()

    @contextmanager
    def in_our_words(self) -> Iterator[None]:
        """Say a full disk as one clear refusal, from whichever layer it comes.

        Raises:
            NoRoom: nothing could be written for want of room.
        """
        try:
            yield
        except Exception as problem:
            if not is_no_room(problem, self._file and self._file.parent):
                raise
            log.error("no room: %s", first_line(problem))  # noqa: TRY400 - no surprise
            raise no_room() from problem

    def keep_spare(self) -> None:
        """Keep some room on SQLite's disk for opening it when all else is full."""
        if self._spare is not None:
            self._spare.keep()

    def is_ready(self) -> bool:
        """Say whether the database answers."""
        with self.engine.connect() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar())

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _file_of(url: URL) -> Path | None:
    """Return the file of an SQLite database, None when it is in memory."""
    in_file = url.database and url.database != ":memory:"
    return Path(str(url.database)) if in_file else None


def _beside(file: Path | None, suffix: str, kind: Callable[[Path], T]) -> T | None:
    """Return a file of ours that stands beside a database's own."""
    return kind(file.with_name(file.name + suffix)) if file is not None else None


@event.listens_for(Session, "do_orm_execute")
def _read_locked_rows_anew(state: ORMExecuteState) -> None:
    """Let a lock show the row as it is now, also when the session read it before.

    Without this, `get(..., with_for_update=True)` waits for the lock and then hands
    out the values of the earlier read: on PostgreSQL ten people got one seat.
    """
    lock = getattr(state.statement, "_for_update_arg", None)
    if state.is_select and lock is not None:
        state.update_execution_options(populate_existing=True)


def _sqlite_engine(url: str, file: Path | None, spare: Spare | None) -> Engine:
    import pysqlite3.dbapi2 as driver

    if driver.sqlite_version_info < SQLITE_OLDEST:
        oldest = ".".join(map(str, SQLITE_OLDEST))
        problem = f"SQLite {driver.sqlite_version} is unsafe here; {oldest} is needed"
        raise RuntimeError(problem)
    engine = create_engine(
        url, module=driver, pool_size=16, max_overflow=16, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver must not begin transactions on its own: we say which kind.
        connection.isolation_level = None
        try:
            _set_up(connection)
        except driver.Error as problem:
            folder = file and file.parent
            if spare is None or not is_no_room(problem, folder) or not spare.give():
                raise
            log.warning("the disk is full: took some spare room to open the database")
            _set_up(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_write = connection.get_execution_options().get("fair_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


def _set_up(connection: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    # What opening needs is written now, not at somebody's first page.
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()


def _postgres_engine(url: str) -> Engine:
    plain = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        plain,
        pool_size=8,
        max_overflow=8,
        pool_timeout=WRITE_WAIT_S,
        pool_pre_ping=True,
        hide_parameters=True,  # no phone number in a log
        connect_args={
            "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
            " -c timezone=UTC"
        },
    )

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: object, _record: object, words: list[Any], names: dict[str, Any]
    ) -> Any:
        return _careful_connection().connect(*words, **names)

    return engine


@cache
def _careful_connection() -> type[psycopg.Connection[Any]]:
    """Return a connection that does not take a COMMIT with a warning for a yes.

    Whose wait for the synchronous standby is cancelled (`pg_cancel_backend`, a fast
    shutdown) hears COMMIT and a mere warning; after a failover the change is gone.
    """
    import psycopg

    class Careful(psycopg.Connection[Any]):
        def commit(self) -> None:
            warnings: list[str] = []

            def note(notice: psycopg.errors.Diagnostic) -> None:
                if notice.severity_nonlocalized == "WARNING":
                    warnings.append(notice.message_primary or "")

            self.add_notice_handler(note)
            try:
                super().commit()
            finally:
                self.remove_notice_handler(note)
            if warnings:
                log.error("COMMIT came with a warning: %s", warnings[0])
                raise OutcomeUnknown(
                    msg("The fair is very busy. Please try again in a moment.")
                )

    return Careful
