"""What we rely on in Whoosh, against each of the three packages that carry its name.

`python -m tests.whoosh_packages` installs Whoosh 2.7.4 and whoosh3 into throw-away
folders and runs our own search tests on them, one process each, so that the choice of
package can change in a day. Offline it says which package it could not try.
"""

# ruff: noqa: T201 - a command that prints
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ("Whoosh==2.7.4", "whoosh3==3.54.0")
HERE = Path(__file__).resolve().parents[1]
CONTRACT = """
import sys, tempfile
from pathlib import Path
import whoosh
assert whoosh.__file__.startswith(sys.argv[1]), whoosh.__file__
from search_index import Document, Index, Query, folders
folders.PACKAGES |= {"Whoosh", "whoosh3"}
folder = Path(tempfile.mkdtemp(dir=sys.argv[2]))
index = Index(folder)
def ids(i, text):
    return {hit.id for hit in i.search(Query(text, limit=500)).hits}
for start in range(0, 120, 30):  # commits, a replacement in each
    index.apply([Document(f"d{n}", "offering", "周末理发", "磨刀" * (n % 3))
                 for n in range(start, start + 40)], cursor=start)
assert index.count() == 130 and index.cursor() == 90, (index.count(), index.cursor())
assert ids(index, "理发") == {f"d{n}" for n in range(130)}
index.apply([], [f"d{n}" for n in range(10)], cursor=91)
again = Index(folder, create=False)  # reopened
assert (again.count(), again.cursor()) == (120, 91)
assert ids(again, "理发") == {f"d{n}" for n in range(10, 130)}
assert ids(again, "lifa") == ids(again, "理发")
leaves = again._snapshot().leaves
counts = {leaf.segment.stored(int(i))["id"]: int(c) for leaf in leaves
          for i, c in zip(*leaf.segment.postings("w", "磨刀")) if leaf.live[i]}
assert counts == {f"d{n}": n % 3 for n in range(10, 130) if n % 3}, counts
assert "磨刀" in {w.split(chr(31))[0] for leaf in leaves for w in leaf.segment.lexicon()}
again.rebuild([Document("x", "offering", "理发")], 92)
assert ids(again, "理发") == {"x"}
print("terms, postings, deletions, commit, reopen, rebuild: as on 2.7.5")
"""


def install(package: str, target: Path) -> bool:
    """Put one package alone into a folder; False when it cannot be had."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--target", str(target), package]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    return done.returncode == 0


def contract(target: Path, scratch: Path) -> tuple[bool, str]:
    """Whether the package in `target` does what we rely on, and its last words."""
    path = os.pathsep.join([str(target), str(HERE)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CONTRACT, str(target), str(scratch)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    words = (done.stdout + done.stderr).strip().splitlines() or ["nothing said"]
    return done.returncode == 0, words[-1]


def main() -> int:
    """Try them all; 1 when one that could be had fails."""
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            target = Path(scratch) / package.partition("=")[0]
            if not install(package, target):
                print(f"{package}: NOT TRIED, it cannot be installed here")
                continue
            is_kept, words = contract(target, Path(scratch))
            failed += not is_kept
            print(f"{package}: {'kept' if is_kept else 'BROKEN'}: {words}")
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main())
