"""failover: the primary is killed under load, its standby takes over, nothing is lost.

Real servers: a primary that waits for its standby at each commit, writers that note
what was acknowledged, kill -9 for all of the primary's processes, promotion, and the
book compared with the notes. At the end the standby goes away and a waiting commit is
cancelled: PostgreSQL then answers COMMIT with no more than a warning, and that must
not be taken for an acknowledgement.
"""

from __future__ import annotations

import random
import threading
import time

from app.kernel.db import Database
from app.kernel.errors import OutcomeUnknown
from tests.drills import book, servers
from tests.drills.drill import Drill, Options, Result

HANDS = (0, 1)
PATIENCE_S = 30.0


class Hand(threading.Thread):
    """Does act after act until the server is gone or *stop* is set."""

    def __init__(self, db: Database, hand: int, begin: int) -> None:
        super().__init__(daemon=True)
        self.db, self.hand = db, hand
        self.acknowledged = begin
        self.stop = threading.Event()
        self.ended_by: Exception | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                with self.db.transaction() as session:
                    book.act(session, self.hand, self.acknowledged)
                self.acknowledged += 1
        except Exception as failure:  # noqa: BLE001 - the server was killed
            self.ended_by = failure


def run(options: Options) -> Result:
    """Kill `options.count` primaries; see the module."""
    chance = random.Random(options.seed)
    problems: list[str] = []
    kills, slowest = 0, 0.0
    acknowledged = dict.fromkeys(HANDS, 0)
    with servers.pair() as pair:
        pair.begin()
        book.make_book(book.open_database(pair.primary.url))
        while kills < options.count and options.has_time and not problems:
            pair.follow(synchronous=not options.canary)
            _write_until_killed(pair, acknowledged, chance, stalls=options.canary)
            begun = time.monotonic()
            pair.fail_over()
            problems += _compare(pair, acknowledged)
            slowest = max(slowest, time.monotonic() - begun)
            kills += 1
        if kills < options.count and not problems:
            problems.append(f"time was up after {kills} of {options.count} kills")
        said = "not looked at"
        if not problems:
            pair.follow(synchronous=True)
            said = cancel_a_wait(pair, acknowledged[0])
            if said != OutcomeUnknown.__name__:
                problems.append(f"a cancelled wait for the standby: {said}")
    return Result(
        f"{kills} primaries killed, {sum(acknowledged.values())} acknowledged,"
        f" promoted and verified in {slowest:.1f} s at most; cancelled wait: {said}",
        problems,
    )


def _write_until_killed(
    pair: servers.Pair,
    acknowledged: dict[int, int],
    chance: random.Random,
    *,
    stalls: bool,
) -> None:
    """Let the hands write for a while; the primary dies under them."""
    db = book.open_database(pair.primary.url)
    hands = [Hand(db, hand, begin) for hand, begin in acknowledged.items()]
    for hand in hands:
        hand.start()
    time.sleep(chance.uniform(0.2, 0.6))
    if stalls:
        pair.standby.stall()
        time.sleep(0.3)
    pair.primary.kill()
    for hand in hands:
        hand.stop.set()
        hand.join(PATIENCE_S)
        acknowledged[hand.hand] = hand.acknowledged
    db.close()


def _compare(pair: servers.Pair, acknowledged: dict[int, int]) -> list[str]:
    db = book.open_database(pair.primary.url)
    try:
        problems = book.problems_of(db, acknowledged)
        with db.reading() as session:
            for hand in acknowledged:
                acknowledged[hand] = book.done_by(session, hand)
    finally:
        db.close()
    return problems


def cancel_a_wait(pair: servers.Pair, number: int) -> str:
    """Cancel a commit that waits for a standby; say what the writer was told."""
    pair.standby.stall()
    db = book.open_database(pair.primary.url)
    told: list[str] = []

    def write() -> None:
        try:
            with db.transaction() as session:
                book.act(session, HANDS[0], number)
        except Exception as failure:  # noqa: BLE001 - it is the answer
            told.append(type(failure).__name__)
        else:
            told.append("acknowledged")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    servers.wait_for("the wait", lambda: bool(_waiting(pair)))
    for pid in _waiting(pair):
        pair.primary.ask(f"SELECT pg_cancel_backend({pid})")
    writer.join(PATIENCE_S)
    db.close()
    return told[0] if told else "no answer"


def _waiting(pair: servers.Pair) -> list[object]:
    rows = pair.primary.ask(
        "SELECT pid FROM pg_stat_activity WHERE wait_event='SyncRep'"
    )
    return [row[0] for row in rows]


DRILL = Drill(
    run=run,
    unit="kills of the primary",
    full=50,
    quick=1,
    canary=1,
    defect="a standby that is not waited for, and has stalled",
)
