"""The hearing: who hears which event, on one page."""

from __future__ import annotations

from app import partners
from app.fair import reactions as fair
from app.kernel.relay import Hearing
from app.wallet import PointsExpireSoon
from app.wallet import reactions as wallet
from app.wishes import SomethingNewFits
from app.wishes import reactions as wishes


def make_hearing() -> Hearing:
    """Return who listens to what."""
    hearing = Hearing()
    hearing.on(partners.OrganisationChanged, fair.follow_organisation)
    hearing.on(partners.LicenceChanged, fair.follow_licence)
    hearing.on(PointsExpireSoon, wallet.tell_of_expiry)
    hearing.on(SomethingNewFits, wishes.tell_of_news)
    return hearing
