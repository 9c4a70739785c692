"""`python -m tests.drills NAME`: run one drill, print one line, exit 1 on a miss."""

from __future__ import annotations

import argparse
import importlib
import logging
import pkgutil
import sys
import tempfile
import time
from pathlib import Path

import tests.drills
from tests.drills.drill import Drill, Options, Skipped

SKIPPED = 77
SHOWN = 20


def find_drills() -> dict[str, Drill]:
    """Return every drill of the package by the name of its module, with hyphens."""
    found = {}
    for module in pkgutil.iter_modules(tests.drills.__path__):
        if module.name == "__main__" or module.name.startswith("test_"):
            continue
        drill = getattr(
            importlib.import_module(f"tests.drills.{module.name}"), "DRILL", None
        )
        if drill is not None:
            found[module.name.replace("_", "-")] = drill
    return found


def main(words: list[str] | None = None) -> int:
    """Run the drill that was asked for; return the code to exit with."""
    drills = find_drills()
    parser = argparse.ArgumentParser(prog="python -m tests.drills")
    parser.add_argument("name", choices=sorted(drills), help="which drill")
    parser.add_argument("--quick", action="store_true", help="the short version")
    parser.add_argument("--canary", action="store_true", help="plant the defect")
    parser.add_argument("--count", type=int, help="how often to break something")
    parser.add_argument("--seconds", type=float, default=3600.0, help="at most so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql", "both"), default="both"
    )
    parser.add_argument("--folder", type=Path, help="where scratch files go")
    asked = parser.parse_args(words)
    return _run(asked, drills[asked.name])


def _run(asked: argparse.Namespace, drill: Drill) -> int:
    usual = drill.quick if asked.quick else drill.full
    count = asked.count or (drill.canary if asked.canary else usual)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fair-drill-", dir=asked.folder) as folder:
        options = Options(
            count=count,
            seconds=asked.seconds,
            seed=asked.seed,
            canary=asked.canary,
            folder=Path(folder),
            database=asked.database,
        )
        try:
            result = drill.run(options)
        except Skipped as missing:
            _say(f"{asked.name}: SKIPPED, {missing}")
            return SKIPPED
    took = f"seed {asked.seed}, {time.monotonic() - begun:.0f} s"
    if asked.canary:
        verdict = "caught" if result.problems else "NOT CAUGHT: the drill is broken"
        first = f" ({result.problems[0]})" if result.problems else ""
        _say(
            f"{asked.name}: canary '{drill.defect}' {verdict}{first};"
            f" {result.figures}; {took}"
        )
        return 0 if result.problems else 1
    for problem in result.problems[:SHOWN]:
        _say(f"  {problem}")
    verdict = f"MISSED {len(result.problems)}" if result.problems else "ok"
    _say(f"{asked.name}: {result.figures}; {took}: {verdict}")
    return 1 if result.problems else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command's answer


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)  # what breaks on purpose is no news
    sys.exit(main())
