"""The teller: posts in transactions of its own, many at once when many ask."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Engine

from ledger.driver import Driver
from ledger.errors import KeyTaken, LedgerError, Overloaded
from ledger.journal import (
    Draft,
    Result,
    asked_of,
    post_asked,
    post_at_length,
    post_each_at_length,
)
from ledger.orders import Asked, place_order, place_orders
from ledger.tables import Transaction

T = TypeVar("T")

BATCH_MAX = 512
QUEUE_MAX = 5000
WAIT_S = 10.0
TRIES = 5
FIRST_PAUSE_S = 0.005
RETRIED = ("40001", "40P01", "55P03")
"""PostgreSQL: serialisation failure, deadlock, a lock that did not come in time."""
SYNC_CANCELLED = "01000"
"""A commit that came back although the standby may not have it."""
LANES = 2
"""Connections a teller posts on, on PostgreSQL: while one waits for the disk the other
goes on, and the server commits for both at once. SQLite has one writer anyway."""


class _Ticket:
    """One asked transaction, waiting to be done by whoever leads."""

    __slots__ = ("asked", "error", "is_leader", "ready", "result")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.result: Transaction | None = None
        self.error: BaseException | None = None
        self.is_leader = False
        self.ready = threading.Lock()
        self.ready.acquire()

    def answer(self) -> Transaction:
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


class _AskAgain(Exception):
    """The same again may work: a lost connection, a deadlock, a busy moment."""


class Teller:
    """Posts one transaction after the other, each durable when its call returns.

    Whoever comes first posts for all that wait by then, in one transaction of the
    database: one fsync for many, and a busy account is locked once for all of them.
    Who is alone posts at once, on the same connection. A refused draft changes
    nothing for the others. Safe to use from many threads.

    Args:
        engine: An engine on the book; a connection or two of it are kept.
        turn: Opens the writer's turn where several processes write to one SQLite
            file; by default none is needed.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        turn: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._engine = engine
        self._turn = turn
        self._mutex = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._leaders_max = 1 if engine.dialect.name == "sqlite" else LANES
        self._leaders = 0
        self._idle: list[_Lane] = []

    def post(self, draft: Draft) -> Transaction:
        """Post *draft* as `ledger.post` does, and commit.

        When the outcome is unknown (the connection was lost at the commit) it is
        asked again by its key, so the answer is always true.

        Raises:
            Overloaded: too many wait, or the turn did not come in time; nothing
                was written by this call, and asking again with the key is safe.
            LedgerError: the refusals of `ledger.post`.
        """
        asked = asked_of(draft)
        with self._mutex:
            if self._leaders == self._leaders_max:
                ticket = self._queued(asked)
            else:
                self._leaders += 1
                ticket = None
        if ticket is None:  # a counter is free
            try:
                return self._alone(asked)
            finally:
                self._pass_on()
        self._wait(ticket)
        return ticket.answer()

    def close(self) -> None:
        """Give the connections back; the next post opens another."""
        with self._mutex:
            lanes, self._idle = self._idle, []
        for lane in lanes:
            lane.close()

    def _queued(self, asked: Asked) -> _Ticket:
        if len(self._waiting) >= QUEUE_MAX:
            raise Overloaded("Too many wait to post. Come back in a moment.")
        ticket = _Ticket(asked)
        self._waiting.append(ticket)
        return ticket

    def _wait(self, ticket: _Ticket) -> None:
        if not ticket.ready.acquire(timeout=WAIT_S):
            with self._mutex:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                    raise Overloaded("Too many wait to post. Come back in a moment.")
            ticket.ready.acquire()  # it is being done, and every lock has its limit
        if ticket.is_leader:
            with self._mutex:
                mine = [ticket, *self._take()]
            self._lead(mine)

    def _take(self) -> list[_Ticket]:
        count = min(len(self._waiting), BATCH_MAX)
        return [self._waiting.popleft() for _ in range(count)]

    def _lead(self, mine: list[_Ticket]) -> None:
        """Do what is *mine*, then let the next in the queue lead."""
        try:
            self._do(mine)
        except BaseException as error:
            for ticket in mine:
                ticket.error = ticket.error or error
            raise
        finally:
            self._pass_on()
            for ticket in mine[1:]:
                ticket.ready.release()

    def _pass_on(self) -> None:
        """Let the next in the queue lead, or nobody."""
        with self._mutex:
            follower = self._waiting.popleft() if self._waiting else None
            if follower is None:
                self._leaders -= 1
        if follower is not None:
            follower.is_leader = True
            follower.ready.release()

    def _do(self, mine: list[_Ticket]) -> None:
        if len(mine) > 1 and self._do_together(mine):
            return
        for ticket in mine:
            try:
                ticket.result = self._alone(ticket.asked)
            except Exception as error:  # noqa: BLE001 - it is that caller's answer
                ticket.error = error

    def _do_together(self, mine: list[_Ticket]) -> bool:
        """Post them in one transaction; False when they are better done one by one."""
        batch = [ticket.asked for ticket in mine]
        try:
            results = self._try(lambda lane: lane.together(batch))
        except (LedgerError, _AskAgain):
            return False  # one of them spoils it for all
        for ticket, result in zip(mine, results, strict=True):
            if isinstance(result, LedgerError):
                ticket.error = result
            else:
                ticket.result = result
        return True

    def _alone(self, asked: Asked) -> Transaction:
        """Try some times, each after a longer pause; the key makes it safe."""
        pause = FIRST_PAUSE_S
        for turn in range(TRIES):
            if turn:
                time.sleep(pause * random.random())
                pause *= 2
            try:
                return self._try(lambda lane: lane.alone(asked))
            except (KeyTaken, _AskAgain):
                continue
        raise Overloaded("The book is busy. Come back in a moment.")

    def _try(self, do: Callable[["_Lane"], T]) -> T:
        """Do it on a connection of the teller's, in the writer's turn."""
        with self._mutex:
            lane = self._idle.pop() if self._idle else None
        lane = lane or _Lane(self._engine)
        try:
            with self._turn():
                return do(lane)
        except LedgerError:
            raise
        except Exception as error:
            state = getattr(error, "sqlstate", None)
            is_busy = state in RETRIED or "database is locked" in str(error)
            if is_busy or lane.is_lost():
                raise _AskAgain from error
            raise
        finally:
            if lane.is_lost():
                lane.close()
            else:
                with self._mutex:
                    self._idle.append(lane)


class _Lane:
    """A connection that begins and commits by itself."""

    def __init__(self, engine: Engine) -> None:
        self._pooled: Any = engine.raw_connection()
        raw: Any = self._pooled.dbapi_connection
        self._raw = raw
        self._driver = Driver.on(self._raw, engine.dialect)
        self._is_sqlite = self._driver.is_sqlite
        self._begin = "BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN"
        self._doubts = False
        if self._is_sqlite:
            self._raw.isolation_level = None
        else:
            self._raw.autocommit = True
            self._raw.add_notice_handler(self._heed)

    def _heed(self, notice: Any) -> None:
        self._doubts = self._doubts or notice.sqlstate == SYNC_CANCELLED

    def alone(self, asked: Asked) -> Transaction:
        """Post one in a transaction of its own."""
        if self._is_sqlite:
            return self._commit(lambda: post_asked(self._driver, asked))
        # There an order is a transaction of its own: one round trip.
        posted = self._sure(place_order(self._driver, asked))
        if posted is not None:
            return posted
        return self._commit(lambda: post_at_length(self._driver, asked))

    def together(self, batch: list[Asked]) -> list[Result]:
        """Post many in one transaction; each has its own answer."""
        posted = self._sure(place_orders(self._driver, batch))
        if posted is not None:
            return list(posted)
        return self._commit(lambda: post_each_at_length(self._driver, batch))

    def _commit(self, do: Callable[[], T]) -> T:
        run = self._raw.execute
        run(self._begin)
        try:
            done = do()
            run("COMMIT")
        except BaseException:
            if not self.is_lost():
                run("ROLLBACK")
            raise
        return self._sure(done)

    def _sure(self, done: T) -> T:
        """Return what was done; doubt it when the standby may not have it."""
        if self._doubts:
            self._doubts = False
            raise Overloaded("The standby may not have it yet. Ask again by the key.")
        return done

    def is_lost(self) -> bool:
        """Say whether the connection is gone."""
        return bool(not self._is_sqlite and self._raw.broken)

    def close(self) -> None:
        """Give the connection back, or drop it when it is lost."""
        if self.is_lost():
            self._pooled.invalidate()
        self._pooled.close()
