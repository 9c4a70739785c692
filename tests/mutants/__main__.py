"""`python -m tests.mutants`: plant each mistake in a copy, see whether a test fails."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import postgres
from tests.mutants.catalogue import MUTANTS, POSTGRESQL, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("ledger", "tests/ledger", "tests/drills")
FILES = ("tests/__init__.py", "tests/postgres.py", "pyproject.toml")
SURVIVORS_MAX = 1
TIMEOUT_S = 180.0


def main(words: list[str] | None = None) -> int:
    """Try the mutants that were asked for; return the code to exit with."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--only", type=int, action="append", help="by number, from 1")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(words)
    chosen = [
        (number, mutant)
        for number, mutant in enumerate(MUTANTS, start=1)
        if not asked.only or number in asked.only
    ]
    os.environ["FAIR_TEST_POSTGRES_URL"] = postgres.postgres_url()
    with ThreadPoolExecutor(asked.jobs) as pool:
        fates = list(pool.map(lambda one: _try(*one), chosen))
    survivors = fates.count(False)
    sys.stdout.write(f"{len(fates) - survivors} of {len(fates)} caught\n")
    return 1 if survivors > (SURVIVORS_MAX if not asked.only else 0) else 0


def _try(number: int, mutant: Mutant) -> bool:
    """Plant one mistake in a copy and run the tests there; True when they notice."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fair-mutant-") as folder:
        copy = Path(folder)
        _copy_to(copy)
        _plant(copy / "ledger" / mutant.file, mutant)
        fate, words = _run(copy, mutant)
    took = time.monotonic() - begun
    sys.stdout.write(
        f"{number:2} {'caught' if fate else 'SURVIVED':8} {took:5.1f} s"
        f"  {mutant.means}{f'  ({words})' if words else ''}\n"
    )
    sys.stdout.flush()
    return fate


def _copy_to(copy: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for name in COPIED:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)


def _plant(path: Path, mutant: Mutant) -> None:
    text = path.read_text("utf-8")
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{path.name} has not once: {mutant.old!r}")
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")


def _run(copy: Path, mutant: Mutant) -> tuple[bool, str]:
    """Run the mutant's tests; return whether it was caught, and by which."""
    names = [f"tests/ledger/test_{name}.py" for name in mutant.tests.split()]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["--confcutdir=tests/ledger", "--no-header", *names]
    known = {"FAIR_TEST_DATABASE": mutant.database, "PYTHONPATH": str(copy)}
    if mutant.database != POSTGRESQL:
        known["FAIR_LEDGER_EXAMPLES"] = "15"
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=os.environ | known,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True, "the tests did not end"
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{mutant.means}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    failed = [
        line
        for line in done.stdout.splitlines()
        if line.startswith(("FAILED", "ERROR "))
    ]
    return done.returncode == 1, failed[0].split(" - ")[0].split(maxsplit=1)[
        1
    ] if failed else ""


if __name__ == "__main__":
    raise SystemExit(main())
