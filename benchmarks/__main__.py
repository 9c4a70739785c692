"""`python -m benchmarks`: the figures, each beside its reference from the same run.

Bounded in rounds, slices and entries. Trust the ratios more than the figures.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks import (
    bench_batch,
    bench_clients,
    bench_demo,
    bench_growth,
    bench_listing,
    bench_posting,
    bench_search,
    bench_verify,
)
from benchmarks.report import (
    Figure,
    Goal,
    machine_line,
    print_goals,
    print_table,
)
from benchmarks.server import postgres

OFFERINGS = 5000
DOCUMENTS = 10_000
PEOPLE = 5000
ENTRIES = 100_000
EXPORTED = 100_000


def main() -> None:
    """Measure and print."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir=".") as name:
        figures, others = shop(Path(name))
    with tempfile.TemporaryDirectory(dir=".") as name:
        goals = book(Path(name))
    print(f"\n--- {machine_line()}")
    print_table(figures)
    print("\nother pages of strangers, ms CPU: ", end="")
    print(", ".join(f"{url} {took:.1f}" for url, took in others))
    print("\nthe ledger, ratios are medians over the rounds")
    print_goals(goals)
    print(f"took {time.monotonic() - begun:.0f} s")


def shop(folder: Path) -> tuple[list[Figure], list[tuple[str, float]]]:
    """Measure the demo town, its pages and the search."""
    figures, town = bench_demo.measure(folder)
    bench_listing.grow(town, OFFERINGS)
    figures = bench_listing.measure(town) + figures
    others = bench_listing.other_pages(town)
    bench_demo.database_of(town).close()
    print("--- search")
    figures += bench_search.main(DOCUMENTS)
    return figures, others


def book(folder: Path) -> list[Goal]:
    """Measure the ledger, on SQLite and on a PostgreSQL of its own."""
    print("\n--- the ledger", flush=True)
    goals = bench_posting.compare(folder, rounds=5, transfers=200)
    with postgres() as server:
        goals += bench_batch.measure(server, folder, people=PEOPLE, rounds=5)
        goals += bench_clients.measure(
            server, folder, rounds=3, seconds=2, with_peers=True
        )
        goals += bench_clients.measure_few(server, folder, rounds=3, seconds=1)
        goals += bench_growth.measure(
            server, folder, entries=ENTRIES, rounds=3, reads=30
        )
    return goals + bench_verify.measure(folder, entries=EXPORTED, rounds=3)


if __name__ == "__main__":
    main()
