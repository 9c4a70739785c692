"""kill9: writers killed in the middle of whatever they do; what they promised is there.

Two processes write in one SQLite book and report each commit. Both are killed with
SIGKILL at a random moment, also while they open the book, and begin again. A new
writer says where the book stands: at the last act acknowledged, or at the one after
it. Every balance follows from these numbers (`tests.drills.book`).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess

from tests.drills import book
from tests.drills.drill import Drill, Options, Result

HANDS = (0, 1)
SAMPLE = 50
"""The whole book is verified after so many kills, and at the end."""
READY_MAX_S = 10.0


def write(url: str, hand: int, pipe: Connection, acknowledges_early: bool) -> None:
    """Do act after act until killed; report each as soon as it is committed."""
    db = book.open_database(url)
    with db.reading() as session:
        number = book.done_by(session, hand)
    pipe.send_bytes(b"at %d" % number)
    while True:
        with db.transaction() as session:
            book.act(session, hand, number)
            if acknowledges_early:
                pipe.send_bytes(b"ok %d" % number)
        if not acknowledges_early:
            pipe.send_bytes(b"ok %d" % number)
        number += 1


class Writer:
    """A writing process as its client sees it: what it said, and that it died."""

    def __init__(
        self, context: ForkServerContext, url: str, hand: int, *, early: bool
    ) -> None:
        self.hand = hand
        self.begun = time.monotonic()
        self.began: int | None = None
        self.last: int | None = None
        self.pipe, theirs = context.Pipe(duplex=False)
        self.process: ForkServerProcess = context.Process(
            target=write, args=(url, hand, theirs, early), daemon=True
        )
        self.process.start()
        theirs.close()

    def wait_until_ready(self) -> bool:
        """Wait for the first word; False when it does not come."""
        return self.pipe.poll(READY_MAX_S)

    def kill(self) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)

    def hear_out(self) -> None:
        """Hear everything it said before it died."""
        self.process.join()
        try:
            while True:
                self.hear()
        except EOFError:
            self.pipe.close()

    def hear(self) -> None:
        word, _, number = self.pipe.recv_bytes().partition(b" ")
        if word == b"at":
            self.began = int(number)
        else:
            self.last = int(number)


def run(options: Options) -> Result:
    """Kill `options.count` times; see the module."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.drills.kill9"])
    chance = random.Random(options.seed)
    url = book.sqlite_url(options.folder / "book.sqlite3")
    book.make_book(book.open_database(url))
    acknowledged = dict.fromkeys(HANDS, 0)
    problems: list[str] = []
    slowest, kills = 0.0, 0
    while kills < options.count and options.has_time and not problems:
        writers = [Writer(context, url, hand, early=options.canary) for hand in HANDS]
        slowest = max(slowest, _let_them_write(writers, chance, problems))
        for writer in writers:
            writer.kill()
        kills += 1
        for writer in writers:
            _hear(writer, acknowledged, problems)
        if kills % SAMPLE == 0 or problems:
            problems += _verify(context, url, acknowledged)
    if not problems:
        problems += _verify(context, url, acknowledged)
    if kills < options.count and not problems:
        problems.append(f"time was up after {kills} of {options.count} kills")
    return Result(
        f"{kills} kills of 2 writers, {sum(acknowledged.values())} acknowledged,"
        f" ready again in {slowest:.2f} s at most",
        problems,
    )


def _let_them_write(
    writers: list[Writer], chance: random.Random, problems: list[str]
) -> float:
    """Return how long the slower one took to be ready, 0 when nobody looked."""
    if chance.random() < 0.15:  # killed while it opens the book
        time.sleep(chance.uniform(0, 0.04))
        return 0.0
    problems += [
        f"hand {writer.hand} was not ready in {READY_MAX_S} s"
        for writer in writers
        if not writer.wait_until_ready()
    ]
    ready = time.monotonic() - writers[0].begun
    if chance.random() < 0.5:  # any moment, or one just after a promise
        time.sleep(chance.uniform(0, 0.04))
    else:
        _listen(writers, chance.randrange(3, 10))
        time.sleep(chance.uniform(0, 0.002))
    return ready


def _listen(writers: list[Writer], words: int) -> None:
    """Hear a number of words, whoever says them."""
    for _ in range(words):
        ready = wait([writer.pipe for writer in writers], timeout=READY_MAX_S)
        for writer in writers:
            if writer.pipe in ready:
                writer.hear()


def _hear(writer: Writer, acknowledged: dict[int, int], problems: list[str]) -> None:
    writer.hear_out()
    began, last = writer.began, writer.last
    if writer.process.exitcode != -signal.SIGKILL:
        problems.append(f"hand {writer.hand} gave up by itself")
    known = acknowledged[writer.hand]
    if began is not None:
        if began < known:
            problems.append(f"hand {writer.hand}: {known} acknowledged, {began} found")
        if began > known + 1:
            problems.append(f"hand {writer.hand}: {began} found, {known} acknowledged")
        acknowledged[writer.hand] = max(known, began)
    if last is not None:
        acknowledged[writer.hand] = last + 1


def _verify(
    context: ForkServerContext, url: str, acknowledged: dict[int, int]
) -> list[str]:
    """Verify in a process of its own, which has seen nothing before."""
    with context.Pool(1) as pool:
        return pool.apply(_problems, (url, acknowledged))


def _problems(url: str, acknowledged: dict[int, int]) -> list[str]:
    db = book.open_database(url)
    try:
        return book.problems_of(db, acknowledged)
    finally:
        db.close()


DRILL = Drill(
    run=run,
    unit="kills",
    full=5000,
    quick=300,
    canary=300,
    defect="acknowledges before it commits",
)
