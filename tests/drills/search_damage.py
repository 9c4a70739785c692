"""search-damage: files of the index break; every answer is right, and it mends itself.

One file of the live index, or all of them, is deleted, emptied, cut or scrambled. Two
web processes are asked before anything is mended: one that had the index open, and one
that begins now. Then the worker looks, once. After that the index answers again, and a
process that reads every file anew finds it equal to the database.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

from flask import Flask

from app import search
from app.kernel.clock import now
from app.kernel.db import Database
from tests.drills import findable
from tests.drills.drill import Drill, Options, Result

HARMS = ("delete", "empty", "cut", "scramble", "lose the version", "lose everything")
WEIGHTS = (5, 3, 6, 6, 1, 1)
SCRAMBLED = 8


def run(options: Options) -> Result:
    """Damage the index `options.count` times; see the module."""
    chance = random.Random(options.seed)
    folder = options.folder / "town"
    app = findable.make_town(folder)
    db: Database = app.extensions["fair_database"]
    worker = findable.catalogue(folder)
    search.catch_up(db, worker, at=now())
    problems: list[str] = findable.looks(app)
    plain, done = 0, 0
    seen: Counter[str] = Counter()
    while done < options.count and options.has_time and not problems:
        with db.transaction() as session:
            findable.change(session, chance)
        search.catch_up(db, worker, at=now())
        # A reader looks for what is new five times a second: not its turn to be late.
        app.extensions["fair_catalogue"].is_ready()
        what = _harm(folder / "search_index", chance, seen)
        done += 1
        found = findable.looks(app)  # had it open
        _restart(app, folder)
        found += findable.looks(app)
        plain += not findable.is_from_index(app)
        if options.canary:
            findable.catalogue(folder).was_missed()
        search.catch_up(db, worker, at=now())
        found += findable.looks(app) + findable.differences(db, folder)
        if not findable.is_from_index(app):
            found.append("the index is not read again")
        problems += [f"{what}: {one}" for one in found]
    if done < options.count and not problems:
        problems.append(f"time was up after {done} of {options.count} damages")
    db.close()
    kinds = ", ".join(f"{count} x {name}" for name, count in sorted(seen.items()))
    return Result(f"{done} damages ({kinds}), {plain} answered by the tables", problems)


def _restart(app: Flask, folder: Path) -> None:
    """Let the web process begin anew: nothing of the index is open."""
    app.extensions["fair_catalogue"] = findable.catalogue(folder)


def _harm(index: Path, chance: random.Random, seen: Counter[str]) -> str:
    """Break something; return what."""
    harm = chance.choices(HARMS, WEIGHTS)[0]
    seen[harm] += 1
    live = index / (index / "CURRENT").read_text()
    if harm == "lose everything":
        shutil.rmtree(index)
        return harm
    if harm == "lose the version":
        shutil.rmtree(live)
        return harm
    files = sorted(path for path in live.iterdir() if path.stat().st_size)
    path = chance.choice([*files, index / "CURRENT"])
    data = path.read_bytes()
    path.unlink()  # another file takes its place: see the README
    if harm == "empty":
        path.write_bytes(b"")
    elif harm == "cut":
        path.write_bytes(data[: chance.randrange(len(data))])
    elif harm == "scramble":
        wrong = bytearray(data)
        for _ in range(SCRAMBLED):
            wrong[chance.randrange(len(wrong))] ^= chance.randrange(1, 256)
        path.write_bytes(wrong)
    return f"{harm} {path.name}"


DRILL = Drill(
    run=run,
    unit="damages",
    full=500,
    quick=20,
    canary=20,
    defect="nobody says that the index cannot be read",
)
