"""`python -m benchmarks`: four figures, each beside its reference from the same run.

Bounded to about three minutes on two cores. Trust the ratios more than the figures.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks import bench_demo, bench_listing, bench_posting, bench_search
from benchmarks.report import machine_line, print_table

OFFERINGS = 5000
DOCUMENTS = 5000


def main() -> None:
    """Measure and print."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        figures, town = bench_demo.measure(folder)
        bench_listing.grow(town, OFFERINGS)
        figures = bench_listing.measure(town) + figures
        others = bench_listing.other_pages(town)
        bench_demo.database_of(town).close()
        print("--- search")
        figures += bench_search.main(DOCUMENTS)
        print("\n--- posting")
        figures += bench_posting.compare(folder, rounds=5, count=200)
    print(f"\n--- {machine_line()}")
    print_table(figures)
    print("\nother pages of strangers, ms CPU: ", end="")
    print(", ".join(f"{url} {took:.1f}" for url, took in others))
    print(f"took {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
