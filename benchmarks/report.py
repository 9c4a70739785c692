"""Measuring side by side, and saying what came of it on a few lines."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pysqlite3.dbapi2


@dataclass(frozen=True)
class Figure:
    """Ours beside its reference, both from the same run."""

    what: str
    ours: float
    reference: float
    unit: str
    against: str
    more_is_better: bool = False

    @property
    def times_better(self) -> float:
        """How many times better than the reference; below 1 it is worse."""
        ratio = self.ours / self.reference
        return ratio if self.more_is_better else 1 / ratio


def cpu_medians(acts: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return each act's median CPU time in ms; the acts take turns in every round.

    CPU time, because a neighbour on the same machine stretches the wall clock.
    Two rounds to warm up are not counted.
    """
    took: list[list[float]] = [[] for _ in acts]
    for turn in range(rounds + 2):
        order = range(len(acts)) if turn % 2 else reversed(range(len(acts)))
        for place in order:
            begun = time.process_time()
            acts[place]()
            if turn >= 2:
                took[place].append((time.process_time() - begun) * 1e3)
    return [median(times) for times in took]


def machine_line() -> str:
    """Return what the figures were measured on."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} cores, load {load}; Python"
        f" {platform.python_version()}, SQLite {pysqlite3.dbapi2.sqlite_version}"
    )


def print_table(figures: Sequence[Figure]) -> None:
    """Print one line per figure."""
    print(f"{'':40} {'ours':>9} {'reference':>10} {'':11} {'times better':>12}")
    for one in figures:
        print(
            f"{one.what:40} {one.ours:9.2f} {one.reference:10.2f} {one.unit:11}"
            f" {one.times_better:11.2f}x  against {one.against}"
        )
