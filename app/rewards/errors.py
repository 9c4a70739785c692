"""What rewards refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class RewardNotFound(NotFound):
    """There is no such reward, or it is not offered now."""


class RedemptionNotFound(NotFound):
    """There is no such redemption, or not for this reader."""


class RewardInvalid(Invalid):
    """A reward or its stock cannot look like this."""


class OutOfStock(Conflict):
    """The last one has just gone."""


class LimitReached(Conflict):
    """The person has had as many as one may have."""


class NotForYou(NotAllowed):
    """The reward is for others (adults, people with enough hours)."""


class StepOutOfTurn(Conflict):
    """The redemption is not, or no longer, where this step starts."""


class UndoOver(StepOutOfTurn):
    """The time to undo is over; cancelling still works."""


class NotYourStep(NotAllowed):
    """This step is somebody else's."""


class WrongPickupCode(Invalid):
    """No redemption waits under this code here."""


class OwnHandOver(NotAllowed):
    """Nobody hands over to themselves, their household or relatives."""
