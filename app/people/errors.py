"""What people are refused at the door."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany


class PersonNotFound(NotFound):
    """There is no such person."""


class MayNot(NotAllowed):
    """The person carries no role with that permission at that place."""


class PhoneTaken(Conflict):
    """Somebody is registered with this number already."""


class WrongCode(Invalid):
    """The one-time code or the password does not fit."""


class TooManyTries(TooMany):
    """Too many codes were asked for or tried."""
