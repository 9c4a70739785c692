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

QUIET = 0.8
PATIENCE_S = float(os.environ.get("BENCH_PATIENCE_S", "0.5"))


@dataclass(frozen=True)
class Goal:
    """Ours beside its reference, and what the ratio of the two has to reach.

    ``ratio`` is ours ÷ reference: the median over the rounds of each round's own
    ratio, since a neighbour on the machine slows both halves of a round alike.
    """

    what: str
    ours: float
    reference: float
    unit: str
    against: str
    ratio: float
    reach: float
    more_is_better: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the ratio is where it has to be."""
        if self.more_is_better:
            return self.ratio >= self.reach
        return self.ratio <= self.reach


def compared(
    what: str,
    ours: Sequence[float],
    reference: Sequence[float],
    *,
    unit: str,
    against: str,
    reach: float,
    more_is_better: bool = True,
) -> Goal:
    """Return the goal's line from what each round gave."""
    ratio = median(one / other for one, other in zip(ours, reference, strict=True))
    return Goal(
        what,
        median(ours),
        median(reference),
        unit,
        against,
        ratio,
        reach,
        more_is_better,
    )


def take_turns(acts: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """Return what each act measured in each round; the order turns every round.

    Before each round it waits a little for a quiet machine (`wait_for_quiet`).
    """
    measured: list[list[float]] = [[] for _ in acts]
    for turn in range(rounds):
        wait_for_quiet()
        order = range(len(acts)) if turn % 2 else reversed(range(len(acts)))
        for place in order:
            measured[place].append(acts[place]())
    return measured


def wait_for_quiet() -> None:
    """Wait until four fifths of the processors idle, or `PATIENCE_S` has passed."""
    deadline = time.monotonic() + PATIENCE_S
    before = _ticks()
    while before is not None and time.monotonic() < deadline:
        time.sleep(0.05)
        after = _ticks()
        assert after is not None
        idle, total = (new - old for new, old in zip(after, before, strict=True))
        if total and idle / total >= QUIET:
            return
        before = after


def _ticks() -> tuple[int, int] | None:
    """Return the idle and all ticks of the processors since boot, where told."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    ticks = [int(word) for word in stat.read_text().splitlines()[0].split()[1:]]
    return ticks[3], sum(ticks)


def print_goals(goals: Sequence[Goal]) -> None:
    """Print one line per goal; what is missed says so."""
    print(f"{'':46} {'ours':>10} {'reference':>10} {'':9} {'ratio':>7} {'goal':>7}")
    for one in goals:
        sign = "≥" if one.more_is_better else "≤"
        print(
            f"{one.what:46} {one.ours:10,.1f} {one.reference:10,.1f} {one.unit:9}"
            f" {one.ratio:6.2f}x {sign}{one.reach:5.2f}x"
            f" {'      ' if one.is_met else 'MISSED'}  against {one.against}"
        )


def skipped(what: str, why: str) -> None:
    """Say loudly that something was not measured."""
    print(f"*** NOT MEASURED: {what}: {why}", flush=True)


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
