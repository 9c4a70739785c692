"""What a drill is: its figures, its miss, its canary."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class Skipped(Exception):
    """The drill cannot be run here; says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one run goes.

    Attributes:
        count: How often to break something; what is counted is the drill's `unit`.
        seconds: No new round begins later; a drill that stops short has missed.
        seed: Everything random comes from it.
        canary: Plant the defect; the drill must then find something.
        folder: An empty folder of its own, removed afterwards.
        database: `sqlite` or `postgresql`; drills that know one only ignore it.
    """

    count: int
    seconds: float
    seed: int
    canary: bool
    folder: Path
    database: str = "sqlite"
    begun: float = field(default_factory=time.monotonic)

    @property
    def has_time(self) -> bool:
        """Say whether another round may begin."""
        return time.monotonic() - self.begun < self.seconds


@dataclass(slots=True)
class Result:
    """What a run saw; it is a miss as soon as one problem is in it."""

    figures: str
    problems: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill and its three sizes.

    Attributes:
        run: Does it.
        unit: What is counted, in the plural.
        full: The count by command.
        quick: The count in every run of the tests.
        canary: The count that must suffice to find the planted defect.
        defect: The planted defect, in words.
    """

    run: Callable[[Options], Result]
    unit: str
    full: int
    quick: int
    canary: int
    defect: str
