"""What partners are refused."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class OrganisationNotFound(NotFound):
    """There is no such organisation, or not for this reader."""


class LicenceNotFound(NotFound):
    """There is no such licence."""


class OrganisationInvalid(Invalid):
    """An organisation or its licence cannot look like this."""


class StepOutOfTurn(Conflict):
    """The organisation has moved on, or is not there yet."""


class NotYourStep(NotAllowed):
    """This step belongs to somebody else: nobody vets their own."""
