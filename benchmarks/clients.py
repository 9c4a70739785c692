"""Sixteen people at once: threads that call, and who pays whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from benchmarks.books import FUND, person
from ledger import Draft, Leg
from ledger.teller import Teller

PEOPLE = 1000
AMOUNT = Decimal("0.01")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SLICE_MAX_S = 60.0

Call = Callable[[int], object]
"""Does the transfer of that number."""


def pair(number: int, *, hot: bool) -> tuple[int, int | None]:
    """Return who pays whom; None is the fund, which everybody pays when *hot*."""
    payer = number * 7919 % PEOPLE
    return (payer, None) if hot else (payer, (payer + 1 + number % 97) % PEOPLE)


def a_second(call: Call, numbers: count[int], *, clients: int, seconds: float) -> float:
    """Return the calls a second of *clients* threads that call for some *seconds*.

    Raises:
        RuntimeError: a call failed.
    """
    gate = threading.Barrier(clients + 1)
    stop = threading.Event()
    done = [0] * clients
    failures: list[BaseException] = []

    def work(place: int) -> None:
        gate.wait()
        try:
            while not stop.is_set():
                call(next(numbers))
                done[place] += 1
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join(SLICE_MAX_S)
    took = time.perf_counter() - begun
    if failures:
        raise RuntimeError(f"{len(failures)} of {clients} failed") from failures[0]
    return sum(done) / took


@dataclass
class OurClients:
    """The public API of the ledger: a `Teller` where there is one."""

    engine: Engine
    numbers: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.teller = Teller(self.engine)

    def by_teller(self, *, hot: bool = False) -> Call:
        """Return a call through the teller, which commits for many at once."""
        return lambda number: self.teller.post(_draft(number, hot=hot))

    def by_session(self, *, hot: bool = False) -> Call:
        """Return a call that posts and commits in a session of its own."""

        def call(number: int) -> None:
            draft = _draft(number, hot=hot)
            with Session(self.engine) as session:
                ledger.post_many(session, [draft])
                session.commit()

        return call

    def rate(self, call: Call, *, clients: int, seconds: float) -> float:
        """Return the calls a second."""
        return a_second(call, self.numbers, clients=clients, seconds=seconds)

    def close(self) -> None:
        """Let the teller go home, and the connections."""
        self.teller.close()
        self.engine.dispose()


def _draft(number: int, *, hot: bool) -> Draft:
    payer, payee = pair(number, hot=hot)
    return Draft(
        legs=[Leg(person(payer), FUND if payee is None else person(payee), AMOUNT)],
        key=f"transfer:{number}",
        kind="TRANSFER",
        cause=f"bench:{number}",
        at=NOW,
        entered_by="person:clerk",
    )
