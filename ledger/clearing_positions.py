"""Two clearing accounts held against each other, and what is in flight between."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.balances import balance
from ledger.clearing import waiting
from ledger.clearing_messages import (
    CAME_IN,
    ClearingDesk,
    OpenOffer,
    Position,
    step_key,
)
from ledger.driver import Driver
from ledger.errors import InvalidEntry


@dataclass(frozen=True, slots=True)
class InFlight:
    """An offer between the two books, and whether the receiver has paid it."""

    reference: UUID
    sender: str
    receiver: str
    amount: Decimal
    age: timedelta
    accepted: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Two clearing accounts side by side.

    Attributes:
        difference: Both balances added: zero, but for what is in flight.
        in_flight: The offers that wait, oldest first.
        unexplained: What of the difference no offer explains: zero, or something is
            wrong in one of the books.
    """

    difference: Decimal
    in_flight: tuple[InFlight, ...]
    unexplained: Decimal

    @property
    def ok(self) -> bool:
        """True when the two books mirror each other."""
        return self.unexplained == 0


def position(
    session: Session,
    desk: ClearingDesk,
    sister: str,
    unit: str,
    *,
    asked: Iterable[UUID] = (),
) -> Position:
    """Return where we stand with a sister; it travels as a `letter`, too.

    Args:
        session: An open session.
        desk: Who we are.
        sister: The sister's name.
        unit: The unit.
        asked: References of her open offers (`Position.offers` of hers): those that
            we have paid out are in ``accepted``.

    Raises:
        AccountNotFound: there is no clearing with her in this unit.
    """
    offers = tuple(
        OpenOffer(made.reference, made.amount, made.since)
        for made in waiting(session)
        if (made.receiver, made.unit) == (sister, str(unit))
    )
    keys = {step_key(sister, reference, "answer"): reference for reference in asked}
    accepted = frozenset(
        reference for key, reference in keys.items() if _kind(session, key) == CAME_IN
    )
    return Position(
        sender=desk.name,
        receiver=sister,
        unit=str(unit),
        posted=balance(session, desk.account(sister, str(unit))).posted,
        offers=offers,
        accepted=accepted,
    )


def reconcile(ours: Position, theirs: Position, *, at: datetime) -> Reconciliation:
    """Hold two clearing accounts against each other.

    Each position must have been asked about the open offers of the other. When
    transfers run meanwhile, a difference may come from looking at two moments: one
    that is still there at the second look is real.

    Args:
        ours: Our `position`.
        theirs: The sister's, of the same unit.
        at: Aware UTC moment, for the ages.

    Raises:
        InvalidEntry: they are not the two sides of one pair.
    """
    there = (theirs.receiver, theirs.sender, theirs.unit)
    if (ours.sender, ours.receiver, ours.unit) != there:
        raise InvalidEntry("These are not the two sides of one clearing.")
    in_flight = [
        InFlight(
            reference=offer.reference,
            sender=here.sender,
            receiver=here.receiver,
            amount=offer.amount,
            age=at - offer.since,
            accepted=offer.reference in far.accepted,
        )
        for here, far in ((ours, theirs), (theirs, ours))
        for offer in here.offers
    ]
    in_flight.sort(key=lambda offer: offer.age, reverse=True)
    difference = ours.posted + theirs.posted
    paid_ahead = sum((o.amount for o in in_flight if o.accepted), Decimal(0))
    return Reconciliation(
        difference=difference,
        in_flight=tuple(in_flight),
        unexplained=difference + paid_ahead,
    )


def _kind(session: Session, key: str) -> str | None:
    asked = "SELECT kind FROM ledger_transaction WHERE scope = '' AND key = ?"
    kind: str | None = Driver(session).value(asked, (key,))
    return kind
