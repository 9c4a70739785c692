"""Every module with tables, so that migrations and tests see the whole schema."""

from __future__ import annotations

import ledger.tables
from app.bookings import models as bookings
from app.books import models as books
from app.fair import models as fair
from app.kernel import doings, keys, outbox
from app.partners import models as partners
from app.people import models as people
from app.places import models as places
from app.programmes import models as programmes
from app.rewards import models as rewards
from app.sunshine import models as sunshine
from app.volunteering import models as volunteering
from app.wallet import models as wallet
from app.wishes import models as wishes
from app.wording import models as wording
from app.workshops import models as workshops

MODULES = (
    ledger.tables,
    doings,
    keys,
    outbox,
    people,
    places,
    programmes,
    wallet,
    partners,
    fair,
    bookings,
    rewards,
    sunshine,
    workshops,
    volunteering,
    books,
    wishes,
    wording,
)
