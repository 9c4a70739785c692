"""What workshops and their counters refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class WorkshopNotFound(NotFound):
    """There is no such workshop."""


class GoodNotFound(NotFound):
    """There is no such good, or not for this reader."""


class OrderNotFound(NotFound):
    """There is no such order, or not for this reader."""


class PayoutNotFound(NotFound):
    """There is no such payout."""


class NotYourWorkshop(NotAllowed):
    """Only its managers change a workshop's goods."""


class NotYourStep(NotAllowed):
    """The step belongs to another side of the order."""


class NotForThem(NotAllowed):
    """Nobody hands over to themselves, somebody close, or for their own workshop."""


class SamePerson(NotAllowed):
    """Whoever proposes does not approve."""


class StepOutOfTurn(Conflict):
    """The order is no longer, or not yet, where the step starts."""


class UndoOver(Conflict):
    """The ten minutes are over."""


class OutOfStock(Conflict):
    """Fewer pieces are left than were asked for."""


class NotOnSale(Conflict):
    """The good is not listed, or its workshop is closed."""


class PastBestBefore(Conflict):
    """The reserved batch may no longer be sold."""


class MoreThanOwed(Conflict):
    """A payout is larger than what the workshop is owed."""


class GoodInvalid(Invalid):
    """A good, batch or workshop cannot look like this."""


class OrderInvalid(Invalid):
    """An order cannot look like this."""


class WrongCode(Invalid):
    """No order with this pickup code waits here."""
