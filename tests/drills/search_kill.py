"""search-kill: the feeder killed in commits and rebuilds; nothing is lost or left over.

One process changes the town, another feeds the index and rebuilds it now and then. The
feeder is killed with SIGKILL at a random moment, also while it opens the index. After
each kill the index must be readable and the pages right for what they are: old at
worst. After it has caught up, it equals the database, document by document.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

from app import search
from app.kernel.clock import now
from app.kernel.db import Database
from app.search import Catalogue
from app.search.actions.news import news_since, touched_by
from app.search.queries import documents_for
from tests.drills import findable
from tests.drills.drill import Drill, Options, Result

SAMPLE = 3
"""After so many kills index and database are compared, and at the end. What a later
change writes anew would be a loss that nobody saw."""
READY_MAX_S = 30.0
REBUILD_EVERY = 4
DEFECT_S = 0.05
"""Between the two commits of the planted defect, so that a few kills meet it."""


def feed(folder: Path, pipe: Connection, *, position_first: bool) -> None:
    """Feed the index until killed; report each round."""
    db, catalogue = findable.database(folder), findable.catalogue(folder)
    number = 0
    while True:
        if position_first:
            _feed_wrongly(db, catalogue)
        elif number % REBUILD_EVERY == REBUILD_EVERY - 1:
            search.rebuild(db, catalogue, at=now())
        else:
            search.catch_up(db, catalogue, at=now())
        pipe.send_bytes(b"round")
        number += 1


def _feed_wrongly(db: Database, catalogue: Catalogue) -> None:
    with db.reading() as session:
        news = news_since(session, catalogue.index.cursor(), None)
        touched = touched_by(session, news.events)
        found, gone = documents_for(session, touched, catalogue.context(now()))
    assert news.position is not None
    catalogue.index.apply((), cursor=news.position)
    time.sleep(DEFECT_S)
    catalogue.index.apply(found, gone)


def run(options: Options) -> Result:
    """Kill `options.count` times; see the module."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.drills.search_kill"])
    chance = random.Random(options.seed)
    folder = options.folder / "town"
    app = findable.make_town(folder)
    db: Database = app.extensions["fair_database"]
    search.rebuild(db, findable.catalogue(folder), at=now())
    problems: list[str] = []
    kills = changes = 0
    while kills < options.count and options.has_time and not problems:
        changes += _round(context, folder, db, chance, wrongly=options.canary)
        kills += 1
        if not findable.catalogue(folder).can_be_read():
            problems.append(f"after {kills} kills the index cannot be read")
        for ask in ("/search?q=理发", "/api/v1/search?q=理发"):
            status = app.test_client().get(ask).status_code
            if status != 200:
                problems.append(f"after {kills} kills {ask}: {status}")
        if kills % SAMPLE == 0 or options.canary:
            problems += findable.differences(db, folder)
    problems += findable.differences(db, folder)
    if kills < options.count and not problems:
        problems.append(f"time was up after {kills} of {options.count} kills")
    db.close()
    return Result(f"{kills} kills of the feeder, {changes} changes", problems)


def _round(
    context: ForkServerContext,
    folder: Path,
    db: Database,
    chance: random.Random,
    *,
    wrongly: bool,
) -> int:
    """Let the feeder begin, change the town meanwhile, kill; return the changes."""
    pipe, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=feed,
        args=(folder, theirs),
        kwargs={"position_first": wrongly},
        daemon=True,
    )
    process.start()
    theirs.close()
    changes = 0
    if chance.random() > 0.1 and pipe.poll(READY_MAX_S):
        until = time.monotonic() + chance.uniform(0, 0.4)
        while time.monotonic() < until:
            with db.transaction() as session:
                findable.change(session, chance)
            changes += 1
            time.sleep(chance.uniform(0, 0.02))
    else:  # killed while it opens the index
        time.sleep(chance.uniform(0, 0.1))
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    pipe.close()
    return changes


DRILL = Drill(
    run=run,
    unit="kills",
    full=500,
    quick=20,
    canary=20,
    defect="writes its position before its documents",
)
