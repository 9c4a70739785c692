"""Checking an export as a stranger does, against hashing the same bytes.

The export is written by `books.Town`, whose records are byte for byte those of
`ledger.export_lines`. `ledger/verify.py` runs as the stand-alone program it is, with
`recount.py` beside it; the references are another Python that hashes the same file: in
one go, and line by line as any check has to. The start of Python is taken off both.

    python -m benchmarks.bench_verify [--entries 100000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.books import ENTRIES_A_MEMBER, Town
from benchmarks.report import Goal, compared, machine_line, print_goals, take_turns
from ledger import verify

REACH = 6.0
WAIT_MAX_S = 900

HASH_FILE = """
import hashlib, sys
with open(sys.argv[1], "rb") as file:
    hashlib.file_digest(file, "sha256")
"""
HASH_LINES = """
import hashlib, sys
with open(sys.argv[1], "rb") as file:
    for line in file:
        hashlib.sha256(line).digest()
"""
NOTHING = "import hashlib"


def export(path: Path, count: int) -> int:
    """Write an export of *count* transfers; return how many lines it has."""
    town = Town(members=max(20, count // ENTRIES_A_MEMBER))
    with path.open("w", encoding="utf-8") as file:
        for entry in town.entries(count):
            file.write(
                f'{{"sequence":{entry.number},"hash":"{entry.seal[3]}"'
                f',"record":{entry.record}}}\n'
            )
    return town.sequence


def seconds(*words: str, says: str = "") -> float:
    """Return how long this Python takes for a program, its start included.

    Raises:
        RuntimeError: it failed, or did not say what it has to.
    """
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=WAIT_MAX_S,
    )
    if done.returncode or says not in done.stdout:
        raise RuntimeError(f"{words[0]}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return time.perf_counter() - begun


def measure(folder: Path, *, entries: int, rounds: int) -> list[Goal]:
    """Check and hash one export in turns."""
    path = folder / "export.jsonl"
    lines = export(path, entries)
    megabytes = path.stat().st_size / 1e6
    programs = (
        (verify.__file__, str(path)),
        ("-c", HASH_FILE, str(path)),
        ("-c", HASH_LINES, str(path)),
        ("-c", NOTHING),
    )
    acts = [partial(seconds, *words) for words in programs]
    acts[0] = partial(seconds, *programs[0], says=str(lines))
    took = take_turns(acts, rounds)
    start = median(took[-1])
    ours, whole, by_line = ([one - start for one in times] for times in took[:3])
    print(f"verify: {lines:,} records, {megabytes:,.0f} MB")
    return [
        compared(
            f"verify {lines:,} records from the export",
            [one * 1e3 for one in ours],
            [one * 1e3 for one in reference],
            unit="ms",
            against=against,
            reach=REACH,
            more_is_better=False,
        )
        for reference, against in (
            (whole, "sha256 of the same file"),
            (by_line, "sha256 of each of its lines"),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        goals = measure(Path(folder), entries=asked.entries, rounds=asked.rounds)
    print(f"--- {machine_line()}")
    print_goals(goals)


if __name__ == "__main__":
    main()
