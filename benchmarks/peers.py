"""The peers of the speed table, each as its makers mean it to be used.

- django-hordak 2.0 runs in a Python of its own, `.bench-venv`, made at the
  first use from `peers.lock`; Django is no dependency of ours.
- pgledger (github.com/pgr0ss/pgledger) is one file of SQL. It is fetched at the
  first use from the commit named below, checked by its hash and kept beside the
  other; `PGLEDGER_DIR` names a folder that has both files already.

    python -m benchmarks.peers      # fetch and install, measure nothing
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from benchmarks.server import run_sql

HERE = Path(__file__).parent
VENV = HERE.parent / ".bench-venv"
INSTALL_MAX_S = 300
START_MAX_S = 120

RAW = "https://raw.githubusercontent.com"
PGLEDGER = (
    f"{RAW}/pgr0ss/pgledger/93536655e18c82d4f6d729ed9c5f0a84fdba2e3d/pgledger.sql",
    "fdb7d956c2c53ad9cfeba9b0efadd598cac9f4fc3fa7c6c4a6dce06ff1a6cb79",
)
ULID = (
    f"{RAW}/scoville/pgsql-ulid/c279055fd7726a8da68c80d84c201be24dcfc7c9/uuid-to-ulid.sql",
    "91411312a6d205e86557c8de2fd53baa7eca6de82ceeef90f75d7e758e2dc1b7",
)
"""Of pgledger's vendor folder: it makes the identifiers."""


class Missing(Exception):
    """A peer cannot be had here; the words say why."""


def hordak_python() -> Path:
    """Return the Python that has django-hordak, installing it when it is not there.

    Raises:
        Missing: it cannot be installed here.
    """
    python = VENV / "bin" / "python"
    lock = HERE / "peers.lock"
    stamp = VENV / f"ready-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if stamp.exists():
        return python
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    pip += ["install", "--require-hashes", "--no-deps"]
    tools = VENV / "tools.lock"
    steps = [
        [str(HERE.parent / ".ci" / "venv"), sys.executable, str(VENV)],
        # Two of the peers come as source and are built with what is pinned here.
        [*pip, "-r", str(tools)],
        [*pip, "--no-build-isolation", "-r", str(lock)],
    ]
    for words in steps:
        if words is steps[1]:
            tools.write_text(_only(lock.read_text(), ("setuptools", "wheel")))
        try:
            done = subprocess.run(
                words, check=False, capture_output=True, timeout=INSTALL_MAX_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(str(error)) from error
        if done.returncode:
            raise Missing(done.stderr.decode()[-300:])
    stamp.touch()
    return python


def _only(lock: str, names: tuple[str, ...]) -> str:
    """Return the blocks of a lock file that pin *names*."""
    blocks = lock.replace("\\\n", "\\").splitlines()
    kept = [one for one in blocks if one.startswith(tuple(f"{n}==" for n in names))]
    return "\n".join(kept).replace("\\", "\\\n") + "\n"


def pgledger_files() -> list[str]:
    """Return the SQL of pgledger, what it stands on first.

    Raises:
        Missing: it cannot be fetched here, or is not what it was.
    """
    folder = Path(os.environ.get("PGLEDGER_DIR", VENV / "pgledger"))
    return [_sql(folder, *one) for one in (ULID, PGLEDGER)]


def _sql(folder: Path, url: str, digest: str) -> str:
    path = folder / url.rpartition("/")[2]
    try:
        if path.exists():
            found = path.read_bytes()
        else:
            with urllib.request.urlopen(url, timeout=20) as answer:
                found = answer.read()
    except OSError as error:
        raise Missing(f"{url}: {error}") from error
    if hashlib.sha256(found).hexdigest() != digest:
        raise Missing(f"{path.name} is not the file that was measured")
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found)
    return found.decode()


def make_pgledger(url: str, people: int) -> None:
    """Install pgledger in an empty database; account 0 is the fund."""
    run_sql(
        url,
        *pgledger_files(),
        "INSERT INTO pgledger_accounts (id, name, currency, balance,"
        " allow_negative_balance, allow_positive_balance, created_at, updated_at)"
        " SELECT 'pgla_' || lpad(n::text, 26, '0'), 'person ' || n, 'PTS', 1000000,"
        f" false, true, now(), now() FROM generate_series(0, {people}) n",
        "VACUUM ANALYZE",
    )


def pgledger_script(path: Path, people: int, *, hot: bool) -> Path:
    """Write the pgbench script of one transfer."""
    payee = "0" if hot else f"1 + (:payer + :other) % {people}"
    path.write_text(
        f"\\set payer random(1, {people})\n"
        "\\set other random(0, 96)\n"
        f"\\set payee {payee}\n"
        "SELECT id FROM pgledger_create_transfer('pgla_' || lpad(:payer::text, 26,"
        " '0'), 'pgla_' || lpad(:payee::text, 26, '0'), 0.01);\n"
    )
    return path


class Hordak:
    """A running django-hordak that takes orders."""

    def __init__(self, url: str, people: int) -> None:
        self._process = subprocess.Popen(
            [str(hordak_python()), str(HERE / "peer_hordak.py"), url, str(people)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._answer() != "ready":
            raise Missing("django-hordak did not start")

    def rate(self, *, hot: bool, clients: int, seconds: float) -> float:
        """Return the transfers a second."""
        assert self._process.stdin is not None
        kind = "hot" if hot else "spread"
        self._process.stdin.write(f"{kind} {clients} {seconds}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            self._process.wait(START_MAX_S)
            raise Missing(f"django-hordak ended with {self._process.returncode}")
        return line

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


if __name__ == "__main__":
    print(hordak_python())
    print(sum(map(len, pgledger_files())), "characters of pgledger")
