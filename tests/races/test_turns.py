"""The turn to write among processes: everybody gets a fair part, nobody waits for ever."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from app.kernel import db as kernel_db
from app.kernel.db import Database
from app.kernel.errors import Busy
from app.kernel.outbox import OutboxRow
from app.kernel.turns import Line
from tests.cast import NOON, Cast
from tests.web import Client, text_of

SECONDS = 2.0
WAIT_S = 10.0
HOLD_S = 0.003
CONTEXT = multiprocessing.get_context("spawn")


@pytest.fixture
def path(db: Database, database_kind: str) -> Path:
    """The town's database; on PostgreSQL the server keeps the turns."""
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL has locks of its own")
    return Path(str(db.url.database))


def write_for(path: Path, number: int, pause_s: float, told: Connection) -> None:
    """Write for a while with a pause between; tell how often, and the longest wait."""
    db = Database(f"sqlite:///{path}")
    with db.reading():
        told.send("ready")
    told.recv()
    end = time.monotonic() + SECONDS
    acts, longest = 0, 0.0
    while time.monotonic() < end:
        asked = time.monotonic()
        with db.transaction() as session:
            longest = max(longest, time.monotonic() - asked)
            session.add(OutboxRow(kind=f"racer {number}", data={}, at=NOON))
            time.sleep(HOLD_S)  # what an act computes and writes
        acts += 1
        time.sleep(pause_s)
    told.send((acts, longest))


def race(path: Path, pauses: list[float]) -> list[tuple[int, float]]:
    """Let one process for each pause write at the same time."""
    ends = []
    for number, pause_s in enumerate(pauses):
        ours, theirs = CONTEXT.Pipe()
        one = CONTEXT.Process(target=write_for, args=(path, number, pause_s, theirs))
        one.start()
        ends.append((ours, one))
    assert [ours.recv() for ours, _ in ends] == ["ready"] * len(pauses)
    for ours, _ in ends:
        ours.send("go")
    found = [ours.recv() for ours, _ in ends]
    for _, one in ends:
        one.join()
    return found


def test_three_busy_writers_have_a_like_share(path: Path) -> None:
    found = race(path, [0.0, 0.0, 0.0])
    acts = [one for one, _ in found]

    assert min(acts) >= 0.8 * max(acts), found
    assert max(longest for _, longest in found) < WAIT_S / 4, found


def test_who_comes_now_and_then_is_not_passed_over(path: Path) -> None:
    """Two never stop; the third asks every 20 ms and must have its turn after theirs."""
    *busy, (seldom, longest) = race(path, [0.0, 0.0, 0.02])

    assert longest < WAIT_S / 4, (busy, seldom)
    assert seldom >= 0.25 * min(acts for acts, _ in busy), (busy, seldom)


def hold_turn(path: Path, told: Connection) -> None:
    """Take the turn, say so, and keep it until killed."""
    with Database(f"sqlite:///{path}").transaction():
        told.send("mine")
        time.sleep(60)


@contextmanager
def somebody_else_writing(path: Path) -> Iterator[int]:
    """A process that has the turn and does not let go; gives its number."""
    ours, theirs = CONTEXT.Pipe()
    one = CONTEXT.Process(target=hold_turn, args=(path, theirs))
    one.start()
    assert ours.recv() == "mine"
    assert one.pid is not None
    try:
        yield one.pid
    finally:
        one.kill()
        one.join()


def test_a_turn_that_does_not_come_is_said_within_the_bound(
    path: Path, db: Database, client_of: Callable[..., Client], cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lin = client_of(cast.lin)
    monkeypatch.setattr(db._turn, "_wait_s", 0.3)
    with somebody_else_writing(path):
        begun = time.monotonic()
        answer = lin.send("/sign-in/code", phone="13800000001")
        waited = time.monotonic() - begun

        assert lin.get("/wallet/").status_code == 200
    assert 0.3 <= waited < WAIT_S / 2
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "The fair is very busy." in text_of(answer)


def test_the_turn_of_a_killed_process_is_free_at_once(path: Path, db: Database) -> None:
    with somebody_else_writing(path) as holder, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_write_once, db)
        time.sleep(0.1)
        assert not waiting.done()
        os.kill(holder, signal.SIGKILL)
        waiting.result(timeout=2)


def _write_once(db: Database) -> None:
    with db.transaction() as session:
        session.add(OutboxRow(kind="after", data={}, at=NOON))


def test_threads_are_served_in_the_order_they_came(tmp_path: Path) -> None:
    line = Line(tmp_path / "turn", WAIT_S)
    served: list[int] = []

    def come(number: int) -> None:
        with line:
            served.append(number)

    with ThreadPoolExecutor(8) as pool:
        with line:
            coming = []
            for number in range(8):
                coming.append(pool.submit(come, number))
                while len(line._inside._waiting) <= number:
                    time.sleep(0.001)
        for one in coming:
            one.result()
    assert served == list(range(8))


def test_who_gives_up_leaves_no_gap(tmp_path: Path) -> None:
    patient, hasty = Line(tmp_path / "turn", WAIT_S), Line(tmp_path / "turn", 0.05)
    with patient, pytest.raises(Busy), hasty:
        pass
    with hasty, ThreadPoolExecutor(1) as pool, pytest.raises(Busy):
        pool.submit(hasty.__enter__).result()
    for line in (hasty, patient, hasty):
        with line:
            pass


def test_the_bound_is_what_somebody_waits_for_a_page() -> None:
    assert kernel_db.WRITE_WAIT_S == WAIT_S
