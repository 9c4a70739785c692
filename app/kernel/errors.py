"""Refusals: what the fair answers when something may not be done."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """A clear no, in one sentence, with nothing half done.

    Attributes:
        message: English message id; `values` fill its `%(name)s` places.
        field: Name of the form field that caused it, if one did.
        status: HTTP status a counter answers with.
    """

    status: ClassVar[int] = 409

    def __init__(
        self, message: str, *, field: str | None = None, **values: object
    ) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.field = field
        self.values = values


class NotFound(Refusal):
    """There is no such thing, or not for this reader."""

    status = 404


class NotAllowed(Refusal):
    """The reader may not do this."""

    status = 403


class Invalid(Refusal):
    """What was entered cannot be taken; `field` names where."""

    status = 422


class Conflict(Refusal):
    """The thing has moved on, is taken, or is not there yet."""

    status = 409


class TooMany(Refusal):
    """Too many tries in a short time."""

    status = 429


class Busy(Refusal):
    """The fair cannot answer now; the same request may be sent again."""

    status = 503


class NoRoom(Busy):
    """The disk is full: everything can be read, nothing written."""

    status = 507


class OutcomeUnknown(Busy):
    """The change may stand or not; the same request, with its key, will tell."""
