"""Four readers and a writer of five commits a second, on one index, for some time.

`python -m benchmarks.bench_crowd [documents] [--seconds 600]`. Each reader is a process
with its own snapshot. Wrong is: an error, a document twice on a page, one that was
deleted a second ago (a ghost), one that was written a second ago and is not found.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import deque
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from benchmarks.bench_search import WHAT, WHEN, WHOM, listings
from search_index import Document, Filters, Index, IndexUnavailable, Query

READERS = 4
COMMITS_A_SECOND = 5
LATE_S = 1.0
"""How long after a commit every reader must know it; the promise is two seconds."""
MARK_EVERY = 20  # questions between two looks for what was written last


def read(
    folder: Path, seed: int, gone: Any, written: Any, is_over: Event, told: Any
) -> None:
    """Ask until it is over; tell latencies in ms and what was wrong."""
    index, chance = Index(folder, create=False), random.Random(seed)
    took: list[float] = []
    wrong: list[str] = []
    while not is_over.is_set():
        words = f"{chance.choice(WHAT)} {chance.choice(WHOM)} {chance.choice(WHEN)}"
        due, last = gone.value, written.value
        asked = Query(words, Filters(max_points=60), facets=("kind", "category"))
        if len(took) % MARK_EVERY == 0 and last:
            asked = Query(f"编号{last}")
        before = time.perf_counter()
        try:
            page = index.search(asked)
        except (IndexUnavailable, OSError) as problem:
            wrong.append(f"error: {problem}")
            continue
        took.append((time.perf_counter() - before) * 1e3)
        ids = [hit.id for hit in page.hits]
        if len(set(ids)) < len(ids):
            wrong.append(f"twice: {ids}")
        wrong += [f"ghost: {one}" for one in ids if int(one[1:]) < due]
        if asked.text.startswith("编号") and f"d{last}" not in ids:
            wrong.append(f"not found: d{last}")
    told.put((took, wrong[:5], len(wrong)))


def write(
    index: Index, count: int, until: float, gone: Any, written: Any
) -> list[float]:
    """Delete the oldest, add a new one, change another; five times a second."""
    chance, known = random.Random(3), deque[tuple[float, int, int]]()
    new = iter(listings(count + 100_000))
    for _ in range(count):
        next(new)
    took, first, last = [], 0, count - 1
    while (now := time.monotonic()) < until:
        last += 1
        other = chance.randrange(first + 1, last)
        before = time.perf_counter()
        index.apply([next(new), _changed(other)], [f"d{first}"], cursor=last)
        took.append((time.perf_counter() - before) * 1e3)
        first += 1
        known.append((time.monotonic(), first, last))
        while known and known[0][0] < time.monotonic() - LATE_S:
            _, gone.value, written.value = known.popleft()
        time.sleep(max(0.0, 1 / COMMITS_A_SECOND - (time.monotonic() - now)))
    return took


def _changed(number: int) -> Document:
    return Document(f"d{number}", "offering", f"改过的{number}摊", created_at=10**9)


def main(count: int, seconds: float) -> int:
    """Print what was seen; return how much was wrong."""
    spawn = get_context("spawn")
    gone: Synchronized[int] = spawn.Value("q", 0)
    written: Synchronized[int] = spawn.Value("q", 0)
    is_over, told = spawn.Event(), spawn.Queue()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = Index(folder)
        index.rebuild(listings(count), 1)
        readers = [
            spawn.Process(
                target=read, args=(folder, seed, gone, written, is_over, told)
            )
            for seed in range(READERS)
        ]
        for one in readers:
            one.start()
        commits = write(index, count, time.monotonic() + seconds, gone, written)
        is_over.set()
        answers = [told.get(timeout=60) for _ in readers]
        for one in readers:
            one.join(timeout=60)
        live, versions = index.count(), [key for key, _ in index.versions()]
    took = sorted(ms for some, _, _ in answers for ms in some)
    wrong = sum(number for _, _, number in answers)
    wrong += live != count or len(set(versions)) != len(versions)
    print(
        f"{count} documents, {READERS} readers, {len(commits)} commits in {seconds:.0f} s:"
        f" {len(took)} questions, p50 {statistics.median(took):.1f}, p95"
        f" {took[int(len(took) * 0.95)]:.1f}, p99 {took[int(len(took) * 0.99)]:.1f} ms;"
        f" commit to visible p50 {statistics.median(commits):.0f}, p95"
        f" {sorted(commits)[int(len(commits) * 0.95)]:.0f} ms; wrong: {wrong}"
    )
    for _, some, _ in answers:
        for one in some:
            print(f"  {one}")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_crowd")
    parser.add_argument("documents", type=int, nargs="?", default=10_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    raise SystemExit(min(1, main(given.documents, given.seconds)))
