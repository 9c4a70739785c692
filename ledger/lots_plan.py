"""Which lots a transaction uses, gives back to and makes: values in, values out.

Lots are used first in, first out: the first to expire, then the first earned, then
the first written; those that never expire come last (R-LED-04). What comes in and
goes out in one transaction goes straight through and touches no lot.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from ledger.errors import GuardRefused
from ledger.locking import Kept, Move

GRACE_DAYS = 30
"""How long a refund lives whose own lot has expired meanwhile (R-LED-04)."""

Terms = tuple[date | None, date | None]
"""What a leg says of the lot it makes: earned on, expires on; None for both."""

NO_TERMS: Terms = (None, None)

LotLeft = tuple[int, int, date, date | None]
"""A lot as it stands: id, ten-thousandths left in it, earned on, expires on."""

Piece = tuple[int, date, date | None, int | None]
"""An amount on its way: ten-thousandths, earned on, expires on, lot it came from."""

Queue = Callable[[Kept], Iterable[LotLeft]]
"""Gives the lots of an account in the order in which they are used."""


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot to be written; amounts in ten-thousandths."""

    account: Kept
    steps: int
    earned_on: date
    expires_on: date | None
    from_lot: int | None = None


@dataclass(slots=True)
class LotPlan:
    """What a transaction does to lots.

    ``uses`` has each lot once: (lot, its account, ten-thousandths taken; below zero
    they are given back).
    """

    uses: list[tuple[int, Kept, int]] = field(default_factory=list)
    made: list[NewLot] = field(default_factory=list)


class Shelf:
    """The lots of one account while a transaction is planned."""

    __slots__ = ("_front", "_lots", "_used", "account", "arrived")

    def __init__(self, account: Kept, lots: Iterable[LotLeft]) -> None:
        self.account = account
        self.arrived: list[Piece] = []
        self._lots: Iterator[LotLeft] = iter(lots)
        self._front: LotLeft | None = None
        self._used: dict[int, int] = {}

    def take(self, steps: int) -> list[Piece]:
        """Take *steps*: first what has just arrived, then from the lots in order.

        Raises:
            GuardRefused: the lots hold less, so the book is broken.
        """
        taken: list[Piece] = []
        while steps and self.arrived:
            size, earned_on, expires_on, origin = self.arrived.pop(0)
            if size > steps:
                self.arrived.insert(0, (size - steps, earned_on, expires_on, origin))
                size = steps
            taken.append((size, earned_on, expires_on, origin))
            steps -= size
        while steps:
            front = self._next()
            lot, _, earned_on, expires_on = front
            size = min(self._left(front), steps)
            self._used[lot] = self._used.get(lot, 0) + size
            taken.append((size, earned_on, expires_on, lot))
            steps -= size
        return taken

    def _next(self) -> LotLeft:
        """Return the first lot that still has something in it."""
        while self._front is None or self._left(self._front) <= 0:
            self._front = next(self._lots, None)
            if self._front is None:
                raise GuardRefused(
                    f"The lots of {self.account.code!r} hold less than its balance."
                )
        return self._front

    def _left(self, lot: LotLeft) -> int:
        return lot[1] - self._used.get(lot[0], 0)

    def give_back(self, lots: Iterable[LotLeft], on: date) -> None:
        """Let what has arrived go back to *lots*, in this order.

        To a lot that has expired on the day *on* nothing goes back: it becomes a
        grace lot.
        """
        rest, self.arrived = self.arrived, []
        graced: list[Piece] = []
        for lot, most, earned_on, expires_on in lots:
            size, rest = _cut(rest, most)
            if not size:
                continue
            if expires_on is None or expires_on > on:
                self._used[lot] = self._used.get(lot, 0) - size
            else:
                until = on + timedelta(days=GRACE_DAYS)
                graced.append((size, earned_on, until, lot))
        self.arrived = graced + rest

    def plan_into(self, plan: LotPlan) -> None:
        """Write down what was used, and what arrived and stayed, as lots."""
        plan.uses += [
            (lot, self.account, steps) for lot, steps in self._used.items() if steps
        ]
        made: dict[tuple[date, date | None, int | None], int] = {}
        for steps, earned_on, expires_on, origin in self.arrived:
            key = (earned_on, expires_on, origin)
            made[key] = made.get(key, 0) + steps
        plan.made += [NewLot(self.account, made[key], *key) for key in made]


def shelves_after(
    moves: Sequence[Move], terms: Sequence[Terms], on: date, lots_of: Queue
) -> list[Shelf]:
    """Return the lots of every account that keeps them, as *moves* leave them.

    An account below zero has no lots: what comes in fills the hole first.

    Args:
        moves: Postings in order, with the balances after each.
        terms: For each of them the days of the lot it makes; an amount that comes
            out of lots keeps their days instead.
        on: The day on which it was earned when a leg does not say.
        lots_of: Gives an account's lots in the order of use; read as far as needed.

    Raises:
        GuardRefused: the lots of an account hold less than its balance.
    """
    shelves: dict[int, Shelf] = {}

    def shelf(account: Kept) -> Shelf:
        if account.id not in shelves:
            shelves[account.id] = Shelf(account, lots_of(account))
        return shelves[account.id]

    for (debit, credit, steps, debit_after, credit_after), said in zip(
        moves, terms, strict=True
    ):
        earned_on, expires_on = said
        pieces: list[Piece] = []
        covered = 0
        if debit.keeps_lots:
            covered = max(0, debit_after + steps) - max(0, debit_after)
            pieces = shelf(debit).take(covered)
        if covered < steps:
            pieces.append((steps - covered, earned_on or on, expires_on, None))
        if credit.keeps_lots:
            hole = min(steps, max(0, steps - credit_after))
            shelf(credit).arrived += _cut(pieces, hole)[1]
    return list(shelves.values())


def plan_of(shelves: Iterable[Shelf]) -> LotPlan:
    """Return what is to be written for *shelves*."""
    plan = LotPlan()
    for shelf in shelves:
        shelf.plan_into(plan)
    return plan


def _cut(pieces: Sequence[Piece], steps: int) -> tuple[int, list[Piece]]:
    """Cut *steps* from the front; return how much that was, and the rest."""
    cut, rest = 0, list[Piece]()
    for size, earned_on, expires_on, origin in pieces:
        part = min(size, steps - cut)
        cut += part
        if size > part:
            rest.append((size - part, earned_on, expires_on, origin))
    return cut, rest
